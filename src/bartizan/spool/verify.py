"""Is the spool whole? Reads everything and changes nothing, also beside a running collector.

Damage stays where it is: whatever can still be read is read, and what cannot is counted.
"""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from bartizan.domain.errors import Misconfigured, Unavailable
from bartizan.kit.struct import Struct
from bartizan.spool import schema

_MOST_FAULTS: Final = 20
_AT_ONCE: Final = 512  # ids
_ENTRIES = "SELECT id, raw FROM entry WHERE id BETWEEN ? AND ?"
_LETTERS = "SELECT id, raw, digest FROM dead_letter WHERE id BETWEEN ? AND ?"
_TALLY = f"""SELECT {schema.WAITING}, dead_letters, dead_bytes, buried, aside, revived, removed
FROM tally"""  # noqa: S608 - constants


class SpoolFindings(Struct, frozen=True, kw_only=True):
    """`entries` and `dead_letters` are those that can be read.

    `*_missing` are counted in the spool's account but cannot be found or read; `letters_changed`
    are not the bytes that were set aside. `faults` is what SQLite and the account say is wrong.
    """

    entries: int
    entries_missing: int
    dead_letters: int
    letters_missing: int
    letters_changed: int
    faults: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        return not (
            self.entries_missing or self.letters_missing or self.letters_changed or self.faults
        )


def verify(directory: Path) -> SpoolFindings:
    """Check the spool in `directory`, in one state of it. Raises what `reading` raises."""
    with reading(directory) as database:
        return _verify(database)


@contextmanager
def reading(directory: Path) -> Iterator[sqlite3.Connection]:
    """One state of the spool in `directory`, which nothing here can change.

    Raises `Misconfigured` if there is none, or one of another version; `Unavailable` if so much
    of it is damaged that not even its tables can be found.
    """
    file = directory / schema.FILE_NAME
    if not file.exists():
        raise Misconfigured("no-spool", "there is no spool here", str(file))
    try:
        with closing(_open(file)) as database:
            database.execute("BEGIN")
            (version,) = database.execute("PRAGMA user_version").fetchone()
            if version != schema.VERSION:
                message = f"the spool has version {version}, not {schema.VERSION}"
                raise Misconfigured("other-spool", message, str(file))
            yield database
    except sqlite3.DatabaseError as error:
        raise Unavailable(
            "spool-failed", f"the spool cannot be read: {error}", str(file)
        ) from error


def _open(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True, isolation_level=None)


def _verify(database: sqlite3.Connection) -> SpoolFindings:
    waiting, letters, letter_bytes, buried, aside, revived, removed = database.execute(
        _TALLY
    ).fetchone()
    faults = _integrity(database)
    entries = sum(1 for _ in readable(database, "entry", _ENTRIES))
    found = [
        hashlib.sha256(raw).digest() == digest
        for _, raw, digest in readable(database, "dead_letter", _LETTERS)
    ]
    if buried + aside != letters + revived + removed:
        faults.append("the account of the dead letters does not add up")
    if not faults and len(found) == letters:
        (size,) = database.execute(
            "SELECT coalesce(sum(size_bytes), 0) FROM dead_letter"
        ).fetchone()
        if size != letter_bytes:
            faults.append("the bytes of the dead letters do not add up")
    return SpoolFindings(
        entries=entries,
        entries_missing=waiting - entries,
        dead_letters=len(found),
        letters_missing=letters - len(found),
        letters_changed=found.count(False),
        faults=tuple(faults),
    )


def _integrity(database: sqlite3.Connection) -> list[str]:
    try:
        found = database.execute(f"PRAGMA integrity_check({_MOST_FAULTS})").fetchall()
    except sqlite3.DatabaseError as error:
        return [str(error)]
    lines = [line for (text,) in found for line in str(text).splitlines()]
    return [] if lines == ["ok"] else lines[:_MOST_FAULTS]


def readable(database: sqlite3.Connection, table: str, query: str) -> Iterator[tuple[Any, ...]]:
    """Every row that can be read, wherever the damage is."""
    for first in _beginnings(database, table):
        yield from _between(database, query, first, first + _AT_ONCE - 1)


def _beginnings(database: sqlite3.Connection, table: str) -> range:
    (last,) = database.execute(
        "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = ?", (table,)
    ).fetchone()
    try:
        (first,) = database.execute(f"SELECT min(id) FROM {table}").fetchone()  # noqa: S608 - ours
    except sqlite3.DatabaseError:
        first = 1
    return range(first or last + 1, last + 1, _AT_ONCE)


def _between(
    database: sqlite3.Connection, query: str, first: int, last: int
) -> list[tuple[Any, ...]]:
    """Halved wherever reading fails, down to the single row."""
    try:
        return database.execute(query, (first, last)).fetchall()
    except sqlite3.DatabaseError:
        if first == last:
            return []
    middle = (first + last) // 2
    return [
        *_between(database, query, first, middle),
        *_between(database, query, middle + 1, last),
    ]
