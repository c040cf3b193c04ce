"""How far files have been imported, so that the next import goes on there.

A small database in the data directory. A mark is made only after what it covers is stored, so the
worst that can happen is that something is read again, which changes nothing. A file is known again
by device, inode, size and first bytes: one that has grown is read from its old end on, one that was
replaced or truncated from its beginning.

Marks hold for one sensor, one store and what this version can decode. They are forgotten when the
store has lost transactions since, and after an upgrade.
"""

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from bartizan.domain.errors import Unavailable
from bartizan.kit.struct import Struct

HEAD_BYTES: Final = 4096
_BUSY_S: Final = 10
_TABLES: Final = (
    """CREATE TABLE IF NOT EXISTS scope (
  id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, reader TEXT NOT NULL, last_id INTEGER NOT NULL
) STRICT""",
    """CREATE TABLE IF NOT EXISTS file (
  scope INTEGER NOT NULL, key TEXT NOT NULL, size INTEGER NOT NULL, head_bytes INTEGER NOT NULL,
  head BLOB NOT NULL, offset INTEGER NOT NULL, found INTEGER NOT NULL, is_finished INTEGER NOT NULL,
  PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS folder (
  scope INTEGER NOT NULL, key TEXT NOT NULL, last_name BLOB NOT NULL, digest BLOB NOT NULL,
  PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID""",
)


class FileMark(Struct, frozen=True, kw_only=True):
    """All before `offset` is stored; in an archive, the first `found` of what is found in it."""

    key: str
    size: int
    head_bytes: int
    head: bytes
    offset: int = 0
    found: int = 0
    is_finished: bool = False


class FolderMark(Struct, frozen=True, kw_only=True):
    """The files of a concurrent log in a directory are stored up to `last_name`.

    `digest` is of the names, sizes and times of those files, as they were read.
    """

    key: str
    last_name: bytes
    digest: bytes


Mark = FileMark | FolderMark


class Identity(Struct, frozen=True, kw_only=True):
    """What a file is known by; `head` is its first 4 KiB, fewer if it has no more."""

    key: str
    size: int
    head: bytes

    def mark(
        self, *, offset: int = 0, found: int = 0, size: int = 0, is_finished: bool = False
    ) -> FileMark:
        return FileMark(
            key=self.key,
            size=max(self.size, size),
            head_bytes=len(self.head),
            head=_digest(self.head),
            offset=offset,
            found=found,
            is_finished=is_finished,
        )

    def is_of(self, mark: FileMark) -> bool:
        """Whether this is the file that was marked, as it was or grown."""
        return self.size >= mark.size and _digest(self.head[: mark.head_bytes]) == mark.head


def key_of(status: os.stat_result) -> str:
    return f"{status.st_dev}:{status.st_ino}"


class Checkpoint:
    """The marks for one `scope` (a sensor and a store). Blocking; for one thread.

    With `from_start` nothing is known, but marks are made. Raises `Unavailable`.
    """

    def __init__(
        self,
        path: Path,
        scope: str,
        *,
        reader: str,
        last_id: Callable[[], int],
        from_start: bool = False,
    ) -> None:
        """`reader` says what can be decoded, `last_id` is the store's."""
        self._last_id = last_id
        self._from_start = from_start
        with _failing_as_unavailable(path):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            self._database = sqlite3.connect(path, isolation_level=None, timeout=_BUSY_S)
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
            for statement in _TABLES:
                self._database.execute(statement)
            self._scope = self._find_scope(scope, reader)

    def _find_scope(self, name: str, reader: str) -> int:
        last_id = self._last_id()
        with self._transaction() as database:
            row = database.execute(
                "SELECT id, reader, last_id FROM scope WHERE name = ?", (name,)
            ).fetchone()
            if row is None:
                values = (name, reader, last_id)
                inserted = "INSERT INTO scope (name, reader, last_id) VALUES (?, ?, ?)"
                return int(database.execute(inserted, values).lastrowid or 0)
            scope, known_reader, known_last_id = row
            if known_reader != reader or known_last_id > last_id:
                database.execute("DELETE FROM file WHERE scope = ?", (scope,))
                database.execute("DELETE FROM folder WHERE scope = ?", (scope,))
                changed = "UPDATE scope SET reader = ?, last_id = ? WHERE id = ?"
                database.execute(changed, (reader, last_id, scope))
        return int(scope)

    def file(self, identity: Identity) -> FileMark | None:
        """The mark of this file, if it is still the same."""
        if self._from_start:
            return None
        row = self._row(
            "SELECT size, head_bytes, head, offset, found, is_finished FROM file"
            " WHERE scope = ? AND key = ?",
            identity.key,
        )
        if row is None:
            return None
        size, head_bytes, head, offset, found, is_finished = row
        mark = FileMark(
            key=identity.key,
            size=size,
            head_bytes=head_bytes,
            head=head,
            offset=offset,
            found=found,
            is_finished=bool(is_finished),
        )
        return mark if identity.is_of(mark) else None

    def folder(self, key: str) -> FolderMark | None:
        if self._from_start:
            return None
        row = self._row("SELECT last_name, digest FROM folder WHERE scope = ? AND key = ?", key)
        return None if row is None else FolderMark(key=key, last_name=row[0], digest=row[1])

    def keep(self, marks: Sequence[Mark]) -> None:
        """Remember them. Everything they cover must be stored."""
        last_id = self._last_id()
        with self._transaction() as database:
            for mark in marks:
                if isinstance(mark, FolderMark):
                    values: tuple[object, ...] = (mark.last_name, mark.digest)
                    statement = "INSERT OR REPLACE INTO folder VALUES (?, ?, ?, ?)"
                else:
                    values = (mark.size, mark.head_bytes, mark.head, mark.offset, mark.found)
                    values += (int(mark.is_finished),)
                    statement = "INSERT OR REPLACE INTO file VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
                database.execute(statement, (self._scope, mark.key, *values))
            database.execute("UPDATE scope SET last_id = ? WHERE id = ?", (last_id, self._scope))

    def close(self) -> None:
        self._database.close()

    def _row(self, query: str, key: str) -> tuple[Any, ...] | None:
        with _failing_as_unavailable():
            row: tuple[Any, ...] | None = self._database.execute(
                query, (self._scope, key)
            ).fetchone()
        return row

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with _failing_as_unavailable():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise


@contextmanager
def _failing_as_unavailable(path: Path | None = None) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        where = str(path or "")
        message = f"what was imported cannot be remembered: {error}"
        raise Unavailable("checkpoint-failed", message, where) from error


def _digest(head: bytes) -> bytes:
    return hashlib.blake2b(head, digest_size=16).digest()
