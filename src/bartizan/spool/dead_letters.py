"""The dead letters as people and commands deal with them, beside a running collector and worker.

Every change is one small transaction (`synchronous=NORMAL`, as the worker's): loss of power may
undo the last steps, and then the letters are there again.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from bartizan.domain.delivery import DeadLetter, LetterSelection
from bartizan.spool import schema
from bartizan.spool.contract import LetterAccount, LetterHead, LetterKind, SpoolLevel
from bartizan.spool.revival import revive
from bartizan.spool.rows import (
    LETTER_COLUMNS,
    failing_as_unavailable,
    make_letter,
    read_level,
    transaction,
)

_CHECKPOINT_PAGES = 250
_HEAD_BYTES: Final = 256
_ACCOUNT = """SELECT dead_letters, dead_bytes, buried, aside, revived, removed,
  (SELECT count(*) FROM revived), again FROM tally"""
_KINDS = """SELECT sensor, code, count(*), sum(size_bytes), min(died_at_us), max(died_at_us)
FROM dead_letter INDEXED BY dead_letter_facts GROUP BY sensor, code
ORDER BY count(*) DESC, sensor, code"""
_HEAD = """SELECT id, sensor, code, detail, received_at_us, died_at_us, tried_at_us, program,
  size_bytes, origin, origin_offset FROM dead_letter WHERE id = ?"""
_LETTER = f"SELECT {LETTER_COLUMNS} FROM dead_letter WHERE id = ?"  # noqa: S608 - constants
_LAST = "SELECT coalesce(max(id), 0) FROM dead_letter"
_SIZE = "SELECT id, size_bytes FROM dead_letter WHERE id = ?"
_COUNT_REMOVED = """UPDATE tally SET removed = removed + 1, dead_letters = dead_letters - 1,
  dead_bytes = dead_bytes - ?"""


class DeadLetters:
    """Implements `DeadLetterBox`. Raises `Unavailable` (`spool-failed`)."""

    def __init__(self, directory: Path) -> None:
        """Raises `Misconfigured` for a newer spool."""
        self._lock = threading.Lock()
        self._database = schema.connect(directory, "NORMAL", _CHECKPOINT_PAGES)

    def account(self) -> LetterAccount:
        with self._reading() as database:
            letters, size, buried, aside, revived, removed, waiting, again = database.execute(
                _ACCOUNT
            ).fetchone()
        return LetterAccount(
            letters=letters,
            size_bytes=size,
            buried=buried,
            aside=aside,
            revived=revived,
            removed=removed,
            waiting=waiting,
            again=again,
        )

    def kinds(self) -> Sequence[LetterKind]:
        with self._reading() as database:
            found = database.execute(_KINDS).fetchall()
        return [
            LetterKind(
                sensor=sensor,
                code=code,
                letters=letters,
                size_bytes=size,
                first_at_us=first,
                last_at_us=last,
            )
            for sensor, code, letters, size, first, last in found
        ]

    def count(self, selection: LetterSelection) -> int:
        query, values = _question("count(*)", selection)
        with self._reading() as database:
            (count,) = database.execute(query, values).fetchone()
        return int(count)

    def page(
        self, selection: LetterSelection, before_id: int | None, limit: int
    ) -> Sequence[LetterHead]:
        heads = []
        with self._reading() as database:
            query, values = _question("id", selection, before_id)
            found = database.execute(f"{query} ORDER BY id DESC LIMIT ?", (*values, limit))
            for (letter_id,) in found.fetchall():
                row = database.execute(_HEAD, (letter_id,)).fetchone()
                heads.append(_head(row, self._beginning(letter_id)))
        return heads

    def letter(self, letter_id: int) -> DeadLetter | None:
        with self._reading() as database:
            columns = database.execute(_LETTER, (letter_id,)).fetchone()
        return None if columns is None else make_letter(columns)

    def last_id(self) -> int:
        with self._reading() as database:
            (last,) = database.execute(_LAST).fetchone()
        return int(last)

    def revive(self, selection: LetterSelection, limit: int) -> int:
        with self._changing() as database:
            return revive(database, self._oldest(selection, limit))

    def remove(self, selection: LetterSelection, limit: int) -> int:
        with self._changing() as database:
            found = self._oldest(selection, limit)
            for letter_id, size_bytes in found:
                database.execute("DELETE FROM dead_letter WHERE id = ?", (letter_id,))
                database.execute(_COUNT_REMOVED, (size_bytes,))
        return len(found)

    def level(self) -> SpoolLevel:
        with self._reading() as database:
            return read_level(database)

    def close(self) -> None:
        with self._lock:
            self._database.close()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """One state of the spool, whatever is changed meanwhile."""
        with self._lock, failing_as_unavailable():
            self._database.execute("BEGIN")
            try:
                yield self._database
            finally:
                self._database.execute("ROLLBACK")

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, transaction(self._database):
            yield self._database

    def _oldest(self, selection: LetterSelection, limit: int) -> list[tuple[int, int]]:
        """Ids and bytes."""
        query, values = _question("id", selection)
        found = self._database.execute(f"{query} ORDER BY id LIMIT ?", (*values, limit)).fetchall()
        return [self._database.execute(_SIZE, letter_id).fetchone() for letter_id in found]

    def _beginning(self, letter_id: int) -> bytes:
        """Without reading the rest of a large entry, as SQL's `substr` would."""
        with self._database.blobopen("dead_letter", "raw", letter_id, readonly=True) as raw:
            return raw.read(_HEAD_BYTES)


def _question(
    columns: str, selection: LetterSelection, before_id: int | None = None
) -> tuple[str, list[Any]]:
    """`SELECT columns FROM dead_letter ...` and its values. Only an index is read to find ids."""
    given = {
        "sensor = ?": selection.sensor,
        "code = ?": selection.code,
        "id <= ?": selection.until_id,
        "id < ?": before_id,
    }
    conditions = [condition for condition, value in given.items() if value is not None]
    values: list[Any] = [value for value in given.values() if value is not None]
    is_of_kind = selection.sensor is not None or selection.code is not None
    index = "INDEXED BY dead_letter_kind" if is_of_kind and not selection.ids else ""
    if selection.ids:
        conditions.append(f"id IN ({', '.join('?' * len(selection.ids))})")
        values += selection.ids
    if selection.among is not None:
        conditions.append(f"sensor IN ({', '.join('?' * len(selection.among))})")
        values += selection.among
    where = " AND ".join(conditions) or "true"
    return f"SELECT {columns} FROM dead_letter {index} WHERE {where}", values  # noqa: S608 - bound


def _head(row: Sequence[Any], beginning: bytes) -> LetterHead:
    (
        letter_id,
        sensor,
        code,
        detail,
        received_at_us,
        died_at_us,
        tried_at_us,
        program,
        size_bytes,
        origin,
        origin_offset,
    ) = row
    return LetterHead(
        id=letter_id,
        sensor=sensor,
        code=code,
        detail=detail,
        received_at_us=received_at_us,
        died_at_us=died_at_us,
        tried_at_us=tried_at_us,
        program=program,
        size_bytes=size_bytes,
        origin=origin,
        origin_offset=origin_offset,
        head=beginning,
    )
