"""What the shipper remembers: how far each log was read, and which files of trees.

It may lag behind the spool, never be ahead of it: what is remembered here is durable there, so
after a crash some entries are read again, which is harmless, and none is missed. Without its spool
it is worth nothing and is made anew.
"""

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from bartizan.acquire.found import Problem
from bartizan.acquire.tail.bookmark import Bookmark
from bartizan.acquire.tail.cutter import Passing
from bartizan.domain.errors import Misconfigured, Unavailable

FILE_NAME = "checkpoint.sqlite"
_VERSION = 1
_SQLITE_BYTES = 2 * 1024**2
_TABLES = """
CREATE TABLE bookmark (
  path BLOB NOT NULL, head_length INTEGER NOT NULL, head_digest BLOB NOT NULL,
  position INTEGER NOT NULL, passing_mark BLOB, passing_problem TEXT, is_over INTEGER NOT NULL
) STRICT;
CREATE INDEX bookmark_path ON bookmark (path);
CREATE TABLE directory (
  root BLOB NOT NULL, path BLOB NOT NULL, name BLOB NOT NULL, modified_ns INTEGER NOT NULL,
  PRIMARY KEY (root, path, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE tree_file (
  root BLOB NOT NULL, path BLOB NOT NULL, name BLOB NOT NULL, size INTEGER NOT NULL,
  modified_ns INTEGER NOT NULL, entry_id INTEGER, PRIMARY KEY (root, path, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX tree_file_entry ON tree_file (entry_id);
"""


class TreeFile(NamedTuple):
    """A file of a tree that was read. `entry_id` is its last entry's in the spool.

    Without `entry_id` it is not to be removed: nothing of it was sent, or not all was accepted.
    """

    path: bytes  # of its directory, below the root
    name: bytes
    size: int
    modified_ns: int
    entry_id: int | None = None


