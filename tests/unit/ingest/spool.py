"""A spool in memory that honours the contract of the real one, and can be told to fail."""

import threading
from collections.abc import Sequence

from bartizan.domain.delivery import AuditLogEntry, DeadLetter, SpooledEntry
from bartizan.domain.errors import Unavailable
from bartizan.spool.contract import SpoolLevel


class MemorySpool:
    """Sets `idle` when somebody asks and nothing waits; fails the next `failing[name]` calls."""

    def __init__(self, entries: Sequence[AuditLogEntry]) -> None:
        self.waiting = dict(enumerate(entries, 1))
        self._last_id = len(entries)
        self.dead: dict[int, DeadLetter] = {}
        self.program = "1"
        self.idle = threading.Event()
        self.failing = {"take": 0, "done": 0, "bury": 0}

    def take(self, after_id: int, limit: int, max_bytes: int) -> Sequence[SpooledEntry]:
        self._may_fail("take")
        taken, size = [], 0
        for entry_id, entry in sorted(self.waiting.items()):
            if entry_id > after_id and len(taken) < limit and size < max_bytes:
                taken.append(SpooledEntry(id=entry_id, entry=entry))
                size += len(entry.raw)
        if not self.waiting:
            self.idle.set()
        return taken

    def done(self, ids: Sequence[int]) -> None:
        self._may_fail("done")
        for entry_id in ids:
            self.waiting.pop(entry_id, None)

    def bury(self, letters: Sequence[tuple[int, str, str]]) -> Sequence[int]:
        self._may_fail("bury")
        for entry_id, code, detail in letters:
            entry = self.waiting.pop(entry_id, None)
            if entry is not None:
                self.dead[entry_id] = DeadLetter(
                    id=entry_id, entry=entry, code=code, detail=detail, died_at_us=0,
                    program=self.program,
                )  # fmt: skip
        return []

    def revive_outdated(self, limit: int) -> int:
        outdated = [key for key, letter in self.dead.items() if letter.program != self.program]
        for letter_id in outdated[:limit]:
            self._last_id += 1
            self.waiting[self._last_id] = self.dead.pop(letter_id).entry
        return len(outdated[:limit])

    def level(self) -> SpoolLevel:
        return SpoolLevel(
            entries=len(self.waiting),
            size_bytes=sum(len(entry.raw) for entry in self.waiting.values()),
            oldest_received_at_us=None,
            dead_letters=len(self.dead),
        )

    def close(self) -> None:
        """Nothing to release."""

    def _may_fail(self, name: str) -> None:
        if self.failing[name] > 0:
            self.failing[name] -= 1
            raise Unavailable("spool-failed", "as the test wants it")
