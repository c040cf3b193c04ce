"""Events of a WAF-FLE database into the store, by the same way as everything that is imported.

Safe to repeat and to interrupt: an entry's identity is its sensor and its bytes, and what is made
of an event is always the same.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from bartizan.acquire.intake import SetAside
from bartizan.acquire.loading import Loader
from bartizan.acquire.waf_fle.event import WafFleEvent
from bartizan.acquire.waf_fle.rebuilding import Exactness, rebuild
from bartizan.decode import registry as formats
from bartizan.domain.delivery import AuditLogEntry
from bartizan.domain.retention import Preserved
from bartizan.domain.search import Search
from bartizan.domain.triage import State, Triage, with_state
from bartizan.store.contract import Store

_BATCH_ENTRIES = 1000
_BATCH_BYTES = 8 * 1024 * 1024
_FOUND = 50
_BY = "import-waf-fle"
_REASON = "marked as a false positive in WAF-FLE"


class Taken:
    """What became of the events. `exactness` counts how far entries are what sensors sent.

    Of those that somebody had marked there, `not_preserved` and `not_judged` are not marked here.
    """

    def __init__(self) -> None:
        self.events = 0
        self.stored = 0
        self.duplicates = 0
        self.set_aside: Counter[str] = Counter()
        self.exactness: Counter[str] = Counter()
        self.false_positives = 0
        self.preserved = 0
        self.not_preserved = 0
        self.not_judged = 0
        self.of_unknown_sensors = 0


class Taking:
    """`names` are the sensors by their number there; without a store it is a dry run."""

    def __init__(
        self,
        origin: str,
        names: Mapping[int, str],
        loader: Loader,
        set_aside: SetAside,
        *,
        store: Store | None,
        now: Callable[[], datetime],
    ) -> None:
        self._origin = origin
        self._names = names
        self._loader = loader
        self._set_aside = set_aside
        self._store = store
        self._now = now
        self.taken = Taken()

    def take(self, events: Iterable[WafFleEvent]) -> None:
        """All of them; when it returns they are stored, or set aside."""
        batch: list[tuple[WafFleEvent, AuditLogEntry]] = []
        size = 0
        for event in events:
            self.taken.events += 1
            entry = self._entry(event)
            if entry is None:
                continue
            batch.append((event, entry))
            size += len(entry.raw)
            if len(batch) >= _BATCH_ENTRIES or size >= _BATCH_BYTES:
                self._load(batch)
                batch, size = [], 0
        self._load(batch)

    def _entry(self, event: WafFleEvent) -> AuditLogEntry | None:
        name = self._names.get(event.sensor_id)
        if name is None:
            self.taken.of_unknown_sensors += 1
            return None
        raw, exactness = rebuild(event)
        self.taken.exactness[exactness.value] += 1
        flags = [] if exactness is Exactness.EXACT else [f"entry={exactness.value}"]
        flags += ["false_positive"] * event.is_false_positive + ["preserve"] * event.is_preserved
        query = f"?{'&'.join(flags)}" if flags else ""
        return AuditLogEntry(
            sensor=name,
            received_at_us=event.received_at_us,
            raw=raw,
            origin=f"{self._origin}/events/{event.id}{query}",
        )

    def _load(self, batch: Sequence[tuple[WafFleEvent, AuditLogEntry]]) -> None:
        if not batch:
            return
        entries = [entry for _, entry in batch]
        loaded = self._loader.load(entries)
        self.taken.stored += loaded.stored
        self.taken.duplicates += loaded.duplicates
        for bad in loaded.undecodable:
            self.taken.set_aside[bad.code] += 1
            self._set_aside(entries[bad.index], bad.code, bad.detail)
        undecodable = {bad.index for bad in loaded.undecodable}
        for index, (event, entry) in enumerate(batch):
            if event.is_preserved or event.is_false_positive:
                number = None if index in undecodable else self._find(entry)
                self._mark(event, number)

    def _mark(self, event: WafFleEvent, number: int | None) -> None:
        """As it was there; None is a transaction that is not here."""
        if event.is_preserved:
            is_kept = number is not None and self._preserve(number)
            self.taken.preserved += is_kept
            self.taken.not_preserved += not is_kept
        if event.is_false_positive:
            is_judged = number is not None and self._judge(number)
            self.taken.false_positives += is_judged
            self.taken.not_judged += not is_judged

    def _preserve(self, number: int) -> bool:
        if self._store is None:
            return True
        mark = Preserved(at=self._now(), by=_BY, reason="preserved in WAF-FLE")
        return bool(self._store.preserve([number], mark))

    def _judge(self, number: int) -> bool:
        """What somebody has judged here already stays as it is."""
        if self._store is None:
            return True
        at = self._now()

        def change(before: Triage) -> Triage:
            if before.state_at is not None:
                return before
            return with_state(
                before, State.FALSE_POSITIVE, reason=_REASON, until=None, at=at, by=_BY
            )

        return bool(self._store.triage([number], change).there)

    def _find(self, entry: AuditLogEntry) -> int | None:
        """The id of its transaction; 0 in a dry run."""
        if self._store is None:
            return 0
        unique_id = formats.decode(entry.raw).unique_id  # its own column there is cut
        digest = hashlib.sha256(entry.raw).digest()
        search = Search(sensors=(entry.sensor,), unique_id=unique_id)
        for row in self._store.page(search, limit=_FOUND).rows:
            stored = self._store.get(row.id)
            if stored is not None and stored.digest == digest:
                return row.id
        return None
