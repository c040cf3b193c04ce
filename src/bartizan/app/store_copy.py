"""Every transaction of one store into another one, under the same ids, and proof that it is there.

Works in the order of ids, a bounded number at a time. What a batch stored is durable before the
place behind it is noted, and restoring again changes nothing, so it may be killed at any point.
The source may go on receiving: comparing finds, and mends, what came or changed in the meantime.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any, Final, NamedTuple

import msgspec

from bartizan.app.store_counts import counts_of, joined
from bartizan.app.store_fingerprint import Fingerprint, canonical, hashes
from bartizan.app.store_patience import patiently
from bartizan.domain.errors import Refused
from bartizan.kit.struct import Struct
from bartizan.store.contract import Expired, KeptRecord, RecordPage, Store

Parts = Callable[[bytes], tuple[tuple[str, bytes], ...]]
# Ids are made of the time in microseconds: writers may commit this much out of order.
_LATE: Final = 600_000_000 << 10
_BATCH: Final = 500
_EXAMPLES: Final = 20


class Place(Struct, frozen=True, kw_only=True):
    """How far a copy is: ids up to `copied` are in the target, up to `compared` they are equal.

    `stored` and `present` count what became of them, `source` and `target` are the fingerprints
    of what was compared.
    """

    copied: int = 0
    compared: int = 0
    stored: int = 0
    present: int = 0
    source: Fingerprint = Fingerprint()
    target: Fingerprint = Fingerprint()


class Difference(Struct, frozen=True, kw_only=True):
    """The transaction `id` is not in the target as it is in the source."""

    id: int
    code: str
    detail: str


class CopyReport(Struct, frozen=True, kw_only=True):
    """What a copy did. All is well if `is_equal`.

    `elsewhere` counts transactions that the target keeps under another id, `corrected` those that
    came or changed while the copy went on, `damaged` those whose entry the source cannot restore.
    `examples` are the first of the `differences`.
    """

    stored: int
    present: int
    elsewhere: int
    corrected: int
    damaged: int
    sensors: int
    differences: int
    examples: tuple[Difference, ...]
    source: Fingerprint
    target: Fingerprint

    @property
    def is_equal(self) -> bool:
        return self.source == self.target and not self.differences


class _Window(NamedTuple):
    """What the source has in a range of ids, and what the target does where that is asked."""

    page: RecordPage
    there: dict[int, KeptRecord]


class Step(StrEnum):
    """What a copy does at the moment."""

    COPYING = "copied"
    COMPARING = "compared"


class Copy:
    """One copy. `parts` cuts an entry for targets that keep parts readable with plain SQL."""

    def __init__(
        self,
        source: Store,
        target: Store,
        *,
        parts: Parts | None = None,
        place: Place | None = None,
        on_batch: Callable[[Step, Place], None] = lambda _step, _place: None,
        batch: int = _BATCH,
    ) -> None:
        self._source = source
        self._target = target
        self._parts = parts
        self._on_batch = on_batch
        self._batch = batch
        self.place = place or Place()
        self._elsewhere = 0
        self._corrected = 0
        self._damaged = 0
        self._sensors = 0
        self._differences = 0
        self._examples: list[Difference] = []

    def run(self) -> CopyReport:
        """Copy, compare, and copy what is counted of sensors. Raises what the stores raise."""
        until = patiently(self._source.last_id)
        self.copy(until)
        self.compare(until)
        self.copy_counts()
        return self.report()

    def copy(self, until_id: int) -> None:
        after_id = _a_little_before(self.place.copied)
        for page, _ in _ahead(partial(self._window, until_id, is_compared=False), after_id):
            stored, present = self._restore(page.records)
            self._move(
                Step.COPYING,
                copied=max(self.place.copied, page.position),
                stored=self.place.stored + stored,
                present=self.place.present + present,
            )

    def compare(self, until_id: int) -> None:
        """Read both sides again; what is not there, or not the same, is put right once."""
        after_id = _a_little_before(self.place.compared)
        for page, there in _ahead(partial(self._window, until_id, is_compared=True), after_id):
            self._damaged += len(page.damaged)
            source, target = self.place.source, self.place.target
            for one in page.records:
                other = self._put_right(one, there.get(one.id))
                if one.id > self.place.compared:
                    told = hashes(one)
                    source = source.plus(told)
                    if other is not None:
                        target = target.plus(told if other is one else hashes(other, one.id))
            position = max(self.place.compared, page.position)
            self._move(Step.COMPARING, compared=position, source=source, target=target)

    def copy_counts(self) -> None:
        """What is counted of sensors; a target that went on by itself loses nothing."""
        for sensor in sorted(patiently(self._source.last_seen)):
            told = patiently(partial(counts_of, self._source, sensor))
            known = patiently(partial(counts_of, self._target, sensor))
            together = joined(told, known)
            if together != known:
                patiently(partial(self._target.set_counts, together))
            self._sensors += 1

    def report(self) -> CopyReport:
        return CopyReport(
            stored=self.place.stored,
            present=self.place.present,
            elsewhere=self._elsewhere,
            corrected=self._corrected,
            damaged=self._damaged,
            sensors=self._sensors,
            differences=self._differences,
            examples=tuple(self._examples),
            source=self.place.source,
            target=self.place.target,
        )

    def _move(self, step: Step, **changes: int | Fingerprint) -> None:
        self.place = msgspec.structs.replace(self.place, **changes)
        self._on_batch(step, self.place)

    def _window(self, until_id: int, after_id: int, *, is_compared: bool) -> _Window:
        page = _read(self._source, after_id, until_id=until_id, limit=self._batch)
        there: dict[int, KeptRecord] = {}
        while is_compared and page.records:
            more = _read(self._target, after_id, until_id=page.position, limit=2 * self._batch)
            if not more.records:
                break
            there |= {one.id: one for one in more.records}
            after_id = more.position
        return _Window(page, there)

    def _restore(self, records: Sequence[KeptRecord]) -> tuple[int, int]:
        """All but those that the target refuses, which comparing will tell."""
        try:
            restored = patiently(lambda: self._target.restore(list(map(self._cut, records))))
        except Refused:
            if len(records) == 1:
                return 0, 0
            middle = len(records) // 2
            one, two = self._restore(records[:middle]), self._restore(records[middle:])
            return one[0] + two[0], one[1] + two[1]
        return restored.stored, restored.present

    def _cut(self, one: KeptRecord) -> KeptRecord:
        """With its parts."""
        if self._parts is None or not one.has_payload:
            return one
        record = msgspec.structs.replace(one.record, parts=self._parts(one.record.raw))
        return msgspec.structs.replace(one, record=record)

    def _put_right(self, one: KeptRecord, other: KeptRecord | None) -> KeptRecord | None:
        """What the target has in the end; `one` itself if that is exactly the same."""
        if one == other:
            return one
        try:
            if other is None or other.record.digest != one.record.digest:
                other = self._found_or_restored(one)
            if other is not None and not _is_same(one, other):
                other = self._changed(one, other)
        except Refused as error:
            self._differ(one.id, "refused", str(error))
            return None
        if other is None:
            self._differ(one.id, "missing", "the target has no such transaction")
        elif not _is_same(one, other):
            self._differ(one.id, "different", _what_differs(one, other))
        return other

    def _found_or_restored(self, one: KeptRecord) -> KeptRecord | None:
        """The target keeps it under another id, or it was not there yet when its turn came."""
        restored = patiently(lambda: self._target.restore([self._cut(one)]))
        self._corrected += restored.stored
        self._elsewhere += len(restored.elsewhere)
        return self._fetch(dict(restored.elsewhere).get(one.id, one.id))

    def _changed(self, one: KeptRecord, other: KeptRecord) -> KeptRecord | None:
        """It was decoded again, or marked, in the source since it was copied."""
        if one.has_payload:
            record = self._cut(one).record
            patiently(lambda: self._target.replace([(other.id, record)]))
        elif other.has_payload and one.payload_removed_at is not None:
            self._forget_payload(other.id, one.payload_removed_at)
        if one.preserved != other.preserved:
            patiently(lambda: self._target.preserve([other.id], None))
            patiently(lambda: self._target.preserve([other.id], one.preserved))
        if one.triage != other.triage:
            patiently(lambda: self._target.triage([other.id], lambda _: one.triage))
        now = self._fetch(other.id)
        self._corrected += now is not None and _is_same(one, now)
        return now

    def _forget_payload(self, number: int, at: datetime) -> None:
        only_this = Expired(before_id=number + 1)
        patiently(
            lambda: self._target.forget_payloads(only_this, after_id=number - 1, limit=1, at=at)
        )

    def _fetch(self, number: int) -> KeptRecord | None:
        found = _read(self._target, number - 1, until_id=number, limit=1).records
        return found[0] if found else None

    def _differ(self, number: int, code: str, detail: str) -> None:
        self._differences += 1
        if len(self._examples) < _EXAMPLES:
            self._examples.append(Difference(id=number, code=code, detail=detail))


def _ahead(read: Callable[[int], _Window], after_id: int) -> Iterator[_Window]:
    """Windows in order, the next one read while one is worked on."""
    with ThreadPoolExecutor(1) as pool:
        window = read(after_id)
        while window.page.records:
            coming = pool.submit(read, window.page.position)
            yield window
            window = coming.result()


def _read(store: Store, after_id: int, *, until_id: int, limit: int) -> RecordPage:
    return patiently(lambda: store.records(after_id=after_id, until_id=until_id, limit=limit))


def _a_little_before(number: int) -> int:
    return max(0, number - _LATE)


def _is_same(one: KeptRecord, other: KeptRecord) -> bool:
    """But for the id."""
    return one.record.raw == other.record.raw and canonical(one) == canonical(other)


def _what_differs(one: KeptRecord, other: KeptRecord) -> str:
    """Names of fields, never their values: they are whatever somebody sent."""
    pairs: tuple[tuple[Any, Any], ...] = (
        (one, other),
        (one.record, other.record),
        (one.record.transaction, other.record.transaction),
    )
    return ", ".join(
        name
        for before, after in pairs
        for name in type(before).__struct_fields__
        if name not in ("id", "record", "transaction")
        and getattr(before, name) != getattr(after, name)
    )
