"""Everything that the map counts by, in one term that sorts as the five values do."""

from bartizan.domain.transaction import Transaction
from bartizan.store import limits
from bartizan.store.limits import cut


def cell_of(transaction: Transaction, sensor: str) -> str | None:
    """None for what is not on the map."""
    place = transaction.place
    if place is None:
        return None
    latitude, longitude = map(limits.cell, limits.position(place))
    if latitude is None or longitude is None:
        return None
    category = transaction.category
    texts = (cut(place.country, limits.PLACE), sensor, None if category is None else category.value)
    return f"{latitude * 2 + 180:03.0f}{longitude * 2 + 360:03.0f}" + "".join(map(_ordered, texts))


def _ordered(value: str | None) -> str:
    """A text in a form whose order among others does not depend on what follows it."""
    if value is None:
        return "\x00"
    return "+" + value.replace("\x01", "\x01\x02").replace("\x00", "\x01\x01") + "\x00"


def read_cell(term: str) -> tuple[float, float, str | None, str, str | None]:
    """Latitude, longitude, country, sensor and category."""
    country, sensor, category, _ = term[6:].split("\x00")
    latitude, longitude = int(term[:3]) / 2 - 90, int(term[3:6]) / 2 - 180
    return latitude, longitude, _plain(country), _plain(sensor) or "", _plain(category)


def _plain(text: str) -> str | None:
    if not text:
        return None
    return text[1:].replace("\x01\x01", "\x00").replace("\x01\x02", "\x01")
