"""Alembic migrations of the two sets of tables, `transactions/` and `control/`."""
