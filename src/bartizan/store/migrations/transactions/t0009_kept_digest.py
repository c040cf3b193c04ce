"""The digest of what is kept of an entry, where that is not what was received."""

from sqlalchemy import Column, LargeBinary
from sqlalchemy.dialects import mysql

from bartizan.store.migrations.steps import add_column

revision = "t0009"
down_revision = "t0008"


def upgrade() -> None:
    digest = LargeBinary().with_variant(mysql.BINARY(32), "mysql", "mariadb")
    add_column("transactions", Column("kept_digest", digest))
