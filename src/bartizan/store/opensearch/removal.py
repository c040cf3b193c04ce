"""Removing transactions with all that belongs to them."""

from collections.abc import Sequence
from typing import Final

from bartizan.store.opensearch.cluster import Cluster
from bartizan.store.opensearch.documents import identity_key
from bartizan.store.opensearch.entries import Entries, piece_keys
from bartizan.store.opensearch.filters import between, terms
from bartizan.store.opensearch.names import Names
from bartizan.store.opensearch.sensor_counts import SensorTally
from bartizan.store.opensearch.writes import CREATED, Found, Write

_AT_ONCE: Final = 1000
# What must be known of a transaction to remove it.
FIELDS: Final = [
    "observer.name",
    "bartizan.id",
    "bartizan.size_bytes",
    "bartizan.has_payload",
    "bartizan.kept.digest",
    "bartizan.kept.pieces",
]


class Removal:
    def __init__(
        self, cluster: Cluster, names: Names, entries: Entries, tally: SensorTally
    ) -> None:
        self._cluster = cluster
        self._names = names
        self._entries = entries
        self._tally = tally

    def remove_sensor(self, sensor: str) -> int:
        """In steps; called again after a failure it goes on."""
        removed, after_id = 0, -1
        is_of = terms("observer.name", [sensor])
        while True:
            matching = {"bool": {"filter": [is_of, between("bartizan.id", gt=after_id)]}}
            some = self._entries.found(matching, _AT_ONCE, FIELDS)
            if not some:
                break
            after_id = some[-1].source["bartizan"]["id"]
            removed += len(self.remove([Found(source=one.source, seen=None) for one in some]))
        self._remove_identities(sensor)
        self._tally.forget(sensor)
        return removed

    def remove(self, some: Sequence[Found]) -> list[Found]:
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
        self._cluster.write(self.pieces_of(gone))
        return gone

    def pieces_of(self, some: Sequence[Found]) -> list[Write]:
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
