"""Raw entries: compressed, in the document itself, or in pieces beside it if they are large.

A large entry in the document would have to be read for every list that the transaction is in.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from typing import Any, Final

from bartizan.domain.delivery import AuditLogEntry
from bartizan.domain.errors import Corrupt
from bartizan.domain.search import Search
from bartizan.store import limits
from bartizan.store.compression import Compression
from bartizan.store.contract import KeptEntry, KeptPage
from bartizan.store.opensearch.cluster import Cluster
from bartizan.store.opensearch.filters import between, query
from bartizan.store.opensearch.names import Names
from bartizan.store.opensearch.writes import Document, Found, Write, encode

_INLINE_BYTES: Final = 64 * 1024
_PIECE_BYTES: Final = 1024 * 1024
_MOST: Final = 10_000  # what one search may give


def with_entry(document: Document, frame: bytes, *, inline_bytes: int = _INLINE_BYTES) -> Document:
    """The document of a transaction with its entry, or told of how many pieces that is."""
    ours = document["bartizan"]
    ours["payload_bytes"] = len(frame)
    if len(frame) <= inline_bytes:
        ours["entry"] = b64encode(frame).decode()
    else:
        ours["kept"]["pieces"] = -(-len(frame) // _PIECE_BYTES)
    return document


def pieces(names: Names, number: int, frame: bytes) -> Iterator[Write]:
    """What is written beside the document, and before it."""
    if len(frame) > _INLINE_BYTES:
        for position, start in enumerate(range(0, len(frame), _PIECE_BYTES)):
            data = b64encode(frame[start : start + _PIECE_BYTES]).decode()
            source = encode({"transaction": number, "data": data})
            yield Write(
                kind="index",
                index=names.of_pieces(number),
                id=f"{number}-{position}",
                source=source,
            )


def piece_keys(names: Names, source: Document) -> list[tuple[str, str]]:
    """Where the pieces of a transaction are."""
    ours = source["bartizan"]
    number, count = ours["id"], ours["kept"].get("pieces", 0)
    return [(names.of_pieces(number), f"{number}-{position}") for position in range(count)]


class Entries:
    """Reads entries. Thread-safe."""

    def __init__(self, cluster: Cluster, names: Names) -> None:
        self._cluster = cluster
        self._names = names
        self._compression = Compression()

    def raw(self, source: Document) -> bytes | None:
        """The entry of a transaction; None if it was removed on purpose."""
        ours = source["bartizan"]
        if not ours["has_payload"]:
            return None
        keys = piece_keys(self._names, source)
        if not keys:
            return self._compression.restore(b64decode(ours["entry"]))
        found = [self._cluster.look_up([key], ["data"])[0] for key in keys]
        if None in found:
            raise Corrupt("damaged-entry", "a piece of a stored raw entry is missing")
        data = b"".join(b64decode(one.source["data"]) for one in found if one is not None)
        return self._compression.restore(data)

    def page(self, search: Search, *, after_id: int, limit: int) -> KeptPage:
        """Of a window of ids, which bounds what it costs however few match."""
        position, looked_at = self.window(between("bartizan.id", gt=after_id), after_id, limit)
        inside = between("bartizan.id", gt=after_id, lte=position)
        entries: list[KeptEntry] = []
        damaged: list[int] = []
        removed: list[int] = []
        for source in self.sources(query(search, inside), looked_at) if looked_at else ():
            number = source["bartizan"]["id"]
            try:
                raw = self.raw(source)
            except Corrupt:
                damaged.append(number)
                continue
            if raw is None:
                removed.append(number)
            else:
                entries.append(KeptEntry(id=number, entry=_entry(source, raw)))
        return KeptPage(
            entries=tuple(entries),
            damaged=tuple(damaged),
            looked_at=looked_at,
            position=position,
            without_payload=tuple(removed),
        )

    def window(self, within: Document, after_id: int, limit: int) -> tuple[int, int]:
        """The last of the next `limit` ids, and how many there are: fewer where they are large."""
        answer = self._cluster.search(
            self._names.transactions,
            {
                "query": {"bool": {"filter": [within]}},
                "sort": [{"bartizan.id": "asc"}],
                "size": min(limit, _MOST),
                "_source": ["bartizan.id", "bartizan.size_bytes"],
            },
        )
        looked_at, size, position = 0, 0, after_id
        for hit in answer["hits"]["hits"]:
            ours = hit["_source"]["bartizan"]
            if looked_at and size + ours["size_bytes"] > limits.ENTRIES_BYTES:
                break
            looked_at, size, position = looked_at + 1, size + ours["size_bytes"], ours["id"]
        return position, looked_at

    def sources(self, matching: Document, most: int) -> Sequence[Document]:
        """All of the documents that match, in the order of ids; there are at most so many."""
        return [found.source for found in self.found(matching, most)]

    def found(self, matching: Document, most: int, fields: Any = True) -> Sequence[Found]:  # noqa: FBT002
        answer = self._cluster.search(
            self._names.transactions,
            {
                "query": matching,
                "sort": [{"bartizan.id": "asc"}],
                "size": most,
                "_source": fields,
                "seq_no_primary_term": True,
            },
        )
        return [
            Found(source=hit["_source"], seen=(hit["_seq_no"], hit["_primary_term"]))
            for hit in answer["hits"]["hits"]
        ]


def _entry(source: Document, raw: bytes) -> AuditLogEntry:
    ours = source["bartizan"]
    kept = ours["kept"]
    return AuditLogEntry(
        sensor=source["observer"]["name"],
        received_at_us=ours["received_us"],
        raw=raw,
        origin=kept.get("origin"),
        origin_offset=kept.get("origin_offset"),
        claimed_hash=kept.get("claimed_hash"),
    )
