"""What a store counts beside the transactions: each sensor's slices of time, traits and defects."""

from datetime import UTC, datetime, timedelta

import pytest

from bartizan.domain.sensor_health import SensorActivity, SensorDefects, SensorTrait, Slice, Trait
from bartizan.domain.transaction import Defect, Format
from bartizan.kit.clock import to_us
from bartizan.store.contract import Store
from bartizan.store.registry import open_store, upgrade_store
from tests.contract.records import NOON, record

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def at(moment: datetime) -> int:
    return to_us(moment)


def test_a_slice_has_what_was_received_in_it_and_how_late_that_was(store: Store) -> None:
    store.append(
        [
            record(b"1", received_at_us=at(NOON + 2 * MINUTE), occurred_at=NOON),
            record(b"2", received_at_us=at(NOON + 2 * MINUTE), occurred_at=NOON + 3 * MINUTE),
            record(b"3", received_at_us=at(NOON + 2 * MINUTE), occurred_at=None),
            record(b"4", received_at_us=at(NOON + 3 * MINUTE), defects=(Defect(code="x"),)),
            record(b"5", received_at_us=at(NOON + HOUR), sensor="web2"),
        ]
    )
    first, second, other = store.sensor_activity(NOON, Slice.MINUTE)
    assert first == SensorActivity(
        sensor="web1", at=NOON + 2 * MINUTE, transactions=3, with_defects=0, timed=2,
        lag_total_ms=60_000, lag_least_ms=-60_000, lag_most_ms=120_000,
    )  # fmt: skip
    assert (second.at, second.transactions, second.with_defects) == (NOON + 3 * MINUTE, 1, 1)
    assert (other.sensor, other.at) == ("web2", NOON + HOUR)
    hour, _ = store.sensor_activity(NOON, Slice.HOUR)
    assert (hour.at, hour.transactions, hour.timed) == (NOON, 4, 3)
    assert (hour.lag_total_ms, hour.lag_least_ms, hour.lag_most_ms) == (240_000, -60_000, 180_000)


def test_later_batches_add_to_a_slice_and_repeats_do_not(store: Store) -> None:
    store.append([record(b"1", occurred_at=None)])
    (alone,) = store.sensor_activity(NOON, Slice.MINUTE)
    assert (alone.timed, alone.lag_least_ms, alone.lag_most_ms) == (0, None, None)
    store.append([record(b"1", occurred_at=None), record(b"2", occurred_at=NOON - MINUTE)])
    store.append([record(b"3", occurred_at=NOON + MINUTE), record(b"3", occurred_at=NOON)])
    (both,) = store.sensor_activity(NOON, Slice.MINUTE)
    assert (both.transactions, both.timed, both.lag_total_ms) == (3, 2, 0)
    assert (both.lag_least_ms, both.lag_most_ms) == (-60_000, 60_000)


def test_only_what_is_asked_for_is_told(store: Store) -> None:
    store.append(
        [
            record(b"%d" % n, sensor=f"web{n % 2}", received_at_us=at(NOON + n * MINUTE))
            for n in range(4)
        ]
    )
    later = store.sensor_activity(NOON + 2 * MINUTE, Slice.MINUTE)
    assert [(one.sensor, one.at) for one in later] == [
        ("web0", NOON + 2 * MINUTE),
        ("web1", NOON + 3 * MINUTE),
    ]
    assert {one.sensor for one in store.sensor_activity(NOON, Slice.MINUTE, sensor="web1")} == {
        "web1"
    }
    assert store.sensor_activity(NOON + DAY, Slice.HOUR) == ()


@pytest.mark.parametrize(
    "occurred", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]
)
def test_a_time_from_another_age_spoils_no_sum(store: Store, occurred: datetime) -> None:
    store.append([record(b"%d" % n, occurred_at=occurred) for n in range(300)])
    (hour,) = store.sensor_activity(NOON, Slice.HOUR)
    ten_years = timedelta(days=3660) // timedelta(milliseconds=1)
    sign = 1 if occurred < NOON else -1
    assert (hour.lag_total_ms, hour.lag_most_ms) == (300 * sign * ten_years, sign * ten_years)


