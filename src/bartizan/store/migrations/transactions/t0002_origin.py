"""Where a transaction was read, if it came from a file."""

from sqlalchemy import BigInteger, Column, String

from bartizan.store.migrations.steps import add_column

revision = "t0002"
down_revision = "t0001"


def upgrade() -> None:
    add_column("transactions", Column("origin", String(1024)))
    add_column("transactions", Column("origin_offset", BigInteger))
