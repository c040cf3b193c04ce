"""How much there is in the cluster, and giving back what nothing is left of."""

from typing import Any, Final

from bartizan.domain.retention import StoreRoom, StoreSize
from bartizan.store.opensearch.cluster import Cluster
from bartizan.store.opensearch.names import Names
from bartizan.store.opensearch.writes import Document

_HAS_PAYLOAD: Final[Document] = {"term": {"bartizan.has_payload": True}}


class Sizes:
    def __init__(self, cluster: Cluster, names: Names) -> None:
        self._cluster = cluster
        self._names = names

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


def _value(found: Document, name: str) -> float | None:
    value: float | None = found.get(name, {}).get("value")
    return value
