"""The spool's database: its tables, and how both sides open it.

SQLite in WAL mode. Ids come from AUTOINCREMENT: they are never used twice, not even after the spool
ran empty, or the worker's cursor would step over new entries. Nothing ever counts rows, however
large the backlog: SQLite keeps the last id, which is how many came, and `tally` how many of them
are `gone`. So the collector's commit writes entries and nothing else.

`tally` is also the account of the dead letters, kept in the transactions that change them:
`buried` (from the queue) + `aside` (by an import) = `dead_letters` (there now) + `revived` +
`removed`. `again` are the revived that were buried once more, and `revived` (the table) those that
still wait for it.
"""

import os
import sqlite3
from pathlib import Path
from typing import Literal

from bartizan.domain.errors import Misconfigured, Unavailable

FILE_NAME = "spool.sqlite"
VERSION = 2
WAITING = "(SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'entry') - gone"
ENTRY_COLUMNS = "sensor, received_at_us, claimed_hash, summary, origin, origin_offset, raw"
_APPLICATION_ID = 0x42525A4E  # "BRZN"
# An entry of the usual 5 KB fits into a page. With 4 KiB it hung on a chain of overflow pages, and
# committing 64 of them, or forgetting them, took half as much again.
_PAGE_BYTES = 16_384
_BUSY_MS = 2_000
_MOST_WAL_PAGES = 4_000  # kept on disk when it is empty
_ENTRY = """
  sensor TEXT NOT NULL,
  received_at_us INTEGER NOT NULL,
  claimed_hash TEXT,
  summary BLOB,
  origin TEXT,
  origin_offset INTEGER,
  raw BLOB NOT NULL"""
_DEAD_LETTERS = (
    f"""CREATE TABLE dead_letter (
  id INTEGER PRIMARY KEY AUTOINCREMENT, digest BLOB NOT NULL, code TEXT NOT NULL,
  detail TEXT NOT NULL, died_at_us INTEGER NOT NULL, tried_at_us INTEGER NOT NULL,
  program TEXT NOT NULL, size_bytes INTEGER NOT NULL, {_ENTRY}) STRICT""",
    "CREATE UNIQUE INDEX dead_letter_identity ON dead_letter (sensor, digest, code)",
    # in the order of ids, a page or a step of one kind
    "CREATE INDEX dead_letter_kind ON dead_letter (sensor, code)",
    # the counts of each kind, without visiting a letter
    "CREATE INDEX dead_letter_facts ON dead_letter (sensor, code, died_at_us, size_bytes)",
    # those that another version of the program could not decode
    "CREATE INDEX dead_letter_program ON dead_letter (program)",
    "CREATE TABLE revived (entry_id INTEGER PRIMARY KEY, died_at_us INTEGER NOT NULL) STRICT",
)
_TABLES = (
    f"CREATE TABLE entry (id INTEGER PRIMARY KEY AUTOINCREMENT, {_ENTRY}) STRICT",
    *_DEAD_LETTERS,
    """CREATE TABLE tally (
  id INTEGER PRIMARY KEY CHECK (id = 1), gone INTEGER NOT NULL, dead_letters INTEGER NOT NULL,
  dead_bytes INTEGER NOT NULL DEFAULT 0, buried INTEGER NOT NULL DEFAULT 0,
  aside INTEGER NOT NULL DEFAULT 0, revived INTEGER NOT NULL DEFAULT 0,
  again INTEGER NOT NULL DEFAULT 0, removed INTEGER NOT NULL DEFAULT 0) STRICT""",
    "INSERT INTO tally (id, gone, dead_letters) VALUES (1, 0, 0)",
)
_SIZE = "length(raw) + coalesce(length(summary), 0)"
_FROM_1 = (
    "ALTER TABLE dead_letter RENAME TO dead_letter_1",
    "DROP INDEX dead_letter_identity",
    *_DEAD_LETTERS,
    f"""INSERT INTO dead_letter
  (id, digest, code, detail, died_at_us, tried_at_us, program, size_bytes, {ENTRY_COLUMNS})
SELECT id, digest, code, detail, died_at_us, died_at_us, '', {_SIZE}, {ENTRY_COLUMNS}
FROM dead_letter_1""",  # noqa: S608 - constants
    "DROP TABLE dead_letter_1",
    *(
        f"ALTER TABLE tally ADD COLUMN {column} INTEGER NOT NULL DEFAULT 0"
        for column in ("dead_bytes", "buried", "aside", "revived", "again", "removed")
    ),
    """UPDATE tally SET buried = dead_letters,
  dead_bytes = (SELECT coalesce(sum(size_bytes), 0) FROM dead_letter)""",
)
_UPGRADES = {0: _TABLES, 1: _FROM_1}  # from which version


