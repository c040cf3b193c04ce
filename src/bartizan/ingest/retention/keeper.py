"""Retention beside the worker: one small step whenever it is called and something is due.

Of all workers on one store the one that has the lease does it, so a second node does not remove the
same. It never raises: what goes wrong is told, and tried again later, so that storing entries never
waits for removing some. After a kill the lease runs out, and another one goes on.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from bartizan.domain.errors import BartizanError
from bartizan.domain.retention import (
    Measurement,
    RetentionClass,
    RetentionRun,
    RetentionState,
    RunCause,
    RunOutcome,
    StoreRoom,
    StoreSize,
)
from bartizan.ingest.retention.pace import Pace
from bartizan.ingest.retention.run import Run
from bartizan.ingest.retention.settings import RetentionSettings
from bartizan.ingest.retention.trusted_clock import ClockLook, TrustedClock
from bartizan.kit import clock, log, metrics
from bartizan.kit.clock import from_us
from bartizan.kit.ids import taken_at_us
from bartizan.store.contract import Store
from bartizan.store.control import ControlStore
from bartizan.store.retention_board import post_state, read_state, take_request

_log = log.get("retention")
LEASE: Final = "retention"
_LOOK_EVERY_S: Final = 5.0
# How often: as seldom as it takes to be a small share of the time.
_MEASURE_AT_MOST_S, _MEASURE_AT_LEAST_S, _MEASURE_SHARE = 10.0, 600.0, 500
_LEASE_FOR: Final = timedelta(seconds=60)
_PAUSE_AFTER_FAILURE_S: Final = 30.0
_AGAIN_AFTER: Final = timedelta(minutes=5)
_EMERGENCY_STEP_S: Final = 0.5
_EMERGENCY_MOST: Final = 5000
_RESCUE_AGAIN_S: Final = 600.0  # after one that could do no more
_HISTORY: Final = 120  # days


class _Task:
    """A run that goes on, and its steps still to come."""

    def __init__(self, run: Run, known: RetentionRun, steps: Iterator[None]) -> None:
        self.run = run
        self.known = known
        self.steps = steps


class Keeper:
    """For one thread. `holder` tells it from other processes, `node` is for people."""

    def __init__(
        self,
        store: Store,
        control: ControlStore,
        settings: RetentionSettings,
        *,
        holder: str,
        node: str,
        now: Callable[[], datetime] = clock.now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._control = control
        self._settings = settings
        self._holder = holder
        self._node = node
        self._now = now
        self._monotonic = monotonic
        self._trusted = TrustedClock(control)
        self._has_lease = False
        self._look_at = 0.0
        self._measure_at = 0.0
        self._rest_until = 0.0
        self._rescue_at = 0.0
        self._task: _Task | None = None
        self._state: RetentionState | None = None
        self._pace = Pace()

    @property
    def has_lease(self) -> bool:
        """As of the last look."""
        return self._has_lease

    @property
    def removed(self) -> int:
        """By the run that goes on."""
        return 0 if self._task is None else sum(self._task.run.tally.removed.values())

    def step(self) -> bool:
        """At most one step of the store. Whether there is more to be done soon."""
        moment = self._monotonic()
        if moment < self._rest_until:
            return self._task is not None
        try:
            if moment >= self._look_at:
                self._look_at = moment + _LOOK_EVERY_S
                self._look()
            if self._task is not None:
                self._go_on(self._task)
        except BartizanError as error:
            self._fail(error)
        return self._task is not None

    def close(self) -> None:
        """Let another one go on at once."""
        try:
            self._end(RunOutcome.STOPPED)
            if self._has_lease:
                self._control.drop_lease(LEASE, self._holder)
        except BartizanError as error:
            _log.warning("retention.lease.kept", code=error.code)
        self._has_lease = False

    def _go_on(self, task: _Task) -> None:
        try:
            next(task.steps)
        except StopIteration:
            self._end(RunOutcome.DONE)
        # As long a rest as the step took: the disk is the collector's too.
        self._rest_until = self._monotonic() + task.run.pace.took_s

    def _fail(self, error: BartizanError) -> None:
        _log.warning("retention.step.failed", code=error.code, reason=str(error))
        self._rest_until = self._monotonic() + _PAUSE_AFTER_FAILURE_S
        task, self._task = self._task, None
        if task is None:
            return
        metrics.RETENTION_RUNS.labels(RunOutcome.FAILED).inc()
        try:
            self._tell(task, RunOutcome.FAILED, str(error))
        except BartizanError as again:
            _log.warning("retention.run.untold", code=again.code)

    def _look(self) -> None:
        now = self._now()
        had_lease = self._has_lease
        self._has_lease = self._control.take_lease(
            LEASE, self._holder, now=now, until=now + _LEASE_FOR
        )
        if not self._has_lease:
            self._task = None  # whoever has it now has begun anew
            return
        if not had_lease:
            self._take_over(now)
        self._measure_if_due(now)
        room = self._store.room()
        look = self._trusted.look(now, self._newest_at())
        self._begin_what_is_due(now, room, look)
        if self._task is not None:
            self._control.update_retention_run(_progress(self._task))
        self._post(now, room, look)

    def _take_over(self, now: datetime) -> None:
        self._state = read_state(self._control)
        self._measure_at = 0.0
        for run in self._control.retention_runs(20):
            if run.outcome is RunOutcome.RUNNING:
                self._control.update_retention_run(
                    msgspec.structs.replace(run, outcome=RunOutcome.STOPPED, ended_at=now)
                )

    def _measure_if_due(self, now: datetime) -> None:
        if self._monotonic() < self._measure_at and self._state is not None:
            return
        began = self._monotonic()
        size = self._store.size()
        took_s = self._monotonic() - began
        rest_s = min(_MEASURE_AT_LEAST_S, max(_MEASURE_AT_MOST_S, took_s * _MEASURE_SHARE))
        self._measure_at = self._monotonic() + rest_s
        history = () if self._state is None else self._state.history
        self._state = RetentionState(
            node=self._node,
            looked_at=now,
            size=size,
            next_run_at=None,
            history=_with_today(history, now, size),
            is_emergency=self._state is not None and self._state.is_emergency,
            emergency_since=None if self._state is None else self._state.emergency_since,
        )

    def _begin_what_is_due(self, now: datetime, room: StoreRoom, look: ClockLook) -> None:
        if self._is_short(room) and self._monotonic() >= self._rescue_at:
            if self._task is None or self._task.known.cause is not RunCause.EMERGENCY:
                self._end(RunOutcome.STOPPED)
                pace = Pace(_EMERGENCY_STEP_S, _EMERGENCY_MOST)
                run = Run(self._store, self._control, self._settings, now=self._now, pace=pace)
                self._begin(run, RunCause.EMERGENCY, run.emergency())
            return
        if self._task is not None:
            return
        request = take_request(self._control)
        if request is not None and request.trusts_clock:
            self._trusted.trust(now)
        if request is not None or now >= self._next_run_at(now):
            believes = look.doubted_since is None or (request is not None and request.trusts_clock)
            run = Run(self._store, self._control, self._settings, now=self._now, pace=self._pace)
            cause = RunCause.SCHEDULE if request is None else RunCause.REQUEST
            self._begin(run, cause, run.regular(by_age=believes))

    def _begin(self, run: Run, cause: RunCause, steps: Iterator[None]) -> None:
        known = self._control.add_retention_run(cause, self._now())
        self._task = _Task(run, known, steps)
        if cause is RunCause.EMERGENCY:
            _log.error("retention.emergency", why="less of the disk is free than min_free_bytes")

    def _end(self, outcome: RunOutcome) -> None:
        task, self._task = self._task, None
        if task is None:
            return
        metrics.RETENTION_RUNS.labels(outcome).inc()
        self._tell(task, outcome, task.run.tally.note)
        self._measure_at = 0.0
        tally = task.run.tally
        if task.known.cause is RunCause.EMERGENCY and tally.note:
            self._rescue_at = self._monotonic() + _RESCUE_AGAIN_S
        tell = _log.info if tally.note or tally.is_anything else _log.debug
        if task.known.cause is RunCause.EMERGENCY:
            tell = _log.error
        tell(
            "retention.run.ended",
            cause=task.known.cause.value,
            outcome=outcome.value,
            note=tally.note or None,
            raw_bytes=tally.raw_bytes,
            given_back_bytes=tally.given_back_bytes,
            **{of.value: count for of, count in tally.removed.items()},
        )

    def _tell(self, task: _Task, outcome: RunOutcome, note: str) -> None:
        run = msgspec.structs.replace(
            _progress(task), outcome=outcome, note=note, ended_at=self._now()
        )
        self._control.update_retention_run(run)

    def _is_short(self, room: StoreRoom) -> bool:
        least = self._settings.min_free_bytes
        return bool(least) and room.free_bytes is not None and room.free_bytes < least

    def _next_run_at(self, now: datetime) -> datetime:
        """A run of the future is one that a wrong clock told of: it does not count."""
        regular = [
            run
            for run in self._control.retention_runs(20)
            if run.cause is not RunCause.EMERGENCY and run.began_at <= now
        ]
        if not regular:
            return now
        interval = timedelta(seconds=self._settings.interval_s)
        has_failed = regular[0].outcome is RunOutcome.FAILED
        return regular[0].began_at + (min(interval, _AGAIN_AFTER) if has_failed else interval)

    def _newest_at(self) -> datetime | None:
        newest = self._store.last_id()
        return from_us(taken_at_us(newest)) if newest else None

    def _post(self, now: datetime, room: StoreRoom, look: ClockLook) -> None:
        if self._state is None:
            return
        is_short = self._is_short(room)
        since = self._state.emergency_since if self._state.is_emergency else now
        self._state = msgspec.structs.replace(
            self._state,
            node=self._node,
            looked_at=now,
            size=msgspec.structs.replace(self._state.size, room=room),
            next_run_at=self._next_run_at(now),
            is_emergency=is_short,
            emergency_since=since if is_short else None,
            clock_doubted_since=look.doubted_since,
            clock_ahead_s=look.ahead_s,
        )
        post_state(self._control, self._state)
        _show(self._state, holds=len(self._control.holds()))


def _progress(task: _Task) -> RetentionRun:
    tally = task.run.tally
    return msgspec.structs.replace(
        task.known,
        payloads=tally.removed[RetentionClass.PAYLOADS],
        transactions=tally.removed[RetentionClass.TRANSACTIONS],
        statistics=tally.removed[RetentionClass.STATISTICS],
        raw_bytes=tally.raw_bytes,
        given_back_bytes=tally.given_back_bytes,
    )


def _with_today(
    history: Sequence[Measurement], now: datetime, size: StoreSize
) -> tuple[Measurement, ...]:
    """One a day: the last one of each."""
    before = [one for one in history if one.at.date() != now.date()]
    today = Measurement(at=now, used_bytes=size.room.used_bytes, free_bytes=size.room.free_bytes)
    return (*before[-_HISTORY + 1 :], today)


def _show(state: RetentionState, *, holds: int) -> None:
    room = state.size.room
    metrics.RETENTION_USED_BYTES.set(room.used_bytes)
    metrics.RETENTION_REUSABLE_BYTES.set(room.reusable_bytes)
    metrics.RETENTION_FREE_BYTES.set(-1 if room.free_bytes is None else room.free_bytes)
    metrics.RETENTION_EMERGENCY.set(int(state.is_emergency))
    metrics.RETENTION_CLOCK_DOUBTED.set(int(state.clock_doubted_since is not None))
    metrics.RETENTION_HOLDS.set(holds)
    metrics.RETENTION_LOOKED_AT.set(state.looked_at.timestamp())
