"""The worker's side of the spool, in another process than the collector's.

Its transactions are `synchronous=NORMAL`: loss of power may undo the last ones, never break the
database. A `done` that is undone makes the worker take those entries again, and storing them
again changes nothing; a `bury` that is undone is buried again, under the same identity.
"""

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bartizan.domain.delivery import AuditLogEntry, DeadLetter, SpooledEntry
from bartizan.domain.errors import Unavailable
from bartizan.kit.clock import NowUs, now_us
from bartizan.spool import schema
from bartizan.spool.contract import Share, SpoolLevel

_CHECKPOINT_PAGES = 250
_COLUMNS = schema.ENTRY_COLUMNS
_TAKE = f"SELECT id, {_COLUMNS} FROM entry WHERE id > ? ORDER BY id LIMIT ?"  # noqa: S608
# A block is dealt to one worker: large enough for batches, small enough to share a backlog soon.
_BLOCK = 512
_TAKE_SHARE = f"""SELECT id, {_COLUMNS} FROM entry
WHERE id > ? AND (id / {_BLOCK}) % ? = ? ORDER BY id LIMIT ?"""  # noqa: S608
_FORGET = "DELETE FROM entry WHERE id BETWEEN ? AND ?"
_ONE = f"SELECT {_COLUMNS} FROM entry WHERE id = ?"  # noqa: S608
_SET_ASIDE = f"""INSERT INTO dead_letter (digest, code, detail, died_at_us, {_COLUMNS})
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"""  # noqa: S608
_LETTERS = f"""SELECT id, code, detail, died_at_us, {_COLUMNS} FROM dead_letter
WHERE id > ? ORDER BY id LIMIT ?"""  # noqa: S608
_REVIVE = f"""INSERT INTO entry ({_COLUMNS})
SELECT {_COLUMNS} FROM dead_letter WHERE id = ?"""  # noqa: S608
_COUNT = "UPDATE tally SET gone = gone + ?, dead_letters = dead_letters + ?"
_LEVEL = f"SELECT {schema.WAITING}, dead_letters FROM tally"  # noqa: S608


class Outlet:
    """Implements `SpoolOutlet`. Blocking; for one thread. Raises `Unavailable` (`spool-failed`)."""

    def __init__(self, directory: Path, now: NowUs = now_us, share: Share | None = None) -> None:
        """`take` gives only what belongs to `share`. Raises `Misconfigured` for a newer spool."""
        self._now = now
        self._share = share or Share()
        self._database = schema.connect(directory, "NORMAL", _CHECKPOINT_PAGES)

    def take(self, after_id: int, limit: int, max_bytes: int) -> Sequence[SpooledEntry]:
        taken: list[SpooledEntry] = []
        size = 0
        with self._failing_as_unavailable():
            rows = self._rows(after_id, limit)
            for entry_id, *columns in rows:
                entry = _entry(columns)
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
        with self._transaction() as database:
            gone = sum(database.execute(_FORGET, run).rowcount for run in _runs(ids))
            database.execute(_COUNT, (gone, 0))

    def bury(self, letters: Sequence[tuple[int, str, str]]) -> None:
        with self._transaction() as database:
            for entry_id, code, detail in letters:
                columns = database.execute(_ONE, (entry_id,)).fetchone()
                if columns is None:  # buried before, and the answer was lost
                    continue
                added = self._insert_letter(columns, code, detail)
                database.execute(_FORGET, (entry_id, entry_id))
                database.execute(_COUNT, (1, added))

    def set_aside(self, entry: AuditLogEntry, code: str, detail: str) -> None:
        """Make a dead letter of an entry that never was in the spool (`bartizan import`).

        The same entry with the same code is set aside once, however often.
        """
        with self._transaction() as database:
            added = self._insert_letter(_columns(entry), code, detail)
            database.execute(_COUNT, (0, added))

    def dead_letters(self, after_id: int, limit: int) -> Sequence[DeadLetter]:
        with self._failing_as_unavailable():
            rows = self._database.execute(_LETTERS, (after_id, limit)).fetchall()
        return [
            DeadLetter(
                id=letter_id, code=code, detail=detail, died_at_us=died_at_us, entry=_entry(columns)
            )
            for letter_id, code, detail, died_at_us, *columns in rows
        ]

    def revive(self, ids: Sequence[int]) -> None:
        with self._transaction() as database:
            for letter_id in ids:
                revived = database.execute(_REVIVE, (letter_id,)).rowcount
                database.execute("DELETE FROM dead_letter WHERE id = ?", (letter_id,))
                database.execute(_COUNT, (0, -revived))

    def level(self) -> SpoolLevel:
        with self._failing_as_unavailable():
            entries, letters = self._database.execute(_LEVEL).fetchone()
            oldest = self._database.execute(
                "SELECT received_at_us FROM entry ORDER BY id LIMIT 1"
            ).fetchone()
            size = schema.used_bytes(self._database)
        return SpoolLevel(
            entries=entries,
            size_bytes=size,
            oldest_received_at_us=oldest[0] if oldest else None,
            dead_letters=letters,
        )

    def close(self) -> None:
        self._database.close()

    def _insert_letter(self, columns: Sequence[Any], code: str, detail: str) -> int:
        """1, or 0 if it is there already."""
        digest = hashlib.sha256(columns[-1]).digest()
        values = (digest, code, detail, self._now(), *columns)
        return self._database.execute(_SET_ASIDE, values).rowcount

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._failing_as_unavailable():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise

    @contextmanager
    def _failing_as_unavailable(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise Unavailable("spool-failed", f"the spool does not answer: {error}") from error


def _entry(columns: Sequence[Any]) -> AuditLogEntry:
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


def _columns(entry: AuditLogEntry) -> tuple[str | int | bytes | None, ...]:
    return (
        entry.sensor,
        entry.received_at_us,
        entry.claimed_hash,
        entry.summary,
        entry.origin,
        entry.origin_offset,
        entry.raw,
    )


def _runs(ids: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Ids as ranges without holes between them: (3, 1, 2, 7) is (1, 3), (7, 7)."""
    ordered = sorted(set(ids))
    start = 0
    for index, entry_id in enumerate(ordered, 1):
        if index == len(ordered) or ordered[index] != entry_id + 1:
            yield ordered[start], entry_id
            start = index
