"""What people judged transactions to be, their labels and notes, and who changed which, when."""

from sqlalchemy import BigInteger, Column, Integer, String, Text
from sqlalchemy.dialects import mysql

from bartizan.store.migrations.steps import create_index, create_table

revision = "t0008"
down_revision = "t0007"

_ID = BigInteger().with_variant(Integer(), "sqlite")
_LONG = Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")


def upgrade() -> None:
    create_table(
        "triaged_transactions",
        Column("transaction_id", _ID, primary_key=True, autoincrement=False),
        Column("state", String(16), nullable=False),
        Column("ignored_until_us", BigInteger),
        Column("reason", Text, nullable=False),
        Column("state_at_us", BigInteger),
        Column("state_by", String(255), nullable=False),
        Column("history", _LONG, nullable=False),
    )
    create_index("ix_triaged_transactions_state", "triaged_transactions", "state", "transaction_id")
    create_table(
        "transaction_labels",
        Column("transaction_id", _ID, primary_key=True, autoincrement=False),
        Column("label", String(40), primary_key=True),
        sqlite_with_rowid=False,
    )
    create_index("ix_transaction_labels_label", "transaction_labels", "label", "transaction_id")
    create_table(
        "transaction_notes",
        Column("transaction_id", _ID, primary_key=True, autoincrement=False),
        Column("note_id", BigInteger, primary_key=True, autoincrement=False),
        Column("noted_at_us", BigInteger, nullable=False),
        Column("noted_by", String(255), nullable=False),
        Column("note", Text, nullable=False),
        sqlite_with_rowid=False,
    )
