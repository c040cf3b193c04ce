"""Holds, what retention removed, and who alone may do what at the moment."""

from sqlalchemy import BigInteger, Column, Integer, String, Text

from bartizan.store.migrations.steps import create_table

revision = "c0003"
down_revision = "c0002"


def upgrade() -> None:
    create_table(
        "holds",
        Column("id", Integer, primary_key=True, autoincrement=True),
        Column("name", String(255), nullable=False),
        Column("search", Text, nullable=False),
        Column("reason", Text, nullable=False),
        Column("added_at_us", BigInteger, nullable=False),
        Column("added_by", String(255), nullable=False),
        Column("released_at_us", BigInteger),
        Column("released_by", String(255)),
    )
    create_table(
        "leases",
        Column("name", String(64), primary_key=True),
        Column("holder", String(255), nullable=False),
        Column("until_us", BigInteger, nullable=False),
    )
    create_table(
        "retention_runs",
        Column("id", Integer, primary_key=True, autoincrement=True),
        Column("began_at_us", BigInteger, nullable=False),
        Column("ended_at_us", BigInteger),
        Column("cause", String(16), nullable=False),
        Column("outcome", String(16), nullable=False),
        Column("payloads", BigInteger, nullable=False),
        Column("transactions", BigInteger, nullable=False),
        Column("statistics", BigInteger, nullable=False),
        Column("raw_bytes", BigInteger, nullable=False),
        Column("given_back_bytes", BigInteger, nullable=False),
        Column("note", Text, nullable=False),
    )
