"""The tables of the control store; the newest migration of `migrations/control/` leaves these."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

METADATA: Final = MetaData()
NAME_LENGTH: Final = 255
LABEL_LENGTH: Final = 255
USER_AGENT_LENGTH: Final = 512
ZONE_LENGTH: Final = 64

sensors = Table(
    "sensors",
    METADATA,
    Column("name", String(NAME_LENGTH), primary_key=True),
    Column("secret_kind", String(16), nullable=False),
    Column("secret_hash", String(255), nullable=False),
    Column("label", String(LABEL_LENGTH), nullable=False),
    Column("latitude", Double),
    Column("longitude", Double),
    Column("is_demo", SmallInteger, nullable=False),
    Column("is_enabled", SmallInteger, nullable=False),
    Column("created_at_us", BigInteger, nullable=False),
    Column("rotated_at_us", BigInteger),
    Column("zone", String(ZONE_LENGTH)),
    # JSON arrays of networks; null is none
    Column("allowed_sources", Text),
    Column("trusted_proxies", Text),
)

people = Table(
    "people",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(NAME_LENGTH), nullable=False),
    Column("password_hash", String(255), nullable=False),
    Column("role", String(16), nullable=False),
    Column("is_enabled", SmallInteger, nullable=False),
    Column("created_at_us", BigInteger, nullable=False),
    UniqueConstraint("name", name="uq_people_name"),
)

sessions = Table(
    "sessions",
    METADATA,
    Column("digest", String(64), primary_key=True),
    Column("person_id", Integer, nullable=False),
    Column("created_at_us", BigInteger, nullable=False),
    Column("seen_at_us", BigInteger, nullable=False),
    Column("peer_address", String(255), nullable=False),
    Column("user_agent", String(USER_AGENT_LENGTH), nullable=False),
    # the list of one person's sessions, and their removal
    Index("ix_sessions_person", "person_id"),
)

installation_state = Table(
    "installation_state",
    METADATA,
    Column("name", String(255), primary_key=True),
    Column("value", Text, nullable=False),
)
