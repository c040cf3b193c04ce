"""What somebody marked to be kept, and when the payload of a transaction was let go of."""

from sqlalchemy import BigInteger, Column, Integer, String, Text

from bartizan.store.migrations.steps import create_table

revision = "t0007"
down_revision = "t0006"

_ID = BigInteger().with_variant(Integer(), "sqlite")


def upgrade() -> None:
    create_table(
        "preserved_transactions",
        Column("transaction_id", _ID, primary_key=True, autoincrement=False),
        Column("preserved_at_us", BigInteger, nullable=False),
        Column("preserved_by", String(255), nullable=False),
        Column("reason", Text, nullable=False),
    )
    create_table(
        "removed_payloads",
        Column("transaction_id", _ID, primary_key=True, autoincrement=False),
        Column("removed_at_us", BigInteger, nullable=False),
    )
