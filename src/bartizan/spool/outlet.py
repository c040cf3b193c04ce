"""The worker's side of the spool, in another process than the collector's.

Its transactions are `synchronous=NORMAL`: loss of power may undo the last ones, never break the
database. A `done` that is undone makes the worker take those entries again, and storing them
again changes nothing; a `bury` that is undone is buried again, under the same identity.
"""

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from bartizan.domain.delivery import AuditLogEntry, DeadLetter, SpooledEntry
from bartizan.kit.clock import NowUs, now_us
from bartizan.spool import schema
from bartizan.spool.contract import Share, SpoolLevel
from bartizan.spool.revival import revive
from bartizan.spool.rows import (
    LETTER_COLUMNS,
    entry_values,
    failing_as_unavailable,
    make_entry,
    make_letter,
    read_level,
    transaction,
)

_CHECKPOINT_PAGES = 250
_COLUMNS = schema.ENTRY_COLUMNS
_TAKE = f"SELECT id, {_COLUMNS} FROM entry WHERE id > ? ORDER BY id LIMIT ?"  # noqa: S608
# A block is dealt to one worker: large enough for batches, small enough to share a backlog soon.
_BLOCK = 512
_TAKE_SHARE = f"""SELECT id, {_COLUMNS} FROM entry
WHERE id > ? AND (id / {_BLOCK}) % ? = ? ORDER BY id LIMIT ?"""  # noqa: S608
_FORGET = "DELETE FROM entry WHERE id BETWEEN ? AND ?"
_FORGET_REVIVAL = "DELETE FROM revived WHERE entry_id BETWEEN ? AND ?"
_DIED_AT = "SELECT died_at_us FROM revived WHERE entry_id = ?"
_ONE = f"SELECT {_COLUMNS} FROM entry WHERE id = ?"  # noqa: S608
_SET_ASIDE = f"""INSERT INTO dead_letter
  (digest, code, detail, died_at_us, tried_at_us, program, size_bytes, {_COLUMNS})
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"""  # noqa: S608
_LETTERS = f"""SELECT {LETTER_COLUMNS} FROM dead_letter
WHERE id > ? ORDER BY id LIMIT ?"""  # noqa: S608
_COUNT_GONE = "UPDATE tally SET gone = gone + ?"
_COUNT_BURIED = """UPDATE tally SET gone = gone + 1, again = again + ?1, buried = buried + ?2,
  dead_letters = dead_letters + ?2, dead_bytes = dead_bytes + ?3"""
_COUNT_ASIDE = """UPDATE tally SET aside = aside + 1, dead_letters = dead_letters + 1,
  dead_bytes = dead_bytes + ?"""
_OUTDATED = """SELECT id, size_bytes FROM (
  SELECT id, size_bytes FROM dead_letter WHERE program < ?1
  UNION ALL SELECT id, size_bytes FROM dead_letter WHERE program > ?1
) LIMIT ?2"""


