"""What one record of a place database says, whoever made the database.

Three families are in the field and are told apart by the record itself, never by the file's name:
MaxMind's nested one (GeoLite2, GeoIP2, DB-IP's own), the flat one of ip-location-db (numbers may be
text, unknown is `""`), and IPinfo's flat one. Anything else gives nothing. Total: a record is data
from a file and may hold anything.
"""

import math
import re
import unicodedata
from typing import Any

from bartizan.kit.struct import Struct

_LONGEST_CITY = 80
_SPACE = re.compile(r"\s+")


class Finding(Struct, frozen=True, kw_only=True):
    """Coordinates are both there and on the globe, or both None."""

    country: str | None = None
    city: str | None = None
    latitude: float | None = None
    longitude: float | None = None


def read(record: object) -> Finding | None:
    """The facts of a record; None if there are none that we can use."""
    if not isinstance(record, dict):
        return None
    found = _nested(record) if _is_nested(record) else _flat(record)
    return found if found.country or found.latitude is not None else None


def _is_nested(record: dict[str, Any]) -> bool:
    return any(isinstance(record.get(key), dict) for key in _NESTED_KEYS)


_NESTED_KEYS = ("country", "registered_country", "location", "continent")


def _nested(record: dict[str, Any]) -> Finding:
    # A satellite or anycast block may have only a registered country: then that is the best known.
    country = _inner(record, "country", "iso_code") or _inner(
        record, "registered_country", "iso_code"
    )
    names = _inner(record, "city", "names")
    city = names.get("en") if isinstance(names, dict) else None
    latitude, longitude = (
        _inner(record, "location", "latitude"),
        _inner(record, "location", "longitude"),
    )
    return _finding(country, city, latitude, longitude)


def _inner(record: dict[str, Any], outer: str, inner: str) -> Any:
    part = record.get(outer)
    return part.get(inner) if isinstance(part, dict) else None


def _flat(record: dict[str, Any]) -> Finding:
    country = record.get("country_code") or record.get("country")
    latitude = record.get("latitude", record.get("lat"))
    longitude = record.get("longitude", record.get("lng", record.get("lon")))
    return _finding(country, record.get("city"), latitude, longitude)


def _finding(country: Any, city: Any, latitude: Any, longitude: Any) -> Finding:
    point = _point(latitude, longitude)
    return Finding(
        country=_code(country),
        city=_city(city),
        latitude=point[0] if point else None,
        longitude=point[1] if point else None,
    )


def _code(value: Any) -> str | None:
    if isinstance(value, str) and len(value) == 2 and value.isascii() and value.isalpha():
        return value.upper()
    return None


def _city(value: Any) -> str | None:
    """One line, composed, without the district in brackets."""
    if not isinstance(value, str):
        return None
    line = _SPACE.sub(" ", unicodedata.normalize("NFC", value)).strip()
    if line.endswith(")"):  # "Moscow (Tsentralnyy administrativnyy okrug)"
        line = line.partition(" (")[0]
    return line[:_LONGEST_CITY] or None


def _point(latitude: Any, longitude: Any) -> tuple[float, float] | None:
    north, east = _degrees(latitude, 90), _degrees(longitude, 180)
    if north is None or east is None:
        return None
    if north == 0 and east == 0:
        return None  # how databases spell "unknown": no city is there
    return north, east


def _degrees(value: Any, limit: int) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        degrees = float(value)
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(degrees) or abs(degrees) > limit:
        return None
    return round(degrees, 4)
