"""`records`, `restore` and `set_counts`: what a move from one store to another is made of."""

import random
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bartizan.domain.delivery import Record
from bartizan.domain.retention import Preserved
from bartizan.domain.search import Facet, Search
from bartizan.domain.sensor_health import Slice
from bartizan.domain.transaction import Defect
from bartizan.store.contract import KeptRecord, SensorCounts, Store
from bartizan.store.memory import MemoryStore
from tests.contract.numbered import empty
from tests.contract.records import HOSTILE, NOON, NOON_US, match, record, records
from tests.contract.test_stores import FULL

LONG_AGO = NOON - timedelta(days=30)


def take(store: Store, limit: int = 1000) -> list[KeptRecord]:
    found: list[KeptRecord] = []
    after = 0
    while (page := store.records(after_id=after, limit=limit)).records:
        assert page.position == page.records[-1].id
        assert page.damaged == ()
        found += page.records
        after = page.position
    return found


def counts_of(store: Store, sensor: str) -> SensorCounts:
    return SensorCounts(
        sensor=sensor,
        last_received_at=store.last_seen().get(sensor),
        minutes=store.sensor_activity(LONG_AGO, Slice.MINUTE, sensor=sensor),
        hours=store.sensor_activity(LONG_AGO, Slice.HOUR, sensor=sensor),
        traits=store.sensor_traits(sensor=sensor),
        defects=store.sensor_defects(LONG_AGO, sensor=sensor),
    )


def everything(store: Store) -> list[Any]:
    """All that any question can bring to light."""
    rows = store.newer(0, limit=100_000)
    answers: list[Any] = [
        [(store.get(row.id), store.raw(row.id)) for row in rows],
        store.count(Search()),
        [store.facet(Search(), facet, limit=1000) for facet in Facet],
        store.map_cells(Search()),
        store.histogram(Search(since=LONG_AGO), width=timedelta(minutes=7)),
        store.last_seen(),
        [store.sensor_activity(LONG_AGO, slices) for slices in Slice],
        store.sensor_traits(),
        store.sensor_defects(LONG_AGO),
    ]
    return answers


def move(source: Store, target: Store, limit: int = 1000) -> None:
    for start in range(0, len(some := take(source, limit)), limit):
        target.restore(some[start : start + limit])
    for sensor in source.last_seen():
        target.set_counts(counts_of(source, sensor))


