"""What is too old goes, exactly that; what is protected never does; one keeper at a time."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from bartizan.domain.errors import Unavailable
from bartizan.domain.retention import (
    Preserved,
    RetentionRun,
    RunCause,
    RunOutcome,
    RunRequest,
    StoreRoom,
)
from bartizan.domain.search import Search
from bartizan.ingest.retention.keeper import LEASE, Keeper
from bartizan.kit import metrics
from bartizan.store.contract import Expired, RetentionStep
from bartizan.store.retention_board import post_request, read_request, read_state
from tests.unit.ingest.retention.conftest import START, Scene

DAY = timedelta(days=1)
GIB = 1024**3


def _runs(scene: Scene, cause: RunCause | None = None) -> list[RetentionRun]:
    return [run for run in scene.control.retention_runs(100) if cause is None or run.cause is cause]


def _run_at(scene: Scene, keeper: Keeper, at: datetime) -> None:
    """A run that begins exactly then."""
    scene.clock.turn(at - scene.clock.at - timedelta(seconds=6))
    scene.work(keeper)


def test_without_settings_nothing_ever_goes(scene: Scene) -> None:
    ids = scene.add(3)
    keeper = scene.keeper()
    scene.days(30, keeper)
    scene.clock.turn(DAY * 5000)
    scene.work(keeper)
    scene.days(3, keeper)
    assert scene.with_payload() == ids


@pytest.mark.promise("R15")
def test_an_age_is_exact_to_the_moment(scene: Scene) -> None:
    keeper = scene.keeper(transactions="10d", payloads="5d", interval_s=10)
    old = scene.add(2)
    scene.clock.turn(timedelta(seconds=1))
    young = scene.add(2)
    scene.days(4, keeper)
    assert scene.with_payload() == old + young
    _run_at(scene, keeper, START + 5 * DAY - timedelta(seconds=20))
    assert scene.with_payload() == old + young
    _run_at(scene, keeper, START + 5 * DAY + timedelta(seconds=0.5))
    assert scene.with_payload() == young, "five days to the second"
    assert scene.there() == old + young
    scene.days(4, keeper)
    _run_at(scene, keeper, START + 10 * DAY + timedelta(seconds=0.5))
    assert scene.there() == young


@pytest.mark.promise("R15")
def test_what_is_preserved_or_held_stays_and_goes_when_it_is_not_any_more(scene: Scene) -> None:
    ids = scene.add(5)
    keeper = scene.keeper(transactions="10d", payloads="1d")
    scene.store.preserve(ids[:1], Preserved(at=START, by="anna"))
    address = scene.store.newer(0)[1].client_address or ""
    held = Search(clients=(address,))
    hold = scene.control.add_hold("case", held, reason="", added_at=START, added_by="anna")
    scene.days(20, keeper)
    assert scene.with_payload() == ids[:2]
    scene.control.release_hold(hold.id, released_at=scene.clock.at, released_by="bert")
    scene.store.preserve(ids[:1], None)
    scene.days(1, keeper)
    assert scene.there() == []


@pytest.mark.promise("R15")
def test_a_hold_also_keeps_what_comes_later(scene: Scene) -> None:
    keeper = scene.keeper(transactions="2d")
    scene.control.add_hold(
        "web2", Search(sensors=("web2",)), reason="", added_at=START, added_by="anna"
    )
    scene.add(3)
    kept = scene.add(3, sensor="web2")
    scene.days(5, keeper)
    assert scene.there() == kept


@pytest.mark.promise("R15")
def test_a_hold_added_while_a_run_goes_on_counts_from_the_next_step(scene: Scene) -> None:
    scene.add(3000)
    keeper = scene.keeper(transactions="1d")
    scene.pass_days(2)
    scene.clock.turn(timedelta(seconds=6))
    while keeper.step() and len(scene.there()) == 3000:
        scene.clock.turn(timedelta(seconds=1))
    left = scene.there()
    assert 0 < len(left) < 3000
    scene.control.add_hold("all", Search(), reason="", added_at=START, added_by="anna")
    scene.work(keeper)
    assert scene.there() == left


def test_detected_ones_and_a_sensor_may_have_ages_of_their_own(scene: Scene) -> None:
    keeper = scene.keeper(
        transactions="10d",
        detected={"transactions": "2d"},
        sensors={"honeypot": {"transactions": "1d"}, "shop": {"transactions": "off"}},
    )
    blocked = scene.add(1, intercepted=True)
    scene.add(1, intercepted=False)
    unknown = scene.add(1)
    scene.add(1, sensor="honeypot", intercepted=True)
    shop = scene.add(1, sensor="shop", intercepted=False)
    scene.days(5, keeper)
    assert scene.there() == blocked + unknown + shop
    scene.days(6, keeper)
    assert scene.there() == shop


def test_only_one_of_two_keepers_works_and_the_other_goes_on_after_it(scene: Scene) -> None:
    scene.add(10)
    first, second = (scene.keeper(name, transactions="1d") for name in ("one", "two"))
    scene.clock.turn(timedelta(seconds=6))
    first.step()
    second.step()
    scene.days(2, first)
    assert scene.there() == []
    state = read_state(scene.control)
    assert state is not None
    assert state.node == "one"
    scene.work(second)
    assert read_state(scene.control) == msgspec.structs.replace(state)
    first.close()
    scene.work(second)
    state = read_state(scene.control)
    assert state is not None
    assert state.node == "two"


def test_the_run_of_a_killed_keeper_is_told_as_stopped_and_another_goes_on(scene: Scene) -> None:
    scene.add(3000)
    killed = scene.keeper("killed", transactions="1d")
    scene.pass_days(2)
    scene.clock.turn(timedelta(seconds=6))
    while killed.step() and len(scene.there()) == 3000:
        scene.clock.turn(timedelta(seconds=0.2))
    other = scene.keeper("other", transactions="1d", interval_s=10)
    scene.work(other)
    assert 0 < len(scene.there()) < 3000, "the lease is not over"
    scene.clock.turn(timedelta(seconds=61))
    scene.work(other)
    assert scene.there() == []
    assert [run.outcome for run in _runs(scene)] == [RunOutcome.DONE, RunOutcome.STOPPED]


def test_runs_come_every_interval_and_say_what_went(scene: Scene) -> None:
    keeper = scene.keeper(transactions="2d", payloads="1d", interval_s=24 * 3600)
    scene.add(3)
    scene.work(keeper)
    scene.days(3, keeper)
    runs = _runs(scene)
    assert 3 <= len(runs) <= 4
    assert sum(run.transactions for run in runs) == 3
    assert sum(run.payloads for run in runs) == 3
    assert {run.outcome for run in runs} == {RunOutcome.DONE}
    assert sum(run.raw_bytes for run in runs) == 3 * len(b"entry 1")


def test_somebody_may_ask_for_a_run_at_once(scene: Scene) -> None:
    keeper = scene.keeper(transactions="1d", interval_s=24 * 3600)
    scene.work(keeper)
    scene.add(1)
    scene.clock.turn(timedelta(hours=23))
    scene.add(1)
    scene.work(keeper)
    post_request(scene.control, RunRequest(at=scene.clock.at, by="anna"))
    scene.work(keeper)
    assert read_request(scene.control) is None
    assert _runs(scene)[0].cause is RunCause.REQUEST


@pytest.mark.promise("R15")
def test_a_clock_that_jumps_ahead_removes_nothing_and_nothing_when_it_comes_back(
    scene: Scene,
) -> None:
    keeper = scene.keeper(transactions="90d", interval_s=3600)
    ids = scene.add(5)
    scene.days(2, keeper)
    scene.clock.jump(3650 * DAY)
    scene.add(1)  # an entry that came meanwhile does not make the clock right
    for _ in range(20):
        scene.clock.turn(timedelta(hours=1))
        scene.work(keeper)
    assert scene.there()[:5] == ids
    state = read_state(scene.control)
    assert state is not None
    assert state.clock_doubted_since is not None
    assert state.clock_ahead_s > 3600 * 24 * 3600
    assert "clock" in _runs(scene)[0].note
    scene.clock.jump(-3650 * DAY)
    scene.days(2, keeper)
    assert scene.there()[:5] == ids
    state = read_state(scene.control)
    assert state is not None
    assert state.clock_doubted_since is None


@pytest.mark.promise("R15")
def test_after_a_day_the_clock_is_believed_and_at_once_if_somebody_says_so(scene: Scene) -> None:
    keeper = scene.keeper(transactions="90d")
    scene.add(5)
    scene.work(keeper)
    scene.clock.turn(100 * DAY)
    scene.work(keeper)
    assert len(scene.there()) == 5
    for _ in range(26):
        scene.clock.turn(timedelta(hours=1))
        scene.work(keeper)
    assert scene.there() == []
    scene.add(5)
    scene.clock.turn(100 * DAY)
    scene.work(keeper)
    assert len(scene.there()) == 5
    post_request(scene.control, RunRequest(at=scene.clock.at, by="anna", trusts_clock=True))
    scene.work(keeper)
    assert scene.there() == []


@pytest.mark.promise("R15")
def test_the_very_first_look_compares_the_clock_with_the_newest_transaction(scene: Scene) -> None:
    ids = scene.add(5)
    scene.clock.turn(500 * DAY)
    scene.work(scene.keeper(transactions="90d"))
    assert scene.there() == ids


class Disk:
    """Free space that shrinks with what is stored, and a file that may shrink."""

    def __init__(self, scene: Scene, *, of_one: int, free: int, can_shrink: bool = True) -> None:
        self._scene = scene
        self._of_one = of_one
        self._whole = free + len(scene.there()) * of_one
        self._file = len(scene.there()) * of_one
        self._can_shrink = can_shrink
        self.other = 0
        store: Any = scene.store
        store.room, store.give_back = self.room, self.give_back

    def room(self) -> StoreRoom:
        used = len(self._scene.there()) * self._of_one
        self._file = max(self._file, used)
        return StoreRoom(
            used_bytes=used,
            reusable_bytes=self._file - used,
            free_bytes=self._whole - self._file - self.other,
        )

    def give_back(self, limit_bytes: int) -> int:
        given = min(limit_bytes, self.room().reusable_bytes) if self._can_shrink else 0
        self._file -= given
        return given


def _sparse(scene: Scene, days: int = 10) -> list[int]:
    """100 transactions a day."""
    ids: list[int] = []
    for _ in range(days):
        ids += scene.add(100)
        scene.clock.turn(DAY + timedelta(minutes=1))
    return ids


@pytest.mark.promise("R15")
def test_a_disk_that_is_nearly_full_makes_the_oldest_go_until_there_is_room(scene: Scene) -> None:
    ids = _sparse(scene)
    scene.store.preserve(ids[:3], Preserved(at=START, by="anna"))
    disk = Disk(scene, of_one=GIB // 100, free=2 * GIB)
    keeper = scene.keeper(min_free_bytes=GIB)
    scene.work(keeper)
    assert scene.there() == ids
    disk.other = int(1.5 * GIB)
    scene.work(keeper)
    assert disk.room().free_bytes >= 1.25 * GIB  # type: ignore[operator]
    left = scene.there()
    assert left[:3] == ids[:3]
    assert left[3:] == ids[-len(left) + 3 :], "the oldest went"
    assert 800 < len(left) < 930
    scene.work(keeper)
    (run,) = _runs(scene, RunCause.EMERGENCY)
    assert (run.outcome, run.transactions) == (RunOutcome.DONE, 1000 - len(left))
    state = read_state(scene.control)
    assert state is not None
    assert not state.is_emergency


@pytest.mark.promise("R15")
def test_an_emergency_is_told_and_leaves_the_last_day_whatever_fills_the_disk(scene: Scene) -> None:
    ids = _sparse(scene, 3)
    disk = Disk(scene, of_one=1000, free=2 * GIB)
    keeper = scene.keeper(min_free_bytes=GIB)
    disk.other = 2 * GIB
    scene.work(keeper)
    assert scene.there() == ids[-100:]
    state = read_state(scene.control)
    assert state is not None
    assert state.is_emergency
    assert metrics.RETENTION_EMERGENCY._value.get() == 1
    assert "still too full" in _runs(scene, RunCause.EMERGENCY)[0].note


@pytest.mark.promise("R15")
def test_a_file_that_cannot_shrink_is_not_emptied_in_vain(scene: Scene) -> None:
    ids = _sparse(scene)
    disk = Disk(scene, of_one=GIB // 100, free=2 * GIB, can_shrink=False)
    disk.other = int(1.5 * GIB)
    scene.work(scene.keeper(min_free_bytes=GIB))
    assert len(ids) - len(scene.there()) < 220
    assert "cannot shrink" in _runs(scene, RunCause.EMERGENCY)[0].note


def test_an_emergency_does_not_end_in_a_run_every_few_seconds(scene: Scene) -> None:
    _sparse(scene, 3)
    disk = Disk(scene, of_one=1000, free=2 * GIB)
    disk.other = 2 * GIB
    keeper = scene.keeper(min_free_bytes=GIB)
    for _ in range(100):
        scene.work(keeper)
    assert 1 <= len(_runs(scene, RunCause.EMERGENCY)) <= 3


def test_a_store_over_its_size_loses_its_oldest_down_to_a_little_less(scene: Scene) -> None:
    ids = _sparse(scene)
    Disk(scene, of_one=1024 * 1024, free=50 * GIB)
    size = scene.store.size

    def measured() -> Any:
        return msgspec.structs.replace(size(), room=scene.store.room())

    scene.store.size = measured  # type: ignore[method-assign]
    scene.work(scene.keeper(max_store_bytes=500 * 1024 * 1024))
    assert scene.there() == ids[-475:]


def test_where_the_control_store_is_away_nothing_is_removed(scene: Scene) -> None:
    scene.add(500)
    keeper = scene.keeper(transactions="1d")
    scene.pass_days(2)
    scene.clock.turn(timedelta(seconds=6))
    assert keeper.step()

    def away() -> Any:
        raise Unavailable("store-unavailable", "away")

    control: Any = scene.control
    control.holds = away
    before = scene.there()
    scene.clock.turn(timedelta(seconds=1))
    keeper.step()
    scene.clock.turn(timedelta(seconds=1))
    keeper.step()
    assert scene.there() == before
    del control.holds
    scene.clock.turn(timedelta(minutes=6))
    scene.work(keeper)
    assert scene.there() == []


def test_a_store_that_fails_in_the_middle_is_tried_again(scene: Scene) -> None:
    scene.add(1000)
    keeper = scene.keeper(transactions="1d")
    scene.pass_days(2)
    real, left = scene.store.remove_transactions, [2]

    def failing(expired: Expired, **more: Any) -> RetentionStep:
        left[0] -= 1
        if left[0] == 0:
            raise Unavailable("store-unavailable", "away")
        return real(expired, **more)

    scene.store.remove_transactions = failing  # type: ignore[method-assign]
    scene.work(keeper)
    assert 0 < len(scene.there()) < 1000
    assert _runs(scene)[0].outcome is RunOutcome.FAILED
    scene.clock.turn(timedelta(minutes=6))
    scene.work(keeper)
    assert scene.there() == []


def test_closing_gives_the_lease_away_at_once(scene: Scene) -> None:
    keeper = scene.keeper()
    scene.work(keeper)
    now = scene.clock.at
    assert not scene.control.take_lease(LEASE, "other", now=now, until=now + DAY)
    keeper.close()
    assert scene.control.take_lease(LEASE, "other", now=now, until=now + DAY)


def test_one_measurement_a_day_is_remembered(scene: Scene) -> None:
    keeper: Keeper = scene.keeper()
    for _ in range(5):
        scene.add(10)
        scene.days(1, keeper)
    state = read_state(scene.control)
    assert state is not None
    assert len({one.at.date() for one in state.history}) == len(state.history) >= 5
