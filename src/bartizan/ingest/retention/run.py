"""One run: everything whose time is over, and what is too much, a small step at a time.

Between two steps anything may happen, a kill too: each step is one transaction of the store, and
the next run begins with whatever is the oldest then. Holds are looked at before each step; where
they cannot be looked at, nothing is removed.
"""

import math
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from bartizan.domain.retention import RetentionClass, StoreRoom
from bartizan.domain.search import Search
from bartizan.ingest.retention.pace import Pace
from bartizan.ingest.retention.policy import Rule, rules, statistics_before
from bartizan.ingest.retention.settings import RetentionSettings
from bartizan.kit import metrics
from bartizan.kit.clock import from_us, to_us
from bartizan.kit.ids import first_id_at, taken_at_us
from bartizan.store.contract import Expired, RetentionStep, Store
from bartizan.store.control import ControlStore

_GREATEST_ID: Final = 2**63 - 1
_SIZE_TARGET: Final = 0.95  # of `max_store_bytes`, so that not every run has to remove a little
_FREE_TARGET: Final = 1.25  # of `min_free_bytes`
_EMERGENCY_SPARES: Final = timedelta(days=1)
_STATISTICS_AT_ONCE: Final = 500
_GIVEN_BACK_AT_ONCE: Final = 4 * 1024 * 1024
_WORTH_GIVING_BACK: Final = 0.25  # of the file, which is less than a run with ages leaves free
_LEAST_WORTH_GIVING_BACK: Final = 64 * 1024 * 1024


class Tally:
    """What a run has removed so far, and a sentence about what it could not."""

    def __init__(self) -> None:
        self.removed = dict.fromkeys(RetentionClass, 0)
        self.raw_bytes = 0
        self.given_back_bytes = 0
        self.note = ""

    @property
    def is_anything(self) -> bool:
        return self.given_back_bytes > 0 or any(self.removed.values())

    def count(self, of: RetentionClass, step: RetentionStep) -> None:
        self.removed[of] += step.removed
        metrics.RETENTION_REMOVED.labels(of).inc(step.removed)
        self.raw_bytes += step.raw_bytes


class Run:
    """Each generator does one step of the store between two of its values."""

    def __init__(
        self,
        store: Store,
        control: ControlStore,
        settings: RetentionSettings,
        *,
        now: Callable[[], datetime],
        pace: Pace | None = None,
    ) -> None:
        self._store = store
        self._control = control
        self._settings = settings
        self._now = now
        self.pace = pace or Pace()
        self.tally = Tally()

    def regular(self, *, by_age: bool = True) -> Iterator[None]:
        """By age, if the clock is believed; then by size."""
        now = self._now()
        if by_age:
            for rule in rules(self._settings):
                yield from self._by_rule(rule, now)
            yield from self._statistics(now)
        else:
            self.tally.note = "the clock jumped ahead, so nothing was removed for its age"
        yield from self._by_size()
        yield from self._give_back()

    def emergency(self) -> Iterator[None]:
        """The oldest transactions, until enough of the disk is free again.

        What was stored in the day before the newest stays: if that is not enough, something else
        fills the disk, and removing more would not help.
        """
        target = self._settings.min_free_bytes * _FREE_TARGET
        before_id = self._spared_from()
        position = 0
        while True:
            room = self._store.room()
            if room.free_bytes is None or room.free_bytes >= target:
                return
            if room.reusable_bytes:
                given = self._store.give_back(_GIVEN_BACK_AT_ONCE * 4)
                self.tally.given_back_bytes += given
                yield
                if given:
                    continue
            if room.free_bytes + room.reusable_bytes >= target:
                self.tally.note = (
                    "room was made inside the database file, which cannot shrink:"
                    " see `bartizan retention compact`"
                )
                return
            step = self._step(Expired(before_id=before_id), RetentionClass.TRANSACTIONS, position)
            position = step.position
            yield
            if not step.looked_at:
                self.tally.note = (
                    "the disk is still too full, and what is left is of the last day or protected"
                )
                return

    def _by_rule(self, rule: Rule, now: datetime) -> Iterator[None]:
        expired = rule.expired(now, ())
        position = 0
        while expired is not None:
            step = self._step(expired, rule.of, position)
            position = step.position
            yield
            if not step.looked_at:
                return

    def _statistics(self, now: datetime) -> Iterator[None]:
        before = statistics_before(self._settings, now)
        while before is not None:
            removed = self._store.remove_statistics(before, limit=_STATISTICS_AT_ONCE)
            self.tally.removed[RetentionClass.STATISTICS] += removed
            metrics.RETENTION_REMOVED.labels(RetentionClass.STATISTICS).inc(removed)
            yield
            if not removed:
                return

    def _by_size(self) -> Iterator[None]:
        """As many as are too many, told once from what one takes: sizes settle with a delay."""
        excess = excess_transactions(self._store, self._settings)
        position = 0
        while excess > 0:
            expired = Expired(before_id=_GREATEST_ID)
            step = self._step(expired, RetentionClass.TRANSACTIONS, position, most=excess)
            position = step.position
            excess -= step.removed
            yield
            if not step.looked_at:
                self.tally.note = "the store is over its size, and what is left is protected"
                return

    def _give_back(self) -> Iterator[None]:
        """What is free in the file, if it is so much that what comes next will not fill it soon."""
        while _is_worth_giving_back(self._store.room()):
            given = self._store.give_back(_GIVEN_BACK_AT_ONCE)
            self.tally.given_back_bytes += given
            yield
            if not given:
                return

    def _step(
        self, expired: Expired, of: RetentionClass, after_id: int, *, most: int = _GREATEST_ID
    ) -> RetentionStep:
        held: tuple[Search, ...] = tuple(hold.search for hold in self._control.holds())
        kept = Expired(
            before_id=expired.before_id, search=expired.search, kept=(*expired.kept, *held)
        )
        with self.pace.step() as size:
            limit = min(size, most)
            if of is RetentionClass.PAYLOADS:
                step = self._store.forget_payloads(
                    kept, after_id=after_id, limit=limit, at=self._now()
                )
            else:
                step = self._store.remove_transactions(kept, after_id=after_id, limit=limit)
        self.tally.count(of, step)
        return step

    def _spared_from(self) -> int:
        newest = from_us(taken_at_us(self._store.last_id()))
        return first_id_at(to_us(newest - _EMERGENCY_SPARES))


def excess_transactions(store: Store, settings: RetentionSettings) -> int:
    """How many of the oldest have to go for the store to be well within its size."""
    most = settings.max_store_bytes
    if most is None or store.room().used_bytes <= most:
        return 0
    size = store.size()
    if not size.transactions:
        return 0
    of_one = size.room.used_bytes / size.transactions
    return math.ceil((size.room.used_bytes - most * _SIZE_TARGET) / of_one)


def _is_worth_giving_back(room: StoreRoom) -> bool:
    whole = room.used_bytes + room.reusable_bytes
    return room.reusable_bytes > max(_LEAST_WORTH_GIVING_BACK, whole * _WORTH_GIVING_BACK)
