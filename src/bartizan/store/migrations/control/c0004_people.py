"""Scopes, people whom others vouch for, invitations, tokens, and the access trail."""

from sqlalchemy import BigInteger, Column, Integer, SmallInteger, String, Text, UniqueConstraint

from bartizan.store.migrations.steps import add_column, create_index, create_table

revision = "c0004"
down_revision = "c0003"


def upgrade() -> None:
    add_column("people", Column("scope", Text))
    add_column("people", Column("sees_payloads", SmallInteger))
    add_column("people", Column("source", String(16)))
    add_column("people", Column("subject", String(64)))
    add_column("people", Column("invite_digest", String(64)))
    add_column("people", Column("invited_until_us", BigInteger))
    add_column("people", Column("seen_at_us", BigInteger))
    create_index("ix_people_subject", "people", "subject")
    create_index("ix_people_invite", "people", "invite_digest")
    add_column("sessions", Column("source", String(16)))
    create_table(
        "tokens",
        Column("id", Integer, primary_key=True, autoincrement=True),
        Column("name", String(255), nullable=False),
        Column("digest", String(64), nullable=False),
        Column("person_id", Integer),
        Column("role", String(16), nullable=False),
        Column("scope", Text, nullable=False),
        Column("sees_payloads", SmallInteger),
        Column("created_at_us", BigInteger, nullable=False),
        Column("created_by", String(255), nullable=False),
        Column("until_us", BigInteger),
        Column("used_at_us", BigInteger),
        UniqueConstraint("digest", name="uq_tokens_digest"),
    )
    create_index("ix_tokens_person", "tokens", "person_id")
    create_table(
        "access_trail",
        Column("id", Integer, primary_key=True, autoincrement=True),
        Column("at_us", BigInteger, nullable=False),
        Column("action", String(64), nullable=False),
        Column("person", String(255), nullable=False),
        Column("means", String(16), nullable=False),
        Column("peer_address", String(64), nullable=False),
        Column("subject", String(255), nullable=False),
        Column("detail", String(512), nullable=False),
    )
    create_index("ix_access_trail_at", "access_trail", "at_us")
    create_index("ix_access_trail_person", "access_trail", "person")
