"""A search as a query. Every value of a search is a value in it, never a name and never syntax.

All conditions are filters, so the cluster scores nothing and may remember them.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from bartizan.domain.search import Search
from bartizan.store import limits, wildcard
from bartizan.store.addresses import block
from bartizan.store.limits import cut_all
from bartizan.store.opensearch.cluster import Document
from bartizan.store.opensearch.documents import address_text
from bartizan.store.times import search_us


def query(search: Search, *others: Document) -> Document:
    """What matches the search and all the `others`."""
    return {"bool": {"filter": [*_single(search), *_any_of(search), *others]}}


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
    if search.sensors:
        yield terms("observer.name", cut_all(search.sensors, limits.SENSOR))
    if search.clients:
        yield _one_of(map(_client, search.clients))
    if search.countries:
        yield terms("source.geo.country_iso_code", search.countries)
    if search.rule_ids:
        yield terms("rule.id.number", _within(search.rule_ids, limits.BIG))
    if search.categories:
        yield terms("rule.category", search.categories)
    if search.hosts:
        hosts = [host[: limits.HOST].lower()[: limits.HOST] for host in search.hosts]
        yield terms("url.domain", hosts)
    if search.paths:
        yield _paths(search.paths)
    if search.statuses:
        yield terms("http.response.status_code", _within(search.statuses, limits.SMALL))
    if search.formats:
        yield terms("bartizan.format", search.formats)


def _client(client: str) -> Document:
    span = block(client)
    if span is None:  # what a log may have in the place of an address, such as `unix:`
        return {"term": {"source.address": client[: limits.CLIENT]}}
    first, last = map(address_text, span)
    return {"range": {"source.ip": {"gte": first, "lte": last}}}


def _paths(paths: Sequence[str]) -> Document:
    exact = [path[: limits.PATH] for path in paths if not wildcard.is_pattern(path)]
    patterns = [path for path in paths if wildcard.is_pattern(path)]
    return _one_of([terms("url.path", exact), *map(_path, patterns)])


def _path(pattern: str) -> Document:
    if wildcard.literal_length(pattern) > limits.PATH:
        return {"match_none": {}}  # longer than any path that is kept
    return {"wildcard": {"url.path": {"value": wildcard.as_wildcard(pattern)}}}


def _one_of(conditions: Iterable[Document]) -> Document:
    return {"bool": {"should": list(conditions), "minimum_should_match": 1}}


def _within(values: Iterable[int], greatest: int) -> list[int]:
    """A number that no field can hold is never found."""
    return [value for value in values if -greatest <= value <= greatest]
