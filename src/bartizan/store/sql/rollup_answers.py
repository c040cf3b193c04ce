"""Counts of long spans, answered from roll-ups wherever that gives exactly what the rows would.

A span is cut into whole days, hours and minutes, and its edges, which are counted from the rows.
What a search asks beside its span decides which table knows it; a search that none knows is for
`counts.py` alone, as is a span so short that there is nothing to gain.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, Table, func, select, union_all

from bartizan.domain.search import SCORE_BANDS, Bar, Count, Facet, MapCell, Search
from bartizan.kit.struct import Struct
from bartizan.store import limits, statistics
from bartizan.store.addresses import first_of, network_bytes, network_text
from bartizan.store.sql import counts, rollup_top, rollups, tables
from bartizan.store.sql.counts import Bars, Conditions, Tally, add, most_frequent
from bartizan.store.sql.rollup_spans import Piece, pieces
from bartizan.store.times import from_us, search_us

Conditioned = Callable[[Search], Conditions]
_FACETS: Final = {
    Facet.COUNTRY: rollups.COUNTRY,
    Facet.CATEGORY: rollups.CATEGORY,
    Facet.STATUS: rollups.STATUS,
    Facet.RULE: rollups.RULE,
    Facet.SEVERITY: rollups.SEVERITY,
    Facet.METHOD: rollups.METHOD,
    Facet.FORMAT: rollups.FORMAT,
    Facet.SCORE: rollups.SCORE,
    Facet.RULESET: rollups.RULESET,
}
_RANKS: Final = {
    Facet.CLIENT: rollups.CLIENT,
    Facet.NETWORK: rollups.NETWORK,
    Facet.HOST: rollups.HOST,
}
_NUMBERS: Final = frozenset((Facet.STATUS, Facet.RULE, Facet.SEVERITY))
_BANDS: Final = {str(band): place for place, band in enumerate(SCORE_BANDS)}
_FIELDS: Final = {
    name: _FACETS[facet] for name, facet in statistics.FILTERS.items() if facet in _FACETS
}
_LENGTHS: Final = {"methods": limits.METHOD, "rulesets": limits.RULESET}
_MICROSECOND: Final = timedelta(microseconds=1)


class Known(Struct, frozen=True):
    """Rows of `table` that count what a search asks for, whatever its span."""

    table: Table
    conditions: tuple[ColumnElement[bool], ...]


class KnownBy(Known, frozen=True):
    """The same for each of some `values`."""

    values: ColumnElement[Any]


def count(
    connection: Connection, search: Search, conditioned: Conditioned, *, with_removed: bool
) -> Count | None:
    known = _known(search)
    if known is None:
        return None
    tally: Tally = {}
    for piece in _pieces(connection, search, known.table, whole_hours=with_removed):
        if piece.width_s:
            query = _sums(known.table, search, with_removed=with_removed)
            query = query.where(*known.conditions, *_within(known, piece))
            add(tally, "", connection.execute(query).one())
        else:
            found = counts.count(connection, conditioned(_narrowed(search, piece)))
            add(tally, "", (found.transactions, found.intercepted))
    transactions, intercepted = tally.get("", [0, 0])
    return Count(value="", transactions=transactions, intercepted=intercepted)


def facet(
    connection: Connection,
    search: Search,
    facet: Facet,
    limit: int,
    conditioned: Conditioned,
    *,
    with_removed: bool,
) -> tuple[Count, ...] | None:
    if facet in _RANKS:
        return _ranked(connection, search, facet, limit, conditioned, with_removed=with_removed)
    known = _known_by(search, facet)
    if known is None:
        return None
    tally: Tally = {}
    for piece in _pieces(connection, search, known.table, whole_hours=with_removed):
        if piece.width_s:
            query = _sums(known.table, search, known.values, with_removed=with_removed)
            query = query.group_by(known.values).where(*known.conditions, *_within(known, piece))
            for value, *counted in connection.execute(query):
                add(tally, _as_kept(facet, value), counted)
        else:
            for value, *counted in _edge(connection, search, piece, facet, conditioned):
                add(tally, value, counted)
    return most_frequent(tally, facet, limit)


def knows(search: Search, facet: Facet) -> bool:
    """Whether `facet` answers for all of the span but its ends."""
    if facet in _RANKS:
        return not (search.sensors or statistics.narrowing(search))
    return _known_by(search, facet) is not None


def _ranked(
    connection: Connection,
    search: Search,
    facet: Facet,
    limit: int,
    conditioned: Conditioned,
    *,
    with_removed: bool,
) -> tuple[Count, ...] | None:
    """Clients and hosts: there may be any number of them, and no sensor is told of them."""
    if not knows(search, facet):
        return None
    edges: Tally = {}
    whole = []
    for piece in _pieces(connection, search, tables.rollup_ranks):
        if piece.width_s:
            whole.append(piece)
        else:
            for value, *counted in _edge(connection, search, piece, facet, conditioned):
                add(edges, network_text(value) if facet is Facet.NETWORK else value, counted)
    counted_as = _counted(tables.rollup_ranks, search, with_removed=with_removed)
    top = rollup_top.Top(connection, _RANKS[facet], counted_as)
    # Slices have no order by what was removed.
    found = top.everything(whole, edges) if with_removed else top.find(whole, edges, limit)
    if facet is Facet.NETWORK:  # in the order of their bytes
        found = {network_bytes(first_of(value)): counted for value, counted in found.items()}
    return most_frequent(found, facet, limit)


def histogram(
    connection: Connection,
    search: Search,
    since: datetime,
    width: timedelta,
    conditioned: Conditioned,
    *,
    split: Facet | None,
    with_removed: bool,
) -> tuple[Bar, ...] | None:
    """Slices from `since` on; only where they begin with a minute and are of whole ones."""
    known = _known(search)
    parts = None if split is None else _known_by(search, split)
    if known is None or (split is not None and parts is None):
        return None
    since_us, width_us = search_us(since), width // _MICROSECOND
    widths = tuple(
        one
        for one in rollups.WIDTHS[known.table.name]
        if since_us % (one * 1_000_000) == 0 and width_us % (one * 1_000_000) == 0
    )
    if with_removed:
        widths = tuple(one for one in widths if one >= rollups.HOUR)
    if not widths:
        return None
    bars = Bars(since, width, split)
    for piece in _pieces(connection, search, known.table, widths):
        if not piece.width_s:
            bars.add_rows(connection, conditioned(_narrowed(search, piece)))
            continue
        start = bars.start(known.table.c.start_us)
        query = _sums(known.table, search, start, with_removed=with_removed).group_by("start")
        for at, *counted in connection.execute(
            query.where(*known.conditions, *_within(known, piece))
        ):
            bars.add(at, counted)
        if split is None or parts is None:
            continue
        query = _sums(parts.table, search, start, parts.values, with_removed=with_removed)
        query = query.where(*parts.conditions, *_within(parts, piece))
        for at, value, *counted in connection.execute(query.group_by("start", parts.values)):
            bars.add_part(at, _as_kept(split, value), counted)
    return bars.told()


def map_cells(
    connection: Connection, search: Search, limit: int, conditioned: Conditioned
) -> tuple[MapCell, ...] | None:
    """In one statement: there may be many more cells than are asked for."""
    if statistics.narrowing(search) - {"countries", "categories"}:
        return None
    table = tables.rollup_cells
    wanted = [*_of_sensors(table, search)]
    if search.countries:
        wanted.append(table.c.country.in_(search.countries))
    if search.categories:
        wanted.append(table.c.category.in_(search.categories))
    known = Known(table, tuple(wanted))
    transactions, intercepted = _counted(table, search, with_removed=False)
    cell = (
        table.c.cell_latitude,
        table.c.cell_longitude,
        table.c.country,
        table.c.sensor,
        table.c.category,
    )
    parts = [
        select(*cell, transactions.label("n"), intercepted.label("blocked")).where(
            *known.conditions, *_within(known, piece)
        )
        if piece.width_s
        else counts.cells_of_rows(conditioned(_narrowed(search, piece)))
        for piece in _pieces(connection, search, table)
    ]
    return counts.map_of(connection, union_all(*parts).subquery(), limit) if parts else ()


def _known(search: Search) -> Known | None:
    """What counts the transactions of a search, each of them once."""
    extra = statistics.narrowing(search)
    if not extra:
        return Known(tables.rollups, _all_of(search))
    if len(extra) > 1:
        return None
    (name,) = extra
    if not statistics.knows_values(search):
        return None
    if name in ("hosts", "networks") and not search.sensors:
        ranks = tables.rollup_ranks.c
        facet = rollups.HOST if name == "hosts" else rollups.NETWORK
        hosts = [host[: limits.HOST].lower()[: limits.HOST] for host in search.hosts]
        asked = {*hosts, *search.networks}
        return Known(tables.rollup_ranks, (ranks.facet == facet, ranks.value.in_(asked)))
    if name not in _FIELDS:
        return None
    values = {str(value) for value in getattr(search, name)}
    length = _LENGTHS.get(name)
    if length is not None:
        values = {value[:length] for value in values}
    return _of_values(search, _FIELDS[name], tables.rollups.c.value.in_(values))


def _known_by(search: Search, facet: Facet) -> KnownBy | None:
    """What counts the transactions of a search by the values of a field, each once for a value."""
    table = tables.rollups
    if facet is Facet.SENSOR:
        known = _known(search)
        if known is None or known.table is not table:
            return None
        return KnownBy(table, known.conditions, table.c.sensor)
    name = _FACETS.get(facet)
    if name is None:
        return None
    extra = statistics.narrowing(search)
    if not extra:
        return KnownBy(table, _of_values(search, name).conditions, table.c.value)
    known = _known(search) if {_FIELDS.get(each) for each in extra} == {name} else None
    if known is None or facet is Facet.RULE:
        return None  # a transaction that has one rule may have others
    return KnownBy(table, known.conditions, table.c.value)


def _of_values(search: Search, facet: str, *conditions: ColumnElement[bool]) -> Known:
    table = tables.rollups
    return Known(table, (table.c.facet == facet, *conditions, *_of_sensors(table, search)))


def _all_of(search: Search) -> tuple[ColumnElement[bool], ...]:
    table = tables.rollups
    return (table.c.facet == rollups.ALL, table.c.value == "", *_of_sensors(table, search))


def _of_sensors(table: Table, search: Search) -> tuple[ColumnElement[bool], ...]:
    if not search.sensors:
        return ()
    return (table.c.sensor.in_(limits.cut_all(search.sensors, limits.SENSOR)),)


def _counted(
    table: Table, search: Search, *, with_removed: bool
) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """Transactions and those intercepted, of what the search asks for."""
    columns = table.c
    if search.intercepted is False:
        return columns.passed, columns.passed - columns.passed
    transactions: ColumnElement[int] = columns.transactions
    intercepted: ColumnElement[int] = columns.intercepted
    if with_removed:
        transactions = transactions + columns.removed
        intercepted = intercepted + columns.removed_intercepted
    return (intercepted if search.intercepted else transactions), intercepted


def _sums(table: Table, search: Search, *columns: Any, with_removed: bool) -> Select[Any]:
    transactions, intercepted = _counted(table, search, with_removed=with_removed)
    return select(
        *columns,
        func.coalesce(func.sum(transactions), 0),
        func.coalesce(func.sum(intercepted), 0),
    )


def _within(known: Known, piece: Piece) -> Iterator[ColumnElement[bool]]:
    columns = known.table.c
    yield columns.width_s == piece.width_s
    if piece.since_us is not None:
        yield columns.start_us >= piece.since_us
    if piece.until_us is not None:
        yield columns.start_us < piece.until_us


def _pieces(
    connection: Connection,
    search: Search,
    table: Table,
    widths: tuple[int, ...] | None = None,
    *,
    whole_hours: bool = False,
) -> list[Piece]:
    """What was removed is told by whole hours only: its minutes are not kept as long."""
    if whole_hours:
        widths = (rollups.DAY, rollups.HOUR)
    return pieces(
        None if search.since is None else search_us(search.since),
        None if search.until is None else search_us(search.until),
        widths or rollups.WIDTHS[table.name],
        rollups.minutes_from_us(connection),
    )


def _narrowed(search: Search, piece: Piece) -> Search:
    """The search in the piece alone."""
    since, until = _moment(piece.since_us), _moment(piece.until_us)
    return msgspec.structs.replace(search, since=since, until=until)


def _moment(at_us: int | None) -> datetime | None:
    return None if at_us is None else from_us(at_us)


def _edge(
    connection: Connection, search: Search, piece: Piece, facet: Facet, conditioned: Conditioned
) -> Iterable[tuple[Any, int, int]]:
    return counts.values(connection, conditioned(_narrowed(search, piece)), facet)


def _as_kept(facet: Facet, value: Any) -> Any:
    """A value of a roll-up as it is in the rows."""
    if facet is Facet.SCORE:
        return _BANDS[value]
    return int(value) if facet in _NUMBERS else value
