"""A search as conditions on `transactions`. Every value is bound; no column comes from a search."""

from collections.abc import Iterable, Iterator

from sqlalchemy import ColumnElement, and_, false, func, not_, or_, select

from bartizan.domain.search import Search
from bartizan.store import limits, wildcard
from bartizan.store.addresses import block
from bartizan.store.limits import ascii_lower, cut_all
from bartizan.store.sql.dialects import Dialect
from bartizan.store.sql.expressions import bounded, translate
from bartizan.store.sql.tables import (
    preserved_transactions,
    rule_matches,
    transaction_labels,
    transactions,
)
from bartizan.store.sql.triage import in_state, labelled
from bartizan.store.times import search_us

_column = transactions.c


def conditions(search: Search, dialect: Dialect) -> list[ColumnElement[bool]]:
    return [
        *_single(search),
        *_any_of(search, dialect),
        *_any_value(search),
        *_written(search, dialect),
    ]


def _single(search: Search) -> Iterator[ColumnElement[bool]]:
    if search.since is not None:
        yield _column.at_us >= search_us(search.since)
    if search.until is not None:
        yield _column.at_us < search_us(search.until)
    if search.intercepted is not None:
        yield _column.intercepted == int(search.intercepted)
    if search.unique_id is not None:
        yield _column.unique_id == search.unique_id[: limits.UNIQUE_ID]
    if search.preserved is not None:
        marked = _column.id.in_(select(preserved_transactions.c.transaction_id))
        yield marked if search.preserved else not_(marked)


def _any_of(search: Search, dialect: Dialect) -> Iterator[ColumnElement[bool]]:
    if search.sensors:
        # Not by the index of identities, which begins with the sensor and knows no time: SQLite
        # took it, and read and sorted all that a sensor ever sent.
        sensor = func.coalesce(_column.sensor, "")
        yield sensor.in_(cut_all(search.sensors, limits.SENSOR))
    yield from of_clients(search)
    if search.rule_ids:
        yield _rule(search.rule_ids)
    if search.paths:
        yield _path(search.paths, dialect)
    if search.scores:
        yield or_(*(bounded(_column.score, band.least, band.most) for band in search.scores))
    if search.states:
        yield or_(*map(in_state, search.states))
    if search.labels:
        yield labelled(transaction_labels.c.label.in_([label.lower() for label in search.labels]))


def _any_value(search: Search) -> Iterator[ColumnElement[bool]]:
    """The value of one column is one of these."""
    hosts = [host[: limits.HOST].lower()[: limits.HOST] for host in search.hosts]
    for column, values, wanted in (
        (_column.country, search.countries, search.countries),
        (_column.category, search.categories, search.categories),
        (_column.host_lower, search.hosts, hosts),
        (_column.status, search.statuses, _within(search.statuses, limits.SMALL)),
        (_column.severity, search.severities, _within(search.severities, limits.SMALL)),
        (_column.method, search.methods, cut_all(search.methods, limits.METHOD)),
        (_column.format, search.formats, search.formats),
        (_column.ruleset, search.rulesets, cut_all(search.rulesets, limits.RULESET)),
    ):
        if values:
            yield column.in_(wanted)


def _written(search: Search, dialect: Dialect) -> Iterator[ColumnElement[bool]]:
    if search.text:
        yield _text(search.text, dialect)
    if search.expression is not None:
        yield translate(search.expression, dialect)


def of_clients(search: Search) -> Iterator[ColumnElement[bool]]:
    """What is asked of clients."""
    for some in (search.clients, search.networks):
        if some:
            yield or_(*map(_client, some))


def _client(client: str) -> ColumnElement[bool]:
    span = block(client)
    if span is None:  # what a log may have in the place of an address, such as `unix:`
        return _column.client_address == client[: limits.CLIENT]
    first, last = span
    return (
        _column.client_bytes == first
        if first == last
        else _column.client_bytes.between(first, last)
    )


def _rule(rule_ids: Iterable[int]) -> ColumnElement[bool]:
    """EXISTS, so that a page of a frequent rule stops as soon as it is full."""
    fired = rule_matches.alias("fired")  # the query around it may join the table itself
    return (
        select(fired.c.transaction_id)
        .where(
            fired.c.transaction_id == _column.id,
            fired.c.rule_id.in_(_within(rule_ids, limits.BIG)),
        )
        .correlate(transactions)
        .exists()
    )


def _path(paths: Iterable[str], dialect: Dialect) -> ColumnElement[bool]:
    exact = [path[: limits.PATH] for path in paths if not wildcard.is_pattern(path)]
    patterns = [path for path in paths if wildcard.is_pattern(path)]
    return or_(
        _column.path.in_(exact) if exact else false(),
        *(dialect.path_matches(_column.path, pattern) for pattern in patterns),
    )


def _text(text: str, dialect: Dialect) -> ColumnElement[bool]:
    matched = rule_matches.alias("matched")
    in_data = (
        select(matched.c.transaction_id)
        .where(
            matched.c.transaction_id == _column.id,
            dialect.contains(matched.c.data, ascii_lower(text)),
        )
        .correlate(transactions)
        .exists()
    )
    return or_(dialect.contains(_column.uri, ascii_lower(text)), in_data)


def older(at_us: int, number: int) -> ColumnElement[bool]:
    """Strictly older than a cursor. Not a row value: MariaDB uses no index range for those."""
    return and_(
        _column.at_us <= at_us,
        or_(_column.at_us < at_us, and_(_column.at_us == at_us, _column.id < number)),
    )


def _within(values: Iterable[int], greatest: int) -> list[int]:
    """A number that no column can hold is never found, and no driver may see it."""
    return [value for value in values if -greatest <= value <= greatest]
