"""The demo: recorded real attacks, sent through the collector as if they happened now.

The attacks were recorded on real sensors (tests/corpus); the client addresses are made up for the
demo (scripts/make_demo_traffic.py says how). They come from sensors marked as demo, which the
console and `bartizan demo --remove` remove with all they sent.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from itertools import accumulate
from pathlib import Path
from random import Random
from threading import Event
from typing import NamedTuple

import msgspec
import zstandard

from bartizan.accounts.sensors import SensorBook
from bartizan.app.demo_entry import freshen
from bartizan.app.demo_sender import SensorLine
from bartizan.domain.errors import Refused, Unavailable
from bartizan.kit.clock import now as clock_now

_PATIENCE = 30  # tries of one entry, after which the sensors were removed and are not just new
_CAMPAIGN_SHARE = 0.12
_LONGEST_CAMPAIGN = 9


class DemoSensor(NamedTuple):
    name: str
    label: str
    latitude: float
    longitude: float
    share: float  # of the traffic


SENSORS = (
    DemoSensor("demo-frankfurt", "Demo: Frankfurt", 50.11, 8.68, 0.34),
    DemoSensor("demo-virginia", "Demo: Ashburn, Virginia", 39.04, -77.49, 0.3),
    DemoSensor("demo-saopaulo", "Demo: São Paulo", -23.55, -46.63, 0.16),
    DemoSensor("demo-singapore", "Demo: Singapore", 1.35, 103.82, 0.2),
)


class Demo:
    """Sends the demo's traffic; `secrets` are those of the sensors, by name. Not thread-safe."""

    def __init__(
        self,
        collector_url: str,
        secrets: Mapping[str, str],
        *,
        certificate: Path | None = None,
        rng: Random | None = None,
        now: Callable[[], datetime] = clock_now,
        try_again_s: float = 1.0,
    ) -> None:
        self._rng = rng or Random()
        self._now = now
        self._try_again_s = try_again_s
        self._traffic = _traffic(self._rng, [one for one in SENSORS if one.name in secrets])
        self._lines = {
            name: SensorLine(collector_url, name, secret, certificate)
            for name, secret in secrets.items()
        }

    def send(self, count: int, spread_over_s: float = 0.0, stop: Event | None = None) -> int:
        """Send `count` entries at once, as if they had happened over the last `spread_over_s`.

        Returns how many the collector took. Raises `Unavailable` if it cannot be reached or does
        not take the sensors' credentials for 30 times `try_again_s`.
        """
        stop = stop or Event()
        moments = _moments(self._rng, self._now(), count, spread_over_s)
        taken = 0
        for moment in moments:
            if stop.is_set():
                break
            taken += self._deliver(moment, stop)
        return taken

    def run(self, rate: float, stop: Event) -> None:
        """Send about `rate` entries a second, irregularly as attacks are, until `stop` is set.

        A collector that is away is waited for. Raises `Unavailable` (code `sensors-refused`) when
        the sensors are not accepted any more, as after their removal.
        """
        while not stop.wait(self._rng.expovariate(rate)):
            try:
                self._deliver(self._now(), stop)
            except Unavailable as error:
                if error.code == "sensors-refused":
                    raise

    def close(self) -> None:
        for line in self._lines.values():
            line.close()

    def _deliver(self, moment: datetime, stop: Event) -> bool:
        """Send one entry and, as mlogc, again until the answer is 200 or 409."""
        attack = next(self._traffic)
        entry = freshen(attack.entry, now=moment, rng=self._rng, address=attack.client)
        status = None
        for _ in range(_PATIENCE):
            status = self._lines[attack.sensor].put(entry)
            if status in (200, 409):
                return status == 200
            if stop.wait(self._try_again_s):
                return False
        if status == 401:
            raise Unavailable("sensors-refused", "the collector does not know the demo sensors")
        raise Unavailable(
            "collector-unreachable", f"the collector does not take entries (answer: {status})"
        )


def register(book: SensorBook) -> tuple[dict[str, str], bool]:
    """Register the demo sensors, or renew their secrets.

    Returns the secrets by name, and whether any is new. Raises `Refused` (code `name-taken`) if a
    real sensor has one of the names.
    """
    known = {sensor.name: sensor for sensor in book.sensors()}
    secrets: dict[str, str] = {}
    for one in SENSORS:
        if one.name in known and not known[one.name].is_demo:
            raise Refused("name-taken", f"{one.name} is a real sensor's name here", "name")
        if one.name in known:
            _, secrets[one.name] = book.rotate(one.name)
        else:
            _, secrets[one.name] = book.add(
                one.name,
                label=one.label,
                latitude=one.latitude,
                longitude=one.longitude,
                is_demo=True,
            )
    return secrets, not set(secrets) <= set(known)


@cache
def recorded_entries() -> tuple[bytes, ...]:
    """The recorded entries, ModSecurity 2 native; some 500, 4 MB."""
    packed = files("bartizan.app").joinpath("demo_traffic/entries.msgpack.zst").read_bytes()
    content = zstandard.ZstdDecompressor().decompress(packed)
    return msgspec.msgpack.decode(content, type=tuple[bytes, ...])


@cache
def client_addresses() -> tuple[str, ...]:
    """The made-up clients: first addresses of networks, which are nobody's hosts."""
    content = files("bartizan.app").joinpath("demo_traffic/clients.json").read_bytes()
    return msgspec.json.decode(content, type=tuple[str, ...])


class _Attack(NamedTuple):
    sensor: str
    client: str
    entry: bytes


def _traffic(rng: Random, sensors: list[DemoSensor]) -> Iterator[_Attack]:
    """Endless traffic: few clients are busy and most are rare; some come in campaigns."""
    clients = list(client_addresses())
    rng.shuffle(clients)
    busy = list(accumulate(1 / (rank + 8) for rank in range(len(clients))))
    shares = [sensor.share for sensor in sensors]
    entries = recorded_entries()
    while True:
        client = rng.choices(clients, cum_weights=busy)[0]
        sensor = rng.choices(sensors, weights=shares)[0]
        length = rng.randint(3, _LONGEST_CAMPAIGN) if rng.random() < _CAMPAIGN_SHARE else 1
        for _ in range(length):
            yield _Attack(sensor.name, client, rng.choice(entries))


def _moments(rng: Random, until: datetime, count: int, spread_over_s: float) -> list[datetime]:
    """`count` moments before `until`, oldest first: a steady stream and three busy hours in it."""
    peaks = [rng.uniform(0.1, 0.9) for _ in range(3)]
    ago = []
    for _ in range(count):
        at = rng.random() if rng.random() < 0.7 else rng.gauss(rng.choice(peaks), 0.03)
        ago.append(min(max(at, 0.0), 1.0) * spread_over_s)
    return [until - timedelta(seconds=seconds) for seconds in sorted(ago, reverse=True)]
