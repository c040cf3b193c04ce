"""Countries: short English names as on a map, and a point inside each.

The data are made from world-atlas (Natural Earth, public domain; de-facto borders) by
scripts/make_centroids.mjs.
"""

from functools import cache
from importlib.resources import files

import msgspec

from bartizan.kit.struct import Struct


class Country(Struct, frozen=True, kw_only=True):
    """`code` is ISO 3166-1 alpha-2 (and XK, Kosovo). The point lies inside the largest part."""

    code: str
    name: str
    latitude: float
    longitude: float


@cache
def countries() -> dict[str, Country]:
    """All countries by code. Read once, 8 KB."""
    content = files("bartizan.enrich").joinpath("data/countries.json").read_bytes()
    rows = msgspec.json.decode(content, type=dict[str, tuple[str, float, float]])
    return {
        code: Country(code=code, name=name, latitude=latitude, longitude=longitude)
        for code, (name, latitude, longitude) in rows.items()
    }


def country(code: str | None) -> Country | None:
    """The country of a code in any case; None for what is not a country (`EU`, `A1`, `ZZ`)."""
    return countries().get(code.upper()) if code else None
