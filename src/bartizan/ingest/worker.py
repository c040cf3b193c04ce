"""The worker: takes what waits in the spool, stores it, and only then lets the spool forget it.

May be killed at any point: what was not yet forgotten is taken again, and storing it again changes
nothing. Nothing is skipped: an entry leaves the spool stored, or as a dead letter with a reason.
`acknowledged + revived = stored + duplicates + dead letters + waiting` holds over the metrics
(docs/metrics.md).

Dead letters of another version of the program are decoded again by themselves, once, when there is
nothing else to do: that is what an upgrade is for.
"""

import gc
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from bartizan.domain.delivery import SpooledEntry
from bartizan.domain.errors import Misconfigured, Refused, Unavailable
from bartizan.ingest.pipeline import Pipeline, Prepared
from bartizan.ingest.retry import Backoff
from bartizan.kit import log, metrics
from bartizan.spool.contract import SpoolOutlet

_log = log.get("ingest")
_BATCH: Final = 4000
_BATCH_BYTES: Final = 24 * 1024 * 1024
_POLL_S: Final = 0.05
_REVIVED_AT_ONCE: Final = 100
_BURIED_AT_ONCE: Final = 500  # the collector's commits wait meanwhile
# Decoded entries hold no cycles: collecting garbage often would only walk over them.
_GC_THRESHOLD: Final = 50_000
STORE_REFUSED: Final = "store-refused"
_DETAIL: Final = 500
Letter = tuple[int, str, str]


class Worker:
    """One per spool. Entries are stored in the order in which they were accepted."""

    def __init__(
        self,
        outlet: SpoolOutlet,
        pipeline: Pipeline,
        *,
        batch: int = _BATCH,
        batch_bytes: int = _BATCH_BYTES,
        poll_s: float = _POLL_S,
        is_reviving: bool = False,
        beside: Callable[[], object] = lambda: None,
    ) -> None:
        """A batch is what waits, at most `batch` entries of together about `batch_bytes`.

        `is_reviving` is for one of the workers: to revive the dead letters of other versions.
        `beside` is called between batches, and is small.
        """
        self._outlet = outlet
        self._pipeline = pipeline
        self._batch = batch
        self._batch_bytes = batch_bytes
        self._poll_s = poll_s
        self._is_reviving = is_reviving
        self._beside = beside
        self._revived = 0
        self._after_id = 0
        self._backoff = Backoff()

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; the batch at hand is finished, unless its store is away.

        Raises `Misconfigured`, such as for a schema that became newer while we ran.
        """
        gc.collect()
        gc.freeze()
        gc.set_threshold(_GC_THRESHOLD)
        while not stop.is_set():
            try:
                self._step(stop)
                self._backoff.reset()
            except Misconfigured:
                raise
            except Unavailable as error:
                self._pause(stop, error.code, str(error))
            except Exception as error:  # noqa: BLE001 - the worker's loop: nothing may end it
                self._pause(stop, "unexpected", type(error).__name__)

    def _step(self, stop: threading.Event) -> None:
        entries = self._take()
        if entries:
            self._handle(entries)
        elif not self._revive_some():
            stop.wait(self._poll_s)
        self._beside()

    def _revive_some(self) -> int:
        if not self._is_reviving:
            return 0
        revived = self._outlet.revive_outdated(_REVIVED_AT_ONCE)
        self._revived += revived
        self._is_reviving = revived > 0  # what fails again is not outdated any more
        if self._revived and not revived:
            _log.info("ingest.dead_letters.revived", entries=self._revived, why="other version")
        return revived

    def _take(self) -> Sequence[SpooledEntry]:
        """What comes next. At the end, what was left behind (`done` had failed) is taken again."""
        entries = self._outlet.take(self._after_id, self._batch, self._batch_bytes)
        if not entries and self._after_id:
            self._after_id = 0
            entries = self._outlet.take(0, self._batch, self._batch_bytes)
        return entries

    def _handle(self, entries: Sequence[SpooledEntry]) -> None:
        """Counts what the spool has let go of, so that each entry is counted once."""
        prepared = self._pipeline.prepare([spooled.entry for spooled in entries])
        tally = _Tally()
        self._store(entries, prepared, range(len(prepared.records)), tally)
        for bad in prepared.undecodable:
            tally.letters.append((entries[bad.index].id, bad.code, bad.detail[:_DETAIL]))
        for start in range(0, len(tally.letters), _BURIED_AT_ONCE):
            some = tally.letters[start : start + _BURIED_AT_ONCE]
            tally.count_letters(some, self._outlet.bury(some))
        dead = {entry_id for entry_id, _, _ in tally.letters}
        self._outlet.done([spooled.id for spooled in entries if spooled.id not in dead])
        self._after_id = entries[-1].id
        tally.count_stored()

    def _store(
        self, entries: Sequence[SpooledEntry], prepared: Prepared, some: range, tally: "_Tally"
    ) -> None:
        """Store some records; halve what the store refuses until the one it means is found."""
        try:
            stored, duplicates = self._pipeline.store(prepared.records[some.start : some.stop])
        except Refused as error:
            if len(some) == 1:
                entry_id = entries[prepared.indexes[some.start]].id
                tally.letters.append((entry_id, STORE_REFUSED, str(error)[:_DETAIL]))
            else:
                middle = len(some) // 2
                self._store(entries, prepared, some[:middle], tally)
                self._store(entries, prepared, some[middle:], tally)
        else:
            tally.stored += stored
            tally.duplicates += duplicates

    def _pause(self, stop: threading.Event, code: str, reason: str) -> None:
        wait_s = self._backoff.next_s()
        metrics.STORE_RETRIES.inc()
        _log.warning("ingest.batch.failed", code=code, reason=reason, wait_s=round(wait_s, 2))
        stop.wait(wait_s)


class _Tally:
    """What became of one batch."""

    def __init__(self) -> None:
        self.stored = 0
        self.duplicates = 0
        self.letters: list[Letter] = []

    def count_stored(self) -> None:
        metrics.STORED.inc(self.stored)
        metrics.DUPLICATES.inc(self.duplicates)

    def count_letters(self, some: Sequence[Letter], duplicates: Sequence[int]) -> None:
        metrics.DUPLICATES.inc(len(duplicates))
        known = frozenset(duplicates)
        fresh = [code for entry_id, code, _ in some if entry_id not in known]
        for code, count in Counter(fresh).items():
            metrics.DEAD_LETTERS.labels(code).inc(count)
            _log.warning("ingest.entries.buried", code=code, entries=count)
