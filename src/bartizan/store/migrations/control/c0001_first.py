"""People, their sessions, sensors, and small state of the installation."""

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    Integer,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
)

from bartizan.store.migrations.steps import create_index, create_table

revision = "c0001"
down_revision = None


def upgrade() -> None:
    create_table(
        "sensors",
        Column("name", String(255), primary_key=True),
        Column("secret_kind", String(16), nullable=False),
        Column("secret_hash", String(255), nullable=False),
        Column("label", String(255), nullable=False),
        Column("latitude", Double),
        Column("longitude", Double),
        Column("is_demo", SmallInteger, nullable=False),
        Column("is_enabled", SmallInteger, nullable=False),
        Column("created_at_us", BigInteger, nullable=False),
        Column("rotated_at_us", BigInteger),
    )
    create_table(
        "people",
        Column("id", Integer, primary_key=True, autoincrement=True),
        Column("name", String(255), nullable=False),
        Column("password_hash", String(255), nullable=False),
        Column("role", String(16), nullable=False),
        Column("is_enabled", SmallInteger, nullable=False),
        Column("created_at_us", BigInteger, nullable=False),
        UniqueConstraint("name", name="uq_people_name"),
    )
    create_table(
        "sessions",
        Column("digest", String(64), primary_key=True),
        Column("person_id", Integer, nullable=False),
        Column("created_at_us", BigInteger, nullable=False),
        Column("seen_at_us", BigInteger, nullable=False),
        Column("peer_address", String(255), nullable=False),
        Column("user_agent", String(512), nullable=False),
    )
    create_index("ix_sessions_person", "sessions", "person_id")
    create_table(
        "installation_state",
        Column("name", String(255), primary_key=True),
        Column("value", Text, nullable=False),
    )
