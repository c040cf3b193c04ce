"""Dead letters back into the queue, inside a transaction of the caller.

Bounded in bytes as well as in number: while it lasts, the collector's commits wait.
"""

import sqlite3
from collections.abc import Iterable
from typing import Final

from bartizan.spool import schema

_COLUMNS = schema.ENTRY_COLUMNS
_REVIVE = f"""INSERT INTO entry ({_COLUMNS})
SELECT {_COLUMNS} FROM dead_letter WHERE id = ?"""  # noqa: S608 - constants
_NOTE = "INSERT INTO revived SELECT ?, died_at_us FROM dead_letter WHERE id = ?"
_COUNT = """UPDATE tally SET revived = revived + 1, dead_letters = dead_letters - 1,
  dead_bytes = dead_bytes - ?"""
STEP_BYTES: Final = 1024 * 1024


def within_step(found: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The first of the letters (id, bytes): one at least, and no more after a mebibyte."""
    some: list[tuple[int, int]] = []
    size = 0
    for letter_id, size_bytes in found:
        some.append((letter_id, size_bytes))
        size += size_bytes
        if size >= STEP_BYTES:
            break
    return some


def revive(database: sqlite3.Connection, found: Iterable[tuple[int, int]]) -> int:
    """Move the first of these letters (id, bytes) to the end of the queue; how many."""
    some = within_step(found)
    for letter_id, size_bytes in some:
        entry_id = database.execute(_REVIVE, (letter_id,)).lastrowid
        database.execute(_NOTE, (entry_id, letter_id))
        database.execute("DELETE FROM dead_letter WHERE id = ?", (letter_id,))
        database.execute(_COUNT, (size_bytes,))
    return len(some)
