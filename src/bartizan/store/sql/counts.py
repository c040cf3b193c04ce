"""Counting what a search matches, from the rows: totals, facets, histogram and map."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    Subquery,
    case,
    func,
    literal_column,
    select,
)

from bartizan.domain.search import Bar, Count, Facet, MapCell
from bartizan.store.sql.tables import rule_matches, transactions
from bartizan.store.times import from_us, search_us

Conditions = Sequence[ColumnElement[bool]]
_t = transactions.c
_transactions = func.count().label("transactions")
_intercepted = func.coalesce(func.sum(case((_t.intercepted == 1, 1), else_=0)), 0).label(
    "intercepted"
)
_COLUMNS: Final[dict[Facet, ColumnElement[Any]]] = {
    Facet.SENSOR: _t.sensor,
    Facet.COUNTRY: _t.country,
    Facet.CATEGORY: _t.category,
    Facet.CLIENT: _t.client_address,
    Facet.HOST: _t.host_lower,
    Facet.PATH: _t.path,
    Facet.STATUS: _t.status,
    Facet.INTERCEPTED: _t.intercepted,
}
_MICROSECOND: Final = timedelta(microseconds=1)


def count(connection: Connection, conditions: Conditions) -> Count:
    query = select(_transactions, _intercepted).select_from(transactions).where(*conditions)
    return _count("", connection.execute(query).one())


def facet(
    connection: Connection, conditions: Conditions, facet: Facet, limit: int | None
) -> tuple[Count, ...]:
    """All of them without a limit."""
    if facet is Facet.RULE:
        return _rules(connection, conditions, limit)
    column = _COLUMNS[facet]
    query = (
        select(column.label("value"), _transactions, _intercepted)
        .where(column.is_not(None), *conditions)
        .group_by(column)
        .order_by(_transactions.desc(), *_exactly(column))
        .limit(limit)
    )
    return tuple(
        _count(_shown(facet, values.value), values) for values in connection.execute(query)
    )


def _exactly(column: ColumnElement[Any]) -> tuple[ColumnElement[Any], ...]:
    """No value first. MariaDB pads sort keys with zeros: only the length tells a text from one with
    a NUL more.
    """
    if isinstance(column.type, String):
        return column.is_not(None), column, func.length(column)
    return column.is_not(None), column


def _shown(facet: Facet, value: Any) -> str:
    if facet is Facet.INTERCEPTED:
        return "true" if value else "false"
    return str(value)


def _rules(connection: Connection, conditions: Conditions, limit: int | None) -> tuple[Count, ...]:
    """Each transaction once per distinct rule, however often the rule fired in it."""
    pairs = (
        select(rule_matches.c.rule_id, _t.id, _t.intercepted)
        .join(rule_matches, rule_matches.c.transaction_id == _t.id)
        .where(rule_matches.c.rule_id.is_not(None), *conditions)
        .distinct()
        .subquery()
    )
    intercepted = func.sum(case((pairs.c.intercepted == 1, 1), else_=0)).label("intercepted")
    query = (
        select(pairs.c.rule_id.label("value"), _transactions, intercepted)
        .group_by(pairs.c.rule_id)
        .order_by(_transactions.desc(), pairs.c.rule_id)
        .limit(limit)
    )
    return tuple(_count(str(values.value), values) for values in connection.execute(query))


def histogram(
    connection: Connection, conditions: Conditions, since: datetime, width: timedelta
) -> tuple[Bar, ...]:
    """Slices begin at `since`. Modulo, because division of big integers is not exact in MySQL."""
    offset = _t.at_us - search_us(since)
    start = (offset - offset % (width // _MICROSECOND)).label("start")
    query = (
        select(start, _transactions, _intercepted)
        .where(*conditions)
        .group_by("start")
        .order_by("start")
    )
    return tuple(
        Bar(
            at=from_us(search_us(since) + values.start),
            transactions=values.transactions,
            intercepted=int(values.intercepted),
        )
        for values in connection.execute(query)
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