class Outlet:
    """Implements `SpoolOutlet`. Blocking; for one thread. Raises `Unavailable` (`spool-failed`)."""

    def __init__(
        self,
        directory: Path,
        now: NowUs = now_us,
        share: Share | None = None,
        program: str = "",
        synchronous: Literal["FULL", "NORMAL"] = "NORMAL",
    ) -> None:
        """`take` gives only what belongs to `share`; `program` is the version that decodes.

        With `FULL` each transaction is durable before its method returns.

        Raises `Misconfigured` for a newer spool.
        """
        self._now = now
        self._share = share or Share()
        self._program = program
        self._database = schema.connect(directory, synchronous, _CHECKPOINT_PAGES)

    def take(self, after_id: int, limit: int, max_bytes: int) -> Sequence[SpooledEntry]:
        taken: list[SpooledEntry] = []
        size = 0
        with failing_as_unavailable():
            rows = self._rows(after_id, limit)
            for entry_id, *columns in rows:
                entry = make_entry(columns)
                taken.append(SpooledEntry(id=entry_id, entry=entry))
                size += len(entry.raw)
                if size >= max_bytes:
                    break
            rows.close()
        return taken

    def _rows(self, after_id: int, limit: int) -> sqlite3.Cursor:
        if self._share.of == 1:
            return self._database.execute(_TAKE, (after_id, limit))
        return self._database.execute(
            _TAKE_SHARE, (after_id, self._share.of, self._share.index, limit)
        )

    def done(self, ids: Sequence[int]) -> None:
        with transaction(self._database):
            gone = 0
            for run in _runs(ids):
                gone += self._database.execute(_FORGET, run).rowcount
                self._database.execute(_FORGET_REVIVAL, run)
            self._database.execute(_COUNT_GONE, (gone,))

    def bury(self, letters: Sequence[tuple[int, str, str]]) -> Sequence[int]:
        duplicates = []
        with transaction(self._database):
            for entry_id, code, detail in letters:
                columns = self._database.execute(_ONE, (entry_id,)).fetchone()
                if columns is None:  # buried before, and the answer was lost
                    continue
                if not self._bury_one(entry_id, columns, code, detail):
                    duplicates.append(entry_id)
        return duplicates

    def _bury_one(self, entry_id: int, columns: Sequence[Any], code: str, detail: str) -> bool:
        """Whether a letter was made. What was dead before keeps the time of its first death."""
        (died_at_us,) = self._database.execute(_DIED_AT, (entry_id,)).fetchone() or (None,)
        size = self._insert_letter(columns, code, detail, died_at_us)
        self._database.execute(_FORGET, (entry_id, entry_id))
        self._database.execute(_FORGET_REVIVAL, (entry_id, entry_id))
        is_again, is_new = died_at_us is not None, size is not None
        self._database.execute(_COUNT_BURIED, (int(is_again), int(is_new), size or 0))
        return is_new

    def set_aside(self, entry: AuditLogEntry, code: str, detail: str) -> None:
        """Make a dead letter of an entry that never was in the spool (`bartizan import`).

        The same entry with the same code is set aside once, however often.
        """
        with transaction(self._database):
            size = self._insert_letter(entry_values(entry), code, detail, None)
            if size is not None:
                self._database.execute(_COUNT_ASIDE, (size,))

    def dead_letters(self, after_id: int, limit: int) -> Sequence[DeadLetter]:
        """Whole letters in the order in which they were set aside."""
        with failing_as_unavailable():
            rows = self._database.execute(_LETTERS, (after_id, limit)).fetchall()
        return [make_letter(columns) for columns in rows]

    def revive_outdated(self, limit: int) -> int:
        with transaction(self._database):
            found = self._database.execute(_OUTDATED, (self._program, limit)).fetchall()
            return revive(self._database, found)

    def level(self) -> SpoolLevel:
        with failing_as_unavailable():
            return read_level(self._database)

    def close(self) -> None:
        self._database.close()

    def _insert_letter(
        self, columns: Sequence[Any], code: str, detail: str, died_at_us: int | None
    ) -> int | None:
        """The bytes it takes, or None if it is there already."""
        summary, raw = columns[3], columns[-1]
        now = self._now()
        size = len(raw) + len(summary or b"")
        digest = hashlib.sha256(raw).digest()
        times = (now if died_at_us is None else died_at_us, now)
        values = (digest, code, detail, *times, self._program, size, *columns)
        return size if self._database.execute(_SET_ASIDE, values).rowcount else None


def _runs(ids: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Ids as ranges without holes between them: (3, 1, 2, 7) is (1, 3), (7, 7)."""
    ordered = sorted(set(ids))
    start = 0
    for index, entry_id in enumerate(ordered, 1):
        if index == len(ordered) or ordered[index] != entry_id + 1:
            yield ordered[start], entry_id
            start = index
