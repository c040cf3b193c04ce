"""How the sensors do: who sends, who stopped, whose clock is off, what they are.

Answered from the store's counts by minute and hour, never from transactions. A sensor is silent
when it missed about as many entries as can hardly be chance: twenty at its usual rate, but never
before a quarter of an hour and always after three days.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from bartizan.domain.clearance import Clearance
from bartizan.domain.errors import Refused
from bartizan.domain.sensor import SecretKind, Sensor
from bartizan.domain.sensor_health import (
    SensorActivity,
    SensorTrait,
    Slice,
    Trait,
)
from bartizan.domain.sighting import Sighting, Sightings, Stranger
from bartizan.kit.clock import from_us
from bartizan.kit.struct import Struct
from bartizan.query.questions import Questions
from bartizan.query.scoped import scoped
from bartizan.query.sensor_views import (
    ClockState,
    CountedReason,
    HourCount,
    Lag,
    RefusalView,
    SensorDetail,
    SensorHealth,
    SensorHealthList,
    SensorSettings,
    SensorState,
    StrangerView,
    TraitView,
    TurnedAway,
)
from bartizan.query.sensors import Sensors
from bartizan.query.views import PositionKind
from bartizan.spool.contract import LetterKind

MINUTES: Final = 60
_WEEK: Final = timedelta(days=7)
_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)
_ENOUGH_TO_TELL: Final = timedelta(hours=2)
_MISSED: Final = 20
_SILENT_AT_FIRST: Final = timedelta(minutes=15)
_SILENT_AT_LAST: Final = timedelta(days=3)
_AHEAD_MS: Final = 2_000
_BEHIND_MS: Final = 15 * 60 * 1000
_LATELY: Final = timedelta(days=1)

Letters = Callable[[], Sequence[LetterKind] | None]


class _Known(Struct, frozen=True, kw_only=True):
    """What the store, the spool and the collector tell about one sensor."""

    last_entry_at: datetime | None
    minutes: Sequence[SensorActivity]
    hours: Sequence[SensorActivity]
    traits: Sequence[SensorTrait]
    letters: int | None
    seen: Sighting | None


class SensorsHealth:
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
        """What this node's collector and spool tell; None where this console cannot see them."""
        self._sensors = sensors
        self._store = store
        self._sightings = sightings
        self._letters = letters
        self._now = now

    def within(self, clearance: Clearance) -> "SensorsHealth":
        """Strangers are nobody's in particular, so they are shown to those who see everything."""
        if clearance.is_full:
            return self
        return SensorsHealth(
            self._sensors.within(clearance),
            scoped(self._store, clearance),
            sightings=lambda: sightings_within(self._sightings(), clearance),
            letters=self._letters,
            now=self._now,
        )

    def list(self) -> SensorHealthList:
        """All registered sensors, by name."""
        seen = self._sightings()
        registered = self._sensors.registered()
        return SensorHealthList(
            sensors=tuple(self._healths(registered.values(), seen)),
            strangers=strangers(seen, self._now() - _LATELY),
            collector_seen_at=None if seen is None else seen.seen_at,
        )

    def open(self, name: str) -> SensorDetail:
        """Everything about one sensor; `Refused` (`no-such-sensor`)."""
        sensor = self._sensors.registered().get(name)
        if sensor is None:
            raise Refused("no-such-sensor", "there is no sensor of this name", "name")
        now = self._now()
        (health,) = self._healths([sensor], self._sightings())
        hours = self._store.sensor_activity(now - _WEEK, Slice.HOUR, sensor=name)
        return SensorDetail(
            settings=settings_of(sensor),
            health=health,
            traits=tuple(_trait(one) for one in self._store.sensor_traits(sensor=name)),
            defects=self._defects(name, now),
            dead_letters=tuple(
                CountedReason(code=kind.code, count=kind.letters, last_at=from_us(kind.last_at_us))
                for kind in self._letters() or ()
                if kind.sensor == name
            ),
            hours=tuple(HourCount(at=one.at, transactions=one.transactions) for one in hours),
        )

    def _healths(self, sensors: Iterable[Sensor], seen: Sightings | None) -> Iterable[SensorHealth]:
        """With one question of each kind to the store, however many sensors."""
        asked = sorted(sensors, key=lambda sensor: sensor.name)
        only = asked[0].name if len(asked) == 1 else None
        now = self._now()
        last_seen = self._store.last_seen()
        minutes = _by_sensor(self._store.sensor_activity(now - _HOUR, Slice.MINUTE, sensor=only))
        hours = _by_sensor(self._store.sensor_activity(now - _WEEK, Slice.HOUR, sensor=only))
        traits: dict[str, list[SensorTrait]] = defaultdict(list)
        for trait in self._store.sensor_traits(sensor=only):
            traits[trait.sensor].append(trait)
        letters = _letters_by_sensor(self._letters())
        sightings = {} if seen is None else {one.sensor: one for one in seen.sensors}
        for sensor in asked:
            name = sensor.name
            known = _Known(
                last_entry_at=last_seen.get(name),
                minutes=minutes.get(name, ()),
                hours=hours.get(name, ()),
                traits=traits.get(name, ()),
                letters=None if letters is None else letters.get(name, 0),
                seen=sightings.get(name),
            )
            yield _health(sensor, known, now)

    def _defects(self, name: str, now: datetime) -> tuple[CountedReason, ...]:
        counted: dict[str, tuple[int, datetime]] = {}
        for one in self._store.sensor_defects(now - _WEEK, sensor=name):
            count, _ = counted.get(one.code, (0, one.day))
            counted[one.code] = (count + one.transactions, one.day)
        return tuple(
            CountedReason(code=code, count=count, last_at=day)
            for code, (count, day) in sorted(counted.items(), key=lambda item: -item[1][0])
        )


