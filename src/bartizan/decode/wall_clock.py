"""Times without a zone, as Coraza, nginx and Apache's error log write them.

They are read as if they were UTC; whoever knows the sensor's zone shifts them.
"""

import re
from datetime import UTC, datetime
from functools import lru_cache

from bartizan.kit.clock import to_us

_SLASHED = re.compile(rb"(\d{4})/(\d\d)/(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?")
_CTIME = re.compile(
    rb"[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \d]?\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))? (\d{4})"
)
_MONTHS = {
    name: number
    for number, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)
}
_FIRST_YEAR, _LAST_YEAR = 1970, 2199
_LEAP_SECOND = 60


def slashed(stamp: bytes) -> int | None:
    """`2026/11/23 05:44:15`: microseconds since the epoch, or None if it is no time."""
    found = _SLASHED.fullmatch(stamp)
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction = found.groups()
    minute_us = _minute_us(int(year), int(month), int(day), int(hour), int(minute))
    return _us(minute_us, int(second), fraction)


def ctime(stamp: bytes) -> int | None:
    """`Mon Nov  5 05:42:41 2026`, the second with a fraction or not."""
    found = _CTIME.fullmatch(stamp)
    if found is None or found[1] not in _MONTHS:
        return None
    name, day, hour, minute, second, fraction, year = found.groups()
    minute_us = _minute_us(int(year), _MONTHS[name], int(day), int(hour), int(minute))
    return _us(minute_us, int(second), fraction)


@lru_cache(maxsize=256)
def _minute_us(year: int, month: int, day: int, hour: int, minute: int) -> int | None:
    """Lines of one minute come together, so this is remembered."""
    if not _FIRST_YEAR <= year < _LAST_YEAR:
        return None
    try:
        return to_us(datetime(year, month, day, hour, minute, tzinfo=UTC))
    except ValueError:
        return None


def _us(minute_us: int | None, second: int, fraction: bytes | None) -> int | None:
    if minute_us is None or second > _LEAP_SECOND:
        return None
    return minute_us + second * 1_000_000 + int((fraction or b"0").ljust(6, b"0")[:6])
