"""Spans of time in slices of a round length."""

from datetime import UTC, datetime, timedelta
from typing import Final

from bartizan.kit.struct import Struct

_MOST_SLICES: Final = 32
EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)  # no statistics are older
# Each a divisor of the next day or week, as statistics are kept by minutes, hours and days.
_WIDTHS: Final = tuple(
    timedelta(seconds=seconds)
    for seconds in (60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200)
) + tuple(timedelta(days=days) for days in (1, 2, 7, 14, 28, 91, 182, 364))


class Slices(Struct, frozen=True, kw_only=True):
    """Slices of `width` from `start` on, the last of which ends at `until` or after it."""

    start: datetime
    until: datetime
    width: timedelta

    @property
    def count(self) -> int:
        return -(-(self.until - self.start) // self.width)

    def place(self, at: datetime) -> int:
        return (at - self.start) // self.width


def slices_of(since: datetime, until: datetime, width: timedelta | None = None) -> Slices:
    """Slices begin where statistics have theirs: the first may begin before the span."""
    width = width or slice_width(until - since)
    return Slices(start=floor(since, width), until=until, width=width)


def slice_width(length: timedelta) -> timedelta:
    """The least round one of which some thirty cover a span of this length."""
    return next((width for width in _WIDTHS if width * _MOST_SLICES >= length), _WIDTHS[-1])


def floor(at: datetime, width: timedelta) -> datetime:
    """When the slice began in which this moment is."""
    return at - (at - EARLIEST) % width
