"""Counts of transactions by slices of time, kept in the transaction that changes the data.

`Rollups` is all that writes them: `add` what was stored, `change` what was replaced, `subtract`
what was removed as if it had never been, `retire` what went for its age (statistics still tell of
it), `forget` a sensor. Days and hours are kept until `drop_before`, minutes for two days, until
`clean`.

A batch costs one row per key and slice in it, not per transaction. What questions they answer is in
`rollup_answers.py`; their columns are in docs/sql.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    Connection,
    Engine,
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from bartizan.store.sql import tables
from bartizan.store.sql.dialects import ROWS, Dialect, Keep

Values = tuple[Any, ...]
Key = tuple[Any, ...]
Counted = dict[Key, list[int]]
_SECOND_US: Final = 1_000_000
MINUTE, HOUR, DAY = 60, 3600, 24 * 3600
WIDTHS: Final = (DAY, HOUR, MINUTE)
MINUTES_KEPT_US: Final = 2 * DAY * _SECOND_US
ALL: Final = "all"
COUNTRY, CATEGORY, STATUS, RULE = "country", "category", "status", "rule"
CLIENT, HOST = "client", "host"
TABLES: Final = (tables.rollups, tables.rollup_ranks, tables.rollup_cells)
_COUNTS: Final = ("transactions", "intercepted", "passed", "removed", "removed_intercepted")
_t, _m = tables.transactions.c, tables.rule_matches.c
_NAMES: Final = tuple(column.name for column in tables.transactions.columns)
_COLUMNS: Final = (
    _t.id,
    _t.at_us,
    _t.sensor,
    _t.country,
    _t.category,
    _t.status,
    _t.client_address,
    _t.host_lower,
    _t.cell_latitude,
    _t.cell_longitude,
    _t.intercepted,
)
_PLACES: Final = tuple(_NAMES.index(column.name) for column in _COLUMNS)


class Facts(NamedTuple):
    """Of some transactions: values of _COLUMNS, and which rules fired."""

    rows: Sequence[Values]
    rule_ids: Mapping[int, Iterable[int]]


class Rollups:
    """Writes the counts of one database. Callers hold the transaction."""

    def __init__(self, engine: Engine, dialect: Dialect) -> None:
        self._insert = {table.name: _upsert(table, engine, dialect) for table in TABLES}

    def add(
        self, connection: Connection, rows: Iterable[Values], rule_ids: Mapping[int, Iterable[int]]
    ) -> None:
        """Count rows of `transactions`, in which these rules fired (each once)."""
        self._send(connection, _counted(_facts(rows, rule_ids)), (1, 1, 1, 0, 0))

    def change(
        self,
        connection: Connection,
        before: Facts,
        rows: Iterable[Values],
        rule_ids: Mapping[int, Iterable[int]],
    ) -> None:
        """Count rows in the place of what they were."""
        found = _counted(before, -1)
        _counted(_facts(rows, rule_ids), into=found)
        self._send(connection, found, (1, 1, 1, 0, 0))
        self._drop_empty(connection, found)

    def subtract(self, connection: Connection, facts: Facts) -> None:
        """Count these transactions no more, as if they had never been."""
        found = _counted(facts)
        self._send(connection, found, (-1, -1, -1, 0, 0))
        self._drop_empty(connection, found)

    def retire(self, connection: Connection, facts: Facts) -> None:
        """These go for their age: they move to what was removed."""
        self._send(connection, _counted(facts), (-1, -1, -1, 1, 1))

    def _send(self, connection: Connection, found: Sequence[Counted], signs: Sequence[int]) -> None:
        """Sorted, so that two writers lock in one order."""
        for table, counted in zip(TABLES, found, strict=True):
            rows = [
                (
                    *key,
                    signs[0] * count[0],
                    signs[1] * count[1],
                    signs[2] * count[2],
                    signs[3] * count[0],
                    signs[4] * count[1],
                )
                for key, count in sorted(_slices(counted).items())
                if any(count)
            ]
            if rows:
                connection.exec_driver_sql(self._insert[table.name], rows, {ROWS: True})

    def _drop_empty(self, connection: Connection, found: Sequence[Counted]) -> None:
        """Those of these rows that count nothing any more."""
        for table, counted in zip(TABLES, found, strict=True):
            if counted:
                columns = [column for column in table.columns if column.name not in _COUNTS]
                names = [f"this_{column.name}" for column in columns]
                is_this = [
                    column == bindparam(name) for name, column in zip(names, columns, strict=True)
                ]
                empty = delete(table).where(
                    *is_this, table.c.transactions <= 0, table.c.removed <= 0
                )
                keys = sorted(_slices(counted))
                connection.execute(empty, [dict(zip(names, key, strict=True)) for key in keys])

    def clean(self, connection: Connection, now_us: int) -> None:
        """Let go of old minutes. From which on they are whole is told to the readers."""
        from_us = (now_us - MINUTES_KEPT_US) // (MINUTE * _SECOND_US) * (MINUTE * _SECOND_US)
        raise_minutes(connection, from_us)
        for table in TABLES:
            connection.execute(
                delete(table).where(table.c.width_s == MINUTE, table.c.start_us < from_us)
            )

    def forget(self, connection: Connection, sensor: str) -> None:
        """All that is told of a sensor, also of those that went for their age."""
        for table in (tables.rollups, tables.rollup_cells):
            connection.execute(delete(table).where(table.c.sensor == sensor))


def drop_before(connection: Connection, before_us: int, limit: int) -> int:
    """Remove days and hours that end before then, about `limit` rows at most; how many went.

    Slices in which a transaction is still there stay.
    """
    oldest = connection.execute(select(func.min(_t.at_us))).scalar_one()
    until_us = before_us if oldest is None else min(before_us, oldest)
    dropped = 0
    for table in TABLES:
        for width in (DAY, HOUR):
            if dropped >= limit:
                return dropped
            dropped += _drop_slices(connection, table, width, until_us, limit - dropped)
    return dropped


def _drop_slices(
    connection: Connection, table: Table, width: int, until_us: int, limit: int
) -> int:
    """The oldest slices, whole ones."""
    columns = table.c
    ended = (columns.width_s == width, columns.start_us <= until_us - width * _SECOND_US)
    dropped = 0
    while dropped < limit:
        oldest = select(func.min(columns.start_us)).where(*ended)
        start_us = connection.execute(oldest).scalar_one()
        if start_us is None:
            break
        of_it = (columns.width_s == width, columns.start_us == start_us)
        dropped += connection.execute(delete(table).where(*of_it)).rowcount
    return dropped


def raise_minutes(connection: Connection, from_us: int) -> None:
    """Minutes before then are not whole any more."""
    bounds = tables.rollup_bounds
    known = connection.execute(
        select(bounds.c.from_us).where(bounds.c.width_s == MINUTE)
    ).scalar_one_or_none()
    if known is None:
        connection.execute(insert(bounds).values(width_s=MINUTE, from_us=from_us))
    elif known < from_us:
        connection.execute(update(bounds).where(bounds.c.width_s == MINUTE).values(from_us=from_us))


def minutes_from_us(connection: Connection) -> int | None:
    """From when on the minutes are whole; None if they always were."""
    bounds = tables.rollup_bounds.c
    found: int | None = connection.execute(
        select(bounds.from_us).where(bounds.width_s == MINUTE)
    ).scalar_one_or_none()
    return found


def fetch_facts(connection: Connection, ids: Sequence[int]) -> Facts:
    """What is counted of these transactions; to be asked before they go or change."""
    if not ids:
        return Facts((), {})
    rows = [tuple(row) for row in connection.execute(select(*_COLUMNS).where(_t.id.in_(ids)))]
    query = select(_m.transaction_id, _m.rule_id).where(
        _m.transaction_id.in_(ids), _m.rule_id.is_not(None)
    )
    rule_ids: dict[int, set[int]] = {}
    for number, rule_id in connection.execute(query):
        rule_ids.setdefault(number, set()).add(rule_id)
    return Facts(rows, rule_ids)


def _facts(rows: Iterable[Values], rule_ids: Mapping[int, Iterable[int]]) -> Facts:
    return Facts([tuple([row[place] for place in _PLACES]) for row in rows], rule_ids)


def _counted(
    facts: Facts, sign: int = 1, into: Sequence[Counted] | None = None
) -> Sequence[Counted]:
    """By minute and key, for each table: transactions, those intercepted, those let pass."""
    narrow, ranks, cells = found = into or ({}, {}, {})
    minute_us = MINUTE * _SECOND_US
    for fact in facts.rows:
        number, at_us, sensor, country, category, status, client, host, north, east, flag = fact
        start = at_us - at_us % minute_us
        keys = [(start, ALL, "", sensor)]
        if country is not None:
            keys.append((start, COUNTRY, country, sensor))
        if category is not None:
            keys.append((start, CATEGORY, category, sensor))
        if status is not None:
            keys.append((start, STATUS, str(status), sensor))
        rules = facts.rule_ids.get(number, ())
        keys += [(start, RULE, str(rule_id), sensor) for rule_id in rules]
        counts = (sign, sign * (flag == 1), sign * (flag == 0))
        for key in keys:
            _count(narrow, key, counts)
        if client is not None:
            _count(ranks, (start, CLIENT, client), counts)
        if host is not None:
            _count(ranks, (start, HOST, host), counts)
        if north is not None and east is not None:
            _count(cells, (start, north, east, country or "", sensor, category or ""), counts)
    return found


def _count(counted: Counted, key: Key, counts: Sequence[int]) -> None:
    known = counted.get(key)
    if known is None:
        counted[key] = list(counts)
    else:
        known[0] += counts[0]
        known[1] += counts[1]
        known[2] += counts[2]


def _slices(minutes: Counted) -> Counted:
    """The minutes, and the same again by hours and by days, with their widths first."""
    found: Counted = {}
    finer = minutes
    for width in reversed(WIDTHS):
        width_us = width * _SECOND_US
        coarser: Counted = {}
        for key, count in finer.items():
            start = key[0]
            _count(coarser, (start - start % width_us, *key[1:]), count)
        for key, count in coarser.items():
            found[width, *key] = count
        finer = coarser
    return found


def _upsert(table: Table, engine: Engine, dialect: Dialect) -> str:
    names = [column.name for column in table.primary_key.columns]
    ending = dialect.accumulate(table.name, names, dict.fromkeys(_COUNTS, Keep.SUM))
    return f"{insert(table).compile(dialect=engine.dialect)} {ending}"