def connect(
    directory: Path, synchronous: Literal["FULL", "NORMAL"], checkpoint_pages: int
) -> sqlite3.Connection:
    """Open the spool in `directory` (0700), making it (0600) if there is none.

    A commit that leaves more than `checkpoint_pages` in the WAL moves them into the database.
    Raises `Misconfigured` for a spool of a newer version or a file that is none, `Unavailable`
    if it cannot be opened now. The connection may move to another thread, not be shared by two.
    """
    file = directory / FILE_NAME
    try:
        _make_private(directory, file)
        database = sqlite3.connect(
            file, isolation_level=None, check_same_thread=False, cached_statements=256
        )
    except (sqlite3.Error, OSError) as error:
        raise Unavailable("spool-failed", f"cannot open the spool: {error}", str(file)) from error
    try:
        _prepare(database, file, synchronous, checkpoint_pages)
    except sqlite3.DatabaseError as error:
        database.close()
        if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB:
            raise Misconfigured("not-a-spool", "this file is not a spool", str(file)) from error
        raise Unavailable("spool-failed", f"cannot open the spool: {error}", str(file)) from error
    except Misconfigured:
        database.close()
        raise
    return database


def used_bytes(database: sqlite3.Connection) -> int:
    """Bytes of pages in use. Pages that the worker freed are used again before the file grows."""
    (pages,) = database.execute("PRAGMA page_count").fetchone()
    (free,) = database.execute("PRAGMA freelist_count").fetchone()
    (page_bytes,) = database.execute("PRAGMA page_size").fetchone()
    return (int(pages) - int(free)) * int(page_bytes)


def _make_private(directory: Path, file: Path) -> None:
    """SQLite gives its -wal and -shm files the mode of the database file."""
    if not directory.exists():
        directory.mkdir(mode=0o700, parents=True)
        sync_directory(directory.parent)
    directory.chmod(0o700)
    os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def sync_directory(directory: Path) -> None:
    """Make names of files durable. Raises `OSError`."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _prepare(
    database: sqlite3.Connection, file: Path, synchronous: str, checkpoint_pages: int
) -> None:
    database.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
    database.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
    (mode,) = database.execute("PRAGMA journal_mode = WAL").fetchone()
    database.execute(f"PRAGMA synchronous = {synchronous}")
    (level,) = database.execute("PRAGMA synchronous").fetchone()
    if mode != "wal" or level != {"FULL": 2, "NORMAL": 1}[synchronous]:
        raise Misconfigured(
            "not-durable", f"journal mode {mode}, synchronous {level}: not durable here", str(file)
        )
    database.execute(f"PRAGMA wal_autocheckpoint = {checkpoint_pages}")
    database.execute(f"PRAGMA journal_size_limit = {_MOST_WAL_PAGES * _PAGE_BYTES}")
    _check_version(database, file)


def _check_version(database: sqlite3.Connection, file: Path) -> None:
    if _version(database) != VERSION:
        database.execute("BEGIN IMMEDIATE")
        try:
            # None if the other side was faster, or if the spool is of a newer version.
            statements = _UPGRADES.get(_version(database))
            if statements is not None:
                for statement in statements:
                    database.execute(statement)
                database.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
                database.execute(f"PRAGMA user_version = {VERSION}")
            database.execute("COMMIT")
        except BaseException:
            database.execute("ROLLBACK")
            raise
    if _version(database) != VERSION:
        raise Misconfigured(
            "newer-spool",
            f"the spool has version {_version(database)}, this program knows {VERSION}",
            str(file),
        )


def _version(database: sqlite3.Connection) -> int:
    (version,) = database.execute("PRAGMA user_version").fetchone()
    return int(version)
