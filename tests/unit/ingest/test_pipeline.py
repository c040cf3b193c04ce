"""The chain decode -> enrich -> store accounts for every entry."""

import hashlib
from collections.abc import Sequence

import msgspec
import pytest

from bartizan.decode.contract import Decoded
from bartizan.domain.delivery import AuditLogEntry, Record
from bartizan.domain.errors import Refused, Unavailable
from bartizan.domain.transaction import Category, Format, Transaction
from bartizan.ingest.pipeline import Pipeline
from bartizan.store.contract import Appended
from bartizan.store.memory import MemoryStore
from tests.contract.records import NOON_US


def entry(raw: bytes, claimed_hash: str | None = None) -> AuditLogEntry:
    return AuditLogEntry(sensor="web1", received_at_us=NOON_US, raw=raw, claimed_hash=claimed_hash)


def read(raw: bytes) -> Decoded:
    """Refuses what begins with `refuse`, and has a bug for what begins with `bug`."""
    if raw.startswith(b"refuse"):
        raise Refused("not-an-entry", "no entry", "part A")
    if raw.startswith(b"bug"):
        raise RecursionError
    transaction = Transaction(format=Format.MODSECURITY2_NATIVE, unique_id=raw.decode())
    return Decoded(transaction, (("A", raw),))


class Categorise:
    def enrich(self, transaction: Transaction) -> Transaction:
        if transaction.unique_id == "enrich-bug":
            raise ZeroDivisionError
        return msgspec.structs.replace(transaction, category=Category.SQLI)


def test_every_entry_is_stored_or_told_of() -> None:
    store = MemoryStore()
    pipeline = Pipeline(read, [Categorise()], store)
    outcome = pipeline.run(
        [entry(raw) for raw in (b"1", b"refuse", b"2", b"bug", b"enrich-bug", b"1", b"3")]
    )
    assert (outcome.stored, outcome.duplicates) == (3, 1)
    assert [(bad.index, bad.code) for bad in outcome.undecodable] == [
        (1, "not-an-entry"),
        (3, "decoder-failed"),
        (4, "decoder-failed"),
    ]
    assert outcome.undecodable[0].detail == "no entry (part A)"
    assert [row.unique_id for row in store.newer(0)] == ["1", "2", "3"]
    assert {row.category for row in store.newer(0)} == {"sqli"}


def test_running_again_stores_nothing_twice() -> None:
    pipeline = Pipeline(read, [], MemoryStore())
    entries = [entry(b"%d" % n) for n in range(5)]
    assert pipeline.run(entries).stored == 5
    assert pipeline.run(entries).duplicates == 5


def test_nothing_to_store_does_not_ask_the_store() -> None:
    class Away(MemoryStore):
        def append(self, records: Sequence[Record]) -> Appended:
            raise Unavailable("store-unavailable", "away")

    assert Pipeline(read, [], Away()).run([entry(b"refuse")]).stored == 0
    with pytest.raises(Unavailable):
        Pipeline(read, [], Away()).run([entry(b"good")])


MD5 = hashlib.md5(b"x").hexdigest()


@pytest.mark.parametrize(
    ("claimed", "differs"),
    [
        (None, False),
        ("", False),
        (" ", False),
        (f"md5:{MD5}", False),
        (f"md5:{MD5} ", False),
        (f"md5:{MD5} L", False),
        (f"MD5:{MD5.upper()}", False),
        ("md5:", True),
        ("md5:0", True),
        (f"md5:{MD5}0", True),
        ("sha1:0", False),
        ("nonsense", False),
    ],
)
def test_the_senders_hash_is_compared_and_never_costs_the_entry(
    claimed: str | None, *, differs: bool
) -> None:
    (record,) = Pipeline(read, [], MemoryStore()).prepare([entry(b"x", claimed)]).records
    assert [defect.code for defect in record.transaction.defects] == ["hash-differs"] * differs
    assert record.digest == hashlib.sha256(b"x").digest()


def test_the_parts_come_with_the_record() -> None:
    (record,) = Pipeline(read, [], MemoryStore()).prepare([entry(b"x")]).records
    assert record.parts == (("A", b"x"),)
