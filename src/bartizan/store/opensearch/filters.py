"""A search as a query. Every value of a search is a value in it, never a name and never syntax.

All conditions are filters, so the cluster scores nothing and may remember them.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from bartizan.domain.search import Search
from bartizan.store import limits, wildcard
from bartizan.store.addresses import block
from bartizan.store.limits import cut_all
from bartizan.store.opensearch.expressions import (
    NOTHING,
    bounded,
    holds,
    in_state,
    inside,
    one_of,
    translate,
)
from bartizan.store.opensearch.writes import Document
from bartizan.store.times import search_us


def query(search: Search, *others: Document) -> Document:
    """What matches the search and all the `others`."""
    return {"bool": {"filter": [*_single(search), *_any_of(search), *_written(search), *others]}}


def terms(field: str, values: Iterable[Any]) -> Document:
    return {"terms": {field: list(values)}}


def between(field: str, **bounds: int) -> Document:
    return {"range": {field: bounds}}


def _single(search: Search) -> Iterator[Document]:
    if search.since is not None:
        yield between("bartizan.at_us", gte=search_us(search.since))
    if search.until is not None:
        yield between("bartizan.at_us", lt=search_us(search.until))
    if search.intercepted is not None:
        yield {"term": {"bartizan.intercepted": search.intercepted}}
    if search.preserved is not None:
        yield {"term": {"bartizan.is_preserved": search.preserved}}
    if search.unique_id is not None:
        yield {"term": {"event.id": search.unique_id[: limits.UNIQUE_ID]}}


def _any_of(search: Search) -> Iterator[Document]:
    for field, values in (
        ("observer.name", cut_all(search.sensors, limits.SENSOR)),
        ("source.geo.country_iso_code", search.countries),
        ("rule.category", search.categories),
        ("url.domain", [host[: limits.HOST].lower()[: limits.HOST] for host in search.hosts]),
        ("bartizan.format", search.formats),
        ("http.request.method", cut_all(search.methods, limits.METHOD)),
        ("rule.ruleset", cut_all(search.rulesets, limits.RULESET)),
        ("bartizan.label", [label.lower() for label in search.labels]),
    ):
        if values:
            yield terms(field, values)
    for field, numbers, greatest in (
        ("rule.id.number", search.rule_ids, limits.BIG),
        ("http.response.status_code", search.statuses, limits.SMALL),
        ("event.severity", search.severities, limits.SMALL),
    ):
        if numbers:
            yield terms(field, _within(numbers, greatest))
    for clients in (search.clients, search.networks):
        if clients:
            yield one_of(map(_client, clients))


def _written(search: Search) -> Iterator[Document]:
    if search.states:
        yield one_of(map(in_state, search.states))
    if search.scores:
        bands = search.scores
        yield one_of(bounded("event.risk_score", band.least, band.most) for band in bands)
    if search.paths:
        yield _paths(search.paths)
    if search.text:
        yield holds(("bartizan.text.uri", "bartizan.text.data"), [search.text])
    if search.expression is not None:
        yield translate(search.expression)


def _client(client: str) -> Document:
    if block(client) is None:  # what a log may have in the place of an address, such as `unix:`
        return {"term": {"source.address": client[: limits.CLIENT]}}
    return inside(client)


def _paths(paths: Sequence[str]) -> Document:
    exact = [path[: limits.PATH] for path in paths if not wildcard.is_pattern(path)]
    patterns = [path for path in paths if wildcard.is_pattern(path)]
    return one_of([terms("url.path", exact), *map(_path, patterns)])


def _path(pattern: str) -> Document:
    if wildcard.literal_length(pattern) > limits.PATH:
        return NOTHING  # longer than any path that is kept
    return {"wildcard": {"url.path": {"value": wildcard.as_wildcard(pattern)}}}


def _within(values: Iterable[int], greatest: int) -> list[int]:
    """A number that no field can hold is never found."""
    return [value for value in values if -greatest <= value <= greatest]