def _by_sensor(slices: Iterable[SensorActivity]) -> Mapping[str, Sequence[SensorActivity]]:
    found: dict[str, list[SensorActivity]] = defaultdict(list)
    for one in slices:
        found[one.sensor].append(one)
    return found


def _letters_by_sensor(kinds: Sequence[LetterKind] | None) -> Mapping[str, int] | None:
    if kinds is None:
        return None
    letters: dict[str, int] = defaultdict(int)
    for kind in kinds:
        letters[kind.sensor] += kind.letters
    return letters


def _health(sensor: Sensor, known: _Known, now: datetime) -> SensorHealth:
    usual = usual_per_hour(known.hours, now)
    lag = _lag(known.minutes)
    day = [one for one in known.hours if one.at > now - _DAY]
    return SensorHealth(
        name=sensor.name,
        label=sensor.label,
        is_demo=sensor.is_demo,
        state=_state(sensor, known.last_entry_at, usual, now),
        last_entry_at=known.last_entry_at,
        per_minute=_per_minute(known.minutes, now),
        usual_per_hour=None if usual is None else round(usual, 2),
        transactions=sum(one.transactions for one in day),
        with_defects=sum(one.with_defects for one in day),
        lag=lag,
        clock=_clock(lag),
        formats=tuple(one.value for one in known.traits if one.trait is Trait.FORMAT),
        producer=_latest(known.traits, Trait.PRODUCER),
        ruleset=_latest(known.traits, Trait.RULESET),
        dead_letters=known.letters,
        refusal=_refusal(known.seen),
        turned_away=_turned_away(known.seen),
    )


def usual_per_hour(hours: Sequence[SensorActivity], now: datetime) -> float | None:
    """The mean of the last seven days, or since its first entry in them if that is less.

    None in the first two hours, which say little.
    """
    if not hours or now - hours[0].at < _ENOUGH_TO_TELL:
        return None
    since = max(hours[0].at, now - _WEEK)
    return sum(one.transactions for one in hours) / ((now - since) / _HOUR)


def _state(
    sensor: Sensor, last_entry_at: datetime | None, usual: float | None, now: datetime
) -> SensorState:
    if not sensor.is_enabled:
        return SensorState.DISABLED
    if last_entry_at is None:
        return SensorState.WAITING
    is_silent = now - last_entry_at > silent_after(usual)
    return SensorState.SILENT if is_silent else SensorState.SENDING


def silent_after(usual: float | None) -> timedelta:
    """How long a sensor of that usual rate (per hour) may send nothing without being called silent.

    >>> str(silent_after(600.0)), str(silent_after(10.0)), str(silent_after(0.01))
    ('0:15:00', '2:00:00', '3 days, 0:00:00')
    """
    if usual is None or usual <= 0:
        return _SILENT_AT_LAST
    hours = min(_MISSED / usual, _SILENT_AT_LAST / _HOUR)
    return max(hours * _HOUR, _SILENT_AT_FIRST)


