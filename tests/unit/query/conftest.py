"""Stores and what asks them."""

from datetime import UTC, datetime

import pytest

from bartizan.domain.sensor import SecretKind, Sensor
from bartizan.query.rows import RowViews
from bartizan.query.sensors import Sensors
from bartizan.store.control import ControlStore
from bartizan.store.memory import MemoryStore

HOME = (50.1, 8.7)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def sensors(control: ControlStore, store: MemoryStore) -> Sensors:
    return Sensors(control, store, home=HOME)


@pytest.fixture
def rows(sensors: Sensors) -> RowViews:
    return RowViews(sensors)


@pytest.fixture
def add_sensor(control: ControlStore, sensors: Sensors):
    def add(name: str, **facts) -> Sensor:
        sensor = Sensor(
            name=name,
            secret_kind=SecretKind.SHA256,
            secret_hash="00",
            created_at=datetime(2026, 11, 1, tzinfo=UTC),
            **facts,
        )
        control.add_sensor(sensor)
        sensors.forget()
        return sensor

    return add
