"""Holds, leases and runs in the control store, over every database."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from bartizan.domain.errors import Refused
from bartizan.domain.retention import RunCause, RunOutcome
from bartizan.domain.search import Search
from bartizan.store.control import ControlStore
from tests.contract.records import HOSTILE, NOON, searches

HOUR = timedelta(hours=1)


def _add(control: ControlStore, name: str, search: Search = Search()) -> int:  # noqa: B008
    return control.add_hold(name, search, reason="case", added_at=NOON, added_by="anna").id


def test_a_hold_comes_back_as_it_was_added(control: ControlStore) -> None:
    search = Search(clients=("192.0.2.0/24",), since=NOON, intercepted=True, rule_ids=(1, 2))
    reason = " ".join(HOSTILE).replace("\x00", "")
    hold = control.add_hold("a 17", search, reason=reason, added_at=NOON, added_by="O'Neill")
    assert control.holds() == (hold,)
    assert (hold.name, hold.search, hold.reason) == ("a 17", search, reason)
    assert (hold.added_at, hold.added_by, hold.released_at) == (NOON, "O'Neill", None)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(search=searches)
def test_any_search_can_be_held(control: ControlStore, search: Search) -> None:
    number = _add(control, "any", search)
    assert [hold.search for hold in control.holds()] == [search]
    control.release_hold(number, released_at=NOON, released_by="anna")


def test_a_released_hold_is_remembered_and_its_name_is_free_again(control: ControlStore) -> None:
    number = _add(control, "a")
    with pytest.raises(Refused) as caught:
        _add(control, "a")
    assert caught.value.code == "name-taken"
    released = control.release_hold(number, released_at=NOON + HOUR, released_by="bert")
    assert (released.released_at, released.released_by) == (NOON + HOUR, "bert")
    assert control.holds() == ()
    assert control.released_holds(10) == (released,)
    assert _add(control, "a") != number
    for gone in (number, 10_000):
        with pytest.raises(Refused) as caught:
            control.release_hold(gone, released_at=NOON, released_by="bert")
        assert caught.value.code == "no-such-hold"


def test_of_two_holds_of_one_name_at_once_one_is_added(control: ControlStore) -> None:
    together = threading.Barrier(2)

    def add(_: int) -> str:
        together.wait(10)
        try:
            _add(control, "a")
        except Refused as error:
            return error.code
        return "added"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(add, range(2))) == ["added", "name-taken"]


def test_a_lease_has_one_holder_until_it_is_over_or_dropped(control: ControlStore) -> None:
    def take(holder: str, after: timedelta = timedelta()) -> bool:
        now = NOON + after
        return control.take_lease("retention", holder, now=now, until=now + HOUR)

    assert take("one")
    assert not take("two")
    assert take("one"), "it may be kept longer"
    assert take("one"), "also by exactly nothing"
    assert not take("two", HOUR - timedelta(seconds=1))
    assert take("two", HOUR)
    assert not take("one", HOUR)
    control.drop_lease("retention", "one")
    assert not take("one", HOUR), "it was not its own"
    control.drop_lease("retention", "two")
    assert take("one", HOUR)
    assert control.take_lease("other", "two", now=NOON, until=NOON + HOUR)


def test_of_many_who_want_a_lease_at_once_one_has_it(control: ControlStore) -> None:
    together = threading.Barrier(4)

    def take(number: int) -> bool:
        together.wait(10)
        return control.take_lease("r", f"node {number}", now=NOON, until=NOON + HOUR)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(take, range(4))) == [False, False, False, True]


def test_runs_are_told_newest_first_and_of_very_many_the_newest(control: ControlStore) -> None:
    first = control.add_retention_run(RunCause.SCHEDULE, NOON)
    assert control.retention_runs(5) == (first,)
    done = msgspec.structs.replace(
        first,
        outcome=RunOutcome.DONE,
        ended_at=NOON + HOUR,
        transactions=2**40,
        payloads=3,
        statistics=4,
        raw_bytes=2**50,
        given_back_bytes=6,
        note="x" * 10,
    )
    control.update_retention_run(done)
    second = control.add_retention_run(RunCause.EMERGENCY, NOON + HOUR)
    assert control.retention_runs(5) == (second, done)
    assert control.retention_runs(1) == (second,)
    control.update_retention_run(msgspec.structs.replace(done, id=10_000))
    for _ in range(510):
        control.add_retention_run(RunCause.REQUEST, NOON)
    assert len(control.retention_runs(1000)) == 500
