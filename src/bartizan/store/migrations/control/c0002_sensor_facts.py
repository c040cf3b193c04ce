"""What people say about a sensor: its clock's zone, where it may deliver from, whom it trusts."""

from sqlalchemy import Column, String, Text

from bartizan.store.migrations.steps import add_column

revision = "c0002"
down_revision = "c0001"


def upgrade() -> None:
    add_column("sensors", Column("zone", String(64)))
    add_column("sensors", Column("allowed_sources", Text))
    add_column("sensors", Column("trusted_proxies", Text))
