"""Entries that are kept without what was taken out of them: what the contract says of those."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from bartizan.app.store_fingerprint import canonical
from bartizan.app.store_verify import Verify
from bartizan.domain.delivery import Record
from bartizan.domain.search import Search
from bartizan.kit.clock import now
from bartizan.store.contract import Expired, FaultKind, Store
from bartizan.store.memory import MemoryStore
from bartizan.store.registry import open_store, upgrade_store
from tests.contract.records import record

RECEIVED = b"--a-A--\r\npassword=hunter2" + bytes(range(256)) * 40
KEPT = b"--a-A--\r\npassword=[redacted]"


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def redacted(kept: bytes = KEPT) -> Record:
    return msgspec.structs.replace(record(RECEIVED), raw=kept, kept_digest=sha256(kept))


def only(store: Store) -> int:
    (row,) = store.newer(0)
    return row.id


def test_the_identity_stays_that_of_what_was_received(store: Store) -> None:
    assert len(store.append([redacted()]).ids) == 1
    assert store.append([record(RECEIVED)]).duplicates == 1
    assert store.append([redacted(b"other rules")]).duplicates == 1
    number = only(store)
    found = store.get(number)
    assert found is not None
    assert (found.digest, found.kept_digest) == (sha256(RECEIVED), sha256(KEPT))
    assert found.size_bytes == len(KEPT)
    assert store.raw(number) == KEPT


@pytest.mark.promise("S15")
def test_nothing_of_what_was_taken_out_is_in_a_store_file(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'transactions.sqlite'}"
    upgrade_store(url)
    opened = open_store(url)
    opened.append([redacted()])
    opened.close()
    for file in tmp_path.iterdir():
        assert b"hunter2" not in file.read_bytes()


def test_verifying_compares_with_what_is_kept(store: Store) -> None:
    store.append([redacted(), record(b"as received")])
    assert FaultKind.ENTRY_DIFFERS not in [fault.kind for fault in Verify(store).run().faults]
    wrong = msgspec.structs.replace(redacted(), digest=sha256(b"3"), kept_digest=sha256(b"4"))
    store.append([wrong])
    assert FaultKind.ENTRY_DIFFERS in [fault.kind for fault in Verify(store).run().faults]


def test_it_moves_to_another_store_as_it_is(store: Store) -> None:
    store.append([redacted(), record(b"as received")])
    page = store.records(after_id=0, limit=10)
    assert [one.record.kept_digest for one in page.records] == [sha256(KEPT), None]
    other = MemoryStore()
    other.restore(page.records)
    moved = other.records(after_id=0, limit=10).records
    assert list(map(canonical, moved)) == list(map(canonical, page.records))
    assert [one.record.raw for one in moved] == [one.record.raw for one in page.records]


@pytest.fixture(params=[b"", KEPT, KEPT * 60_000])
def anew(request: pytest.FixtureRequest) -> Iterator[bytes]:
    return request.param


def test_replacing_takes_out_of_what_is_kept_and_only_then(store: Store, anew: bytes) -> None:
    store.append([record(RECEIVED)])
    number = only(store)
    assert store.replace([(number, record(RECEIVED))]) == ()
    rehearsed = store.replace([(number, redacted(anew))], is_rehearsal=True)
    assert store.raw(number) == RECEIVED
    replaced = store.replace([(number, redacted(anew))])
    assert replaced == rehearsed
    changes = {change.name: (change.before, change.after) for change in replaced[0].fields}
    assert changes["entry"] == (sha256(RECEIVED).hex(), sha256(anew).hex())
    assert store.replace([(number, redacted(anew))]) == ()
    assert store.replace([(number, record(RECEIVED))]) == ()
    found = store.get(number)
    assert found is not None
    assert (found.digest, found.kept_digest) == (sha256(RECEIVED), sha256(anew))
    assert (found.size_bytes, store.raw(number)) == (len(anew), anew)
    assert not [fault for fault in Verify(store).run().faults if "entry" in fault.kind]


def test_an_entry_that_was_removed_does_not_come_back(store: Store) -> None:
    store.append([record(RECEIVED)])
    number = only(store)
    expired = Expired(before_id=number + 1, search=Search())
    store.forget_payloads(expired, after_id=0, limit=10, at=now())
    store.replace([(number, redacted())])
    found = store.get(number)
    assert found is not None
    assert found.kept_digest is None
    assert store.raw(number) is None
