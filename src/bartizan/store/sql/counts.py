"""Counting what a search matches, from the rows: totals, facets, histogram and map."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    LargeBinary,
    Select,
    String,
    Subquery,
    case,
    func,
    literal_column,
    select,
)

from bartizan.domain.search import SCORE_BANDS, Bar, Count, Facet, MapCell
from bartizan.domain.triage import State
from bartizan.store.addresses import (
    MAPPED_BYTES,
    NETWORK_BYTES,
    NETWORK_BYTES_4,
    network_text,
)
from bartizan.store.sql.expressions import bounded
from bartizan.store.sql.tables import (
    rule_matches,
    transaction_labels,
    transactions,
    triaged_transactions,
)
from bartizan.store.times import from_us, search_us

Conditions = Sequence[ColumnElement[bool]]
_t = transactions.c
_transactions = func.count().label("transactions")
_intercepted = func.coalesce(func.sum(case((_t.intercepted == 1, 1), else_=0)), 0).label(
    "intercepted"
)


def _begin(length: int) -> ColumnElement[Any]:
    return func.substr(_t.client_bytes, 1, length, type_=LargeBinary())


_COLUMNS: Final[dict[Facet, ColumnElement[Any]]] = {
    Facet.SENSOR: _t.sensor,
    Facet.COUNTRY: _t.country,
    Facet.CATEGORY: _t.category,
    Facet.CLIENT: _t.client_address,
    Facet.HOST: _t.host_lower,
    Facet.PATH: _t.path,
    Facet.STATUS: _t.status,
    Facet.INTERCEPTED: _t.intercepted,
    Facet.SEVERITY: _t.severity,
    Facet.METHOD: _t.method,
    Facet.FORMAT: _t.format,
    Facet.RULESET: _t.ruleset,
    Facet.NETWORK: case(
        (_begin(len(MAPPED_BYTES)) == MAPPED_BYTES, _begin(NETWORK_BYTES_4)),
        else_=_begin(NETWORK_BYTES),
    ),
    Facet.SCORE: case(
        *(
            (bounded(_t.score, band.least, band.most), literal_column(str(place)))
            for place, band in enumerate(SCORE_BANDS)
        )
    ),
}
_OF_PEOPLE: Final[dict[Facet, Column[str]]] = {
    Facet.STATE: triaged_transactions.c.state,
    Facet.LABEL: transaction_labels.c.label,
}
_COMPUTED: Final = frozenset((Facet.NETWORK, Facet.SCORE))
Tally = dict[Any, list[int]]
_MICROSECOND: Final = timedelta(microseconds=1)


def count(connection: Connection, conditions: Conditions) -> Count:
    query = select(_transactions, _intercepted).select_from(transactions).where(*conditions)
    return _count("", connection.execute(query).one())


def facet(
    connection: Connection, conditions: Conditions, facet: Facet, limit: int
) -> tuple[Count, ...]:
    return tuple(
        Count(value=shown(facet, value), transactions=counted, intercepted=intercepted)
        for value, counted, intercepted in values(connection, conditions, facet, limit)
    )


def values(
    connection: Connection, conditions: Conditions, facet: Facet, limit: int | None = None
) -> Iterator[tuple[Any, int, int]]:
    """Values as they are in the database, with their transactions, and those intercepted."""
    for value, counted, intercepted in connection.execute(_query(conditions, facet, limit)):
        yield value, counted, int(intercepted)


def _query(conditions: Conditions, facet: Facet, limit: int | None) -> Select[Any]:
    if facet is Facet.RULE:
        return _of_rules(conditions, limit)
    if facet in _OF_PEOPLE:
        return _of_people(_OF_PEOPLE[facet], conditions, limit)
    column = _COLUMNS[facet]
    if facet in _COMPUTED:
        return _of_computed(column, conditions, limit)
    query = select(column, _transactions, _intercepted).where(column.is_not(None), *conditions)
    return query.group_by(column).order_by(_transactions.desc(), *_exactly(column)).limit(limit)


def _of_people(column: Column[str], conditions: Conditions, limit: int | None) -> Select[Any]:
    """From what people touched to their transactions: there are few of these."""
    touched = column.table
    if column is triaged_transactions.c.state:
        conditions = [column != State.OPEN.value, *conditions]
    return (
        select(column, _transactions, _intercepted)
        .join_from(touched, transactions, touched.c.transaction_id == _t.id)
        .where(*conditions)
        .group_by(column)
        .order_by(_transactions.desc(), *_exactly(column))
        .limit(limit)
    )


def _of_computed(
    column: ColumnElement[Any], conditions: Conditions, limit: int | None
) -> Select[Any]:
    """Computed once for each row: parameters in a GROUP BY are others for PostgreSQL."""
    rows = select(column.label("value"), _t.intercepted).where(*conditions).subquery()
    intercepted = func.sum(case((rows.c.intercepted == 1, 1), else_=0))
    query = select(rows.c.value, _transactions, intercepted).where(rows.c.value.is_not(None))
    query = query.group_by(rows.c.value).order_by(_transactions.desc(), rows.c.value)
    return query.limit(limit)


def _exactly(column: ColumnElement[Any]) -> tuple[ColumnElement[Any], ...]:
    """No value first. MariaDB pads sort keys with zeros: only the length tells a text from one with
    a NUL more.
    """
    if isinstance(column.type, String):
        return column.is_not(None), column, func.length(column)
    return column.is_not(None), column


def shown(facet: Facet, value: Any) -> str:
    """A value as it is in the database, as people see it."""
    if facet is Facet.INTERCEPTED:
        return "true" if value else "false"
    if facet is Facet.NETWORK:
        return network_text(bytes(value))
    if facet is Facet.SCORE:
        return str(SCORE_BANDS[int(value)])
    return str(value)


def _of_rules(conditions: Conditions, limit: int | None) -> Select[Any]:
    """Each transaction once per distinct rule, however often the rule fired in it."""
    pairs = (
        select(rule_matches.c.rule_id, _t.id, _t.intercepted)
        .join(rule_matches, rule_matches.c.transaction_id == _t.id)
        .where(rule_matches.c.rule_id.is_not(None), *conditions)
        .distinct()
        .subquery()
    )
    intercepted = func.sum(case((pairs.c.intercepted == 1, 1), else_=0))
    return (
        select(pairs.c.rule_id, _transactions, intercepted)
        .group_by(pairs.c.rule_id)
        .order_by(_transactions.desc(), pairs.c.rule_id)
        .limit(limit)
    )


def histogram(
    connection: Connection,
    conditions: Conditions,
    since: datetime,
    width: timedelta,
    split: Facet | None = None,
) -> tuple[Bar, ...]:
    bars = Bars(since, width, split)
    bars.add_rows(connection, conditions)
    return bars.told()


class Bars:
    """Adds up the slices of a histogram, which begin at `since`, and their parts."""

    def __init__(self, since: datetime, width: timedelta, split: Facet | None) -> None:
        self._since_us = search_us(since)
        self._width_us = width // _MICROSECOND
        self._split = split
        self._whole: Tally = {}
        self._parts: dict[Any, Tally] = {}

    def start(self, at_us: ColumnElement[int]) -> ColumnElement[int]:
        """Of the slice, as "start". Modulo: division of big integers is not exact in MySQL."""
        offset = at_us - self._since_us
        return (offset - offset % self._width_us).label("start")

    def add_rows(self, connection: Connection, conditions: Conditions) -> None:
        start = self.start(_t.at_us)
        if self._split is None:
            query = select(start, _transactions, _intercepted).where(*conditions).group_by("start")
            for at, *counted in connection.execute(query):
                self.add(at, counted)
            return
        column = _COLUMNS[self._split]
        parts = select(start, column.label("value"), _transactions, _intercepted)
        parts = parts.where(*conditions).group_by("start", column)
        for at, value, *counted in connection.execute(parts):
            self.add(at, counted)
            if value is not None:
                self.add_part(at, value, counted)

    def add(self, at: int, counted: Sequence[Any]) -> None:
        add(self._whole, at, counted)

    def add_part(self, at: int, value: Any, counted: Sequence[Any]) -> None:
        add(self._parts.setdefault(at, {}), value, counted)

    def told(self) -> tuple[Bar, ...]:
        return tuple(
            Bar(
                at=from_us(self._since_us + at),
                transactions=counted,
                intercepted=intercepted,
                parts=self._told_parts(at),
            )
            for at, (counted, intercepted) in sorted(self._whole.items())
            if counted
        )

    def _told_parts(self, at: int) -> tuple[Count, ...]:
        if self._split is None:
            return ()
        return most_frequent(self._parts.get(at, {}), self._split, None)


def add(tally: Tally, key: Any, counted: Sequence[Any]) -> None:
    known = tally.get(key)
    if known is None:
        tally[key] = [int(counted[0]), int(counted[1])]
    else:
        known[0] += int(counted[0])
        known[1] += int(counted[1])


def most_frequent(tally: Tally, facet: Facet, limit: int | None) -> tuple[Count, ...]:
    """Values as they are in the database, so that their order is the same."""
    ordered = sorted(
        (-counted[0], value, counted[1]) for value, counted in tally.items() if counted[0]
    )
    return tuple(
        Count(value=shown(facet, value), transactions=-negative, intercepted=intercepted)
        for negative, value, intercepted in ordered[:limit]
    )


def map_cells(connection: Connection, conditions: Conditions, limit: int) -> tuple[MapCell, ...]:
    return map_of(connection, cells_of_rows(conditions).subquery(), limit)


def cells_of_rows(conditions: Conditions) -> Select[Any]:
    """One row for each transaction that has a place; "" where it has no country or category."""
    return select(
        _t.cell_latitude,
        _t.cell_longitude,
        func.coalesce(_t.country, "").label("country"),
        _t.sensor,
        func.coalesce(_t.category, "").label("category"),
        literal_column("1").label("n"),
        case((_t.intercepted == 1, 1), else_=0).label("blocked"),
    ).where(_t.cell_latitude.is_not(None), _t.cell_longitude.is_not(None), *conditions)


def map_of(connection: Connection, counted: Subquery, limit: int) -> tuple[MapCell, ...]:
    """The most frequent cells of rows that count `n` transactions in one each."""
    columns = counted.c
    cell = (
        columns.cell_latitude,
        columns.cell_longitude,
        columns.country,
        columns.sensor,
        columns.category,
    )
    transactions = func.sum(columns.n).label("transactions")
    query = (
        select(*cell, transactions, func.sum(columns.blocked).label("intercepted"))
        .group_by(*cell)
        .having(func.sum(columns.n) > 0)
        .order_by(transactions.desc(), *(by for column in cell for by in _exactly(column)))
        .limit(limit)
    )
    return tuple(
        MapCell(
            latitude=values.cell_latitude,
            longitude=values.cell_longitude,
            country=values.country or None,
            sensor=values.sensor,
            category=values.category or None,
            transactions=int(values.transactions),
            intercepted=int(values.intercepted),
        )
        for values in connection.execute(query)
    )


def _count(value: str, values: Any) -> Count:
    return Count(value=value, transactions=values.transactions, intercepted=int(values.intercepted))
