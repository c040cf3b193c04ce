"""The search index by segments, also of what is stored already; it replaces the index of rules."""

from typing import Final

from alembic import op
from sqlalchemy import BigInteger, Column, Connection, Integer, LargeBinary, text
from sqlalchemy.dialects import mysql

from bartizan.kit import log
from bartizan.store.migrations.steps import create_table, drop_index
from bartizan.store.sql.segment_writer import SegmentWriter
from bartizan.store.sql.segments import SEGMENT

revision = "t0006"
down_revision = "t0005"

_log = log.get("store.upgrade")
_ID = BigInteger().with_variant(Integer(), "sqlite")
_BLOB = LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb")
_KEY = LargeBinary().with_variant(mysql.VARBINARY(16), "mysql", "mariadb")
_TABLES: Final = ("search_segments", "search_postings", "search_loose")
_TOLD_EVERY: Final = 25


def upgrade() -> None:
    create_table(
        "search_segments",
        Column("segment_id", _ID, primary_key=True, autoincrement=False),
        Column("first_id", BigInteger, nullable=False),
        Column("last_id", BigInteger, nullable=False),
        Column("from_us", BigInteger, nullable=False),
        Column("until_us", BigInteger, nullable=False),
        Column("ids", _BLOB, nullable=False),
    )
    create_table(
        "search_postings",
        Column("segment_id", _ID, primary_key=True, autoincrement=False),
        Column("key", _KEY, primary_key=True),
        Column("blocks", _BLOB, nullable=False),
        sqlite_with_rowid=False,
    )
    create_table(
        "search_loose",
        Column("transaction_id", _ID, primary_key=True, autoincrement=False),
    )
    _index_what_is_there(op.get_bind())
    drop_index("ix_rule_matches_rule", "rule_matches")


def _index_what_is_there(connection: Connection) -> None:
    """From the beginning, also after an upgrade that was killed."""
    for table in _TABLES:
        connection.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - names of ours
    writer = SegmentWriter(connection.engine)
    window = text(f"SELECT id FROM transactions WHERE id > :after ORDER BY id LIMIT {SEGMENT}")  # noqa: S608
    after, segments = -1, 0
    while ids := connection.execute(window, {"after": after}).scalars().all():
        writer.index(connection, ids)
        after, segments = ids[-1], segments + 1
        if segments % _TOLD_EVERY == 0:
            _log.info("store.upgrade.indexed", transactions=segments * SEGMENT)
