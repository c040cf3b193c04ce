"""How far a new sensor is: connected, authenticated, accepted, decoded, stored.

Cheap enough to be asked every second: what the collector of this node wrote, the spool's counts of
dead letters, and the store's table of last receipts.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from bartizan.domain.clearance import Clearance
from bartizan.domain.errors import Refused
from bartizan.domain.sighting import Sighting, Sightings
from bartizan.query.questions import Questions
from bartizan.query.scoped import scoped
from bartizan.query.sensor_health import (
    Letters,
    is_refused_now,
    sightings_within,
    strangers,
)
from bartizan.query.sensor_views import Checklist, Step, StepState, StepView
from bartizan.query.sensors import Sensors
from bartizan.spool.contract import LetterKind

_JUST_NOW: Final = timedelta(minutes=15)
_NOBODY: Final = Sighting(sensor="")


class Checklists:
    """Blocking; thread-safe."""

    def __init__(
        self,
        sensors: Sensors,
        store: Questions,
        *,
        sightings: Callable[[], Sightings | None],
        letters: Letters,
        now: Callable[[], datetime],
    ) -> None:
        self._sensors = sensors
        self._store = store
        self._sightings = sightings
        self._letters = letters
        self._now = now

    def within(self, clearance: Clearance) -> "Checklists":
        """Strangers are nobody's in particular, so they are shown to those who see everything."""
        if clearance.is_full:
            return self
        return Checklists(
            self._sensors.within(clearance),
            scoped(self._store, clearance),
            sightings=lambda: sightings_within(self._sightings(), clearance),
            letters=self._letters,
            now=self._now,
        )

    def open(self, name: str) -> Checklist:
        """`Refused` (`no-such-sensor`)."""
        if name not in self._sensors.registered():
            raise Refused("no-such-sensor", "there is no sensor of this name", "name")
        seen = self._sightings()
        sensors = () if seen is None else seen.sensors
        sighting = next((one for one in sensors if one.sensor == name), _NOBODY)
        stored_at = self._store.last_seen().get(name)
        letters = [kind for kind in self._letters() or () if kind.sensor == name]
        now = self._now()
        return Checklist(
            sensor=name,
            steps=(
                *_at_the_door(sighting, stored_at),
                _decoded(stored_at, letters),
                _reached(Step.STORED, stored_at),
            ),
            strangers=strangers(seen, now - _JUST_NOW),
            is_collector_seen=seen is not None,
            server_time=now,
        )


def _at_the_door(seen: Sighting, stored_at: datetime | None) -> tuple[StepView, StepView, StepView]:
    """What the collector wrote may be a second old: no failure from before the last storing."""
    came = [
        (at, peer)
        for at, peer in (
            (seen.accepted_at, seen.accepted_from),
            (seen.turned_away_at, seen.turned_away_from),
            (seen.refused_at, seen.refused_from),
        )
        if at is not None
    ]
    at, peer = max(came, default=(None, None), key=lambda one: one[0])
    return (
        _reached(Step.CONNECTED, at, peer),
        _authenticated(seen, stored_at),
        _accepted(seen, stored_at),
    )


def _is_news(failed_at: datetime | None, stored_at: datetime | None) -> bool:
    return failed_at is not None and (stored_at is None or failed_at > stored_at)


def _authenticated(seen: Sighting, stored_at: datetime | None) -> StepView:
    is_news = _is_news(seen.refused_at, stored_at)
    if is_news and is_refused_now(seen) and seen.refusal is not None:
        return StepView(
            step=Step.AUTHENTICATED,
            state=StepState.FAILED,
            at=seen.refused_at,
            peer=seen.refused_from,
            reason=seen.refusal.value,
        )
    at, peer = seen.accepted_at, seen.accepted_from
    if at is None:
        at, peer = seen.turned_away_at, seen.turned_away_from
    return _reached(Step.AUTHENTICATED, at, peer)


def _accepted(seen: Sighting, stored_at: datetime | None) -> StepView:
    is_news = _is_news(seen.turned_away_at, stored_at)
    if is_news and seen.accepted_at is None and seen.verdict is not None:
        return StepView(
            step=Step.ACCEPTED,
            state=StepState.FAILED,
            at=seen.turned_away_at,
            peer=seen.turned_away_from,
            reason=seen.verdict.value,
        )
    return _reached(Step.ACCEPTED, seen.accepted_at, seen.accepted_from)


def _decoded(stored_at: datetime | None, letters: Sequence[LetterKind]) -> StepView:
    """What is stored was decoded. Before anything is, a dead letter tells what is wrong."""
    if stored_at is None and letters:
        return StepView(step=Step.DECODED, state=StepState.FAILED, reason=letters[0].code)
    return _reached(Step.DECODED, stored_at)


def _reached(step: Step, at: datetime | None, peer: str | None = None) -> StepView:
    state = StepState.WAITING if at is None else StepState.DONE
    return StepView(step=step, state=state, at=at, peer=peer)
