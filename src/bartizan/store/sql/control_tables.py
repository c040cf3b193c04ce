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
REASON_LENGTH: Final = 2000
ZONE_LENGTH: Final = 64
ACTION_LENGTH: Final = 64
PEER_LENGTH: Final = 64
SUBJECT_LENGTH: Final = 255
DETAIL_LENGTH: Final = 512

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
    # null in these is what it was before they were
    Column("scope", Text),
    Column("sees_payloads", SmallInteger),
    Column("source", String(16)),
    Column("subject", String(64)),
    Column("invite_digest", String(64)),
    Column("invited_until_us", BigInteger),
    Column("seen_at_us", BigInteger),
    UniqueConstraint("name", name="uq_people_name"),
    Index("ix_people_subject", "subject"),
    Index("ix_people_invite", "invite_digest"),
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
    Column("source", String(16)),
    # the list of one person's sessions, and their removal
    Index("ix_sessions_person", "person_id"),
)

installation_state = Table(
    "installation_state",
    METADATA,
    Column("name", String(255), primary_key=True),
    Column("value", Text, nullable=False),
)

holds = Table(
    "holds",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(NAME_LENGTH), nullable=False),
    # JSON of `domain.search.Search`
    Column("search", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("added_at_us", BigInteger, nullable=False),
    Column("added_by", String(NAME_LENGTH), nullable=False),
    Column("released_at_us", BigInteger),
    Column("released_by", String(NAME_LENGTH)),
)

leases = Table(
    "leases",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("holder", String(NAME_LENGTH), nullable=False),
    Column("until_us", BigInteger, nullable=False),
)

retention_runs = Table(
    "retention_runs",
    METADATA,
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

tokens = Table(
    "tokens",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(NAME_LENGTH), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("person_id", Integer),
    Column("role", String(16), nullable=False),
    Column("scope", Text, nullable=False),
    Column("sees_payloads", SmallInteger),
    Column("created_at_us", BigInteger, nullable=False),
    Column("created_by", String(NAME_LENGTH), nullable=False),
    Column("until_us", BigInteger),
    Column("used_at_us", BigInteger),
    UniqueConstraint("digest", name="uq_tokens_digest"),
    # the list of one person's tokens, and their removal
    Index("ix_tokens_person", "person_id"),
)

saved_views = Table(
    "saved_views",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    # where its name must be the only one: among the shared ones, or among one person's
    Column("shelf", String(32), nullable=False),
    Column("name", String(NAME_LENGTH), nullable=False),
    Column("page", String(32), nullable=False),
    Column("query", Text, nullable=False),
    Column("is_shared", SmallInteger, nullable=False),
    Column("owner_id", Integer),
    Column("made_by", String(NAME_LENGTH), nullable=False),
    Column("made_at_us", BigInteger, nullable=False),
    Column("changed_by", String(NAME_LENGTH), nullable=False),
    Column("changed_at_us", BigInteger, nullable=False),
    Column("scope", Text, nullable=False),
    UniqueConstraint("shelf", "name", name="uq_saved_views_name"),
    # what goes, and what is orphaned, with its owner
    Index("ix_saved_views_owner", "owner_id"),
)

default_views = Table(
    "default_views",
    METADATA,
    Column("person_id", Integer, primary_key=True, autoincrement=False),
    Column("page", String(32), primary_key=True),
    Column("view_id", Integer, nullable=False),
)

# Only ever appended to, and shortened at the old end.
access_trail = Table(
    "access_trail",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at_us", BigInteger, nullable=False),
    Column("action", String(ACTION_LENGTH), nullable=False),
    Column("person", String(NAME_LENGTH), nullable=False),
    Column("means", String(16), nullable=False),
    Column("peer_address", String(PEER_LENGTH), nullable=False),
    Column("subject", String(SUBJECT_LENGTH), nullable=False),
    Column("detail", String(DETAIL_LENGTH), nullable=False),
    # removing what is too old; what one person did
    Index("ix_access_trail_at", "at_us"),
    Index("ix_access_trail_person", "person"),
)
