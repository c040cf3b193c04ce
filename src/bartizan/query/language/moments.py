"""Times in a search text: a written time is as long as what it leaves out.

`2026-11-01` is a whole day and `2026-11-01T07:30` a minute, so `>2026-11-01` begins when that day
is over and `..2026-11-03` ends with that day. `-24h` and `now` are moments.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from bartizan.domain.expression import Ago

Moment = datetime | Ago
_RELATIVE: Final = re.compile(r"(?:now)?-([0-9]{1,9})([smhdw])|now")
_SECONDS: Final = {"w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1}
_MOST_SECONDS: Final = 50 * 366 * 86_400
_OLDEST, _NEWEST = 1971, 9000
_ABSOLUTE: Final = re.compile(
    r"(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2})"
    r"(?:[Tt](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})"
    r"(?:\.(?P<fraction>[0-9]{1,6}))?)?(?P<zone>[Zz]|[+-][0-9]{2}:?[0-9]{2})?)?)?)?"
)
_MICROSECOND: Final = timedelta(microseconds=1)


def span(text: str) -> tuple[Moment, Moment]:
    """From when (inclusive) until when (exclusive); the same twice for a moment. `ValueError`."""
    relative = _RELATIVE.fullmatch(text)
    if relative is not None:
        seconds = int(relative[1] or 0) * _SECONDS[relative[2] or "s"]
        if seconds > _MOST_SECONDS:
            raise ValueError(text)
        return Ago(seconds=seconds), Ago(seconds=seconds)
    found = _ABSOLUTE.fullmatch(text)
    if found is None or not _OLDEST <= int(found["year"]) <= _NEWEST:
        raise ValueError(text)
    start = datetime(
        int(found["year"]),
        int(found["month"] or 1),
        int(found["day"] or 1),
        int(found["hour"] or 0),
        int(found["minute"] or 0),
        int(found["second"] or 0),
        int((found["fraction"] or "").ljust(6, "0")),
        tzinfo=_zone(found["zone"]),
    )
    return start.astimezone(UTC), _end(start, found).astimezone(UTC)


def _zone(text: str | None) -> timezone:
    if text is None or text in "Zz":
        return UTC
    ahead = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return timezone(-ahead if text[0] == "-" else ahead)


def _end(start: datetime, found: re.Match[str]) -> datetime:
    if found["fraction"]:
        return start + timedelta(microseconds=10 ** (6 - len(found["fraction"])))
    for name, width in (
        ("second", timedelta(seconds=1)),
        ("minute", timedelta(minutes=1)),
        ("day", timedelta(days=1)),
    ):
        if found[name]:
            return start + width
    if found["month"]:
        return (start + timedelta(days=31)).replace(day=1)
    return start.replace(year=start.year + 1)


def written(moment: Moment) -> str:
    """The shortest text of a time that begins at this moment."""
    if isinstance(moment, Ago):
        return _ago(moment.seconds)
    if not moment.hour and not moment.minute and not moment.second and not moment.microsecond:
        return f"{moment:%Y-%m-%d}"
    if not moment.second and not moment.microsecond:
        return f"{moment:%Y-%m-%dT%H:%MZ}"
    if not moment.microsecond:
        return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
    return f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}"


def written_last(until: Moment) -> str:
    """The longest time that ends at this (exclusive) moment, for the end of a range."""
    if isinstance(until, Ago):
        return _ago(until.seconds)
    for width in (
        timedelta(days=1),
        timedelta(minutes=1),
        timedelta(seconds=1),
    ):
        text = written(until - width)
        if span(text)[1] == until:
            return text
    return f"{until - _MICROSECOND:%Y-%m-%dT%H:%M:%S.%fZ}"


def _ago(seconds: int) -> str:
    if not seconds:
        return "now"
    for unit, least in (("d", 2), ("h", 1), ("m", 1)):
        count, rest = divmod(seconds, _SECONDS[unit])
        if not rest and count >= least:
            return f"-{count}{unit}"
    return f"-{seconds}s"
