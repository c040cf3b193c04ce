"""A control store, people, and a clock that the test turns."""

from datetime import UTC, datetime, timedelta

import pytest

from bartizan.accounts.people import PeopleDesk
from bartizan.accounts.sessions import Sessions
from bartizan.store.control import ControlStore


class Clock:
    """Wall time and monotonic time, moved by hand."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
        self.monotonic_s = 1000.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.monotonic_s

    def turn(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.monotonic_s += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def people(control: ControlStore, clock: Clock) -> PeopleDesk:
    return PeopleDesk(control, clock.now)


@pytest.fixture
def sessions(control: ControlStore, clock: Clock) -> Sessions:
    return Sessions(control, idle_s=1800, lifetime_s=12 * 3600, now=clock.now)