def test_traits_are_kept_with_when_they_were_first_and_last_seen(store: Store) -> None:
    old, new = "ModSecurity 2.9.7", "ModSecurity 2.9.8"
    for number, (minutes, producer) in enumerate([(0, old), (5, new), (3, old), (9, new)]):
        received = NOON + minutes * MINUTE + timedelta(seconds=7)
        store.append(
            [record(b"%d" % number, received_at_us=at(received), producer=producer, ruleset="")]
        )
    assert store.sensor_traits() == (
        SensorTrait(
            sensor="web1", trait=Trait.FORMAT, value=Format.MODSECURITY2_NATIVE.value,
            first_seen_at=NOON, last_seen_at=NOON + 9 * MINUTE,
        ),
        SensorTrait(
            sensor="web1", trait=Trait.PRODUCER, value=new,
            first_seen_at=NOON + 5 * MINUTE, last_seen_at=NOON + 9 * MINUTE,
        ),
        SensorTrait(
            sensor="web1", trait=Trait.PRODUCER, value=old,
            first_seen_at=NOON, last_seen_at=NOON + 3 * MINUTE,
        ),
    )  # fmt: skip
    assert store.sensor_traits(sensor="web2") == ()


def test_defects_are_counted_by_day_once_for_a_transaction(store: Store) -> None:
    twice = (Defect(code="x"), Defect(code="x"), Defect(code="y"))
    store.append([record(b"1", defects=twice), record(b"2", defects=twice[:1])])
    store.append([record(b"3", received_at_us=at(NOON + DAY), defects=twice[2:])])
    midnight = NOON.replace(hour=0)
    assert [(one.day, one.code, one.transactions) for one in store.sensor_defects(midnight)] == [
        (midnight, "x", 2),
        (midnight, "y", 1),
        (midnight + DAY, "y", 1),
    ]
    assert store.sensor_defects(midnight + DAY, sensor="web1") == (
        SensorDefects(sensor="web1", day=midnight + DAY, code="y", transactions=1),
    )


def test_a_sensor_that_is_removed_leaves_nothing_behind(store: Store) -> None:
    store.append([record(b"1", defects=(Defect(code="x"),)), record(b"2", sensor="web2")])
    store.remove_sensor("web1")
    assert {one.sensor for one in store.sensor_activity(NOON, Slice.HOUR)} == {"web2"}
    assert {one.sensor for one in store.sensor_traits()} == {"web2"}
    assert store.sensor_defects(NOON - DAY) == ()


@pytest.fixture
def sql(url: str) -> Store:
    upgrade_store(url)
    return open_store(url)


def reopened(store: Store, url: str) -> Store:
    """The first batch of a writer cleans up, and then one a minute."""
    store.close()
    return open_store(url)


def test_old_slices_and_defects_are_let_go(sql: Store, url: str) -> None:
    for days in (0, 3, 40):
        moment = NOON + timedelta(days=days)
        sql = reopened(sql, url)
        sql.append([record(b"%d" % days, received_at_us=at(moment), defects=(Defect(code="x"),))])
    ages = [one.at for one in sql.sensor_activity(NOON - DAY, Slice.MINUTE)]
    assert ages == [NOON + timedelta(days=40)]
    ages = [one.at for one in sql.sensor_activity(NOON - DAY, Slice.HOUR)]
    assert ages == [NOON + timedelta(days=40)]
    assert len(sql.sensor_defects(NOON - DAY)) == 1
    sql.close()


def test_a_sensor_that_invents_traits_keeps_the_last_twenty(sql: Store, url: str) -> None:
    sql.append([record(b"%d" % n, producer=f"{n:04}") for n in range(50)])
    assert len([one for one in sql.sensor_traits() if one.trait is Trait.PRODUCER]) == 20
    for n in range(50, 80):
        received = at(NOON + n * MINUTE)
        sql.append([record(b"%d" % n, producer=f"{n:04}", received_at_us=received)])
    sql = reopened(sql, url)
    sql.append([record(b"x", producer="0080", received_at_us=at(NOON + 80 * MINUTE))])
    kept = [one.value for one in sql.sensor_traits() if one.trait is Trait.PRODUCER]
    assert kept == [f"{n:04}" for n in range(80, 60, -1)]
    sql.close()