class Checkpoint:
    """Thread-safe. Raises `Unavailable` (`checkpoint-failed`) if the disk does not do its part."""

    def __init__(self, directory: Path) -> None:
        """Opens or makes it; `Misconfigured` for one of a newer version."""
        self._lock = threading.Lock()
        file = directory / FILE_NAME
        try:
            os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            self._database = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
            # For all of SQLite in this process, the spool's connections too: beyond it page caches
            # use their own pages again.
            self._database.execute(f"PRAGMA soft_heap_limit = {_SQLITE_BYTES}")
        except (OSError, sqlite3.Error) as error:
            raise _unavailable(error) from error
        (version,) = self._database.execute("PRAGMA user_version").fetchone()
        if version == 0:
            self._database.executescript(f"BEGIN; {_TABLES} PRAGMA user_version = {_VERSION}; END;")
        elif version != _VERSION:
            raise Misconfigured("newer-checkpoint", f"it has version {version}", str(file))

    def bookmarks(self, path: Path) -> list[Bookmark]:
        with self._reading() as database:
            rows = database.execute(
                "SELECT head_length, head_digest, position, passing_mark, passing_problem, is_over"
                " FROM bookmark WHERE path = ?",
                (os.fsencode(path),),
            ).fetchall()
        return [
            Bookmark(
                head_length=length,
                head_digest=digest,
                position=position,
                passing=Passing(mark=mark, problem=Problem(problem)) if mark else None,
                is_over=bool(is_over),
            )
            for length, digest, position, mark, problem, is_over in rows
        ]

    def save_bookmarks(self, path: Path, marks: Iterable[Bookmark]) -> None:
        """Those of one path, instead of what was remembered of it."""
        key = os.fsencode(path)
        rows = [
            (
                key,
                mark.head_length,
                mark.head_digest,
                mark.position,
                mark.passing.mark if mark.passing else None,
                mark.passing.problem if mark.passing else None,
                mark.is_over,
            )
            for mark in marks
        ]
        with self._writing() as database:
            database.execute("DELETE FROM bookmark WHERE path = ?", (key,))
            database.executemany("INSERT INTO bookmark VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    def settled(self, root: bytes, path: bytes) -> dict[bytes, int]:
        """The directories in a directory that are read whole: name, and when each changed."""
        with self._reading() as database:
            return dict(
                database.execute(
                    "SELECT name, modified_ns FROM directory WHERE root = ? AND path = ?",
                    (root, path),
                ).fetchall()
            )

    def settle(self, root: bytes, path: bytes, name: bytes, modified_ns: int) -> None:
        with self._writing() as database:
            row = (root, path, name, modified_ns)
            database.execute("INSERT OR REPLACE INTO directory VALUES (?, ?, ?, ?)", row)

    def files(self, root: bytes, path: bytes) -> dict[bytes, tuple[int, int]]:
        """Size and time of change of the files of one directory that were read."""
        with self._reading() as database:
            rows = database.execute(
                "SELECT name, size, modified_ns FROM tree_file WHERE root = ? AND path = ?",
                (root, path),
            ).fetchall()
        return {name: (size, modified_ns) for name, size, modified_ns in rows}

    def save_files(self, root: bytes, files: Iterable[TreeFile]) -> None:
        with self._writing() as database:
            database.executemany(
                "INSERT OR REPLACE INTO tree_file VALUES (?, ?, ?, ?, ?, ?)",
                [(root, *file) for file in files],
            )

    def delivered(self, root: bytes, through: int, limit: int) -> list[TreeFile]:
        """Files all of whose entries the collector has: ids up to `through` have left the spool."""
        with self._reading() as database:
            rows = database.execute(
                "SELECT path, name, size, modified_ns, entry_id FROM tree_file"
                " WHERE root = ? AND entry_id <= ? ORDER BY entry_id LIMIT ?",
                (root, through, limit),
            ).fetchall()
        return [TreeFile(*row) for row in rows]

    def keep(self, entry_ids: Sequence[int]) -> None:
        """The collector refused these entries: their files are not to be removed."""
        with self._writing() as database:
            database.executemany(
                "UPDATE tree_file SET entry_id = NULL WHERE entry_id = ?",
                [(entry_id,) for entry_id in entry_ids],
            )

    def forget_files(self, root: bytes, names: Iterable[tuple[bytes, bytes]]) -> None:
        """Files, as path and name, that are no more."""
        with self._writing() as database:
            database.executemany(
                "DELETE FROM tree_file WHERE root = ? AND path = ? AND name = ?",
                [(root, path, name) for path, name in names],
            )

    def forget_directory(self, root: bytes, path: bytes, name: bytes) -> None:
        """A directory that is no more, with all below it."""
        below = below_path(path, name)
        # Every path that begins with `below/`: "0" is the character behind "/".
        ranges = (root, below, below + b"/", below + b"0")
        with self._writing() as database:
            for table in ("directory", "tree_file"):
                database.execute(
                    f"DELETE FROM {table} WHERE root = ? AND"  # noqa: S608 - constants
                    " (path = ? OR (path > ? AND path < ?))",
                    ranges,
                )
            database.execute(
                "DELETE FROM directory WHERE root = ? AND path = ? AND name = ?", (root, path, name)
            )

    def last_entry_id(self) -> int:
        with self._reading() as database:
            (last,) = database.execute("SELECT max(entry_id) FROM tree_file").fetchone()
        return int(last or 0)

    def clear(self) -> None:
        """Nothing was read."""
        with self._writing() as database:
            for table in ("bookmark", "directory", "tree_file"):
                database.execute(f"DELETE FROM {table}")  # noqa: S608 - constants

    def copy_from(self, file: Path) -> None:
        """Remember what another checkpoint does, which may be in use."""
        with self._lock:
            try:
                with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as other:
                    other.backup(self._database)
            except sqlite3.Error as error:
                raise _unavailable(error) from error

    def close(self) -> None:
        with self._lock:
            self._database.close()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                yield self._database
            except sqlite3.Error as error:
                raise _unavailable(error) from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._reading() as database:
            database.execute("BEGIN")
            try:
                yield database
                database.execute("COMMIT")
            except BaseException:
                if database.in_transaction:
                    database.execute("ROLLBACK")
                raise


def below_path(path: bytes, name: bytes) -> bytes:
    """The path of `name` in the directory `path`, both below the same root, whose path is empty."""
    return path + b"/" + name if path else name


def _unavailable(error: Exception) -> Unavailable:
    return Unavailable("checkpoint-failed", f"the checkpoint cannot be used: {error}")
