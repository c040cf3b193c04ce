"""A control store, people, and a clock that the test turns."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bartizan.accounts.people import PeopleDesk
from bartizan.accounts.sessions import Sessions
from bartizan.store.control import ControlStore
from bartizan.store.registry import open_control, upgrade_control


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
def people_control(tmp_path: Path) -> Iterator[ControlStore]:
    url = f"sqlite:///{tmp_path / 'control.sqlite'}"
    upgrade_control(url)
    opened = open_control(url)
    yield opened
    opened.close()


@pytest.fixture
def people(people_control: ControlStore, clock: Clock) -> PeopleDesk:
    return PeopleDesk(people_control, clock.now)


@pytest.fixture
def sessions(people_control: ControlStore, clock: Clock) -> Sessions:
    return Sessions(people_control, idle_s=1800, lifetime_s=12 * 3600, now=clock.now)
