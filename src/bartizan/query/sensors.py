"""The sensors as the console shows them, and which of them are demo."""

import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import msgspec

from bartizan.domain.clearance import Clearance
from bartizan.domain.search import Facet, Search
from bartizan.domain.sensor import Sensor
from bartizan.kit import clock
from bartizan.query.questions import Questions
from bartizan.query.scoped import scoped
from bartizan.query.scopes import whole_sensors
from bartizan.query.views import PositionKind, SensorView
from bartizan.store.control import ControlStore

_FRESH_S = 2.0
_NEW_S = 0.1
_LATELY = timedelta(days=7)  # the widest window of the map
_MOST_SENSORS = 1000


class Sensors:
    """Blocking; thread-safe. Registered sensors are read again every two seconds at most."""

    def __init__(
        self,
        control: ControlStore,
        store: Questions,
        *,
        home: tuple[float, float],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._control = control
        self._questions = store
        self._home = home
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._known: dict[str, Sensor] = {}
        self._read_at: float | None = None

    def registered(self, max_age_s: float = _FRESH_S) -> dict[str, Sensor]:
        """All registered sensors by name, as of at most two seconds ago."""
        with self._lock:
            now = self._monotonic()
            if self._read_at is None or now - self._read_at > max_age_s:
                self._known = {sensor.name: sensor for sensor in self._control.sensors()}
                self._read_at = now
            return self._known

    def demo_among(self, names: Iterable[str]) -> frozenset[str]:
        """Which of these sensors are demo. One that is not known may be new, so it is looked up."""
        asked = frozenset(names)
        known = self.registered()
        if not asked <= known.keys():
            known = self.registered(_NEW_S)
        return frozenset(name for name in asked & known.keys() if known[name].is_demo)

    def forget(self) -> None:
        """Read them again at the next question: something changed."""
        with self._lock:
            self._read_at = None

    @property
    def questions(self) -> Questions:
        return self._questions

    @property
    def is_scoped(self) -> bool:
        """Whether there may be sensors that are not shown."""
        return False

    def within(self, clearance: Clearance) -> "Sensors":
        return self if not clearance.scopes else ScopedSensors(self, clearance)

    def views(self) -> tuple[SensorView, ...]:
        """All sensors by name, with when the newest entry of each was received."""
        last_seen = self._questions.last_seen()
        return tuple(
            self._view(sensor, last_seen.get(name))
            for name, sensor in sorted(self.registered().items())
        )

    def _view(self, sensor: Sensor, last_entry_at: datetime | None) -> SensorView:
        position = PositionKind.SET
        latitude, longitude = sensor.latitude, sensor.longitude
        if latitude is None or longitude is None:
            position = PositionKind.ASSUMED
            latitude, longitude = self._home
        return SensorView(
            name=sensor.name,
            label=sensor.label,
            latitude=latitude,
            longitude=longitude,
            position=position,
            is_demo=sensor.is_demo,
            is_enabled=sensor.is_enabled,
            last_entry_at=last_entry_at,
        )


class ScopedSensors(Sensors):
    """The sensors of somebody who may see a part.

    Registered are those of which everything may be seen. The map also shows where those stand that
    sent something within the scope, but not when they sent anything else.
    """

    def __init__(self, every: Sensors, clearance: Clearance) -> None:
        self._every = every
        self._clearance = clearance
        self._whole = whole_sensors(clearance.scopes)
        self._asked = scoped(every.questions, clearance)

    @property
    def is_scoped(self) -> bool:
        return True

    def within(self, clearance: Clearance) -> Sensors:
        return self._every.within(clearance)

    def registered(self, max_age_s: float = _FRESH_S) -> dict[str, Sensor]:
        known = self._every.registered(max_age_s)
        if self._whole is None:
            return known
        return {name: sensor for name, sensor in known.items() if name in self._whole}

    def demo_among(self, names: Iterable[str]) -> frozenset[str]:
        return self._every.demo_among(names)

    def forget(self) -> None:
        self._every.forget()

    def views(self) -> tuple[SensorView, ...]:
        whole = self.registered()
        found = self._asked.facet(
            Search(since=clock.now() - _LATELY), Facet.SENSOR, limit=_MOST_SENSORS
        )
        named = {count.value for count in found}
        return tuple(
            view if view.name in whole else msgspec.structs.replace(view, last_entry_at=None)
            for view in self._every.views()
            if view.name in whole or view.name in named
        )
