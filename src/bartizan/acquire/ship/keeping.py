"""From sources into the shipper's own spool.

What was read is in the spool before it is remembered as read, and stays there until the collector
has it: then neither a rotation, nor a truncation, nor the collector's absence can lose it. When the
spool is full nothing more is read until there is room: the logs themselves are the rest of the
queue, and nothing is ever dropped to make room.
"""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from bartizan.acquire.found import Problem
from bartizan.acquire.ship.refused import RefusedLog
from bartizan.acquire.ship.source import Read, Source
from bartizan.domain.delivery import AuditLogEntry
from bartizan.domain.errors import Unavailable
from bartizan.kit import log
from bartizan.kit.clock import NowUs, now_us
from bartizan.spool.journal import Journal
from bartizan.spool.settings import SpoolSettings

# Each size of a commit keeps a statement of its own in memory, 3 KB for each entry in it.
_COMMITS = (64, 16, 4, 1)
_MOST_BATCHES = 16  # of one source, before the others have their turn
_MOST_TOLD = 1000
_RETRY_S = 1.0

_log = log.get("ship")


class _Batch:
    """What was read at once, and the ids of those that are kept already."""

    def __init__(self, reads: Sequence[Read]) -> None:
        self._reads = reads
        self.ids: list[int | None] = []

    def rest(self) -> Sequence[Read]:
        """What comes next: a piece of something too large alone, or entries up to one."""
        group = self._reads[len(self.ids) :][: _COMMITS[0]]
        for index, read in enumerate(group):
            if read.problem is Problem.ENTRY_TOO_LARGE:
                group = group[: max(1, index)]
                break
        return group[: next((size for size in _COMMITS if size <= len(group)), 0)]


class Keeper:
    """Blocking, for one thread. `arrived` is set when there is something to send.

    Whoever writes to the spool holds `turn`: SQLite's own way of waiting is not fair.
    """

    def __init__(
        self,
        directory: Path,
        settings: SpoolSettings,
        refused: RefusedLog,
        arrived: threading.Event,
        turn: threading.Lock,
        *,
        sensor: str,
        skip_unrecognised: bool = False,
        now: NowUs = now_us,
    ) -> None:
        self._directory = directory
        self._settings = settings
        self._refused = refused
        self._arrived = arrived
        self._turn = turn
        self._sensor = sensor
        self._skip_unrecognised = skip_unrecognised
        self._now = now
        self._journal: Journal | None = None
        self._trouble = ""
        self._passed: tuple[str, int] | None = None  # where the last piece of too large ended
        self._unrecognised: set[str] = set()
        self.kept = 0

    def take_from(self, source: Source, stop: Callable[[float], bool]) -> bool:
        """Keep what a source has now; whether it may have more.

        `stop(seconds)` waits so long, and says whether to stop.
        """
        for _ in range(_MOST_BATCHES):
            reads = source.read()
            if reads is None:
                return False
            batch = _Batch(reads)
            while not self._try(batch, source):
                if stop(_RETRY_S):
                    return True
            self._arrived.set()
        return True

    def close(self) -> None:
        if self._journal is not None:
            self._journal.close()

    def _try(self, batch: "_Batch", source: Source) -> bool:
        """Keep and remember a batch, or the rest of it; False if that is not possible now."""
        try:
            while group := batch.rest():
                batch.ids += self._keep(group)
            source.remember(batch.ids)
        except Unavailable as trouble:
            self.tell(trouble)
            return False
        self.tell(None)
        return True

    def _keep(self, group: Sequence[Read]) -> list[int | None]:
        """All of the group in one transaction, or nothing of it."""
        if group[0].problem is Problem.ENTRY_TOO_LARGE:
            self._set_aside(group[0])
            return [None]
        received_at_us = self._now()
        entries = [self._entry(read, received_at_us) for read in group if self._is_to_send(read)]
        ids = iter(self._commit(entries) if entries else ())
        self.kept += len(entries)
        return [next(ids) if self._is_to_send(read) else None for read in group]

    def _commit(self, entries: Sequence[AuditLogEntry]) -> list[int]:
        try:
            with self._turn:
                if self._journal is None:
                    self._journal = Journal(self._directory, self._settings)
                return self._journal.commit(entries)
        except Unavailable as trouble:
            if trouble.code == "spool-failed" and self._journal is not None:
                self._journal.close()
                self._journal = None
            raise

    def _entry(self, read: Read, received_at_us: int) -> AuditLogEntry:
        return AuditLogEntry(
            sensor=self._sensor,
            received_at_us=received_at_us,
            raw=read.raw,
            origin=read.origin,
            origin_offset=read.offset,
        )

    def _is_to_send(self, read: Read) -> bool:
        if read.problem is not Problem.UNKNOWN_FORMAT:
            return True
        self._tell_unrecognised(read)
        return not self._skip_unrecognised

    def _tell_unrecognised(self, read: Read) -> None:
        """Once for each file, of the last thousand."""
        if read.origin in self._unrecognised:
            return
        if len(self._unrecognised) == _MOST_TOLD:
            self._unrecognised.clear()
        self._unrecognised.add(read.origin)
        event = "ship.unrecognised.skipped" if self._skip_unrecognised else "ship.unrecognised.sent"
        _log.warning(event, path=read.origin, offset=read.offset, size_bytes=len(read.raw))

    def _set_aside(self, read: Read) -> None:
        """A piece of an entry that is larger than the collector would take."""
        file = self._refused.add("too-large", read.raw, is_piece=True)
        if self._passed != (read.origin, read.offset):
            _log.error(
                "ship.entry.too-large", path=read.origin, offset=read.offset, kept_in=str(file)
            )
        self._passed = (read.origin, read.offset + len(read.raw))

    def tell(self, trouble: Unavailable | None) -> None:
        """Say that nothing can be kept, once when that begins and once when it ends."""
        code = trouble.code if trouble else ""
        if code == self._trouble:
            return
        self._trouble = code
        if trouble is None:
            _log.info("ship.reading-again")
        else:
            consequence = "the logs are not read until there is room again"
            _log.error("ship.reading-stopped", code=code, reason=str(trouble), then=consequence)