def _per_minute(minutes: Sequence[SensorActivity], now: datetime) -> tuple[int, ...]:
    """Sixty counts; the last is of the minute that has begun."""
    this_minute = now.replace(second=0, microsecond=0)
    counts = [0] * MINUTES
    for one in minutes:
        place = MINUTES - 1 - (this_minute - one.at) // timedelta(minutes=1)
        if 0 <= place < MINUTES:
            counts[place] += one.transactions
    return tuple(counts)


def _lag(minutes: Sequence[SensorActivity]) -> Lag | None:
    timed = [one for one in minutes if one.lag_least_ms is not None and one.lag_most_ms is not None]
    if not timed:
        return None
    return Lag(
        mean_ms=sum(one.lag_total_ms for one in timed) // sum(one.timed for one in timed),
        least_ms=min(one.lag_least_ms or 0 for one in timed),
        most_ms=max(one.lag_most_ms or 0 for one in timed),
    )


def _clock(lag: Lag | None) -> ClockState:
    """The entry with the least lag tells most: delivery can only add to it."""
    if lag is None:
        return ClockState.UNKNOWN
    if lag.least_ms < -_AHEAD_MS:
        return ClockState.AHEAD
    return ClockState.BEHIND if lag.least_ms > _BEHIND_MS else ClockState.RIGHT


def _latest(traits: Sequence[SensorTrait], wanted: Trait) -> str | None:
    return next((one.value for one in traits if one.trait is wanted), None)


def _trait(one: SensorTrait) -> TraitView:
    return TraitView(
        trait=one.trait.value,
        value=one.value,
        first_seen_at=one.first_seen_at,
        last_seen_at=one.last_seen_at,
    )


def last_success(seen: Sighting) -> datetime | None:
    """When the sensor last proved who it is."""
    times = [at for at in (seen.accepted_at, seen.turned_away_at) if at is not None]
    return max(times, default=None)


def is_refused_now(seen: Sighting) -> bool:
    """Whether the last who claimed to be the sensor was not believed."""
    success = last_success(seen)
    return seen.refused_at is not None and (success is None or seen.refused_at > success)


def _refusal(seen: Sighting | None) -> RefusalView | None:
    if seen is None or seen.refused_at is None or seen.refusal is None or not is_refused_now(seen):
        return None
    return RefusalView(
        reason=seen.refusal, at=seen.refused_at, peer=seen.refused_from, count=seen.refused
    )


def _turned_away(seen: Sighting | None) -> TurnedAway | None:
    if seen is None or seen.turned_away_at is None or seen.verdict is None:
        return None
    return TurnedAway(
        verdict=seen.verdict,
        at=seen.turned_away_at,
        peer=seen.turned_away_from,
        count=seen.turned_away,
    )


def sightings_within(seen: Sightings | None, clearance: Clearance) -> Sightings | None:
    if seen is None or not clearance.scopes:
        return seen
    return msgspec.structs.replace(seen, strangers=())


def strangers(seen: Sightings | None, since: datetime) -> tuple[StrangerView, ...]:
    found: tuple[Stranger, ...] = () if seen is None else seen.strangers
    return tuple(
        StrangerView(
            name=one.name,
            reason=one.refusal,
            peer=one.peer,
            first_seen_at=one.first_seen_at,
            last_seen_at=one.last_seen_at,
            count=one.count,
        )
        for one in found
        if one.last_seen_at >= since
    )


def settings_of(sensor: Sensor) -> SensorSettings:
    is_set = sensor.latitude is not None and sensor.longitude is not None
    return SensorSettings(
        name=sensor.name,
        label=sensor.label,
        latitude=sensor.latitude,
        longitude=sensor.longitude,
        position=PositionKind.SET if is_set else PositionKind.ASSUMED,
        zone=sensor.zone,
        allowed_sources=sensor.allowed_sources,
        trusted_proxies=sensor.trusted_proxies,
        is_demo=sensor.is_demo,
        is_enabled=sensor.is_enabled,
        has_generated_secret=sensor.secret_kind is SecretKind.SHA256,
        created_at=sensor.created_at,
        rotated_at=sensor.rotated_at,
    )
