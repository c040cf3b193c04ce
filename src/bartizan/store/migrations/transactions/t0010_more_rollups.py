"""Counts by severity, method, format, score, ruleset and network, also of what is stored already.

Of transactions that retention removed before, these tell the networks only, which follow from the
counts of clients. Minutes begin anew, as they do in the upgrade that made them.
"""

# ruff: noqa: S608 - statements of names of ours

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Final

from alembic import op
from sqlalchemy import Connection, text

from bartizan.kit import log
from bartizan.store.addresses import network_bytes, network_text, packed

revision = "t0010"
down_revision = "t0009"

_log = log.get("store.upgrade")
_SECOND_US: Final = 1_000_000
_MINUTE, _HOUR, _DAY = 60, 3600, 24 * 3600
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_COUNTS: Final = """count(*), coalesce(sum(CASE WHEN intercepted = 1 THEN 1 ELSE 0 END), 0),
coalesce(sum(CASE WHEN intercepted = 0 THEN 1 ELSE 0 END), 0), 0, 0"""
_NAMES: Final = ("transactions", "intercepted", "passed", "removed", "removed_intercepted")
_BANDS: Final = """CASE WHEN score <= 0 THEN '..0' WHEN score <= 4 THEN '1..4'
WHEN score <= 9 THEN '5..9' WHEN score <= 14 THEN '10..14' WHEN score <= 19 THEN '15..19'
WHEN score <= 29 THEN '20..29' WHEN score <= 49 THEN '30..49' WHEN score <= 99 THEN '50..99'
ELSE '100..' END"""
_VALUES: Final = {
    "severity": "CAST(severity AS CHAR(20))",
    "method": "method",
    "format": "format",
    "score": _BANDS,
    "ruleset": "ruleset",
}


def upgrade() -> None:
    """From the beginning, also after an upgrade that was killed."""
    connection = op.get_bind()
    facets = ", ".join(f"'{facet}'" for facet in _VALUES)
    connection.execute(text(f"DELETE FROM rollups WHERE facet IN ({facets})"))
    connection.execute(text("DELETE FROM rollup_ranks WHERE facet = 'network'"))
    newest = connection.execute(text("SELECT max(at_us) FROM transactions")).scalar_one()
    if newest is not None:
        _begin_minutes(connection, newest)
        _count_values(connection)
    _count_networks(connection)


def _begin_minutes(connection: Connection, newest_us: int) -> None:
    minute_us = _MINUTE * _SECOND_US
    connection.execute(text(f"DELETE FROM rollup_bounds WHERE width_s = {_MINUTE}"))
    connection.execute(
        text("INSERT INTO rollup_bounds (width_s, from_us) VALUES (:width, :from_us)"),
        {"width": _MINUTE, "from_us": newest_us - newest_us % minute_us + minute_us},
    )


def _count_values(connection: Connection) -> None:
    """A day of the data at a time, its hours first."""
    day_us = _DAY * _SECOND_US
    after = text("SELECT min(at_us) FROM transactions WHERE at_us >= :from_us")
    from_us = -(2**62)
    while True:
        oldest = connection.execute(after, {"from_us": from_us}).scalar_one()
        if oldest is None:
            return
        start = oldest - oldest % day_us
        for facet, value in _VALUES.items():
            connection.execute(text(_hours(facet, value)), {"day": start})
        connection.execute(text(_days()), {"day": start})
        from_us = start + day_us
        _log.info("store.upgrade.counted", day=str((_EPOCH + timedelta(microseconds=start)).date()))


def _hours(facet: str, value: str) -> str:
    hour_us = _HOUR * _SECOND_US
    return (
        f"INSERT INTO rollups (width_s, start_us, facet, value, sensor, {', '.join(_NAMES)}) "
        f"SELECT {_HOUR}, :day + (at_us - :day) - (at_us - :day) % {hour_us}, '{facet}', {value}, "
        f"sensor, {_COUNTS} FROM transactions "
        f"WHERE at_us >= :day AND at_us < :day + {_DAY * _SECOND_US} AND {facet} IS NOT NULL "
        "GROUP BY 2, 4, 5"
    )


def _days() -> str:
    facets = ", ".join(f"'{facet}'" for facet in _VALUES)
    sums = ", ".join(f"sum({name})" for name in _NAMES)
    return (
        f"INSERT INTO rollups (width_s, start_us, facet, value, sensor, {', '.join(_NAMES)}) "
        f"SELECT {_DAY}, :day, facet, value, sensor, {sums} FROM rollups "
        f"WHERE width_s = {_HOUR} AND facet IN ({facets}) "
        f"AND start_us >= :day AND start_us < :day + {_DAY * _SECOND_US} "
        "GROUP BY facet, value, sensor"
    )


def _count_networks(connection: Connection) -> None:
    """From what is counted of clients, a slice at a time."""
    of_clients = "FROM rollup_ranks WHERE width_s = :width AND facet = 'client'"
    names = ", ".join(_NAMES)
    after = text(f"SELECT min(start_us) {of_clients} AND start_us > :after")
    clients = text(f"SELECT value, {names} {of_clients} AND start_us = :start")
    add = text(
        f"INSERT INTO rollup_ranks (width_s, start_us, facet, value, {names}) "
        f"VALUES (:width, :start, 'network', :value, {', '.join(f':{name}' for name in _NAMES)})"
    )
    for width in (_DAY, _HOUR):
        start = -(2**62)
        while True:
            this = {"width": width, "after": start}
            start = connection.execute(after, this).scalar_one()
            if start is None:
                break
            sums: dict[str, Counter[str]] = {}
            for value, *counts in connection.execute(clients, {"width": width, "start": start}):
                address = packed(value)
                if address is not None:
                    network = sums.setdefault(network_text(network_bytes(address)), Counter())
                    network.update(dict(zip(_NAMES, counts, strict=True)))
            rows = [
                {"width": width, "start": start, "value": network}
                | {name: counted[name] for name in _NAMES}
                for network, counted in sums.items()
            ]
            if rows:
                connection.execute(add, rows)
