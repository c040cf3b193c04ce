"""Plays the demo on this installation: its collector, its sensors, its settings."""

from contextlib import ExitStack, closing
from threading import Event

from bartizan.app import wiring
from bartizan.app.demo import Demo, register
from bartizan.app.settings import Settings
from bartizan.app.whereabouts import home
from bartizan.domain.errors import Misconfigured
from bartizan.kit import log
from bartizan.query.sensors import Sensors
from bartizan.receive.settings import CollectorSettings

RATE = 3.0
FIRST_BURST = 400  # entries at once when the demo sensors are new, so that the map has a history
DAY_S = 24 * 3600.0
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}
_log = log.get("demo")


def play(
    settings: Settings,
    stop: Event,
    *,
    rate: float = RATE,
    burst: int | None = None,
    spread_over_s: float = DAY_S,
) -> None:
    """Register the demo sensors, send a burst of back-dated entries, then `rate` a second.

    Returns when `stop` is set, or after the burst if `rate` is 0. `burst` None means the first
    burst, if the sensors are new. Raises `Unavailable` as `Demo` does.
    """
    with wiring.sensor_desk(settings) as desk:
        secrets, are_new = register(desk)
    count = (FIRST_BURST if are_new else 0) if burst is None else burst
    certificate = settings.collector.tls_certificate
    with closing(Demo(collector_url(settings.collector), secrets, certificate=certificate)) as demo:
        taken = demo.send(count, spread_over_s, stop)
        _log.info("demo.burst.sent", entries=taken)
        if rate > 0:
            demo.run(rate, stop)


def has_demo_sensors(settings: Settings) -> bool:
    """Whether any demo sensor is registered and enabled."""
    with closing(wiring.control(settings)) as control:
        return any(sensor.is_demo and sensor.is_enabled for sensor in control.sensors())


def clear(settings: Settings) -> int:
    """Remove the demo sensors and what they sent. Returns the number of transactions removed."""
    with ExitStack() as open_stores:
        control = open_stores.enter_context(closing(wiring.control(settings)))
        store = open_stores.enter_context(closing(wiring.transactions(settings)))
        sensors = Sensors(control, store, home=home(settings))
        return wiring.demo_removal(settings, control, store, sensors).remove().transactions


def collector_url(collector: CollectorSettings) -> str:
    """Where this machine reaches its own collector."""
    if collector.port == 0:
        raise Misconfigured("bad-setting", "the demo needs a fixed port", "collector.port")
    host = _ANY.get(collector.host, collector.host)
    scheme = "https" if collector.tls_certificate else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{collector.port}"
