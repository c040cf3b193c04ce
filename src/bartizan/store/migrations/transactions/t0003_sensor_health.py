"""What each sensor sent, by minutes and hours; with what software; and how odd it was."""

from sqlalchemy import BigInteger, Column, Integer, SmallInteger, String

from bartizan.store.migrations.steps import add_column, create_table

revision = "t0003"
down_revision = "t0002"


def upgrade() -> None:
    add_column("transactions", Column("zone_assumed", SmallInteger))
    create_table(
        "sensor_counts",
        Column("width_s", Integer, primary_key=True, autoincrement=False),
        Column("start_us", BigInteger, primary_key=True, autoincrement=False),
        Column("sensor", String(255), primary_key=True),
        Column("transactions", Integer, nullable=False),
        Column("with_defects", Integer, nullable=False),
        Column("timed", Integer, nullable=False),
        Column("lag_total_ms", BigInteger, nullable=False),
        Column("lag_least_ms", BigInteger),
        Column("lag_most_ms", BigInteger),
        sqlite_with_rowid=False,
    )
    create_table(
        "sensor_traits",
        Column("sensor", String(255), primary_key=True),
        Column("trait", String(16), primary_key=True),
        Column("value", String(255), primary_key=True),
        Column("first_seen_us", BigInteger, nullable=False),
        Column("last_seen_us", BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    create_table(
        "sensor_defects",
        Column("day_us", BigInteger, primary_key=True, autoincrement=False),
        Column("sensor", String(255), primary_key=True),
        Column("code", String(64), primary_key=True),
        Column("transactions", Integer, nullable=False),
        sqlite_with_rowid=False,
    )
