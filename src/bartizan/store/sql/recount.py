"""Whether the counts kept by hours are what the transactions of that hour say.

Written apart from `rollups.py` on purpose, so that a mistake there is found here. An hour is looked
at again before it is told to be wrong: where a database shows each statement what is committed by
then, a batch that was stored in between looks like a fault.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from ipaddress import IPv6Address, ip_network
from typing import Any, Final

from sqlalchemy import Connection, Table, func, select

from bartizan.kit.clock import from_us, to_us
from bartizan.store.contract import CheckedHour
from bartizan.store.sql import tables

_LOOKS: Final = 3
_SOME: Final = 500
_HOUR_S: Final = 3600
_HOUR_US: Final = _HOUR_S * 1_000_000
_t, _m = tables.transactions.c, tables.rule_matches.c
_ROWS: Final = (
    _t.id,
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
_KEYS: Final[dict[Table, tuple[str, ...]]] = {
    tables.rollups: ("facet", "value", "sensor"),
    tables.rollup_ranks: ("facet", "value"),
    tables.rollup_cells: ("cell_latitude", "cell_longitude", "country", "sensor", "category"),
}
Counts = dict[tuple[Any, ...], tuple[int, int, int]]


def check_hour(connection: Connection, after: datetime | None) -> CheckedHour | None:
    start_us = _next_hour(connection, None if after is None else to_us(after))
    if start_us is None:
        return None
    wrong = 0
    for _ in range(_LOOKS):
        wrong = _wrong(connection, start_us)
        if not wrong:
            break
    return CheckedHour(start=from_us(start_us), wrong=wrong)


def _next_hour(connection: Connection, after_us: int | None) -> int | None:
    """The first that has transactions, or counts of them."""
    least = -(2**62) if after_us is None else after_us + _HOUR_US
    queries = [select(func.min(_t.at_us)).where(_t.at_us >= least)]
    queries += [
        select(func.min(table.c.start_us)).where(
            table.c.width_s == _HOUR_S, table.c.start_us >= least, table.c.transactions != 0
        )
        for table in _KEYS
    ]
    found = [connection.execute(query).scalar_one() for query in queries]
    return min((moment - moment % _HOUR_US for moment in found if moment is not None), default=None)


def _wrong(connection: Connection, start_us: int) -> int:
    expected = _expected(connection, start_us)
    wrong = 0
    for table, names in _KEYS.items():
        columns = table.c
        query = select(
            *(columns[name] for name in names),
            columns.transactions,
            columns.intercepted,
            columns.passed,
        ).where(columns.width_s == _HOUR_S, columns.start_us == start_us)
        kept: Counts = {}
        for *key, transactions, intercepted, passed in connection.execute(query):
            if transactions or intercepted or passed:
                kept[tuple(key)] = (transactions, intercepted, passed)
        keys = kept.keys() | expected[table].keys()
        wrong += sum(kept.get(key) != expected[table].get(key) for key in keys)
    return wrong


def _expected(connection: Connection, start_us: int) -> dict[Table, Counts]:
    found: dict[Table, Counts] = {table: {} for table in _KEYS}
    query = select(*_ROWS).where(_t.at_us >= start_us, _t.at_us < start_us + _HOUR_US)
    rows = connection.execute(query).all()
    for start in range(0, len(rows), _SOME):
        some = rows[start : start + _SOME]
        rules = _rules(connection, [row.id for row in some])
        for row in some:
            one = (1, int(row.intercepted == 1), int(row.intercepted == 0))
            for table, key in _keys(row, rules.get(row.id, ())):
                known = found[table].get(key, (0, 0, 0))
                found[table][key] = (known[0] + one[0], known[1] + one[1], known[2] + one[2])
    return found


def _keys(row: Any, rules: Iterable[int]) -> Iterator[tuple[Table, tuple[Any, ...]]]:
    yield tables.rollups, ("all", "", row.sensor)
    for facet in ("country", "category", "status", "severity", "method", "format", "ruleset"):
        value = getattr(row, facet)
        if value is not None:
            yield tables.rollups, (facet, str(value), row.sensor)
    if row.score is not None:
        yield tables.rollups, ("score", _band(row.score), row.sensor)
    for rule in rules:
        yield tables.rollups, ("rule", str(rule), row.sensor)
    if row.client_address is not None:
        yield tables.rollup_ranks, ("client", row.client_address)
    if row.client_bytes is not None:
        yield tables.rollup_ranks, ("network", _network(bytes(row.client_bytes)))
    if row.host_lower is not None:
        yield tables.rollup_ranks, ("host", row.host_lower)
    if row.cell_latitude is not None and row.cell_longitude is not None:
        yield (
            tables.rollup_cells,
            (
                row.cell_latitude,
                row.cell_longitude,
                row.country or "",
                row.sensor,
                row.category or "",
            ),
        )


def _band(score: int) -> str:
    """What docs/sql.md says: by the least of each band."""
    if score <= 0:
        return "..0"
    ends = (1, 5, 10, 15, 20, 30, 50, 100)
    place = bisect_right(ends, score) - 1
    return f"{ends[place]}..{ends[place + 1] - 1}" if place + 1 < len(ends) else f"{ends[place]}.."


def _network(packed: bytes) -> str:
    address = IPv6Address(packed)
    if address.ipv4_mapped is not None:
        return str(ip_network((address.ipv4_mapped, 24), strict=False))
    return str(ip_network((address, 48), strict=False))


def _rules(connection: Connection, ids: Sequence[int]) -> dict[int, set[int]]:
    query = select(_m.transaction_id, _m.rule_id).where(
        _m.transaction_id.in_(ids), _m.rule_id.is_not(None)
    )
    found: dict[int, set[int]] = {}
    for number, rule_id in connection.execute(query):
        found.setdefault(number, set()).add(rule_id)
    return found
