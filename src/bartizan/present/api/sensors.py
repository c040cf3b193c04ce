"""Sensors: how they do, for everybody; registering and changing them, for administrators.

A secret is in one answer, that of the request which made it, and nowhere else.
"""

from collections.abc import Callable
from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from bartizan.accounts.sensors import SensorFacts, zones
from bartizan.domain.errors import Refused
from bartizan.domain.sensor import Sensor
from bartizan.enrich.gazetteer import Spot, gazetteer
from bartizan.kit import log
from bartizan.kit.struct import Struct
from bartizan.present.answers import answer
from bartizan.present.api.parameters import parameter, read_one
from bartizan.present.guard import caller
from bartizan.present.parts import ConsoleParts, parts, running
from bartizan.present.route import Permission, Route
from bartizan.present.traced import about
from bartizan.query.sensor_health import settings_of
from bartizan.query.sensor_views import (
    Checklist,
    Configurations,
    SensorDetail,
    SensorHealthList,
    SensorSettings,
)
from bartizan.query.views import SensorList

_T = TypeVar("_T")
_MOST_NETWORKS = 100
_log = log.get("console")


class Facts(BaseModel):
    """What people say about a sensor; what is left out is what it is by default."""

    model_config = ConfigDict(extra="forbid")

    label: str = Field("", max_length=200)
    latitude: float | None = Field(None, allow_inf_nan=False)
    longitude: float | None = Field(None, allow_inf_nan=False)
    zone: str | None = Field(None, max_length=64)
    allowed_sources: list[str] = Field(default_factory=list, max_length=_MOST_NETWORKS)
    trusted_proxies: list[str] = Field(default_factory=list, max_length=_MOST_NETWORKS)

    def facts(self) -> SensorFacts:
        return SensorFacts(
            label=self.label,
            latitude=self.latitude,
            longitude=self.longitude,
            zone=self.zone,
            allowed_sources=tuple(self.allowed_sources),
            trusted_proxies=tuple(self.trusted_proxies),
        )


class NewSensor(Facts):
    name: str = Field(max_length=100)


class Registered(Struct, frozen=True, kw_only=True):
    """`secret` is shown this once."""

    settings: SensorSettings
    secret: str


class Gazetteer(Struct, frozen=True, kw_only=True):
    places: tuple[Spot, ...]
    zones: tuple[str, ...]


async def list_sensors(request: Request) -> Response:
    views = await running(request).reads.run(parts(request).sensors.views)
    return answer(SensorList(sensors=views))


async def show_health(request: Request) -> Response:
    return answer(await running(request).reads.run(parts(request).sensor_health.list))


async def open_sensor(request: Request, name: str) -> Response:
    question = parts(request).sensor_health
    return answer(await running(request).reads.run(lambda: question.open(name)))


async def show_checklist(request: Request, name: str) -> Response:
    question = parts(request).checklists
    return answer(await running(request).reads.run(lambda: question.open(name)))


async def show_configurations(request: Request, name: str) -> Response:
    house, address = parts(request), read_one(request, "collector")
    await running(request).accounts.run(lambda: _find(house, name))
    return answer(house.configurations(name, address))


def _find(house: ConsoleParts, name: str) -> Sensor:
    """A sensor that whoever asks may see."""
    if house.sensors.is_scoped and name not in house.sensors.registered():
        raise Refused("no-such-sensor", f"there is no sensor named {name}", "name")
    return house.sensor_book.find(name)


async def show_gazetteer(request: Request) -> Response:  # noqa: ARG001 - the same for everybody
    return answer(Gazetteer(places=gazetteer(), zones=zones()))


async def add_sensor(request: Request, body: NewSensor) -> Response:
    book, facts = parts(request).sensor_book, body.facts()
    return await _make_secret(request, "added", lambda: book.register(body.name, facts))


async def change_sensor(request: Request, name: str, body: Facts) -> Response:
    book, facts = parts(request).sensor_book, body.facts()
    return await _change(request, "changed", lambda: book.change(name, facts))


async def rotate_secret(request: Request, name: str) -> Response:
    book = parts(request).sensor_book
    return await _make_secret(request, "rotated", lambda: book.rotate(name))


async def enable_sensor(request: Request, name: str) -> Response:
    book = parts(request).sensor_book
    return await _change(request, "enabled", lambda: book.enable(name))


