"""The tables of transactions. docs/sql.md says what each column holds."""

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects import mysql

from bartizan.store.migrations.steps import create_index, create_table

revision = "t0001"
down_revision = None

_ID = BigInteger().with_variant(Integer(), "sqlite")
_LONG = Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
_BLOB = LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb")


def _binary(length: int) -> LargeBinary:
    return LargeBinary().with_variant(mysql.BINARY(length), "mysql", "mariadb")


def upgrade() -> None:
    create_table(
        "transactions",
        Column("id", _ID, primary_key=True, autoincrement=False),
        Column("sensor", String(255), nullable=False),
        Column("digest", _binary(32), nullable=False),
        Column("unique_id", String(255)),
        Column("at_us", BigInteger, nullable=False),
        Column("occurred_at_us", BigInteger),
        Column("received_at_us", BigInteger, nullable=False),
        Column("is_skewed", SmallInteger, nullable=False),
        Column("client_address", String(255)),
        Column("client_bytes", _binary(16)),
        Column("client_port", Integer),
        Column("place_kind", String(255)),
        Column("country", String(255)),
        Column("city", String(255)),
        Column("latitude", Double),
        Column("longitude", Double),
        Column("cell_latitude", Double),
        Column("cell_longitude", Double),
        Column("place_source", String(255)),
        Column("method", String(64)),
        Column("host", String(255)),
        Column("host_lower", String(255)),
        Column("path", String(1024)),
        Column("uri", Text),
        Column("status", Integer),
        Column("category", String(64)),
        Column("severity", Integer),
        Column("score", Integer),
        Column("intercepted", SmallInteger),
        Column("verdict", Text),
        Column("format", String(32), nullable=False),
        Column("engine_mode", String(64)),
        Column("ruleset", String(255)),
        Column("defect_count", Integer, nullable=False),
        Column("size_bytes", Integer, nullable=False),
        UniqueConstraint("sensor", "digest", name="uq_transactions_sensor_digest"),
    )
    create_index("ix_transactions_at", "transactions", "at_us", "id")
    create_index("ix_transactions_client", "transactions", "client_bytes", "at_us")
    create_index("ix_transactions_unique_id", "transactions", "unique_id")
    create_table(
        "rule_matches",
        Column("transaction_id", _ID, primary_key=True, autoincrement=False),
        Column("position", Integer, primary_key=True, autoincrement=False),
        Column("rule_id", BigInteger),
        Column("text_key", _binary(16), nullable=False),
        Column("data", Text),
        Column("target", Text),
        Column("phase", Integer),
        Column("disruptive", SmallInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    create_index("ix_rule_matches_rule", "rule_matches", "rule_id", "transaction_id")
    create_table(
        "rule_texts",
        Column("text_key", _binary(16), primary_key=True),
        Column("message", Text),
        Column("tags", _LONG, nullable=False),
        Column("file", Text),
        Column("line", Integer),
        Column("severity", Integer),
        Column("version", String(64)),
        Column("revision", String(64)),
        Column("operator", Text),
        sqlite_with_rowid=False,
    )
    create_table(
        "raw_entries",
        Column("transaction_id", _ID, primary_key=True, autoincrement=False),
        Column("data", _BLOB, nullable=False),
        Column("more_pieces", Integer, nullable=False),
    )
    create_table(
        "raw_pieces",
        Column("transaction_id", _ID, primary_key=True, autoincrement=False),
        Column("position", Integer, primary_key=True, autoincrement=False),
        Column("data", _BLOB, nullable=False),
    )
    create_table(
        "transaction_parts",
        Column("transaction_id", _ID, primary_key=True, autoincrement=False),
        *(Column(f"part_{letter}", _LONG) for letter in "abcefhijk"),
    )
    create_table(
        "sensor_activity",
        Column("sensor", String(255), primary_key=True),
        Column("last_received_at_us", BigInteger, nullable=False),
    )
