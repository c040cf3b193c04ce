"""Where files live inside the data directory, and the map position nobody set."""

import os
import re
from pathlib import Path

from bartizan.app.settings import Settings
from bartizan.domain.errors import Misconfigured

_GREENWICH = (51.4779, -0.0015)
_ZONE_TABLE = Path("/usr/share/zoneinfo/zone1970.tab")
_ISO6709 = re.compile(r"([+-])(\d{2})(\d{2})(\d{2})?([+-])(\d{3})(\d{2})(\d{2})?$")


def spool_directory(settings: Settings) -> Path:
    return settings.data_directory / "spool"


def sensor_snapshot(settings: Settings) -> Path:
    """What the collector knows of sensors while the control store is away."""
    return settings.data_directory / "spool" / "sensors.json"


def sightings(settings: Settings) -> Path:
    """What the collector tells this node's console of its sensors and of strangers."""
    return settings.data_directory / "spool" / "sightings.json"


def home(settings: Settings) -> tuple[float, float]:
    """Latitude and longitude for sensors whose position nobody set.

    `console.home`, else the city that names this machine's time zone (tzdata's zone1970.tab), else
    Greenwich, which is what a machine on UTC says of itself.
    """
    if settings.console.home is not None:
        return _parse_home(settings.console.home)
    return _zone_position(_machine_zone()) or _GREENWICH


def _parse_home(value: str) -> tuple[float, float]:
    try:
        latitude, longitude = (float(part) for part in value.split(","))
    except ValueError:
        latitude, longitude = 91.0, 181.0
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise Misconfigured("bad-setting", f'"{value}" is not "latitude,longitude"', "console.home")
    return latitude, longitude


def _machine_zone() -> str:
    if zone := os.environ.get("TZ"):
        return zone.removeprefix(":")
    try:
        return str(Path("/etc/localtime").readlink()).partition("zoneinfo/")[2]
    except OSError:
        return ""


def _zone_position(zone: str) -> tuple[float, float] | None:
    try:
        lines = _ZONE_TABLE.read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        fields = line.split("\t")
        if not line.startswith("#") and fields[2:3] == [zone]:
            return _from_iso6709(fields[1])
    return None


def _from_iso6709(text: str) -> tuple[float, float] | None:
    match = _ISO6709.match(text)
    if match is None:
        return None
    a_sign, a_deg, a_min, a_sec, o_sign, o_deg, o_min, o_sec = match.groups()
    latitude = int(a_deg) + int(a_min) / 60 + int(a_sec or 0) / 3600
    longitude = int(o_deg) + int(o_min) / 60 + int(o_sec or 0) / 3600
    return (
        round(-latitude if a_sign == "-" else latitude, 4),
        round(-longitude if o_sign == "-" else longitude, 4),
    )