async def disable_sensor(request: Request, name: str) -> Response:
    book = parts(request).sensor_book
    return await _change(request, "disabled", lambda: book.disable(name))


async def _change(request: Request, what: str, change: Callable[[], Sensor]) -> Response:
    sensor = await running(request).accounts.run(_told(request, change))
    _note(request, what, sensor)
    return answer(settings_of(sensor))


async def _make_secret(
    request: Request, what: str, make: Callable[[], tuple[Sensor, str]]
) -> Response:
    sensor, secret = await running(request).accounts.run(_told(request, make))
    _note(request, what, sensor)
    return answer(Registered(settings=settings_of(sensor), secret=secret))


def _told(request: Request, change: Callable[[], _T]) -> Callable[[], _T]:
    """A change of the register, of which this node's collector and console are told."""

    def change_and_tell() -> _T:
        changed = change()
        parts(request).tell_of_sensors()
        return changed

    return change_and_tell


def _note(request: Request, what: str, sensor: Sensor) -> None:
    about(request, sensor.name)
    _log.info("sensor.changed", what=what, sensor=sensor.name, person=caller(request).person.name)


ROUTES = (
    Route(
        methods=("GET",),
        path="/api/v1/sensors",
        endpoint=list_sensors,
        permission=Permission.LOGIN,
        summary="All sensors, as the map shows them.",
        answer=SensorList,
    ),
    Route(
        methods=("POST",),
        path="/api/v1/sensors",
        endpoint=add_sensor,
        action="sensor.added",
        permission=Permission.ADMIN,
        summary="Register a sensor. The answer has its secret, this once.",
        answer=Registered,
    ),
    Route(
        methods=("GET",),
        path="/api/v1/sensor-health",
        endpoint=show_health,
        permission=Permission.LOGIN,
        summary="How all sensors do, and who knocked without being one.",
        answer=SensorHealthList,
    ),
    Route(
        methods=("GET",),
        path="/api/v1/sensors/{name}",
        endpoint=open_sensor,
        permission=Permission.LOGIN,
        summary="Everything about one sensor.",
        answer=SensorDetail,
    ),
    Route(
        methods=("PUT",),
        path="/api/v1/sensors/{name}",
        endpoint=change_sensor,
        action="sensor.changed",
        permission=Permission.ADMIN,
        summary="Replace what people say about a sensor.",
        answer=SensorSettings,
    ),
    Route(
        methods=("POST",),
        path="/api/v1/sensors/{name}/secret",
        endpoint=rotate_secret,
        action="sensor.rotated",
        permission=Permission.ADMIN,
        summary="Give a sensor a new secret. The answer has it, this once.",
        answer=Registered,
    ),
    Route(
        methods=("POST",),
        path="/api/v1/sensors/{name}/enable",
        endpoint=enable_sensor,
        action="sensor.enabled",
        permission=Permission.ADMIN,
        summary="Accept a disabled sensor again.",
        answer=SensorSettings,
    ),
    Route(
        methods=("POST",),
        path="/api/v1/sensors/{name}/disable",
        endpoint=disable_sensor,
        action="sensor.disabled",
        permission=Permission.ADMIN,
        summary="Refuse a sensor from now on; what it sent stays.",
        answer=SensorSettings,
    ),
    Route(
        methods=("GET",),
        path="/api/v1/sensors/{name}/checklist",
        endpoint=show_checklist,
        permission=Permission.LOGIN,
        summary="How far a sensor is on its way to the first transaction.",
        answer=Checklist,
    ),
    Route(
        methods=("GET",),
        path="/api/v1/sensors/{name}/configuration",
        endpoint=show_configurations,
        permission=Permission.LOGIN,
        summary="What to paste on the web server, with a placeholder for the secret.",
        answer=Configurations,
        parameters=(
            parameter(
                "collector",
                "how the web server reaches the collector, such as https://waf.example:8888",
                {"type": "string", "maxLength": 300},
            ),
        ),
    ),
    Route(
        methods=("GET",),
        path="/api/v1/gazetteer",
        endpoint=show_gazetteer,
        permission=Permission.LOGIN,
        summary="Cities and countries with coordinates, and the names of time zones.",
        answer=Gazetteer,
    ),
)
