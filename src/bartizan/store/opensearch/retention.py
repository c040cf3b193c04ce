"""Letting go of what is too old, a window of ids at a time; and the marks that keep some of it.

Every document is changed or removed only if it still is what was looked at. So a mark that is put
on one meanwhile keeps it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from bartizan.domain.errors import Unavailable
from bartizan.domain.retention import Preserved
from bartizan.kit.clock import to_us
from bartizan.store import limits
from bartizan.store.contract import Expired, RetentionStep
from bartizan.store.opensearch.cluster import Cluster
from bartizan.store.opensearch.documents import put_mark
from bartizan.store.opensearch.entries import Entries
from bartizan.store.opensearch.filters import between, query
from bartizan.store.opensearch.names import Names
from bartizan.store.opensearch.removal import FIELDS, Removal
from bartizan.store.opensearch.searchable import written
from bartizan.store.opensearch.sensor_counts import SensorTally
from bartizan.store.opensearch.writes import CREATED, Document, Found, Write

_ROUNDS: Final = 10
_HAS_PAYLOAD: Final[Document] = {"term": {"bartizan.has_payload": True}}
_UNMARKED: Final[Document] = {"term": {"bartizan.is_preserved": False}}
_BUT_THE_ENTRY: Final[Document] = {"excludes": ["bartizan.entry"]}


class Retention:
    def __init__(
        self,
        cluster: Cluster,
        names: Names,
        entries: Entries,
        *,
        tally: SensorTally,
        removal: Removal,
    ) -> None:
        self._cluster = cluster
        self._names = names
        self._entries = entries
        self._tally = tally
        self._removal = removal

    def forget_payloads(
        self, expired: Expired, *, after_id: int, limit: int, at: datetime, is_rehearsal: bool
    ) -> RetentionStep:
        position, looked_at = self._window(expired, after_id, limit, [_HAS_PAYLOAD])
        if not looked_at:
            return _nothing(after_id)
        inside = [between("bartizan.id", gt=after_id, lte=position), _HAS_PAYLOAD]
        gone = self._entries.found(_expired(expired, inside), looked_at, _BUT_THE_ENTRY)
        if not is_rehearsal:
            gone = self._forget(gone, to_us(at))
        return RetentionStep(
            looked_at=looked_at,
            removed=len(gone),
            raw_bytes=_raw_bytes(gone),
            position=position,
        )

    def remove_transactions(
        self, expired: Expired, *, after_id: int, limit: int, is_rehearsal: bool
    ) -> RetentionStep:
        position, looked_at = self._window(expired, after_id, limit, [])
        if not looked_at:
            return _nothing(after_id)
        inside = [between("bartizan.id", gt=after_id, lte=position)]
        gone = self._entries.found(_expired(expired, inside), looked_at, FIELDS)
        if gone and not is_rehearsal:
            self._tally.cover(position)
            gone = self._removal.remove(gone)
        return RetentionStep(
            looked_at=looked_at,
            removed=len(gone),
            raw_bytes=_raw_bytes(gone),
            position=position,
        )

    def preserve(self, ids: Sequence[int], mark: Preserved | None) -> int:
        left = [number for number in dict.fromkeys(ids) if 0 < number <= limits.BIG]
        there = 0
        for _ in range(_ROUNDS):
            keys = [(self._names.of_transaction(number), str(number)) for number in left]
            marked, writes = [], []
            for number, found in zip(left, self._cluster.look_up(keys, fields=True), strict=True):
                if found is None:
                    continue
                if found.source["bartizan"]["is_preserved"] == (mark is not None):
                    there += 1
                    continue
                put_mark(found.source, mark)
                marked.append(number)
                writes.append(self._rewrite(found))
            statuses = self._cluster.write(writes)
            left = [n for n, status in zip(marked, statuses, strict=True) if status not in CREATED]
            there += len(marked) - len(left)
            if not left:
                return there
        raise Unavailable("store-unavailable", "other writers were quicker, again and again")

    def _window(
        self, expired: Expired, after_id: int, limit: int, conditions: Sequence[Document]
    ) -> tuple[int, int]:
        if after_id >= limits.BIG:
            return after_id, 0
        inside = between("bartizan.id", gt=after_id, lt=min(expired.before_id, limits.BIG))
        within = {"bool": {"filter": [inside, *conditions]}}
        return self._entries.window(within, after_id, limit)

    def _forget(self, expired: Sequence[Found], at_us: int) -> list[Found]:
        writes = [
            self._rewrite(Found(source=_without_payload(one.source, at_us), seen=one.seen))
            for one in expired
        ]
        statuses = self._cluster.write(writes)
        gone = [one for one, status in zip(expired, statuses, strict=True) if status in CREATED]
        self._cluster.write(self._removal.pieces_of(gone))
        return gone

    def _rewrite(self, found: Found) -> Write:
        number = found.source["bartizan"]["id"]
        return Write(
            kind="index",
            index=self._names.of_transaction(number),
            id=str(number),
            source=written(found.source),
            if_seen=found.seen,
        )


def _expired(expired: Expired, conditions: Sequence[Document]) -> Document:
    matching = query(expired.search, _UNMARKED, *conditions)
    matching["bool"]["must_not"] = [query(kept) for kept in expired.kept]
    return matching


def _without_payload(source: Document, at_us: int) -> Document:
    ours = {**source["bartizan"], "kept": {**source["bartizan"]["kept"]}}
    ours.pop("payload_bytes", None)
    for name in ("parts", "pieces"):
        ours["kept"].pop(name, None)
    ours["has_payload"], ours["kept"]["payload_removed_us"] = False, at_us
    return {**source, "bartizan": ours}


def _nothing(after_id: int) -> RetentionStep:
    return RetentionStep(looked_at=0, removed=0, raw_bytes=0, position=after_id)


def _raw_bytes(gone: Sequence[Found]) -> int:
    ours = [one.source["bartizan"] for one in gone]
    return sum(one["size_bytes"] for one in ours if one["has_payload"])
