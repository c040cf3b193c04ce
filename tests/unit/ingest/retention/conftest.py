"""A store whose ids, and a keeper whose days, are told by a clock that the test turns."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bartizan.domain.delivery import Record
from bartizan.domain.transaction import Endpoint, Format, Transaction
from bartizan.ingest.retention.keeper import Keeper
from bartizan.ingest.retention.settings import RetentionSettings
from bartizan.ingest.retention.trusted_clock import TrustedClock
from bartizan.kit.clock import to_us
from bartizan.store.control import ControlStore
from bartizan.store.memory import MemoryStore
from bartizan.store.registry import open_control, upgrade_control

START = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    """Wall time and monotonic time, moved by hand."""

    def __init__(self) -> None:
        self.at = START
        self.monotonic_s = 1000.0

    def now(self) -> datetime:
        return self.at

    def now_us(self) -> int:
        return to_us(self.at)

    def monotonic(self) -> float:
        return self.monotonic_s

    def turn(self, span: timedelta) -> None:
        self.at += span
        self.monotonic_s += span.total_seconds()

    def jump(self, span: timedelta) -> None:
        """As somebody sets it: no time passes."""
        self.at += span


class Scene:
    """One store, one control store, and keepers of them."""

    def __init__(self, control: ControlStore, store: MemoryStore, clock: Clock) -> None:
        self.control = control
        self.store = store
        self.clock = clock
        self._count = 0

    def keeper(self, holder: str = "one", **settings: Any) -> Keeper:
        return Keeper(
            self.store,
            self.control,
            RetentionSettings(**{"interval_s": 3600} | settings),
            holder=holder,
            node=holder,
            now=self.clock.now,
            monotonic=self.clock.monotonic,
        )

    def add(self, count: int = 1, **facts: Any) -> list[int]:
        """Transactions stored now."""
        sensor = facts.pop("sensor", "web1")
        records = []
        for _ in range(count):
            self._count += 1
            raw = b"entry %d" % self._count
            records.append(
                Record(
                    sensor=sensor,
                    received_at_us=self.clock.now_us(),
                    digest=hashlib.sha256(raw).digest(),
                    raw=raw,
                    transaction=Transaction(
                        format=Format.ERROR_LOG,
                        occurred_at=self.clock.at,
                        client=Endpoint(address=f"192.0.2.{self._count % 250}"),
                        **facts,
                    ),
                )
            )
        return list(self.store.append(records).ids)

    def days(self, days: int, keeper: Keeper | None = None) -> None:
        """Let time pass as it does where a keeper looks all the time."""
        for _ in range(days * 4):
            self.clock.turn(timedelta(hours=6))
            if keeper is not None:
                self.work(keeper)

    def pass_days(self, days: int) -> None:
        """Time passes, and whoever looks later believes it."""
        self.clock.turn(timedelta(days=days))
        TrustedClock(self.control).trust(self.clock.at)

    def work(self, keeper: Keeper, most: int = 10_000) -> int:
        """Steps until there is nothing to do; how many it took."""
        self.clock.turn(timedelta(seconds=6))
        for done in range(most):
            if not keeper.step():
                return done
            self.clock.turn(timedelta(seconds=0.1))
        raise AssertionError("there is no end to it")

    def there(self) -> list[int]:
        return [row.id for row in self.store.newer(0, limit=100_000)]

    def with_payload(self) -> list[int]:
        return [number for number in self.there() if self.store.raw(number) is not None]


@pytest.fixture
def control(tmp_path: Path) -> Iterator[ControlStore]:
    url = f"sqlite:///{tmp_path}/control.sqlite"
    upgrade_control(url)
    opened = open_control(url)
    yield opened
    opened.close()


@pytest.fixture
def scene(control: ControlStore) -> Scene:
    clock = Clock()
    return Scene(control, MemoryStore(clock.now_us), clock)
