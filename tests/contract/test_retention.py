"""What every store promises about letting go: bounded, whole, and never what somebody protected."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bartizan.domain.delivery import Record
from bartizan.domain.retention import Preserved
from bartizan.domain.search import Search
from bartizan.domain.sensor_health import Slice
from bartizan.domain.transaction import Endpoint
from bartizan.store.contract import Expired, RetentionStep, Store
from bartizan.store.memory import MemoryStore
from bartizan.store.registry import compact_store, open_store, upgrade_store
from tests.contract.numbered import Numbered, empty
from tests.contract.records import NOON, match, record, records, searches

MARK = Preserved(at=NOON, by="anna", reason="case 17")
EVERYTHING = Expired(before_id=2**62)


def _fill(store: Store, count: int = 6) -> tuple[int, ...]:
    return store.append(
        [
            record(
                b"entry %d" % number,
                parts=(("A", b"a"), ("H", b"h")),
                unique_id=f"id-{number}",
                matches=(match(942100 + number), match(None, message="none")),
                client=Endpoint(address=f"192.0.2.{number}"),
                intercepted=number % 2 == 0,
            )
            for number in range(count)
        ]
    ).ids


def _forget(store: Store, expired: Expired, limit: int = 100, **more: Any) -> list[RetentionStep]:
    return _walk(
        lambda after: store.forget_payloads(expired, after_id=after, limit=limit, at=NOON, **more)
    )


def _remove(store: Store, expired: Expired, limit: int = 100, **more: Any) -> list[RetentionStep]:
    return _walk(
        lambda after: store.remove_transactions(expired, after_id=after, limit=limit, **more)
    )


def _walk(step: Any) -> list[RetentionStep]:
    steps: list[RetentionStep] = []
    after = 0
    while (found := step(after)).looked_at:
        steps.append(found)
        after = found.position
    return steps


def _there(store: Store) -> list[int]:
    return [row.id for row in store.newer(0)]


def test_payloads_go_up_to_the_id_and_everything_else_stays(store: Store) -> None:
    ids = _fill(store)
    before = [store.get(number) for number in ids]
    (step,) = _forget(store, Expired(before_id=ids[4]))
    assert (step.looked_at, step.removed, step.position) == (4, 4, ids[3])
    assert step.raw_bytes == 4 * len(b"entry 0")
    assert [store.raw(number) for number in ids] == [None] * 4 + [b"entry 4", b"entry 5"]
    for number, known in zip(ids, before, strict=True):
        assert known is not None
        removed_at = NOON if number < ids[4] else None
        assert store.get(number) == msgspec.structs.replace(known, payload_removed_at=removed_at)
    assert _forget(store, Expired(before_id=ids[4])) == [], "they are gone already"


def test_what_has_no_entry_any_more_is_told_when_entries_are_asked_for(store: Store) -> None:
    ids = _fill(store, 4)
    _forget(store, Expired(before_id=ids[2]))
    page = store.entries(Search(), after_id=0, limit=10)
    assert [one.id for one in page.entries] == list(ids[2:])
    assert (page.without_payload, page.damaged, page.looked_at) == (ids[:2], (), 4)
    page = store.entries(Search(unique_id="id-1"), after_id=0, limit=10)
    assert (page.entries, page.without_payload) == ((), ids[1:2])


def test_transactions_go_with_all_they_have(store: Store) -> None:
    ids = _fill(store)
    _forget(store, Expired(before_id=ids[1]))
    (step,) = _remove(store, Expired(before_id=ids[3]))
    assert (step.looked_at, step.removed) == (3, 3)
    assert step.raw_bytes == 2 * len(b"entry 0"), "one of them had no entry any more"
    assert _there(store) == list(ids[3:])
    assert [store.get(number) for number in ids[:3]] == [None] * 3
    assert store.raw(ids[2]) is None
    assert store.count(Search()).transactions == 3
    assert store.count(Search(rule_ids=(942100,))).transactions == 0


def test_a_removed_entry_that_comes_again_is_new(store: Store) -> None:
    _fill(store, 1)
    _remove(store, EVERYTHING)
    assert len(_fill(store, 1)) == 1


def test_a_step_looks_at_no_more_than_it_is_told_to(store: Store) -> None:
    ids = _fill(store, 7)
    assert [step.looked_at for step in _forget(store, EVERYTHING, limit=3)] == [3, 3, 1]
    steps = _remove(store, EVERYTHING, limit=2)
    assert [step.position for step in steps] == [ids[1], ids[3], ids[5], ids[6]]
    assert _there(store) == []


def test_a_rehearsal_tells_the_same_and_changes_nothing(store: Store) -> None:
    ids = _fill(store)
    store.preserve(ids[:1], MARK)
    expired = Expired(before_id=ids[5], kept=(Search(unique_id="id-2"),))
    before = [(store.get(number), store.raw(number)) for number in ids]
    told = _forget(store, expired, limit=2, is_rehearsal=True)
    assert [(store.get(number), store.raw(number)) for number in ids] == before
    assert _forget(store, expired, limit=2) == told
    told = _remove(store, expired, limit=2, is_rehearsal=True)
    assert _there(store) == list(ids)
    assert _remove(store, expired, limit=2) == told


@pytest.mark.promise("R15")
def test_what_is_preserved_stays_whatever_its_age(store: Store) -> None:
    ids = _fill(store)
    assert store.preserve([ids[1], ids[4], 5], MARK) == 2
    assert [step.removed for step in _forget(store, EVERYTHING)] == [4]
    assert [step.removed for step in _remove(store, EVERYTHING)] == [4]
    assert _there(store) == [ids[1], ids[4]]
    assert store.raw(ids[1]) == b"entry 1"
    kept = store.get(ids[4])
    assert kept is not None
    assert kept.preserved == MARK
    assert kept.matches[0].rule_id == 942104


def test_the_first_mark_stays_and_a_mark_can_be_taken_away(store: Store) -> None:
    ids = _fill(store, 2)
    store.preserve(ids, MARK)
    store.preserve(ids, Preserved(at=NOON + timedelta(days=1), by="bert", reason="\x00'\U0001f5dd"))
    stored = store.get(ids[0])
    assert stored is not None
    assert stored.preserved == MARK
    assert store.preserve([ids[0], ids[0]], None) == 1
    assert store.preserve([ids[0]], None) == 1, "it is there, marked or not"
    stored = store.get(ids[0])
    assert stored is not None
    assert stored.preserved is None
    _remove(store, EVERYTHING)
    assert _there(store) == [ids[1]]


def test_a_hostile_reason_comes_back_as_it_is(store: Store) -> None:
    (number,) = _fill(store, 1)
    mark = Preserved(at=NOON, by="O'Neill; DROP TABLE", reason="<b>\U0001f5dd ' \" \\ %s :x")
    store.preserve([number], mark)
    stored = store.get(number)
    assert stored is not None
    assert stored.preserved == mark


def test_preserved_ones_are_found(store: Store) -> None:
    ids = _fill(store, 3)
    store.preserve([ids[1]], MARK)
    assert [row.id for row in store.page(Search(preserved=True)).rows] == [ids[1]]
    assert store.count(Search(preserved=False)).transactions == 2
    assert store.count(Search(preserved=True, unique_id="id-0")).transactions == 0


@pytest.mark.promise("R15")
def test_what_a_hold_matches_stays_also_where_a_value_is_not_known(store: Store) -> None:
    """A condition on a missing value is neither true nor false in SQL."""
    ids = _fill(store)
    bare = store.append([record(b"bare", occurred_at=None, client=Endpoint())]).ids
    holds = (Search(clients=("192.0.2.2/31",)), Search(intercepted=True, rule_ids=(942100,)))
    _forget(store, Expired(before_id=2**62, kept=holds))
    _remove(store, Expired(before_id=2**62, kept=holds))
    assert _there(store) == [ids[0], ids[2], ids[3]]
    assert store.raw(ids[3]) == b"entry 3"
    assert store.get(bare[0]) is None


def test_a_hold_of_everything_keeps_everything(store: Store) -> None:
    ids = _fill(store)
    assert (
        sum(step.removed for step in _remove(store, Expired(before_id=2**62, kept=(Search(),))))
        == 0
    )
    assert _there(store) == list(ids)


def test_only_what_matches_the_search_goes(store: Store) -> None:
    ids = _fill(store)
    unknown = store.append([record(b"not stated")]).ids
    _remove(store, Expired(before_id=2**62, search=Search(intercepted=False)))
    assert _there(store) == [ids[0], ids[2], ids[4], *unknown]


@pytest.mark.promise("R15")
def test_what_is_counted_of_sensors_outlives_their_transactions(store: Store) -> None:
    _fill(store)
    since = NOON - timedelta(days=1)
    before = (store.last_seen(), store.sensor_activity(since, Slice.HOUR), store.sensor_traits())
    _forget(store, EVERYTHING)
    _remove(store, EVERYTHING)
    assert _there(store) == []
    after = (store.last_seen(), store.sensor_activity(since, Slice.HOUR), store.sensor_traits())
    assert after == before


def test_a_large_entry_goes_too(store: Store) -> None:
    raw = bytes(range(256)) * 20_000
    (number,) = store.append([record(raw)]).ids
    (step,) = _forget(store, EVERYTHING)
    assert (step.removed, step.raw_bytes) == (1, len(raw))
    assert store.raw(number) is None


def test_ids_that_no_database_can_hold_are_nobodys(store: Store) -> None:
    ids = _fill(store, 2)
    assert store.preserve([-1, 2**63, 2**80], MARK) == 0
    _remove(store, Expired(before_id=2**80), limit=10)
    assert store.remove_transactions(EVERYTHING, after_id=2**80, limit=5).looked_at == 0
    assert ids


def test_the_size_tells_what_is_there(store: Store) -> None:
    empty = store.size()
    assert (empty.transactions, empty.payloads, empty.first_id) == (0, 0, None)
    ids = _fill(store)
    _forget(store, Expired(before_id=ids[2]))
    size = store.size()
    assert (size.first_id, size.first_payload_id) == (ids[0], ids[2])
    assert 0 <= size.payload_bytes <= size.room.used_bytes
    assert size.room.free_bytes is None or size.room.free_bytes > 0
    assert store.room().used_bytes >= 0


def test_removing_a_sensor_takes_its_marks_along(store: Store) -> None:
    ids = _fill(store, 2)
    store.preserve(ids, MARK)
    _forget(store, Expired(before_id=ids[1]))
    store.remove_sensor("web1")
    assert _there(store) == []
    assert store.count(Search(preserved=True)).transactions == 0
    assert _fill(store, 2)


@pytest.fixture
def file(tmp_path: Any) -> Any:
    return tmp_path / "transactions.sqlite"


def test_a_file_shrinks_by_what_is_given_back(file: Any) -> None:
    url = f"sqlite:///{file}"
    upgrade_store(url)
    store = open_store(url)
    try:
        for batch in range(4):
            store.append([record(bytes([batch, n % 256]) * 40_000) for n in range(50)])
            store.append([record(b"%d" % (batch * 1000 + n) * 300) for n in range(200)])
        assert store.size().transactions == 1000
        full = store.room()
        _remove(store, EVERYTHING)
        emptied = store.room()
        assert emptied.used_bytes < full.used_bytes / 2
        assert emptied.used_bytes + emptied.reusable_bytes == full.used_bytes + full.reusable_bytes
        first = store.give_back(64 * 1024)
        assert 0 < first <= 64 * 1024
        while store.give_back(1024 * 1024):
            pass
        assert store.room().reusable_bytes == 0
    finally:
        store.close()
    assert file.stat().st_size < full.used_bytes / 2


def test_a_file_that_could_not_shrink_can_once_it_is_compacted(file: Any) -> None:
    """As those are that were made before files could."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE gone (x)")
        connection.execute("DROP TABLE gone")
    url = f"sqlite:///{file}"
    upgrade_store(url)
    store = open_store(url)
    store.append([record(b"%d" % number * 3000) for number in range(300)])
    ids = _there(store)
    _remove(store, Expired(before_id=ids[200]))
    assert store.room().reusable_bytes > 0
    assert store.give_back(10**9) == 0
    store.close()
    assert compact_store(url) > 0
    store = open_store(url)
    assert (len(_there(store)), store.room().reusable_bytes) == (100, 0)
    _remove(store, Expired(before_id=ids[280]))
    assert store.give_back(10**9) > 0
    assert store.raw(ids[290]) is not None
    store.close()


