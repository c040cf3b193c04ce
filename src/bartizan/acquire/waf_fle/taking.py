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
from bartizan.store.contract import Store

_BATCH_ENTRIES = 1000
_BATCH_BYTES = 8 * 1024 * 1024
_FOUND = 50


class Taken:
    """What became of the events. `exactness` counts how far entries are what sensors sent."""

    def __init__(self) -> None:
        self.events = 0
        self.stored = 0
        self.duplicates = 0
        self.set_aside: Counter[str] = Counter()
        self.exactness: Counter[str] = Counter()
        self.false_positives = 0
        self.preserved = 0
        self.not_preserved = 0
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
        self.taken.false_positives += event.is_false_positive
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
            if event.is_preserved:
                is_kept = index not in undecodable and self._preserve(entry)
                self.taken.preserved += is_kept
                self.taken.not_preserved += not is_kept

    def _preserve(self, entry: AuditLogEntry) -> bool:
        """Whether the transaction is marked now."""
        if self._store is None:
            return True
        unique_id = formats.decode(entry.raw).unique_id  # its own column there is cut
        digest = hashlib.sha256(entry.raw).digest()
        search = Search(sensors=(entry.sensor,), unique_id=unique_id)
        mark = Preserved(at=self._now(), by="import-waf-fle", reason="preserved in WAF-FLE")
        for row in self._store.page(search, limit=_FOUND).rows:
            stored = self._store.get(row.id)
            if stored is not None and stored.digest == digest:
                return bool(self._store.preserve([row.id], mark))
        return False
