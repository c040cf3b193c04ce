"""`faults` and `check_hour`: nothing is wrong in a store whatever was done to it by its own means."""

from datetime import timedelta

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bartizan.app.store_copy import Copy
from bartizan.app.store_verify import Verify
from bartizan.domain.delivery import Record
from bartizan.domain.retention import Preserved
from bartizan.store.contract import Expired, Store
from bartizan.store.memory import MemoryStore
from tests.contract.records import NOON, match, record, records
from tests.contract.test_moving import take
from tests.contract.test_stores import FULL
from tests.contract.test_triage import FULL as JUDGED


def test_an_empty_store_is_sound(store: Store) -> None:
    assert store.faults(after_id=None, until_id=None) == ()
    assert store.check_hour(None) is None
    assert Verify(store).run().is_whole


@settings(
    max_examples=10,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(batches=st.lists(st.lists(records(), max_size=8), min_size=1, max_size=3))
def test_whatever_is_stored_is_sound(store: Store, batches: list[list[Record]]) -> None:
    for sensor in store.last_seen():
        store.remove_sensor(sensor)
    for batch in batches:
        store.append(batch)
    report = Verify(store, batch=5).run()
    assert report.is_whole, report.faults


def test_a_store_that_lived_is_sound(store: Store) -> None:
    """Replaced, preserved, judged, forgotten, removed, restored."""
    ids = store.append([FULL, *(record(b"%d" % n, matches=(match(n),)) for n in range(20))]).ids
    store.append([record(b"x%d" % n, sensor="gone", matches=(match(n),)) for n in range(5)])
    store.preserve(ids[3:5], Preserved(at=NOON, by="anna"))
    store.triage(ids[4:14], lambda _: JUDGED)
    store.replace([(ids[7], record(b"6", verdict="another", matches=(match(1), match(2))))])
    expired = Expired(before_id=ids[12])
    store.forget_payloads(expired, after_id=0, limit=100, at=NOON)
    store.remove_transactions(Expired(before_id=ids[6]), after_id=0, limit=100)
    store.remove_sensor("gone")
    source = MemoryStore()
    source.append(
        [record(b"old %d" % n, received_at_us=FULL.received_at_us - n * 10**9) for n in range(20)]
    )
    store.restore(take(source))
    report = Verify(store, batch=4).run()
    assert report.is_whole, report.faults
    target = MemoryStore()
    assert Copy(store, target, batch=4).run().is_equal
    assert take(target) == take(store)


def test_each_hour_is_looked_at_once(store: Store) -> None:
    store.append([record(b"%d" % n, occurred_at=NOON - timedelta(hours=n)) for n in range(4)])
    hours = []
    after = None
    while checked := store.check_hour(after):
        hours.append(checked.start)
        after = checked.start
        assert checked.wrong == 0
    assert hours in ([], [NOON - timedelta(hours=n) for n in (3, 2, 1, 0)])
