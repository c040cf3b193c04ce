"""Registering the WAF instances that send, and giving them their secrets.

A generated secret has 256 bits, so a fast hash (SHA-256) keeps it safe and 500 checks a second are
cheap; a chosen password is kept as argon2id. A secret is shown once, by the call that makes it.
"""

import hashlib
import re
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from zoneinfo import available_timezones

import msgspec

from bartizan.accounts.passwords import hash_password
from bartizan.domain.errors import Refused
from bartizan.domain.sensor import SecretKind, Sensor
from bartizan.kit import networks
from bartizan.kit.struct import Struct
from bartizan.store.control import ControlStore

# No colon (it ends the user name in Basic credentials, RFC 7617), no control character, no space.
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._@-]{0,63}")
_SECRET_BYTES = 32
_LONGEST_PASSWORD_BYTES = 1024
_LONGEST_LABEL = 100
_MOST_NETWORKS = 100


class SensorFacts(Struct, frozen=True, kw_only=True):
    """What people say about a sensor, as in `Sensor`."""

    label: str = ""
    latitude: float | None = None
    longitude: float | None = None
    zone: str | None = None
    allowed_sources: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()


@cache
def zones() -> tuple[str, ...]:
    """The names of time zones, such as `Europe/Berlin`."""
    return tuple(sorted(available_timezones() - {"localtime", "Factory"}))


class SensorBook:
    """The register of sensors. Blocking: a chosen password costs some 130 ms of hashing."""

    def __init__(self, control: ControlStore, now: Callable[[], datetime]) -> None:
        self._control = control
        self._now = now

    def sensors(self) -> Sequence[Sensor]:
        return self._control.sensors()

    def add(
        self,
        name: str,
        *,
        password: str | None = None,
        label: str = "",
        latitude: float | None = None,
        longitude: float | None = None,
        is_demo: bool = False,
    ) -> tuple[Sensor, str]:
        """As `register`, for callers that know little about the sensor."""
        facts = SensorFacts(label=label, latitude=latitude, longitude=longitude)
        return self.register(name, facts, password=password, is_demo=is_demo)

    def register(
        self,
        name: str,
        facts: SensorFacts,
        *,
        password: str | None = None,
        is_demo: bool = False,
    ) -> tuple[Sensor, str]:
        """Register a sensor; return it and its secret, generated unless `password` is given.

        Raises `Refused` (`bad-name`, `bad-password`, `name-taken`, and what `change` refuses).
        """
        if not _NAME.fullmatch(name):
            raise Refused(
                "bad-name",
                "a sensor's name has 1 to 64 letters, digits or ._@- and starts with none of .@-",
                "name",
            )
        checked = _checked(facts)
        secret, kind, digest = _make_secret(password)
        sensor = Sensor(
            name=name,
            secret_kind=kind,
            secret_hash=digest,
            is_demo=is_demo,
            created_at=self._now(),
            **msgspec.structs.asdict(checked),
        )
        self._control.add_sensor(sensor)
        return sensor, secret

    def change(self, name: str, facts: SensorFacts) -> Sensor:
        """Replace all that people say about the sensor; networks are kept in their usual spelling.

        Raises `Refused` (`bad-label`, `bad-position`, `bad-zone`, `bad-network`, `no-such-sensor`).
        """
        checked = msgspec.structs.asdict(_checked(facts))
        sensor = msgspec.structs.replace(self.find(name), **checked)
        self._control.update_sensor(sensor)
        return sensor

    def rotate(self, name: str, password: str | None = None) -> tuple[Sensor, str]:
        """Give the sensor a new secret; the old one is refused from the next snapshot on."""
        sensor = self.find(name)
        secret, kind, digest = _make_secret(password)
        rotated = msgspec.structs.replace(
            sensor, secret_kind=kind, secret_hash=digest, rotated_at=self._now()
        )
        self._control.update_sensor(rotated)
        return rotated, secret

    def disable(self, name: str) -> Sensor:
        return self._set_enabled(name, is_enabled=False)

    def enable(self, name: str) -> Sensor:
        return self._set_enabled(name, is_enabled=True)

    def _set_enabled(self, name: str, *, is_enabled: bool) -> Sensor:
        sensor = msgspec.structs.replace(self.find(name), is_enabled=is_enabled)
        self._control.update_sensor(sensor)
        return sensor

    def find(self, name: str) -> Sensor:
        for sensor in self._control.sensors():
            if sensor.name == name:
                return sensor
        raise Refused("no-such-sensor", f"there is no sensor named {name}", "name")


def _make_secret(password: str | None) -> tuple[str, SecretKind, str]:
    if password is None:
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        return secret, SecretKind.SHA256, hashlib.sha256(secret.encode()).hexdigest()
    is_printable = all(character >= " " and character != "\x7f" for character in password)
    if not password or not is_printable or len(password.encode()) > _LONGEST_PASSWORD_BYTES:
        raise Refused(
            "bad-password", "a password has 1 to 1024 bytes and no control characters", "password"
        )
    return password, SecretKind.ARGON2ID, hash_password(password)


def _checked(facts: SensorFacts) -> SensorFacts:
    if len(facts.label) > _LONGEST_LABEL:
        raise Refused("bad-label", f"a label has at most {_LONGEST_LABEL} characters", "label")
    _check_position(facts.latitude, facts.longitude)
    if facts.zone is not None and facts.zone not in zones():
        raise Refused("bad-zone", "a zone is a name such as Europe/Berlin", "zone")
    return msgspec.structs.replace(
        facts,
        allowed_sources=_networks(facts.allowed_sources, "allowed_sources"),
        trusted_proxies=_networks(facts.trusted_proxies, "trusted_proxies"),
    )


def _networks(texts: Sequence[str], where: str) -> tuple[str, ...]:
    if len(texts) > _MOST_NETWORKS:
        raise Refused("bad-network", f"at most {_MOST_NETWORKS} networks", where)
    try:
        return tuple(dict.fromkeys(networks.spelled(networks.network(text)) for text in texts))
    except ValueError:
        raise Refused(
            "bad-network", "a network is written as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32", where
        ) from None


def _check_position(latitude: float | None, longitude: float | None) -> None:
    if latitude is None and longitude is None:
        return
    if latitude is None or longitude is None:
        raise Refused("bad-position", "give both latitude and longitude, or neither", "position")
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise Refused("bad-position", "latitude is -90 to 90, longitude -180 to 180", "position")
