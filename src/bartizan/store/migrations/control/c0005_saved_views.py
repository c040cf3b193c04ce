"""Saved views, and which of them a page begins with."""

from sqlalchemy import BigInteger, Column, Integer, SmallInteger, String, Text, UniqueConstraint

from bartizan.store.migrations.steps import create_index, create_table

revision = "c0005"
down_revision = "c0004"


def upgrade() -> None:
    create_table(
        "saved_views",
        Column("id", Integer, primary_key=True, autoincrement=True),
        Column("shelf", String(32), nullable=False),
        Column("name", String(255), nullable=False),
        Column("page", String(32), nullable=False),
        Column("query", Text, nullable=False),
        Column("is_shared", SmallInteger, nullable=False),
        Column("owner_id", Integer),
        Column("made_by", String(255), nullable=False),
        Column("made_at_us", BigInteger, nullable=False),
        Column("changed_by", String(255), nullable=False),
        Column("changed_at_us", BigInteger, nullable=False),
        Column("scope", Text, nullable=False),
        UniqueConstraint("shelf", "name", name="uq_saved_views_name"),
    )
    create_index("ix_saved_views_owner", "saved_views", "owner_id")
    create_table(
        "default_views",
        Column("person_id", Integer, primary_key=True, autoincrement=False),
        Column("page", String(32), primary_key=True),
        Column("view_id", Integer, nullable=False),
    )
