"""Counts of long spans, answered from roll-ups wherever that gives exactly what the rows would.

A span is cut into whole days, hours and minutes, and its edges, which are counted from the rows.
What a search asks beside its span decides which table knows it; a search that none knows is for
`counts.py` alone, as is a span so short that there is nothing to gain.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, Table, func, select, union_all

from bartizan.domain.search import Bar, Count, Facet, MapCell, Search
from bartizan.kit.struct import Struct
from bartizan.store import limits
from bartizan.store.sql import counts, rollup_top, rollups, tables
from bartizan.store.sql.counts import Conditions
from bartizan.store.sql.rollup_spans import Piece, pieces
from bartizan.store.times import from_us, search_us

Conditioned = Callable[[Search], Conditions]
_FACETS: Final = {
    Facet.COUNTRY: rollups.COUNTRY,
    Facet.CATEGORY: rollups.CATEGORY,
    Facet.STATUS: rollups.STATUS,
    Facet.RULE: rollups.RULE,
}
_RANKS: Final = {Facet.CLIENT: rollups.CLIENT, Facet.HOST: rollups.HOST}
_NUMBERS: Final = frozenset((Facet.STATUS, Facet.RULE))
_EVERYWHERE: Final = frozenset(("since", "until", "intercepted", "sensors"))
_FIELDS: Final = {
    "countries": rollups.COUNTRY,
    "categories": rollups.CATEGORY,
    "statuses": rollups.STATUS,
    "rule_ids": rollups.RULE,
}
_MICROSECOND: Final = timedelta(microseconds=1)
Tally = dict[Any, list[int]]


class Known(Struct, frozen=True):
    """Rows of `table` that count what a search asks for, whatever its span."""

    table: Table
    conditions: tuple[ColumnElement[bool], ...]


def count(connection: Connection, search: Search, conditioned: Conditioned) -> Count | None:
    known = _known(search)
    if known is None:
        return None
    tally: Tally = {}
    for piece in _pieces(connection, search, known.table):
        if piece.width_s:
            query = _sums(known.table, search).where(*known.conditions, *_within(known, piece))
            _add(tally, "", connection.execute(query).one())
        else:
            found = counts.count(connection, conditioned(_narrowed(search, piece)))
            _add(tally, "", (found.transactions, found.intercepted))
    transactions, intercepted = tally.get("", [0, 0])
    return Count(value="", transactions=transactions, intercepted=intercepted)


def facet(
    connection: Connection, search: Search, facet: Facet, limit: int, conditioned: Conditioned
) -> tuple[Count, ...] | None:
    if _extra(search):
        return None
    if facet in _RANKS:
        return _ranked(connection, search, facet, limit, conditioned)
    if facet in _FACETS:
        table = tables.rollups
        known = Known(table, (table.c.facet == _FACETS[facet], *_of_sensors(table, search)))
        values: ColumnElement[Any] = table.c.value
    elif facet is Facet.SENSOR:
        known = Known(tables.rollups, _all_of(search))
        values = tables.rollups.c.sensor
    else:
        return None
    tally: Tally = {}
    for piece in _pieces(connection, search, known.table):
        if piece.width_s:
            query = _sums(known.table, search, values).group_by(values)
            query = query.where(*known.conditions, *_within(known, piece))
            for value, *counted in connection.execute(query):
                _add(tally, int(value) if facet in _NUMBERS else value, counted)
        else:
            for one in _edge(connection, search, piece, facet, conditioned):
                _add(tally, int(one.value) if facet in _NUMBERS else one.value, _both(one))
    return _most_frequent(tally, limit)


def _ranked(
    connection: Connection, search: Search, facet: Facet, limit: int, conditioned: Conditioned
) -> tuple[Count, ...] | None:
    """Clients and hosts: there may be any number of them, and no sensor is told of them."""
    if search.sensors:
        return None
    edges: Tally = {}
    whole = []
    for piece in _pieces(connection, search, tables.rollup_ranks):
        if piece.width_s:
            whole.append(piece)
        else:
            for one in _edge(connection, search, piece, facet, conditioned):
                _add(edges, one.value, _both(one))
    top = rollup_top.Top(connection, _RANKS[facet], _counted(tables.rollup_ranks, search))
    return _most_frequent(top.find(whole, edges, limit), limit)


def histogram(
    connection: Connection,
    search: Search,
    since: datetime,
    width: timedelta,
    conditioned: Conditioned,
) -> tuple[Bar, ...] | None:
    """Slices from `since` on; only where they begin with a minute and are of whole ones."""
    known = _known(search)
    if known is None:
        return None
    since_us, width_us = search_us(since), width // _MICROSECOND
    widths = tuple(
        one
        for one in rollups.WIDTHS[known.table.name]
        if since_us % (one * 1_000_000) == 0 and width_us % (one * 1_000_000) == 0
    )
    if not widths:
        return None
    tally: Tally = {}
    for piece in _pieces(connection, search, known.table, widths):
        if piece.width_s:
            offset = known.table.c.start_us - since_us
            start = (offset - offset % width_us).label("start")
            query = _sums(known.table, search, start).group_by("start")
            query = query.where(*known.conditions, *_within(known, piece))
            for at, *counted in connection.execute(query):
                _add(tally, at, counted)
        else:
            matching = conditioned(_narrowed(search, piece))
            for bar in counts.histogram(connection, matching, since, width):
                at = search_us(bar.at) - since_us
                _add(tally, at, (bar.transactions, bar.intercepted))
    return tuple(
        Bar(at=from_us(since_us + at), transactions=transactions, intercepted=intercepted)
        for at, (transactions, intercepted) in sorted(tally.items())
        if transactions
    )


def map_cells(
    connection: Connection, search: Search, limit: int, conditioned: Conditioned
) -> tuple[MapCell, ...] | None:
    """In one statement: there may be many more cells than are asked for."""
    if _extra(search) - {"countries", "categories"}:
        return None
    table = tables.rollup_cells
    wanted = [*_of_sensors(table, search)]
    if search.countries:
        wanted.append(table.c.country.in_(search.countries))
    if search.categories:
        wanted.append(table.c.category.in_(search.categories))
    known = Known(table, tuple(wanted))
    transactions, intercepted = _counted(table, search)
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


def _extra(search: Search) -> set[str]:
    """The filters that only some tables know."""
    nothing = Search()
    return {
        name
        for name in search.__struct_fields__
        if name not in _EVERYWHERE and getattr(search, name) != getattr(nothing, name)
    }


def _known(search: Search) -> Known | None:
    """What counts the transactions of a search, each of them once."""
    extra = _extra(search)
    if not extra:
        return Known(tables.rollups, _all_of(search))
    name = extra.pop()
    if extra:
        return None
    if name == "hosts" and not search.sensors:
        ranks = tables.rollup_ranks.c
        hosts = [host[: limits.HOST].lower()[: limits.HOST] for host in search.hosts]
        return Known(
            tables.rollup_ranks, (ranks.facet == rollups.HOST, ranks.value.in_(set(hosts)))
        )
    if name not in _FIELDS or (name == "rule_ids" and len(set(search.rule_ids)) > 1):
        return None  # a transaction may have several rules
    values = {str(value) for value in getattr(search, name)}
    table = tables.rollups
    return Known(
        table,
        (table.c.facet == _FIELDS[name], table.c.value.in_(values), *_of_sensors(table, search)),
    )


def _all_of(search: Search) -> tuple[ColumnElement[bool], ...]:
    table = tables.rollups
    return (table.c.facet == rollups.ALL, table.c.value == "", *_of_sensors(table, search))


def _of_sensors(table: Table, search: Search) -> tuple[ColumnElement[bool], ...]:
    if not search.sensors:
        return ()
    return (table.c.sensor.in_(limits.cut_all(search.sensors, limits.SENSOR)),)


def _counted(table: Table, search: Search) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """Transactions and those intercepted, of what the search asks for."""
    columns = table.c
    if search.intercepted is None:
        return columns.transactions, columns.intercepted
    if search.intercepted:
        return columns.intercepted, columns.intercepted
    return columns.passed, columns.passed - columns.passed


def _sums(table: Table, search: Search, *columns: Any) -> Select[Any]:
    transactions, intercepted = _counted(table, search)
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
    connection: Connection, search: Search, table: Table, widths: tuple[int, ...] | None = None
) -> list[Piece]:
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
) -> tuple[Count, ...]:
    return counts.facet(connection, conditioned(_narrowed(search, piece)), facet, None)


def _both(one: Count) -> tuple[int, int]:
    return one.transactions, one.intercepted


def _add(tally: Tally, key: Any, counted: Sequence[Any]) -> None:
    known = tally.get(key)
    if known is None:
        tally[key] = [int(counted[0]), int(counted[1])]
    else:
        known[0] += int(counted[0])
        known[1] += int(counted[1])


def _most_frequent(tally: Tally, limit: int) -> tuple[Count, ...]:
    ordered: Iterable[Any] = sorted(
        (-counted[0], value, counted[1]) for value, counted in tally.items() if counted[0]
    )
    return tuple(
        Count(value=str(value), transactions=-negative, intercepted=intercepted)
        for negative, value, intercepted in list(ordered)[:limit]
    )
