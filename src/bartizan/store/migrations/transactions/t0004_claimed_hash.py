"""What a sensor claimed of an entry, where that is not true: reprocessing must still know it."""

from sqlalchemy import Column, String

from bartizan.store.migrations.steps import add_column

revision = "t0004"
down_revision = "t0003"


def upgrade() -> None:
    add_column("transactions", Column("claimed_hash", String(128)))
