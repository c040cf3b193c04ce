"""One group of entries into the spool's database, durably. Used by one thread at a time.

A commit that failed is not believed, and neither is the connection that saw it: after a failed
fdatasync Linux may call pages clean that never reached the disk. So a journal always begins by
moving the whole WAL into the database and syncing that (`wal_checkpoint(TRUNCATE)`), which writes
those pages again; entries are accepted only after it succeeded.
"""

import functools
import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bartizan.domain.delivery import AuditLogEntry
from bartizan.domain.errors import Unavailable
from bartizan.kit import log
from bartizan.kit.metrics import (
    DEAD_LETTER_BYTES,
    DEAD_LETTERS_KEPT,
    DEAD_LETTERS_REMOVED,
    DEAD_LETTERS_REVIVED,
    SPOOL_BYTES,
    SPOOL_ENTRIES,
)
from bartizan.spool import schema
from bartizan.spool.settings import SpoolSettings

_log = log.get("spool")
MOST_ENTRIES = 128  # of one commit: a statement is kept for every number of them
_LOOK_EVERY_S = 0.25
# The worker moves the WAL into the database much sooner (outlet.py), which delays no answer. This
# side does it only while there is no worker, or to finish what a busy one cannot.
_CHECKPOINT_PAGES = 1_000
_COUNT = f"""SELECT {schema.WAITING}, dead_letters, dead_bytes, revived, removed
FROM tally"""  # noqa: S608 - constants


class Journal:
    """The writing connection, with the limits of size and free disk."""

    def __init__(
        self,
        directory: Path,
        settings: SpoolSettings,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raises what `schema.connect` raises, and `Unavailable` if the WAL cannot be emptied."""
        self._directory = directory
        self._settings = settings
        self._monotonic = monotonic
        self._database = schema.connect(directory, "FULL", _CHECKPOINT_PAGES)
        self._used_bytes = 0
        self._free_bytes = 0
        self._looked_at = 0.0
        self._is_dead_room_used_up = False
        try:
            self._empty_wal()
            # SQLite syncs the directory once for a new WAL file, and does not mind if that fails.
            schema.sync_directory(directory)
        except (sqlite3.Error, OSError) as error:
            self._database.close()
            raise _unavailable(error) from error
        except Unavailable:
            self._database.close()
            raise

    def commit(self, entries: Sequence[AuditLogEntry]) -> list[int]:
        """Make up to `MOST_ENTRIES` durable; their growing ids. On `Unavailable` believe nothing.

        The codes `spool-full` and `disk-full` leave the journal usable; after `spool-failed` it
        must be closed and a new one made.
        """
        size = sum(len(entry.raw) + len(entry.summary or b"") for entry in entries)
        if not self._is_room(size) or self._monotonic() - self._looked_at > _LOOK_EVERY_S:
            self.look(size)
        try:
            ids = self._insert(entries)
        except (sqlite3.Error, OSError, ValueError, OverflowError) as error:
            raise _unavailable(error) from error
        self._used_bytes += size
        self._free_bytes -= size
        return ids

    def look(self, size: int = 0) -> None:
        """See how full the spool and its disk are; `Unavailable` if `size` more is too much."""
        try:
            used = schema.used_bytes(self._database)
            entries, letters, dead, revived, removed = self._database.execute(_COUNT).fetchone()
            disk = os.statvfs(self._directory)
        except (sqlite3.Error, OSError) as error:
            raise _unavailable(error) from error
        # Dead letters have room of their own; what exceeds it takes from the queue's.
        self._used_bytes = used - min(dead, self._settings.max_dead_letter_bytes)
        self._free_bytes = disk.f_bavail * disk.f_frsize
        self._looked_at = self._monotonic()
        SPOOL_BYTES.set(used)
        SPOOL_ENTRIES.set(entries)
        DEAD_LETTERS_KEPT.set(letters)
        DEAD_LETTER_BYTES.set(dead)
        DEAD_LETTERS_REVIVED.set(revived)
        DEAD_LETTERS_REMOVED.set(removed)
        self._tell_of_dead_letters(dead)
        if self._used_bytes + size > self._settings.max_bytes:
            raise Unavailable("spool-full", "the spool is full until the worker has caught up")
        if not self._is_room(size):
            raise Unavailable("disk-full", "the spool's disk is nearly full")

    def close(self) -> None:
        self._database.close()

    def _tell_of_dead_letters(self, dead_bytes: int) -> None:
        """Log it once when their room is used up, and once when it no longer is."""
        is_used_up = dead_bytes > self._settings.max_dead_letter_bytes
        if is_used_up != self._is_dead_room_used_up:
            self._is_dead_room_used_up = is_used_up
            tell = _log.error if is_used_up else _log.info
            tell("spool.dead_letters.room", is_used_up=is_used_up, bytes=dead_bytes)

    def _is_room(self, size: int) -> bool:
        return (
            self._used_bytes + size <= self._settings.max_bytes
            and self._free_bytes - size >= self._settings.min_free_bytes
        )

    def _empty_wal(self) -> None:
        (is_busy, _, _) = self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if is_busy:
            raise Unavailable("spool-failed", "the spool is being read and cannot be synced yet")

    def _insert(self, entries: Sequence[AuditLogEntry]) -> list[int]:
        """One statement, which is its own transaction: all entries, or none.

        `sqlite3` hands the interpreter lock around once a statement, and a busy event loop is slow
        to give it back.
        """
        values: list[str | bytes | int | None] = []
        for entry in entries:
            values += (
                entry.sensor,
                entry.received_at_us,
                entry.claimed_hash,
                entry.summary,
                entry.origin,
                entry.origin_offset,
                entry.raw,
            )
        last = self._database.execute(_insert_statement(len(entries)), values).lastrowid or 0
        return list(range(last - len(entries) + 1, last + 1))  # AUTOINCREMENT, alone in the lock


@functools.lru_cache(MOST_ENTRIES)
def _insert_statement(rows: int) -> str:
    values = ", ".join(["(?, ?, ?, ?, ?, ?, ?)"] * rows)
    return f"INSERT INTO entry ({schema.ENTRY_COLUMNS}) VALUES {values}"  # noqa: S608 - constants


def _unavailable(error: Exception) -> Unavailable:
    code = getattr(error, "sqlite_errorcode", None)
    if code == sqlite3.SQLITE_FULL:
        return Unavailable("disk-full", f"the spool's disk is full: {error}")
    return Unavailable("spool-failed", f"the spool cannot be written: {error}")
