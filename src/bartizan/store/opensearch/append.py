"""The hot path: a batch of records into the cluster, each once, whatever happens meanwhile.

A cluster has no transactions, so each entry is stored in two steps that may both be repeated:

1. its *identity*, a small document whose id is made of sensor and digest, is created. It names the
   transaction's id, and with that the index which the transaction is in or will be. Of all writers
   one succeeds (201); the others find it there (409). There is one index of identities, so this
   holds over every rollover, and however the entry is decoded when it comes again;
2. the transaction is created under that id. Again one writer succeeds.

Whoever finds an identity without its transaction (its writer was killed in between, or is not ready
yet) stores the transaction under the id that the identity names. Then one of the two creates it,
and the other one counts a duplicate.
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from bartizan.domain.delivery import Record
from bartizan.domain.errors import Unavailable
from bartizan.kit.ids import IdSource
from bartizan.store import limits
from bartizan.store.compression import Compression
from bartizan.store.contract import Appended, KeptRecord, Restored
from bartizan.store.opensearch.cluster import Cluster
from bartizan.store.opensearch.documents import (
    heard,
    identity_key,
    make_document,
    mark_as_kept,
)
from bartizan.store.opensearch.entries import pieces, with_entry
from bartizan.store.opensearch.names import Names
from bartizan.store.opensearch.searchable import written
from bartizan.store.opensearch.slices import Slices
from bartizan.store.opensearch.writes import CREATED, THERE, Document, Found, Write, encode

_ROUNDS: Final = 10
_ATTEMPTS: Final = 4
_PAUSE_S: Final = 0.2
_PATIENCE_S: Final = 5.0  # who asks us may be told to stop
_REFRESH_EVERY_S: Final = 0.5


class Appender:
    """Appends batches, one at a time."""

    def __init__(
        self,
        cluster: Cluster,
        names: Names,
        ids: IdSource,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._cluster = cluster
        self._names = names
        self._ids = ids
        self._slices = Slices(cluster)
        self._compression = Compression()
        self._sleep = sleep
        self._lock = threading.Lock()
        self._refresh_at = 0.0

    def append(self, records: Sequence[Record]) -> tuple[Appended, bool]:
        """What became of them, and whether searches can see that already."""
        batch = _Batch([_Pending(record) for record in records])
        is_visible = self._store(batch)
        ids = tuple(sorted(one.id for one in batch.settled.values() if one.is_new))
        return Appended(ids=ids, duplicates=len(records) - len(ids)), is_visible

    def restore(self, records: Sequence[KeptRecord]) -> tuple[Restored, bool]:
        """As `append`, but under the ids given, and what sensors did is not counted again."""
        asked = [_Pending(one.record, one) for one in records]
        batch = _Batch(asked)
        is_visible = self._store(batch)
        stored = present = 0
        elsewhere = []
        for one, kept in zip(asked, records, strict=True):
            settled = batch.settled[one.key]
            if settled is one and one.is_new:
                stored += 1
            elif settled.id == kept.id:
                present += 1
            if settled.id != kept.id:
                elsewhere.append((kept.id, settled.id))
        return Restored(stored=stored, present=present, elsewhere=tuple(elsewhere)), is_visible

    def _store(self, batch: "_Batch") -> bool:
        with self._lock:
            give_up_at = time.monotonic() + _PATIENCE_S
            for attempt in range(1, _ATTEMPTS + 1):
                try:
                    return self._store_once(batch)
                except Unavailable:
                    if attempt == _ATTEMPTS or time.monotonic() > give_up_at:
                        raise
                    batch.is_interrupted = True
                    self._slices.forget()
                    self._sleep(_PAUSE_S * attempt)
        raise AssertionError

    def _store_once(self, batch: "_Batch") -> bool:
        is_visible = True
        for _ in range(_ROUNDS):
            if not batch.pending:
                return is_visible
            self._claim(batch)
            self._look_at_known(batch)
            is_visible = self._create(batch) and is_visible
        raise Unavailable("store-unavailable", "other writers were quicker, again and again")

    def _claim(self, batch: "_Batch") -> None:
        """Create the identities of those that have none yet."""
        some = [one for one in batch.pending if one.number is None]
        fresh = self._ids.take(len(some)) if some else range(0)
        ids = [
            number if one.kept is None else one.kept.id
            for one, number in zip(some, fresh, strict=True)
        ]
        batch.taken.update(ids)
        statuses = self._cluster.write(
            self._identity("create", one, number) for one, number in zip(some, ids, strict=True)
        )
        for one, number, status in zip(some, ids, statuses, strict=True):
            one.is_known = status == THERE
            one.number = None if one.is_known else number

    def _look_at_known(self, batch: "_Batch") -> None:
        """Of those that somebody knows: which are stored, and under which id are the others?"""
        known = [one for one in batch.pending if one.is_known]
        keys = [(self._names.identities, one.key) for one in known]
        claimed = []
        for one, found in zip(known, self._cluster.look_up(keys, fields=True), strict=True):
            if found is None:  # removed since
                one.forget()
            else:
                one.number, one.seen = found.source["id"], found.seen
                claimed.append(one)
        keys = [(self._names.of_transaction(one.id), str(one.id)) for one in claimed]
        fields = ["observer.name", "bartizan.kept.digest"]
        for one, stored in zip(claimed, self._cluster.look_up(keys, fields), strict=True):
            if stored is None:
                continue
            if one.is_stored_in(stored):
                batch.settle(one, is_new=batch.is_interrupted and one.id in batch.taken)
            else:
                self._renumber(one)

    def _renumber(self, one: "_Pending") -> None:
        """Two writers took the same id in the same microsecond: this entry gets another one."""
        self._cluster.write([self._identity("index", one, self._ids.take(1)[0])])
        one.forget()

    def _identity(self, kind: str, one: "_Pending", number: int) -> Write:
        return Write(
            kind=kind,
            index=self._names.identities,
            id=one.key,
            source=encode({"id": number, "sensor": one.record.sensor[: limits.SENSOR]}),
            if_seen=one.seen,
        )

    def _create(self, batch: "_Batch") -> bool:
        """Create the transactions; whether searches see them."""
        some = [one for one in batch.pending if one.number is not None]
        if not some:
            return True
        frames = [
            self._compression.compress(one.record.raw) if one.has_payload else b"" for one in some
        ]
        large = [
            write
            for one, frame in zip(some, frames, strict=True)
            for write in pieces(self._names, one.id, frame)
        ]
        self._slices.ensure([self._names.of_transaction(one.id) for one in some])
        self._slices.ensure([write.index for write in large])
        self._cluster.write(large)
        is_visible = time.monotonic() >= self._refresh_at
        statuses = self._cluster.write(
            (
                Write(
                    kind="create",
                    index=self._names.of_transaction(one.id),
                    id=str(one.id),
                    source=written(one.document(frame)),
                )
                for one, frame in zip(some, frames, strict=True)
            ),
            **({"refresh": "true"} if is_visible else {}),
        )
        if is_visible:
            self._refresh_at = time.monotonic() + _REFRESH_EVERY_S
        for one, status in zip(some, statuses, strict=True):
            if status in CREATED:
                batch.settle(one, is_new=True)
            else:
                one.is_known = True
        return is_visible


class _Pending:
    """A record on its way. `number` is its transaction's id as far as we know.

    `kept` is set for what comes from another store.
    """

    def __init__(self, record: Record, kept: KeptRecord | None = None) -> None:
        self.key = identity_key(record.sensor, record.digest)
        self.record = record
        self.kept = kept
        self.number: int | None = None
        self.seen: tuple[int, int] | None = None
        self.is_known = False
        self.is_new = False

    @property
    def id(self) -> int:
        if self.number is None:
            raise AssertionError
        return self.number

    @property
    def has_payload(self) -> bool:
        return self.kept is None or self.kept.has_payload

    def forget(self) -> None:
        self.number, self.seen, self.is_known = None, None, False

    def is_stored_in(self, found: Found) -> bool:
        sensor, kept = found.source["observer"]["name"], found.source["bartizan"]["kept"]
        record = self.record
        return bool(
            (sensor, kept["digest"]) == (record.sensor[: limits.SENSOR], record.digest.hex())
        )

    def document(self, frame: bytes) -> Document:
        document = make_document(self.id, self.record)
        if self.kept is None:
            document["bartizan"]["heard"] = heard(self.record)
        else:
            mark_as_kept(document, self.kept)
        return with_entry(document, frame) if self.has_payload else document


class _Batch:
    """`taken` are ids that we took: what is stored under one of them was stored by us."""

    def __init__(self, asked: Sequence[_Pending]) -> None:
        self._pending: dict[str, _Pending] = {}
        for one in asked:
            self._pending.setdefault(one.key, one)
        self.settled: dict[str, _Pending] = {}
        self.taken: set[int] = set()
        self.is_interrupted = False

    @property
    def pending(self) -> list[_Pending]:
        return list(self._pending.values())

    def settle(self, one: _Pending, *, is_new: bool) -> None:
        one.is_new = is_new
        self.settled[one.key] = self._pending.pop(one.key)
