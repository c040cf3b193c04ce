"""Reads a whole store and says what of it is wrong. Changes nothing; may run beside the service."""

import hashlib
from collections.abc import Callable
from typing import Final

from bartizan.app.store_fingerprint import Fingerprint, hashes
from bartizan.app.store_patience import TOO_SLOW, patiently
from bartizan.domain.errors import Unavailable
from bartizan.kit.struct import Struct
from bartizan.store.contract import Fault, FaultKind, KeptRecord, Store

_BATCH: Final = 500
_EXAMPLES: Final = 10


class VerifyReport(Struct, frozen=True, kw_only=True):
    """What a store has, and the faults of it. `payloads_removed` were let go of on purpose.

    Of `hours` the transactions were counted again; `is_all_counted` is false where one has more of
    them than can be counted at once.
    """

    found: Fingerprint
    payloads_removed: int
    hours: int
    is_all_counted: bool
    faults: tuple[Fault, ...]

    @property
    def is_whole(self) -> bool:
        return not self.faults


class Verify:
    """One look at everything. `on_batch` hears how many transactions were read."""

    def __init__(
        self,
        store: Store,
        *,
        on_batch: Callable[[int], None] = lambda _: None,
        batch: int = _BATCH,
    ) -> None:
        self._store = store
        self._on_batch = on_batch
        self._batch = batch
        self._found = Fingerprint()
        self._payloads_removed = 0
        self._hours = 0
        self._is_all_counted = True
        self._sensors: set[str] = set()
        self._faults: dict[FaultKind, Fault] = {}

    def run(self) -> VerifyReport:
        self._read_all()
        self._check_sensors()
        self._check_hours()
        return VerifyReport(
            found=self._found,
            payloads_removed=self._payloads_removed,
            hours=self._hours,
            is_all_counted=self._is_all_counted,
            faults=tuple(self._faults.values()),
        )

    def _read_all(self) -> None:
        position: int | None = None
        until = patiently(self._store.last_id)
        while True:
            after = position or 0
            page = patiently(
                lambda: self._store.records(
                    after_id=after,  # noqa: B023 - called before the next turn
                    limit=self._batch,
                    until_id=until,
                )
            )
            bound = page.position if page.records else None
            for fault in patiently(
                lambda: self._store.faults(after_id=position, until_id=bound)  # noqa: B023
            ):
                self._note(fault)
            if not page.records:
                return
            damaged = frozenset(page.damaged)
            for one in page.records:
                self._check(one, is_damaged=one.id in damaged)
                self._found = self._found.plus(hashes(one))
            position = page.position
            self._on_batch(self._found.transactions)

    def _check(self, one: KeptRecord, *, is_damaged: bool) -> None:
        self._sensors.add(one.record.sensor)
        raw, is_removed = one.record.raw, one.payload_removed_at is not None
        if is_damaged:
            self._note_one(FaultKind.ENTRY_DAMAGED, one.id)
        elif one.has_payload and is_removed:
            self._note_one(FaultKind.ENTRY_NOT_REMOVED, one.id)
        elif is_removed:
            self._payloads_removed += 1
        elif not one.has_payload:
            self._note_one(FaultKind.ENTRY_MISSING, one.id)
        if one.has_payload and (
            hashlib.sha256(raw).digest() != (one.record.kept_digest or one.record.digest)
            or len(raw) != one.size_bytes
        ):
            self._note_one(FaultKind.ENTRY_DIFFERS, one.id)

    def _check_sensors(self) -> None:
        """Of those that have transactions it is known when they were heard last."""
        unheard = self._sensors - patiently(self._store.last_seen).keys()
        if unheard:
            self._note(Fault(kind=FaultKind.SENSOR_NOT_COUNTED, count=len(unheard)))

    def _check_hours(self) -> None:
        after = None
        while True:
            try:
                checked = patiently(lambda: self._store.check_hour(after))  # noqa: B023
            except Unavailable as error:
                if error.code != TOO_SLOW:
                    raise
                self._is_all_counted = False
                return
            if checked is None:
                return
            after = checked.start
            self._hours += 1
            if checked.wrong:
                self._note(Fault(kind=FaultKind.COUNTS_DIFFER, count=checked.wrong))

    def _note_one(self, kind: FaultKind, number: int) -> None:
        self._note(Fault(kind=kind, count=1, examples=(number,)))

    def _note(self, fault: Fault) -> None:
        known = self._faults.get(fault.kind, Fault(kind=fault.kind, count=0))
        examples = dict.fromkeys((*known.examples, *fault.examples))
        self._faults[fault.kind] = Fault(
            kind=fault.kind,
            count=known.count + fault.count,
            examples=tuple(examples)[:_EXAMPLES],
        )
