"""A count and two digests of transactions in the order of their ids.

Two stores with the same fingerprint hold the same: `raw` covers every byte of every entry,
`decoded` everything else that a store keeps of them. A chain of hashes, so that it goes on where an
interrupted command ended.
"""

import hashlib
from functools import partial
from typing import Final, NamedTuple

import msgspec

from bartizan.app.store_patience import patiently
from bartizan.kit.struct import Struct
from bartizan.store.contract import KeptRecord, Store

_START: Final = "00" * 32
_BATCH: Final = 500


class Hashes(NamedTuple):
    """Of one transaction."""

    raw: bytes
    decoded: bytes
    raw_bytes: int
    matches: int


class Fingerprint(Struct, frozen=True, kw_only=True):
    """`raw` and `decoded` are SHA-256 in hexadecimal; `raw_bytes` those of the entries at hand."""

    transactions: int = 0
    matches: int = 0
    raw_bytes: int = 0
    raw: str = _START
    decoded: str = _START

    def plus(self, one: Hashes) -> "Fingerprint":
        """One more transaction."""
        return Fingerprint(
            transactions=self.transactions + 1,
            matches=self.matches + one.matches,
            raw_bytes=self.raw_bytes + one.raw_bytes,
            raw=hashlib.sha256(bytes.fromhex(self.raw) + one.raw).hexdigest(),
            decoded=hashlib.sha256(bytes.fromhex(self.decoded) + one.decoded).hexdigest(),
        )


def hashes(one: KeptRecord, number: int | None = None) -> Hashes:
    """`number` stands for its id where that is another one."""
    identity = (one.id if number is None else number).to_bytes(8, "big")
    raw = one.record.raw if one.has_payload else b""
    return Hashes(
        raw=hashlib.sha256(identity + bytes([one.has_payload]) + raw).digest(),
        decoded=hashlib.sha256(identity + canonical(one)).digest(),
        raw_bytes=len(raw),
        matches=len(one.record.transaction.matches),
    )


def canonical(one: KeptRecord) -> bytes:
    """Everything but the id and the raw entry; what answers the same is the same here."""
    record, place = one.record, one.record.transaction.place
    position = None
    if place is not None and place.latitude is not None and place.longitude is not None:
        position = (place.latitude + 0.0, place.longitude + 0.0)  # -0.0 is 0.0
        place = msgspec.structs.replace(place, latitude=None, longitude=None)
    return msgspec.msgpack.encode(
        (
            one.size_bytes,
            one.has_payload,
            one.payload_removed_at,
            one.preserved,
            one.triage,
            record.sensor,
            record.received_at_us,
            record.digest,
            msgspec.structs.replace(record.transaction, place=None),
            place,
            position,
            record.origin,
            record.origin_offset,
            record.claimed_hash,
            # Told only where there is one: fingerprints of earlier versions stay what they were.
            *(() if record.kept_digest is None else (record.kept_digest,)),
        )
    )


def fingerprint(store: Store, until_id: int) -> Fingerprint:
    """Of all transactions with ids up to this one."""
    found = Fingerprint()
    position = 0
    while True:
        ask = partial(store.records, after_id=position, until_id=until_id, limit=_BATCH)
        page = patiently(ask)
        if not page.records:
            return found
        for one in page.records:
            found = found.plus(hashes(one))
        position = page.position
