"""The sums of one sensor: minutes, hours, traits, defects, and when it was heard last."""

from typing import Any, Final

from bartizan.domain.sensor_health import (
    SensorActivity,
    SensorDefects,
    SensorTrait,
    Slice,
    Trait,
)
from bartizan.kit.clock import from_us, to_us
from bartizan.store import limits
from bartizan.store.contract import SensorCounts

_HOUR_US: Final = 3600 * 1_000_000
_MINUTE_US: Final = 60 * 1_000_000
_DAY_US: Final = 24 * _HOUR_US
_MINUTES_KEPT_US: Final = 2 * _DAY_US
_HOURS_KEPT_US: Final = 35 * _DAY_US
# transactions, with defects, timed, total of lags, least lag, most lag
_Slice = list[Any]
_NAMES: Final = (
    "transactions",
    "with_defects",
    "timed",
    "lag_total_ms",
    "lag_least_ms",
    "lag_most_ms",
)


class Sums:
    def __init__(self, sensor: str) -> None:
        self.sensor = sensor
        self.last_us: int | None = None
        self._minutes: dict[int, _Slice] = {}
        self._hours: dict[int, _Slice] = {}
        self._traits: dict[tuple[str, str], tuple[int, int]] = {}
        self._defects: dict[tuple[int, str], int] = {}

    @classmethod
    def read(cls, sensor: str, written: dict[str, Any]) -> "Sums":
        sums = cls(sensor)
        sums.last_us = written["last_us"]
        sums._minutes = {start: values for start, *values in written["minutes"]}
        sums._hours = {start: values for start, *values in written["hours"]}
        sums._traits = {(trait, value): (a, b) for trait, value, a, b in written["traits"]}
        sums._defects = {(day, code): count for day, code, count in written["defects"]}
        return sums

    @classmethod
    def of(cls, sensor: str, counts: SensorCounts) -> "Sums":
        sums = cls(sensor)
        last = counts.last_received_at
        sums.last_us = None if last is None else to_us(last)
        sums._minutes = {to_us(one.at): _slice(one) for one in counts.minutes}
        sums._hours = {to_us(one.at): _slice(one) for one in counts.hours}
        for trait in counts.traits:
            sums.see(
                trait.trait, trait.value, to_us(trait.first_seen_at), to_us(trait.last_seen_at)
            )
        for defect in counts.defects:
            sums.add_defects(to_us(defect.day), defect.code, defect.transactions)
        return sums

    def written(self) -> dict[str, Any]:
        return {
            "last_us": self.last_us,
            "minutes": [[start, *values] for start, values in sorted(self._minutes.items())],
            "hours": [[start, *values] for start, values in sorted(self._hours.items())],
            "traits": [[*key, *seen] for key, seen in sorted(self._traits.items())],
            "defects": [[*key, count] for key, count in sorted(self._defects.items())],
        }

    def hear(self, received_us: int) -> None:
        self.last_us = max(received_us, received_us if self.last_us is None else self.last_us)

    def add_minute(self, start_us: int, **values: int | None) -> None:
        added = [values[name] for name in _NAMES]
        _add(self._minutes, start_us, added)
        _add(self._hours, start_us - start_us % _HOUR_US, added)

    def see(self, trait: Trait, value: str, first_us: int, last_us: int) -> None:
        known = self._traits.get((trait.value, value), (first_us, last_us))
        self._traits[trait.value, value] = (min(known[0], first_us), max(known[1], last_us))

    def add_defects(self, day_us: int, code: str, transactions: int) -> None:
        self._defects[day_us, code] = self._defects.get((day_us, code), 0) + transactions

    def activity(self, slices: Slice) -> list[SensorActivity]:
        kept = self._minutes if slices is Slice.MINUTE else self._hours
        return [
            SensorActivity(
                sensor=self.sensor, at=from_us(start), **dict(zip(_NAMES, values, strict=True))
            )
            for start, values in kept.items()
        ]

    def newest_traits(self) -> list[SensorTrait]:
        """At most as many values as are kept: a sensor that invents them fills nothing."""
        found = []
        for trait in Trait:
            some = [(seen, key[1]) for key, seen in self._traits.items() if key[0] == trait.value]
            some.sort(key=lambda one: (one[0][1], one[1]), reverse=True)
            found += [
                SensorTrait(
                    sensor=self.sensor,
                    trait=trait,
                    value=value,
                    first_seen_at=from_us(first_us),
                    last_seen_at=from_us(last_us),
                )
                for (first_us, last_us), value in some[: limits.TRAIT_VALUES]
            ]
        return found

    def all_defects(self) -> list[SensorDefects]:
        return [
            SensorDefects(sensor=self.sensor, day=from_us(day), code=code, transactions=count)
            for (day, code), count in self._defects.items()
        ]

    def forget_old(self) -> None:
        """What is older than is kept, by the newest that was heard."""
        newest_us = self.last_us or 0
        self._minutes = _since(self._minutes, newest_us - _MINUTES_KEPT_US)
        self._hours = _since(self._hours, newest_us - _HOURS_KEPT_US)
        oldest_us = newest_us - _HOURS_KEPT_US
        self._defects = {key: n for key, n in self._defects.items() if key[0] >= oldest_us}
        kept = {(one.trait.value, one.value) for one in self.newest_traits()}
        self._traits = {key: seen for key, seen in self._traits.items() if key in kept}

    def remove_before(self, before_us: int, limit: int) -> int:
        """Remove at most `limit` slices that end before then; how many went."""
        room = limit
        for kept, old in (
            (self._minutes, [at for at in self._minutes if at + _MINUTE_US <= before_us]),
            (self._hours, [at for at in self._hours if at + _HOUR_US <= before_us]),
            (self._defects, [key for key in self._defects if key[0] + _DAY_US <= before_us]),
        ):
            room -= _remove(kept, old[: max(0, room)])
        return limit - room


def _remove(kept: dict[Any, Any], keys: list[Any]) -> int:
    for key in keys:
        del kept[key]
    return len(keys)


def _slice(one: SensorActivity) -> _Slice:
    return [getattr(one, name) for name in _NAMES]


def _since(slices: dict[int, _Slice], oldest_us: int) -> dict[int, _Slice]:
    return {start: values for start, values in slices.items() if start >= oldest_us}


def _add(slices: dict[int, _Slice], start_us: int, added: _Slice) -> None:
    known = slices.get(start_us)
    if known is None:
        slices[start_us] = list(added)
        return
    least = [lag for lag in (known[4], added[4]) if lag is not None]
    most = [lag for lag in (known[5], added[5]) if lag is not None]
    sums = [known[index] + added[index] for index in range(4)]
    slices[start_us] = [*sums, min(least, default=None), max(most, default=None)]
