"""Taking the demo away again."""

import time
from collections.abc import Callable

import msgspec

from bartizan.query.sensors import Sensors
from bartizan.query.views import Removed
from bartizan.store.contract import Store
from bartizan.store.control import ControlStore

# A collector elsewhere copies the sensors every 2 s and looks at its copy once a second; what it
# took until then is through the spool shortly after.
_SETTLED_S = 4.0


class Demo:
    """Blocking; takes some seconds, and as long as the deletion of all demo transactions."""

    def __init__(
        self,
        control: ControlStore,
        store: Store,
        sensors: Sensors,
        *,
        publish: Callable[[], object],
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """`publish` tells this node's collector of changed sensors."""
        self._control = control
        self._store = store
        self._sensors = sensors
        self._publish = publish
        self._pause = pause

    def remove(self) -> Removed:
        """Remove the demo sensors and everything they sent. Safe to repeat.

        They are disabled first, so that nothing new comes in. What every collector may have taken
        until it heard of that is swept before the sensors themselves go: without them it would
        look like real traffic.
        """
        demo = [sensor for sensor in self._control.sensors() if sensor.is_demo]
        if not demo:
            return Removed(transactions=0)
        for sensor in demo:
            self._control.update_sensor(msgspec.structs.replace(sensor, is_enabled=False))
        self._publish()
        removed = self._sweep([sensor.name for sensor in demo])
        self._pause(_SETTLED_S)
        removed += self._sweep([sensor.name for sensor in demo])
        for sensor in demo:
            self._control.remove_sensor(sensor.name)
        self._publish()
        self._sensors.forget()
        return Removed(transactions=removed)

    def _sweep(self, names: list[str]) -> int:
        return sum(self._store.remove_sensor(name) for name in names)
