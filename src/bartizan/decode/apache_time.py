"""Apache's log time, `23/Nov/2026:02:12:15.089853 --03-30`, in part A and in index lines.

The zone is read with ModSecurity 2's two bugs: west of Greenwich hours and minutes are printed with
a minus of their own (`--0500`, `--03-30`). Month names are English in every locale.
"""

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from bartizan.kit.clock import to_us

_MINUTE = re.compile(rb"(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d):(\d\d)")
_REST = re.compile(rb":(\d\d)(?:\.(\d{1,9}))?(?: +(\S*))?")
_ZONE = re.compile(rb"([+-])-?(\d\d)-?(\d\d)")
_MONTHS = {
    name: number
    for number, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)
}
_MINUTE_LENGTH = len("23/Nov/2026:02:12")
_FIRST_YEAR, _LAST_YEAR = 1970, 2199
SECOND_US = 1_000_000
LATEST_US = to_us(datetime(_LAST_YEAR, 1, 1, tzinfo=UTC))


class LogTime(NamedTuple):
    """Microseconds since the epoch, UTC; `has_zone` is False if UTC had to be assumed."""

    at_us: int
    has_zone: bool


def read(stamp: bytes) -> LogTime | None:
    """Read a stamp without its brackets; None if it is not a time between 1970 and 2198."""
    minute_us = _minute_us(stamp[:_MINUTE_LENGTH])
    rest = _REST.fullmatch(stamp, _MINUTE_LENGTH)
    if minute_us is None or rest is None:
        return None
    second, fraction, zone = rest.groups()
    offset_us = _offset_us(zone) if zone else None
    at_us = minute_us + int(second) * SECOND_US + int((fraction or b"0").ljust(6, b"0")[:6])
    at_us -= offset_us or 0
    if not 0 <= at_us < LATEST_US:
        return None
    return LogTime(at_us, offset_us is not None)


@lru_cache(maxsize=256)
def _minute_us(stamp: bytes) -> int | None:
    """Entries of one minute come together, so this is remembered."""
    minute = _MINUTE.fullmatch(stamp)
    if minute is None or minute[2] not in _MONTHS:
        return None
    day, year, hour, minutes = (int(minute[group]) for group in (1, 3, 4, 5))
    if not _FIRST_YEAR <= year < _LAST_YEAR:
        return None
    try:
        return to_us(datetime(year, _MONTHS[minute[2]], day, hour, minutes, tzinfo=UTC))
    except ValueError:
        return None


@lru_cache(maxsize=256)
def _offset_us(zone: bytes) -> int | None:
    stated = _ZONE.fullmatch(zone)
    if stated is None:
        return None
    hours, minutes = int(stated[2]), int(stated[3])
    if hours > 15 or minutes > 59:
        return None
    offset_us = (hours * 60 + minutes) * 60 * SECOND_US
    return offset_us if stated[1] == b"+" else -offset_us