@settings(
    max_examples=25,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(batch=st.lists(records(), max_size=12), limit=st.integers(1, 7))
def test_moving_there_and_back_changes_nothing(sql: Store, batch: list[Record], limit: int) -> None:
    empty(sql)
    first, last = MemoryStore(), MemoryStore()
    first.append(batch)
    move(first, sql, limit)
    assert take(sql) == take(first)
    assert everything(sql) == everything(first)
    move(sql, last, limit)
    assert everything(last) == everything(first)


def test_a_full_transaction_comes_back_with_its_id(store: Store) -> None:
    source = MemoryStore()
    (number,) = source.append([FULL]).ids
    store.append([record(b"other")])
    restored = store.restore(take(source))
    assert (restored.stored, restored.present, restored.elsewhere) == (1, 0, ())
    assert store.get(number) == source.get(number)
    assert store.raw(number) == FULL.raw
    (again,) = [one for one in take(store) if one.id == number]
    assert again == take(source)[0]


def test_restoring_again_changes_nothing(store: Store) -> None:
    source = MemoryStore()
    source.append([record(b"%d" % n, matches=(match(n),)) for n in range(20)])
    some = take(source)
    assert store.restore(some[:15]).stored == 15
    before = everything(store)
    assert store.restore(some[:15]).present == 15
    assert everything(store) == before
    mixed = store.restore(some)
    assert (mixed.stored, mixed.present) == (5, 15)
    assert store.restore([]).stored == 0


def test_a_batch_that_holds_one_that_is_there_already_is_stored_all_the_same(store: Store) -> None:
    """After batches without any, when nobody expects one."""
    source = MemoryStore()
    source.append([record(b"%d" % n) for n in range(9)])
    some = take(source)
    for start in (0, 3):
        assert store.restore(some[start : start + 3]).stored == 3
    mixed = store.restore(some[5:])
    assert (mixed.stored, mixed.present) == (3, 1)
    assert [one.id for one in take(store)] == [one.id for one in some]


def test_what_the_store_received_itself_keeps_the_id_it_has(store: Store) -> None:
    source = MemoryStore()
    (there, other) = source.append([FULL, record(b"other")]).ids
    (here,) = store.append([FULL]).ids
    restored = store.restore(take(source))
    assert (restored.stored, restored.elsewhere) == (1, ((there, here),))
    assert store.get(there) is None
    assert store.get(other) is not None
    assert store.restore(take(source)).elsewhere == ((there, here),)


def test_an_id_that_another_entry_has_is_not_taken_from_it(store: Store) -> None:
    (number,) = store.append([FULL]).ids
    stranger = KeptRecord(id=number, record=record(b"stranger"), size_bytes=8)
    restored = store.restore([stranger])
    ((wanted, has),) = restored.elsewhere
    assert (restored.stored, wanted) == (1, number)
    assert has != number
    assert (store.raw(number), store.raw(has)) == (FULL.raw, b"stranger")
    assert store.restore([stranger]).elsewhere == ((number, has),)
    assert store.count(Search()).transactions == 2


def test_an_entry_whose_payload_is_gone_stays_without_one(store: Store) -> None:
    bare = KeptRecord(
        id=7_000, record=msgspec.structs.replace(FULL, raw=b"", parts=()), size_bytes=4711,
        has_payload=False, payload_removed_at=NOON,
        preserved=Preserved(at=NOON, by="anna", reason="evidence"),
    )  # fmt: skip
    store.restore([bare, KeptRecord(id=7_001, record=record(b"whole"), size_bytes=5)])
    stored = store.get(7_000)
    assert stored is not None
    assert (stored.size_bytes, stored.digest) == (4711, FULL.digest)
    assert (stored.payload_removed_at, stored.preserved) == (NOON, bare.preserved)
    assert stored.matches == FULL.transaction.matches
    assert store.raw(7_000) is None
    kept = {one.id: one for one in take(store)}[7_000]
    assert kept.record.raw == b""
    assert (kept.size_bytes, kept.has_payload, kept.preserved) == (4711, False, bare.preserved)
    assert kept.payload_removed_at == NOON
    page = store.entries(Search(), after_id=0, limit=10)
    assert ([one.id for one in page.entries], page.looked_at) == ([7_001], 2)


def test_restoring_counts_nothing_of_sensors_and_hearing_does(store: Store) -> None:
    source = MemoryStore()
    source.append([record(b"1", sensor="web1", producer="A 1.0", defects=(Defect(code="x"),))])
    store.restore(take(source))
    assert store.sensor_activity(LONG_AGO, Slice.HOUR) == ()
    assert store.sensor_traits() == ()
    assert store.sensor_defects(LONG_AGO) == ()
    assert store.last_seen() == {"web1": NOON}
    told = counts_of(source, "web1")
    for _ in range(2):
        store.set_counts(told)
        assert counts_of(store, "web1") == told
    store.append([record(b"2", received_at_us=NOON_US + 1), record(b"3", sensor="web2")])
    (first, second) = store.sensor_activity(LONG_AGO, Slice.HOUR)
    assert (first.sensor, first.transactions, first.with_defects) == ("web1", 2, 1)
    assert (second.sensor, second.transactions) == ("web2", 1)
    store.remove_sensor("web1")
    assert store.last_seen().keys() == {"web2"}
    assert {one.sensor for one in store.sensor_traits()} == {"web2"}


def test_counts_may_say_less_than_what_is_there(store: Store) -> None:
    store.append([record(b"1"), record(b"2")])
    store.set_counts(SensorCounts(sensor="web1", last_received_at=None))
    assert store.sensor_activity(LONG_AGO, Slice.HOUR) == ()
    assert store.last_seen() == {}
    assert store.count(Search()).transactions == 2


@pytest.mark.parametrize("text", [*HOSTILE, "x" * 100_000, "\U0001f525" * 20_000])
def test_hostile_texts_are_moved_as_they_are(store: Store, text: str) -> None:
    source = MemoryStore()
    fired = match(message=text, data=text, tags=(text,), target=text, operator=text, version=text)
    source.append(
        [record(text.encode(), sensor=text, origin=text, matches=(fired, fired), unique_id=text)]
    )
    move(source, store)
    assert everything(store) == everything(source)


def test_large_entries_come_few_at_a_time(store: Store) -> None:
    """32 MiB of them together at most, so that a move needs little memory."""
    noise = random.Random(7)
    for _ in range(5):
        store.append([record(noise.randbytes(8 * 1024 * 1024))])
    pages = []
    after = 0
    while (page := store.records(after_id=after, limit=100)).records:
        pages.append(len(page.records))
        after = page.position
    assert pages == [4, 1]


def test_only_what_is_asked_for_is_told(store: Store) -> None:
    ids = store.append([record(b"%d" % n) for n in range(10)]).ids
    page = store.records(after_id=ids[1], limit=3)
    assert [one.id for one in page.records] == list(ids[2:5])
    page = store.records(after_id=ids[1], until_id=ids[3], limit=30)
    assert [one.id for one in page.records] == list(ids[2:4])
    page = store.records(after_id=ids[-1], limit=3)
    assert (page.records, page.position) == ((), ids[-1])
    for bound in (2**63, 2**80):
        assert len(store.records(after_id=0, until_id=bound, limit=30).records) == 10
