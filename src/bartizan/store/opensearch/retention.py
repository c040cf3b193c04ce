"""Letting go of what is too old, a window of ids at a time; marks that keep some; sizes.

Every document is changed or removed only if it still is what was looked at. So a mark that is put
on one meanwhile keeps it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from bartizan.domain.errors import Unavailable
from bartizan.domain.retention import Preserved, StoreRoom, StoreSize
from bartizan.kit.clock import to_us
from bartizan.store import limits
from bartizan.store.contract import Expired, RetentionStep
from bartizan.store.opensearch.cluster import CREATED, Cluster, Document, Found, Write
from bartizan.store.opensearch.documents import identity_key, put_mark, written
from bartizan.store.opensearch.entries import Entries, piece_keys
from bartizan.store.opensearch.filters import between, query, terms
from bartizan.store.opensearch.names import Names
from bartizan.store.opensearch.sensor_counts import SensorTally

_ROUNDS: Final = 10
_AT_ONCE: Final = 1000
_HAS_PAYLOAD: Final[Document] = {"term": {"bartizan.has_payload": True}}
_UNMARKED: Final[Document] = {"term": {"bartizan.is_preserved": False}}
_OF_REMOVAL: Final = ["observer.name", "bartizan"]


class Retention:
    def __init__(
        self, cluster: Cluster, names: Names, entries: Entries, tally: SensorTally
    ) -> None:
        self._cluster = cluster
        self._names = names
        self._entries = entries
        self._tally = tally

    def forget_payloads(
        self, expired: Expired, *, after_id: int, limit: int, at: datetime, is_rehearsal: bool
    ) -> RetentionStep:
        position, looked_at = self._window(expired, after_id, limit, [_HAS_PAYLOAD])
        if not looked_at:
            return _nothing(after_id)
        gone = self._expired(expired, after_id, position, looked_at, [_HAS_PAYLOAD])
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
        gone = self._expired(expired, after_id, position, looked_at, [])
        if gone and not is_rehearsal:
            self._tally.cover(position)
            gone = self._remove(gone)
        return RetentionStep(
            looked_at=looked_at,
            removed=len(gone),
            raw_bytes=_raw_bytes(gone),
            position=position,
        )

    def remove_sensor(self, sensor: str) -> int:
        """In steps; called again after a failure it goes on."""
        removed, after_id = 0, -1
        is_of = terms("observer.name", [sensor])
        while True:
            matching = {"bool": {"filter": [is_of, between("bartizan.id", gt=after_id)]}}
            some = self._entries.found(matching, _AT_ONCE, _OF_REMOVAL)
            if not some:
                break
            after_id = some[-1].source["bartizan"]["id"]
            removed += len(self._remove([Found(source=one.source, seen=None) for one in some]))
        self._remove_identities(sensor)
        self._tally.forget(sensor)
        return removed

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

    def room(self) -> StoreRoom:
        """Of all copies together. `free_bytes` is that of the fullest node's disk."""
        return StoreRoom(
            used_bytes=sum(self._bytes_by_index().values()),
            reusable_bytes=0,
            free_bytes=self._free_bytes(),
        )

    def size(self) -> StoreSize:
        answer = self._cluster.search(
            self._names.transactions,
            {
                "size": 0,
                "track_total_hits": True,
                "aggs": {
                    "payloads": {
                        "filter": _HAS_PAYLOAD,
                        "aggs": {"bytes": {"sum": {"field": "bartizan.payload_bytes"}}},
                    },
                },
            },
        )
        found = answer.get("aggregations", {})
        payloads = found.get("payloads", {"doc_count": 0})
        sizes = self._bytes_by_index()
        return StoreSize(
            room=self.room(),
            transactions=answer["hits"]["total"]["value"],
            payloads=payloads["doc_count"],
            payload_bytes=int(_value(payloads, "bytes") or 0),
            statistics_bytes=sizes.get(self._names.sensors, 0),
            first_id=self._first_id({"match_all": {}}),
            first_payload_id=self._first_id(_HAS_PAYLOAD),
        )

    def give_back(self) -> int:
        """Remove indexes of times that nothing is left of, but for the newest."""
        given = 0
        sizes = self._bytes_by_index()
        for pattern in (self._names.transactions, self._names.pieces):
            counts = self._counts_by_index(pattern)
            for name in sorted(counts)[:-1]:
                if counts[name] == 0:
                    self._cluster.ask("DELETE", f"/{name}", allowed=(404,))
                    given += sizes.get(name, 0)
        return given

    def _window(
        self, expired: Expired, after_id: int, limit: int, conditions: Sequence[Document]
    ) -> tuple[int, int]:
        if after_id >= limits.BIG:
            return after_id, 0
        inside = between("bartizan.id", gt=after_id, lt=min(expired.before_id, limits.BIG))
        within = {"bool": {"filter": [inside, *conditions]}}
        return self._entries.window(within, after_id, limit)

    def _expired(
        self,
        expired: Expired,
        after_id: int,
        position: int,
        most: int,
        conditions: Sequence[Document],
    ) -> Sequence[Found]:
        inside = between("bartizan.id", gt=after_id, lte=position)
        matching = query(expired.search, inside, _UNMARKED, *conditions)
        matching["bool"]["must_not"] = [query(kept) for kept in expired.kept]
        return self._entries.found(matching, most)

    def _forget(self, expired: Sequence[Found], at_us: int) -> list[Found]:
        writes = []
        for one in expired:
            ours = one.source["bartizan"]
            before = {**one.source, "bartizan": {**ours, "kept": {**ours["kept"]}}}
            after, kept = before["bartizan"], before["bartizan"]["kept"]
            for name in ("entry", "payload_bytes"):
                after.pop(name, None)
            for name in ("parts", "pieces"):
                kept.pop(name, None)
            after["has_payload"], kept["payload_removed_us"] = False, at_us
            writes.append(self._rewrite(Found(source=before, seen=one.seen)))
        statuses = self._cluster.write(writes)
        gone = [one for one, status in zip(expired, statuses, strict=True) if status in CREATED]
        self._cluster.write(self._pieces_of(gone))
        return gone

    def _remove(self, some: Sequence[Found]) -> list[Found]:
        """The transaction first: what is found of it later is completed, or removed, by itself."""
        statuses = self._cluster.write(
            Write(
                kind="delete",
                index=self._names.of_transaction(one.source["bartizan"]["id"]),
                id=str(one.source["bartizan"]["id"]),
                if_seen=one.seen,
            )
            for one in some
        )
        gone = [one for one, status in zip(some, statuses, strict=True) if status in CREATED]
        self._cluster.write(
            Write(
                kind="delete",
                index=self._names.identities,
                id=identity_key(
                    one.source["observer"]["name"],
                    bytes.fromhex(one.source["bartizan"]["kept"]["digest"]),
                ),
            )
            for one in gone
        )
        self._cluster.write(self._pieces_of(gone))
        return gone

    def _pieces_of(self, some: Sequence[Found]) -> list[Write]:
        return [
            Write(kind="delete", index=index, id=key)
            for one in some
            for index, key in piece_keys(self._names, one.source)
        ]

    def _remove_identities(self, sensor: str) -> None:
        """Of entries that were never completed."""
        self._cluster.refresh(self._names.identities)
        while True:
            answer = self._cluster.search(
                self._names.identities,
                {"query": terms("sensor", [sensor]), "size": _AT_ONCE, "_source": False},
            )
            keys = [hit["_id"] for hit in answer["hits"]["hits"]]
            if not keys:
                return
            self._cluster.write(
                [Write(kind="delete", index=self._names.identities, id=key) for key in keys],
                refresh="true",
            )

    def _rewrite(self, found: Found) -> Write:
        number = found.source["bartizan"]["id"]
        return Write(
            kind="index",
            index=self._names.of_transaction(number),
            id=str(number),
            source=written(found.source),
            if_seen=found.seen,
        )

    def _first_id(self, matching: Document) -> int | None:
        answer = self._cluster.search(
            self._names.transactions,
            {
                "size": 1,
                "query": matching,
                "sort": [{"bartizan.id": "asc"}],
                "_source": ["bartizan.id"],
            },
        )
        hits = answer["hits"]["hits"]
        return hits[0]["_source"]["bartizan"]["id"] if hits else None

    def _bytes_by_index(self) -> dict[str, int]:
        answer = self._cluster.ask("GET", f"/{self._names.prefix}-*/_stats/store")
        return {
            name: one["total"]["store"]["size_in_bytes"] for name, one in answer["indices"].items()
        }

    def _counts_by_index(self, pattern: str) -> dict[str, int]:
        answer = self._cluster.ask("GET", f"/{pattern}/_stats/docs")
        return {name: one["primaries"]["docs"]["count"] for name, one in answer["indices"].items()}

    def _free_bytes(self) -> int | None:
        """None where our account may not ask that."""
        answer: Any = self._cluster.ask("GET", "/_nodes/stats/fs", allowed=(403,))
        nodes = [] if answer is None else answer["nodes"].values()
        return min((one["fs"]["total"]["available_in_bytes"] for one in nodes), default=None)


def _nothing(after_id: int) -> RetentionStep:
    return RetentionStep(looked_at=0, removed=0, raw_bytes=0, position=after_id)


def _raw_bytes(gone: Sequence[Found]) -> int:
    ours = [one.source["bartizan"] for one in gone]
    return sum(one["size_bytes"] for one in ours if one["has_payload"])


def _value(found: Document, name: str) -> float | None:
    value: float | None = found.get(name, {}).get("value")
    return value
