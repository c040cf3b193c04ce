"""Entries to stored transactions: the chain decode -> enrich -> store, written down once.

The worker, `bartizan import` and the decoding again of dead letters all go through here. One bad
entry never hinders another: whatever decoding or enriching does, the entry is either stored or
told of as undecodable, and the caller still has its bytes.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from bartizan.domain.delivery import AuditLogEntry, Record
from bartizan.domain.errors import Refused
from bartizan.domain.transaction import Defect, Transaction
from bartizan.enrich.contract import Enricher
from bartizan.kit import log
from bartizan.kit.struct import Struct
from bartizan.store.contract import Store

_log = log.get("ingest")
Parts = tuple[tuple[str, bytes], ...]
DECODER_FAILED: Final = "decoder-failed"
HASH_DIFFERS: Final = "hash-differs"


class Undecodable(Struct, frozen=True, kw_only=True):
    """The entry at `index` of those given cannot be stored; `code` says why."""

    index: int
    code: str
    detail: str


class Prepared(Struct, frozen=True, kw_only=True):
    """Decoded and enriched; `indexes` are those of the entries that `records` came from."""

    records: tuple[Record, ...]
    indexes: tuple[int, ...]
    undecodable: tuple[Undecodable, ...]


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of some entries: the three together account for each of them."""

    stored: int
    duplicates: int
    undecodable: tuple[Undecodable, ...]


class Pipeline:
    """Stateless but for its parts; used by one thread."""

    def __init__(
        self,
        decode: Callable[[bytes], Transaction],
        enrichers: Sequence[Enricher],
        store: Store,
        parts: Callable[[bytes], Parts] | None = None,
    ) -> None:
        """`parts` splits an entry for stores that keep the parts readable; None = not wanted."""
        self._decode = decode
        self._enrichers = tuple(enrichers)
        self._store = store
        self._parts = parts

    def run(self, entries: Sequence[AuditLogEntry]) -> Outcome:
        """Store the entries, all that can be, in one transaction of the store.

        Raises what the store raises: `Unavailable` (try again) or `Refused` (it cannot take one of
        them); then nothing of them is stored.
        """
        prepared = self.prepare(entries)
        stored, duplicates = self.store(prepared.records)
        return Outcome(stored=stored, duplicates=duplicates, undecodable=prepared.undecodable)

    def prepare(self, entries: Sequence[AuditLogEntry]) -> Prepared:
        """Decode and enrich; touches nothing outside."""
        records: list[Record] = []
        indexes: list[int] = []
        undecodable: list[Undecodable] = []
        for index, entry in enumerate(entries):
            try:
                records.append(self._record(entry))
                indexes.append(index)
            except Refused as error:
                undecodable.append(Undecodable(index=index, code=error.code, detail=str(error)))
            except Exception as error:  # noqa: BLE001 - a bug there must not cost an entry here
                _log.error("ingest.decoder.failed", error=type(error).__name__, sensor=entry.sensor)
                undecodable.append(
                    Undecodable(index=index, code=DECODER_FAILED, detail=type(error).__name__)
                )
        return Prepared(
            records=tuple(records), indexes=tuple(indexes), undecodable=tuple(undecodable)
        )

    def store(self, records: Sequence[Record]) -> tuple[int, int]:
        """How many were stored now, and how many had been before."""
        if not records:
            return 0, 0
        appended = self._store.append(records)
        return len(appended.ids), appended.duplicates

    def _record(self, entry: AuditLogEntry) -> Record:
        transaction = self._decode(entry.raw)
        for enricher in self._enrichers:
            transaction = enricher.enrich(transaction)
        return Record(
            sensor=entry.sensor,
            received_at_us=entry.received_at_us,
            digest=hashlib.sha256(entry.raw).digest(),
            raw=entry.raw,
            transaction=_with_hash_checked(transaction, entry),
            parts=() if self._parts is None else self._parts(entry.raw),
        )


def _with_hash_checked(transaction: Transaction, entry: AuditLogEntry) -> Transaction:
    """The sender's own hash, compared; a difference is told, never a reason to lose the entry.

    mlogc sends what follows the hash on its index line too (`md5:<hex> ` or `md5:<hex> L`), so only
    the first word counts (docs/formats.md).
    """
    words = (entry.claimed_hash or "").split(maxsplit=1)
    if not words:
        return transaction
    kind, _, claimed = words[0].lower().partition(":")
    if kind != "md5":
        return transaction
    found = hashlib.md5(entry.raw, usedforsecurity=False).hexdigest()
    if found == claimed:
        return transaction
    defect = Defect(code=HASH_DIFFERS, where="X-Content-Hash", detail=f"{claimed[:64]} != {found}")
    return msgspec.structs.replace(transaction, defects=(*transaction.defects, defect))
