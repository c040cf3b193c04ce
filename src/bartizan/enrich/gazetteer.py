"""Where cities and countries are, for people who put a sensor on the map.

Cities are those that name time zones (tzdata, public domain) and some more where web servers tend
to stand. No list of all cities of the world: coordinates can be typed, or the map clicked.
"""

import re
from functools import cache
from importlib.resources import files

import msgspec

from bartizan.enrich.countries import countries
from bartizan.kit.struct import Struct

_ISO6709 = re.compile(r"([+-])(\d{2})(\d{2})(\d{2})?([+-])(\d{3})(\d{2})(\d{2})?")


class Spot(Struct, frozen=True, kw_only=True):
    """A city, or the middle of a country (`city` is None). `country` is its English name."""

    city: str | None
    country: str
    latitude: float
    longitude: float


@cache
def gazetteer() -> tuple[Spot, ...]:
    """Cities by name, then countries by name."""
    known = countries()
    found: dict[tuple[str, str], Spot] = {}
    for code, city, latitude, longitude in (*_more_cities(), *_zone_cities()):
        if code in known:
            spot = Spot(city=city, country=known[code].name, latitude=latitude, longitude=longitude)
            found.setdefault((city, code), spot)
    middles = [
        Spot(city=None, country=one.name, latitude=one.latitude, longitude=one.longitude)
        for one in known.values()
    ]
    return (
        *sorted(found.values(), key=lambda spot: (spot.city or "", spot.country)),
        *sorted(middles, key=lambda spot: spot.country),
    )


def _more_cities() -> list[tuple[str, str, float, float]]:
    content = files("bartizan.enrich").joinpath("data/cities.json").read_bytes()
    rows = msgspec.json.decode(content, type=list[tuple[str, str, float, float]])
    return [(code, city, latitude, longitude) for city, code, latitude, longitude in rows]


def _zone_cities() -> list[tuple[str, str, float, float]]:
    """From tzdata's zone.tab: country, coordinates, zone, whose last part is the city."""
    cities = []
    for line in files("tzdata.zoneinfo").joinpath("zone.tab").read_text().splitlines():
        fields = line.split("\t")
        at = _ISO6709.fullmatch(fields[1]) if len(fields) > 2 else None
        if at is None or line.startswith("#"):
            continue
        city = fields[2].rpartition("/")[2].replace("_", " ")
        cities.append((fields[0], city, _degrees(*at.groups()[:4]), _degrees(*at.groups()[4:])))
    return cities


def _degrees(sign: str, degrees: str, minutes: str, seconds: str | None) -> float:
    value = int(degrees) + int(minutes) / 60 + int(seconds or 0) / 3600
    return round(-value if sign == "-" else value, 2)
