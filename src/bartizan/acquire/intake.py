"""From files to stored transactions: what `bartizan import` does.

Safe to repeat: an entry's identity is its sensor and its bytes, and the bytes are those that mlogc
would have sent, so what came by mlogc before is a duplicate. Safe to interrupt for the same reason.
"""

from collections.abc import Callable, Iterator, Sequence

from bartizan.acquire.files import entries
from bartizan.acquire.found import DECODABLE, SKIPPED, FoundEntry
from bartizan.acquire.opened import OnProgress
from bartizan.domain.delivery import AuditLogEntry
from bartizan.ingest.pipeline import Pipeline
from bartizan.kit.clock import NowUs, now_us
from bartizan.kit.struct import Struct

SetAside = Callable[[AuditLogEntry, str, str], None]
_BATCH_ENTRIES = 500
_BATCH_BYTES = 8 * 1024 * 1024


class Tally(Struct, frozen=True, kw_only=True):
    """What became of what was found: `entries` = `stored` + `duplicates` + those set aside.

    `set_aside` also counts what is no entry; `skipped` links, FIFOs, index files and the like.
    """

    entries: int = 0
    stored: int = 0
    duplicates: int = 0
    set_aside: int = 0
    skipped: int = 0


def import_paths(
    paths: Sequence[str],
    sensor: str,
    pipeline: Pipeline,
    set_aside: SetAside,
    report: Callable[[Tally], None] = lambda _: None,
    *,
    on_progress: OnProgress = lambda _: None,
    now: NowUs = now_us,
) -> Tally:
    """Store every entry found in files and trees as one of `sensor`.

    What cannot be decoded goes to `set_aside` (entry, code, detail). `report` is called after each
    batch. Raises what the pipeline and `set_aside` raise; what was stored before then stays.
    """
    tally = Tally()
    for batch in _batches(entries(paths, on_progress)):
        intake = _Intake(sensor, pipeline, set_aside, now())
        tally = intake.take(batch, tally)
        report(tally)
    return tally


def _batches(found: Iterator[FoundEntry]) -> Iterator[list[FoundEntry]]:
    batch: list[FoundEntry] = []
    size = 0
    for one in found:
        batch.append(one)
        size += len(one.raw)
        if len(batch) == _BATCH_ENTRIES or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


class _Intake:
    """Takes one batch, received now."""

    def __init__(
        self, sensor: str, pipeline: Pipeline, set_aside: SetAside, received_at_us: int
    ) -> None:
        self._sensor = sensor
        self._pipeline = pipeline
        self._set_aside = set_aside
        self._received_at_us = received_at_us

    def take(self, batch: Sequence[FoundEntry], tally: Tally) -> Tally:
        good = [self._entry(one) for one in batch if one.problem in DECODABLE]
        skipped = [one for one in batch if one.problem in SKIPPED]
        bad = [one for one in batch if one.problem not in DECODABLE | SKIPPED]
        outcome = self._pipeline.run(good)
        for failure in outcome.undecodable:
            self._set_aside(good[failure.index], failure.code, failure.detail)
        for one in bad:
            if one.raw:  # of a file that cannot be read there is nothing to keep
                detail = one.detail or f"{one.length} bytes"
                self._set_aside(self._entry(one), str(one.problem), detail)
        return Tally(
            entries=tally.entries + len(good),
            stored=tally.stored + outcome.stored,
            duplicates=tally.duplicates + outcome.duplicates,
            set_aside=tally.set_aside + len(outcome.undecodable) + len(bad),
            skipped=tally.skipped + len(skipped),
        )

    def _entry(self, one: FoundEntry) -> AuditLogEntry:
        return AuditLogEntry(
            sensor=self._sensor,
            received_at_us=self._received_at_us,
            raw=one.raw,
            origin=one.path,
            origin_offset=one.offset,
        )
