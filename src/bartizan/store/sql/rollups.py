"""Counts of transactions by slices of time, kept in the transaction that changes the data.

`Rollups` is all that writes them: `add` what was stored, `change` what was replaced, `subtract`
what was removed as if it had never been, `retire` what went for its age (statistics still tell of
it), `forget` a sensor. Days and hours are kept until `drop_before`, minutes for two days, until
`clean`.

A batch costs one row per key and slice in it, not per transaction. What questions they answer is in
`rollup_answers.py`; their columns are in docs/sql.md.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
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

from bartizan.domain.search import SCORE_BANDS
from bartizan.store.addresses import network_bytes, network_text
from bartizan.store.sql import tables
from bartizan.store.sql.dialects import ROWS, Dialect, Keep

Values = tuple[Any, ...]
Key = tuple[Any, ...]
Counted = dict[Key, list[int]]
Conditions = tuple[ColumnElement[bool], ...]
_SECOND_US: Final = 1_000_000
MINUTE, HOUR, DAY = 60, 3600, 24 * 3600
# The coarsest first. What any number of values has is not worth its minutes: they would be nearly
# as many as the transactions.
WIDTHS: Final = {
    "rollups": (DAY, HOUR, MINUTE),
    "rollup_ranks": (DAY, HOUR),
    "rollup_cells": (DAY, HOUR),
}
_MINUTE_US, _HOUR_US = MINUTE * 1_000_000, HOUR * 1_000_000
MINUTES_KEPT_US: Final = 2 * DAY * _SECOND_US
_LOOK_EVERY_S: Final = 60.0
_REMEMBERED: Final = 4096
ALL: Final = "all"
COUNTRY, CATEGORY, STATUS, RULE = "country", "category", "status", "rule"
SEVERITY, METHOD, FORMAT, SCORE = "severity", "method", "format", "score"
RULESET: Final = "ruleset"
CLIENT, NETWORK, HOST = "client", "network", "host"
TABLES: Final = (tables.rollups, tables.rollup_ranks, tables.rollup_cells)
_FACETS: Final[tuple[tuple[Table, tuple[str | None, ...]], ...]] = (
    (
        tables.rollups,
        (ALL, COUNTRY, CATEGORY, STATUS, RULE, SEVERITY, METHOD, FORMAT, SCORE, RULESET),
    ),
    (tables.rollup_ranks, (CLIENT, NETWORK, HOST)),
    (tables.rollup_cells, (None,)),
)
_t, _m = tables.transactions.c, tables.rule_matches.c
_NAMES: Final = tuple(column.name for column in tables.transactions.columns)
_COLUMNS: Final = (
    _t.id,
    _t.at_us,
    _t.sensor,
    _t.country,
    _t.category,
    _t.status,
    _t.severity,
    _t.method,
    _t.format,
    _t.score,
    _t.ruleset,
    _t.client_address,
    _t.client_bytes,
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
        # As it is in the database, or as it was: only ever lower than what readers go by.
        self._minutes_from_us: int | None = None
        self._look_at = 0.0

    def add(
        self, connection: Connection, rows: Iterable[Values], rule_ids: Mapping[int, Iterable[int]]
    ) -> None:
        """Count rows of `transactions`, in which these rules fired (each once).

        Minutes that nobody reads any more are left out: an import of old logs has many.
        """
        if self._minutes_from_us is None or time.monotonic() >= self._look_at:
            self._minutes_from_us = minutes_from_us(connection)
            self._look_at = time.monotonic() + _LOOK_EVERY_S
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
        for counted, anew in zip(found, _counted(_facts(rows, rule_ids)), strict=True):
            for key, counts in anew.items():
                _count(counted, key, counts)
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
                for key, count in sorted(self._slices(table, counted).items())
                if any(count)
            ]
            if rows:
                connection.exec_driver_sql(self._insert[table.name], rows, {ROWS: True})

    def _drop_empty(self, connection: Connection, found: Sequence[Counted]) -> None:
        """Those of these rows that count nothing any more."""
        for table, counted in zip(TABLES, found, strict=True):
            if counted:
                columns = [column for column in table.columns if column.name not in tables.COUNTS]
                names = [f"this_{column.name}" for column in columns]
                is_this = [
                    column == bindparam(name) for name, column in zip(names, columns, strict=True)
                ]
                empty = delete(table).where(
                    *is_this, table.c.transactions <= 0, table.c.removed <= 0
                )
                keys = sorted(self._slices(table, counted))
                connection.execute(empty, [dict(zip(names, key, strict=True)) for key in keys])

    def _slices(self, table: Table, counted: Counted) -> Counted:
        """The slices that are kept of a table, with their widths first."""
        from_us = self._minutes_from_us
        finest, *coarser = reversed(WIDTHS[table.name])
        found = {
            (finest, *key): count
            for key, count in counted.items()
            if finest != MINUTE or from_us is None or key[0] >= from_us
        }
        finer = counted
        for width in coarser:
            width_us = width * _SECOND_US
            wide: Counted = {}
            for key, count in finer.items():
                start = key[0]
                _count(wide, (start - start % width_us, *key[1:]), count)
            found |= {(width, *key): count for key, count in wide.items()}
            finer = wide
        return found

    def clean(self, connection: Connection, now_us: int) -> None:
        """Let go of old minutes. From which on they are whole is told to the readers."""
        from_us = (now_us - MINUTES_KEPT_US) // (MINUTE * _SECOND_US) * (MINUTE * _SECOND_US)
        raise_minutes(connection, from_us)
        rows = tables.rollups.c
        connection.execute(
            delete(tables.rollups).where(rows.width_s == MINUTE, rows.start_us < from_us)
        )

    def forget(self, connection: Connection, sensor: str) -> None:
        """All that is told of a sensor, also of those that went for their age."""
        for table in (tables.rollups, tables.rollup_cells):
            connection.execute(delete(table).where(table.c.sensor == sensor))


def drop_before(connection: Connection, before_us: int, limit: int) -> int:
    """Remove days that end before then, and their hours, about `limit` rows at most; how many went.

    Days in which a transaction is still there stay, so that hours and days tell the same.
    """
    oldest = connection.execute(select(func.min(_t.at_us))).scalar_one()
    until_us = before_us if oldest is None else min(before_us, oldest)
    dropped = 0
    for table, facets in _FACETS:
        for facet in facets:
            for width in (DAY, HOUR):
                if dropped < limit:
                    of_it = (table.c.width_s == width, *_of_facet(table, facet))
                    ended = table.c.start_us < until_us - until_us % (DAY * _SECOND_US)
                    dropped += _drop_slices(connection, table, of_it, ended, limit - dropped)
    return dropped


def _of_facet(table: Table, facet: str | None) -> Conditions:
    return () if facet is None else (table.c.facet == facet,)


def _drop_slices(
    connection: Connection,
    table: Table,
    of_it: Conditions,
    ended: ColumnElement[bool],
    limit: int,
) -> int:
    """The oldest slices, whole ones; found by the primary key."""
    dropped = 0
    while dropped < limit:
        oldest = select(func.min(table.c.start_us)).where(*of_it, ended)
        start_us = connection.execute(oldest).scalar_one()
        if start_us is None:
            break
        gone = delete(table).where(*of_it, table.c.start_us == start_us)
        dropped += connection.execute(gone).rowcount
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


def _counted(facts: Facts, sign: int = 1) -> tuple[Counted, ...]:
    """By slice and key, for each table: transactions, those intercepted, those let pass.

    `Counter` counts a list in C, several times faster than a loop would.
    """
    narrow: list[Key] = []
    ranks: list[Key] = []
    cells: list[Key] = []
    for number, at_us, sensor, *few, client, packed, host, north, east, flag in facts.rows:
        minute, hour = at_us - at_us % _MINUTE_US, at_us - at_us % _HOUR_US
        narrow.append((minute, ALL, "", sensor, flag))
        narrow += [
            (minute, facet, shown(value), sensor, flag)
            for (facet, shown), value in zip(_FEW, few, strict=True)
            if value is not None
        ]
        rules = facts.rule_ids.get(number, ())
        narrow += [(minute, RULE, str(rule_id), sensor, flag) for rule_id in rules]
        if client is not None:
            ranks.append((hour, CLIENT, client, flag))
        if packed is not None:
            ranks.append((hour, NETWORK, _network(bytes(packed)), flag))
        if host is not None:
            ranks.append((hour, HOST, host, flag))
        if north is not None and east is not None:
            country, category = few[:2]
            cells.append((hour, north, east, country or "", sensor, category or "", flag))
    return tuple(_by_key(Counter(keys), sign) for keys in (narrow, ranks, cells))


@lru_cache(_REMEMBERED)
def _network(address: bytes) -> str:
    return network_text(network_bytes(address))


@lru_cache(_REMEMBERED)
def _band(score: int) -> str:
    return next(str(band) for band in SCORE_BANDS if band.holds(score))


# In the order of _COLUMNS.
_FEW: Final[tuple[tuple[str, Callable[[Any], str]], ...]] = (
    (COUNTRY, str),
    (CATEGORY, str),
    (STATUS, str),
    (SEVERITY, str),
    (METHOD, str),
    (FORMAT, str),
    (SCORE, _band),
    (RULESET, str),
)


def _by_key(flagged: Mapping[Key, int], sign: int) -> Counted:
    found: Counted = {}
    for (*key, flag), times in flagged.items():
        count = sign * times
        _count(found, tuple(key), (count, count * (flag == 1), count * (flag == 0)))
    return found


def _count(counted: Counted, key: Key, counts: Sequence[int]) -> None:
    known = counted.get(key)
    if known is None:
        counted[key] = list(counts)
    else:
        known[0] += counts[0]
        known[1] += counts[1]
        known[2] += counts[2]


def _upsert(table: Table, engine: Engine, dialect: Dialect) -> str:
    names = [column.name for column in table.primary_key.columns]
    ending = dialect.accumulate(table.name, names, dict.fromkeys(tables.COUNTS, Keep.SUM))
    return f"{insert(table).compile(dialect=engine.dialect)} {ending}"
