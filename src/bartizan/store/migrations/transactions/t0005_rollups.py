"""Counts by minutes, hours and days, and those of what is stored already.

Days and hours are counted here, a day of the data at a time. Minutes are not: they tell of the last
two days only, and begin anew.
"""

# ruff: noqa: S608 - statements of names of ours

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from alembic import op
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Double,
    Integer,
    PrimaryKeyConstraint,
    String,
    text,
)

from bartizan.kit import log
from bartizan.store.migrations.steps import create_index, create_table

revision = "t0005"
down_revision = "t0004"

_log = log.get("store.upgrade")
_SECOND_US: Final = 1_000_000
_MINUTE, _HOUR, _DAY = 60, 3600, 24 * 3600
_TABLES: Final = ("rollups", "rollup_ranks", "rollup_cells")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_COUNTS: Final = """count(*), coalesce(sum(CASE WHEN intercepted = 1 THEN 1 ELSE 0 END), 0),
coalesce(sum(CASE WHEN intercepted = 0 THEN 1 ELSE 0 END), 0), 0, 0"""
_NAMES: Final = "transactions, intercepted, passed, removed, removed_intercepted"
_START: Final = ":day + (at_us - :day) - (at_us - :day) % :slice"
_SPAN: Final = "at_us >= :day AND at_us < :day + 86400000000"


def upgrade() -> None:
    create_table(
        "rollups",
        Column("width_s", Integer, autoincrement=False),
        Column("start_us", BigInteger, autoincrement=False),
        Column("facet", String(16)),
        Column("value", String(255)),
        Column("sensor", String(255)),
        *_counts(),
        PrimaryKeyConstraint("width_s", "facet", "start_us", "value", "sensor"),
        sqlite_with_rowid=False,
    )
    create_table(
        "rollup_ranks",
        Column("width_s", Integer, autoincrement=False),
        Column("start_us", BigInteger, autoincrement=False),
        Column("facet", String(16)),
        Column("value", String(255)),
        *_counts(),
        PrimaryKeyConstraint("width_s", "facet", "start_us", "value"),
        sqlite_with_rowid=False,
    )
    create_table(
        "rollup_cells",
        Column("width_s", Integer, autoincrement=False),
        Column("start_us", BigInteger, autoincrement=False),
        Column("cell_latitude", Double),
        Column("cell_longitude", Double),
        Column("country", String(255)),
        Column("sensor", String(255)),
        Column("category", String(64)),
        *_counts(),
        PrimaryKeyConstraint(
            "width_s",
            "start_us",
            "cell_latitude",
            "cell_longitude",
            "country",
            "sensor",
            "category",
        ),
        sqlite_with_rowid=False,
    )
    create_table(
        "rollup_bounds",
        Column("width_s", Integer, primary_key=True, autoincrement=False),
        Column("from_us", BigInteger, nullable=False),
    )
    _count_what_is_there(op.get_bind())
    create_index(
        "ix_rollup_ranks_top", "rollup_ranks", "width_s", "facet", "start_us", "transactions"
    )


def _counts() -> list[Column[Any]]:
    return [Column(name, Integer, nullable=False) for name in _NAMES.split(", ")]


def _count_what_is_there(connection: Connection) -> None:
    """From the beginning, also after an upgrade that was killed."""
    for table in (*_TABLES, "rollup_bounds"):
        connection.execute(text(f"DELETE FROM {table}"))
    newest = connection.execute(text("SELECT max(at_us) FROM transactions")).scalar_one()
    if newest is None:
        return
    minute_us = _MINUTE * _SECOND_US
    connection.execute(
        text("INSERT INTO rollup_bounds (width_s, from_us) VALUES (:width, :from_us)"),
        {"width": _MINUTE, "from_us": newest - newest % minute_us + minute_us},
    )
    day_us = _DAY * _SECOND_US
    after = text("SELECT min(at_us) FROM transactions WHERE at_us >= :from_us")
    from_us = -(2**62)
    while True:
        oldest = connection.execute(after, {"from_us": from_us}).scalar_one()
        if oldest is None:
            return
        start = oldest - oldest % day_us
        for statement in _statements():
            for width in (_DAY, _HOUR):
                connection.execute(
                    text(statement),
                    {"day": start, "width": width, "slice": width * _SECOND_US},
                )
        from_us = start + day_us
        _log.info("store.upgrade.counted", day=str((_EPOCH + timedelta(microseconds=start)).date()))


def _statements() -> list[str]:
    """For one day, the rows of each table. Only names of ours are put into the text."""
    narrow = [("all", "''", "sensor IS NOT NULL")]
    narrow += [(name, name, f"{name} IS NOT NULL") for name in ("country", "category")]
    narrow += [("status", "CAST(status AS CHAR(20))", "status IS NOT NULL")]
    ranks = [("client", "client_address"), ("host", "host_lower")]
    return [
        *(
            f"INSERT INTO rollups (width_s, start_us, facet, value, sensor, {_NAMES}) "
            f"SELECT :width, {_START}, '{facet}', {value}, sensor, {_COUNTS} FROM transactions "
            f"WHERE {_SPAN} AND {condition} GROUP BY 2, 4, 5"
            for facet, value, condition in narrow
        ),
        (
            f"INSERT INTO rollups (width_s, start_us, facet, value, sensor, {_NAMES}) "
            f"SELECT :width, {_START}, 'rule', rule, sensor, {_COUNTS} FROM ("
            "SELECT DISTINCT transactions.id, at_us, sensor, intercepted, "
            "CAST(rule_id AS CHAR(20)) AS rule FROM transactions "
            "JOIN rule_matches ON rule_matches.transaction_id = transactions.id "
            f"WHERE {_SPAN} AND rule_id IS NOT NULL) AS fired GROUP BY 2, 4, 5"
        ),
        *(
            f"INSERT INTO rollup_ranks (width_s, start_us, facet, value, {_NAMES}) "
            f"SELECT :width, {_START}, '{facet}', {value}, {_COUNTS} FROM transactions "
            f"WHERE {_SPAN} AND {value} IS NOT NULL GROUP BY 2, 4"
            for facet, value in ranks
        ),
        (
            "INSERT INTO rollup_cells (width_s, start_us, cell_latitude, cell_longitude, country, "
            f"sensor, category, {_NAMES}) "
            f"SELECT :width, {_START}, cell_latitude, cell_longitude, coalesce(country, ''), "
            f"sensor, coalesce(category, ''), {_COUNTS} FROM transactions "
            f"WHERE {_SPAN} AND cell_latitude IS NOT NULL AND cell_longitude IS NOT NULL "
            "GROUP BY 2, 3, 4, 5, 6, 7"
        ),
    ]
