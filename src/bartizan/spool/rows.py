"""Between the columns of the spool's tables and domain values."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from bartizan.domain.delivery import AuditLogEntry, DeadLetter
from bartizan.domain.errors import Unavailable
from bartizan.spool import schema
from bartizan.spool.contract import SpoolLevel

LETTER_COLUMNS = f"id, code, detail, died_at_us, tried_at_us, program, {schema.ENTRY_COLUMNS}"
_LEVEL = f"SELECT {schema.WAITING}, dead_letters, dead_bytes FROM tally"  # noqa: S608 - constants


def make_entry(columns: Sequence[Any]) -> AuditLogEntry:
    """From `schema.ENTRY_COLUMNS`."""
    sensor, received_at_us, claimed_hash, summary, origin, origin_offset, raw = columns
    return AuditLogEntry(
        sensor=sensor,
        received_at_us=received_at_us,
        claimed_hash=claimed_hash,
        summary=summary,
        origin=origin,
        origin_offset=origin_offset,
        raw=raw,
    )


def entry_values(entry: AuditLogEntry) -> tuple[str | int | bytes | None, ...]:
    """For `schema.ENTRY_COLUMNS`."""
    return (
        entry.sensor,
        entry.received_at_us,
        entry.claimed_hash,
        entry.summary,
        entry.origin,
        entry.origin_offset,
        entry.raw,
    )


def make_letter(columns: Sequence[Any]) -> DeadLetter:
    """From `LETTER_COLUMNS`."""
    letter_id, code, detail, died_at_us, tried_at_us, program, *rest = columns
    return DeadLetter(
        id=letter_id,
        code=code,
        detail=detail,
        died_at_us=died_at_us,
        tried_at_us=tried_at_us,
        program=program,
        entry=make_entry(rest),
    )


def read_level(database: sqlite3.Connection) -> SpoolLevel:
    entries, letters, letter_bytes = database.execute(_LEVEL).fetchone()
    oldest = database.execute("SELECT received_at_us FROM entry ORDER BY id LIMIT 1").fetchone()
    return SpoolLevel(
        entries=entries,
        size_bytes=schema.used_bytes(database),
        oldest_received_at_us=oldest[0] if oldest else None,
        dead_letters=letters,
        dead_letter_bytes=letter_bytes,
    )


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """Alone with the spool; all of it or nothing."""
    with failing_as_unavailable():
        database.execute("BEGIN IMMEDIATE")
        try:
            yield
            database.execute("COMMIT")
        except BaseException:
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise


@contextmanager
def failing_as_unavailable() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise Unavailable("spool-failed", f"the spool does not answer: {error}") from error
