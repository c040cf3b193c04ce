"""From files to stored transactions: what `bartizan import` does.

Safe to repeat: an entry's identity is its sensor and its bytes, and the bytes are those that mlogc
would have sent, so what came by mlogc before is a duplicate. Safe to interrupt at any point: marks
are kept only when everything they cover is stored, or set aside.
"""

from collections.abc import Callable, Iterable, Sequence

from bartizan.acquire.checkpoint import Mark
from bartizan.acquire.found import DECODABLE, SKIPPED, FoundEntry
from bartizan.acquire.loading import Loader
from bartizan.acquire.tally import Tally
from bartizan.domain.delivery import AuditLogEntry
from bartizan.kit.clock import NowUs, now_us

SetAside = Callable[[AuditLogEntry, str, str], None]
KeepMarks = Callable[[Sequence[Mark]], None]
# Twice as large takes 30 MB more and saves nothing.
_BATCH_ENTRIES = 2000
_BATCH_BYTES = 8 * 1024 * 1024


class Batch:
    """Some of what was found, and how far that is in the files."""

    def __init__(self) -> None:
        self.good: list[FoundEntry] = []
        self.others: list[FoundEntry] = []
        self.marks: dict[str, Mark] = {}
        self._bytes = 0

    def add(self, one: FoundEntry | Mark) -> None:
        if not isinstance(one, FoundEntry):
            self.marks[one.key] = one
            return
        (self.good if one.problem in DECODABLE else self.others).append(one)
        self._bytes += len(one.raw)

    @property
    def is_full(self) -> bool:
        many = len(self.good) + len(self.others) >= _BATCH_ENTRIES
        return many or self._bytes >= _BATCH_BYTES


class Intake:
    """Takes what is found as the entries of one sensor."""

    def __init__(
        self,
        sensor: str,
        loader: Loader,
        set_aside: SetAside,
        keep: KeepMarks,
        *,
        now: NowUs = now_us,
    ) -> None:
        """What cannot be decoded goes to `set_aside` (entry, code, detail), durably."""
        self._sensor = sensor
        self._loader = loader
        self._set_aside = set_aside
        self._keep = keep
        self._now = now
        self.tally = Tally()

    def run(
        self,
        found: Iterable[FoundEntry | Mark],
        report: Callable[[Tally], None] = lambda _: None,
        *,
        limit: int | None = None,
        is_stopped: Callable[[], bool] = lambda: False,
    ) -> bool:
        """Take all that is found, at most `limit` entries; whether that was all.

        `report` is called after each batch, and `is_stopped` is asked often. Raises what loading
        and setting aside raise; what was stored before then stays.
        """
        batch = Batch()
        left = limit
        is_all = True
        for one in found:
            batch.add(one)
            if left is not None and isinstance(one, FoundEntry) and one.problem in DECODABLE:
                left -= 1
            if left == 0 or is_stopped():
                is_all = False
                break
            if batch.is_full:
                self._take(batch)
                report(self.tally)
                batch = Batch()
        self._take(batch)
        report(self.tally)
        return is_all

    def _take(self, batch: Batch) -> None:
        """Store, set aside, and only then keep the marks."""
        received_at_us = self._now()
        entries = [self._entry(one, received_at_us) for one in batch.good]
        loaded = self._loader.load(entries)
        self.tally.add_loaded(len(entries), loaded)
        for bad in loaded.undecodable:
            self.tally.add_set_aside(batch.good[bad.index], bad.code, bad.detail)
            self._set_aside(entries[bad.index], bad.code, bad.detail)
        for one in batch.others:
            if one.problem in SKIPPED:
                self.tally.add_skipped(one)
            else:
                self._not_an_entry(one)
        if batch.marks:
            self._keep(list(batch.marks.values()))

    def _not_an_entry(self, one: FoundEntry) -> None:
        code, detail = str(one.problem), one.detail or f"{one.length} bytes"
        self.tally.add_set_aside(one, code, detail)
        if one.raw:  # of a file that cannot be read there is nothing to keep
            self._set_aside(self._entry(one, self._now()), code, detail)

    def _entry(self, one: FoundEntry, received_at_us: int) -> AuditLogEntry:
        return AuditLogEntry(
            sensor=self._sensor,
            received_at_us=received_at_us,
            raw=one.raw,
            origin=one.path,
            origin_offset=one.offset,
        )