_protections = st.lists(st.integers(0, 40), max_size=5, unique=True)


@settings(
    max_examples=25,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    batch=st.lists(records(), min_size=1, max_size=12),
    holds=st.lists(searches, max_size=2),
    search=searches,
    marked=_protections,
    bounds=st.tuples(st.integers(0, 14), st.integers(0, 14)),
    limit=st.integers(1, 5),
)
def test_a_sql_store_lets_go_of_the_same_as_the_model(
    sql: Store,
    batch: list[Record],
    holds: list[Search],
    search: Search,
    marked: list[int],
    bounds: tuple[int, int],
    limit: int,
) -> None:
    empty(sql)
    model, tested = Numbered(MemoryStore()), Numbered(sql)
    told = []
    for one in (model, tested):
        one.append(batch)
        ids = [row.id for row in one.store.newer(0)]
        one.store.preserve([ids[number] for number in marked if number < len(ids)], MARK)
        before = [ids[bound] if bound < len(ids) else 2**62 for bound in bounds]
        gone = []
        for narrowed in (Search(), search):
            first, second = (
                Expired(before_id=bound, search=narrowed, kept=tuple(holds)) for bound in before
            )
            gone += [
                (step.looked_at, step.removed, step.raw_bytes)
                for step in (
                    *_forget(one.store, first, limit, is_rehearsal=True),
                    *_forget(one.store, first, limit),
                    *_remove(one.store, second, limit, is_rehearsal=True),
                    *_remove(one.store, second, limit),
                )
            ]
        told.append(gone)
    assert told[0] == told[1]
    assert tested.everything() == model.everything()
    assert tested.store.last_seen() == model.store.last_seen()
    assert [one.entry for one in sql.entries(Search(), after_id=0, limit=50).entries] == [
        one.entry for one in model.store.entries(Search(), after_id=0, limit=50).entries
    ]
