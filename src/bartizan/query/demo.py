"""Taking the demo away again."""

import msgspec

from bartizan.query.sensors import Sensors
from bartizan.query.views import Removed
from bartizan.store.contract import Store
from bartizan.store.control import ControlStore


class Demo:
    """Blocking; may take as long as the deletion of all demo transactions takes."""

    def __init__(self, control: ControlStore, store: Store, sensors: Sensors) -> None:
        self._control = control
        self._store = store
        self._sensors = sensors

    def remove(self) -> Removed:
        """Remove the demo sensors and everything they sent. Safe to repeat.

        They are disabled first, so that nothing new comes in, and swept twice: what was on its way
        through the spool meanwhile goes with the second pass.
        """
        demo = [sensor for sensor in self._control.sensors() if sensor.is_demo]
        for sensor in demo:
            self._control.update_sensor(msgspec.structs.replace(sensor, is_enabled=False))
        removed = sum(self._store.remove_sensor(sensor.name) for sensor in demo)
        for sensor in demo:
            removed += self._store.remove_sensor(sensor.name)
            self._control.remove_sensor(sensor.name)
        self._sensors.forget()
        return Removed(transactions=removed)
