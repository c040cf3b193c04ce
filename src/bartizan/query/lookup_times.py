"""Times as people tell them: "yesterday 14:05", "20/Nov/2026:14:05:33 +0100", "10 min ago".

A told time is as exact as it was told, and people's clocks are not ours: so it stands for a span
around it. Days come before months wherever numbers are written with dots; with slashes only where
no month has that number. What cannot be a time is left in the text.
"""

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bartizan.kit.struct import Struct

_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        "jan feb mar apr may jun jul aug sep oct nov dec".split(),  # noqa: SIM905
        start=1,
    )
}
_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTH: Final = "(?P<name>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"
_YEAR: Final = r"(?:[\s,/-]{1,3}(?P<year>\d{4}))?"
_DATES: Final = tuple(
    re.compile(rf"(?<![\w.:/-]){pattern}(?:(?=T\d\d:)|(?![\w/-])(?::|\s?at\s|,)?)", re.IGNORECASE)
    for pattern in (
        r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})",
        r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})",
        rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?[\s/-]{{1,3}}{_MONTH}{_YEAR}",
        rf"{_MONTH}\s{{1,3}}(?P<day>\d{{1,2}})(?!:)(?:st|nd|rd|th)?{_YEAR}",
        r"(?P<one>\d{1,2})/(?P<two>\d{1,2})/(?P<year>\d{4})",
        r"(?P<word>today|yesterday|(?:last\s)?(?:mon|tues|wednes|thurs|fri|satur|sun)day)",
    )
)
_MINUTES: Final = r":(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d{1,9})?)?"
_HALF: Final = r"(?P<half>[ap])\.?m\b\.?"
_CLOCKS: Final = tuple(
    re.compile(rf"(?<![\w.:@-]){pattern}", re.IGNORECASE)
    for pattern in (
        rf"(?P<hour>\d{{1,2}}){_MINUTES}(?:\s?{_HALF})?(?=Z|(?!\.\d)[+\s.,;!?)\]-]|$)",
        rf"(?P<hour>\d{{1,2}})\s?{_HALF}",
    )
)
_ISO_CLOCK: Final = re.compile(rf"T(?P<hour>\d{{2}}){_MINUTES}(?P<half>)")
_ZONE: Final = re.compile(
    r"\s{0,2}\(?(?:(?:UTC|GMT)?(?P<sign>[+-])(?P<hours>\d{1,2}):?(?P<minutes>\d{2})?"
    r"|(?P<name>[A-Z][A-Za-z]{2,15}/[A-Z][A-Za-z_/-]{2,30}|[A-Z]{3,4}|Z))(?![\w/])\)?"
)
_AGO: Final = re.compile(
    r"(?<![\w.:@-])(?P<amount>\d{1,4}|an?|half\san)\s{0,2}"
    r"(?P<unit>s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)\s{1,3}ago\b",
    re.IGNORECASE,
)
_JUST_NOW: Final = re.compile(r"(?<![\w.-])(?:just|right)\s{1,3}now(?![\w.-])", re.IGNORECASE)
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
# What people write. Of letters that stand for several zones the one in Europe or North America.
_ZONE_HOURS: Final = {
    "Z": 0, "UTC": 0, "GMT": 0, "WET": 0, "BST": 1, "WEST": 1, "CET": 1, "CEST": 2, "EET": 2,
    "EEST": 3, "MSK": 3, "JST": 9, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7,
    "MDT": -6, "PST": -8, "PDT": -7,
}  # fmt: skip
_SECOND_S, _MINUTE_S, _HOUR_S = 5 * 60, 15 * 60, 3600  # how far around a time is looked
_AHEAD: Final = timedelta(hours=1)  # a time of day later than that was yesterday's


class Around(Struct, frozen=True, kw_only=True):
    """A span; `at` is what it is around of, None for a whole day."""

    since: datetime
    until: datetime
    at: datetime | None = None


class Told(Struct, frozen=True, kw_only=True):
    """The time in a text, if it has one, and the text without it."""

    rest: str
    around: Around | None = None
    remark: str = ""


def read_time(text: str, zone: tzinfo, now: datetime) -> Told:
    """The first time of the text; `zone` holds unless it names its own."""
    ago = _AGO.search(text)
    if ago is not None:
        return Told(rest=_without(text, ago), around=_ago(ago, now))
    soon = _JUST_NOW.search(text)
    if soon is not None:
        return Told(rest=_without(text, soon), around=_around(now, _MINUTE_S))
    day, day_found, remark = _read_date(text, now.astimezone(zone).date())
    rest = text if day_found is None else _cut(text, day_found)
    if remark:
        return Told(rest=rest, remark=remark)
    clock = _read_clock(rest, None if day_found is None else day_found.start())
    if clock is not None:
        named = _read_zone(rest, clock.end())
        rest = rest[: clock.start()] + " " + rest[named[1] if named else clock.end() :]
        return Told(rest=rest, around=_at(clock, day, named[0] if named else zone, now))
    if day is None:
        return Told(rest=text)
    return Told(rest=rest, around=_whole_day(day, zone))


def zone_named(name: str) -> tzinfo | None:
    """Of an IANA name, or of letters such as CET."""
    if name in _ZONE_HOURS:
        return timezone(timedelta(hours=_ZONE_HOURS[name]))
    if "/" not in name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _ago(found: re.Match[str], now: datetime) -> Around:
    word = found["amount"].lower()
    amount = float(word) if word.isdigit() else 0.5 if word.startswith("half") else 1.0
    seconds = amount * _UNITS[found["unit"][0].lower()]
    slack = min(max(seconds / 2, _SECOND_S), 12 * _HOUR_S)
    return _around(now - timedelta(seconds=seconds), slack)


def _around(at: datetime, slack_s: float) -> Around:
    slack = timedelta(seconds=slack_s)
    return Around(since=at - slack, until=at + slack, at=at)


def _read_date(text: str, today: date) -> tuple[date | None, re.Match[str] | None, str]:
    """The first in the text, whatever its kind; and what is to be said of one that is unclear."""
    found = [one for pattern in _DATES if (one := pattern.search(text)) is not None]
    remark = ""
    for one in sorted(found, key=lambda match: match.start()):
        groups = one.groupdict()
        if _is_unclear(groups):
            remark = f"{one[0].strip(' ,:')} may be two days; write it as 2026-11-23"
            continue
        day = _date(groups, today)
        if day is not None:
            return day, one, ""
        remark = f"{one[0].strip(' ,:')} is no day of the calendar"
    return None, None, remark


def _is_unclear(groups: dict[str, str | None]) -> bool:
    """Whether a date with slashes could have its day and its month the other way round."""
    if not groups.get("one"):
        return False
    one, two = int(groups["one"] or 0), int(groups["two"] or 0)
    return one != two and max(one, two) <= 12


def _date(groups: dict[str, str | None], today: date) -> date | None:
    word = groups.get("word")
    if word is not None:
        return _day_named(word.lower(), today)
    year = int(groups["year"] or 0)
    if groups.get("one"):
        one, two = int(groups["one"] or 0), int(groups["two"] or 0)
        month, number = (two, one) if one > 12 or one == two else (one, two)
    else:
        name = groups.get("name")
        month = _MONTHS[name.lower()] if name else int(groups["month"] or 0)
        number = int(groups["day"] or 0)
    try:
        day = date(year or today.year, month, number)
    except ValueError:
        return None
    if not year and day > today + timedelta(days=1):
        return _year_before(day)
    return day if 1971 <= day.year <= 9000 else None


def _year_before(day: date) -> date | None:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # 29 February
        return None


def _day_named(word: str, today: date) -> date:
    if word == "today":
        return today
    if word == "yesterday":
        return today - timedelta(days=1)
    back = (today.weekday() - _WEEKDAYS.index(word.removeprefix("last").strip()[:3])) % 7
    return today - timedelta(days=back or 7)


def _read_clock(text: str, start: int | None) -> re.Match[str] | None:
    """Right behind the date if there is one there, else the first."""
    if start is not None:
        iso = _ISO_CLOCK.match(text, start)
        if iso is not None and int(iso["hour"]) < 24 and int(iso["minute"]) < 60:
            return iso
    for pattern in _CLOCKS:
        for found in pattern.finditer(text):
            if _hour(found) is not None:
                return found
    return None


def _hour(found: re.Match[str]) -> int | None:
    hour, half = int(found["hour"]), (found["half"] or "").lower()
    groups = found.groupdict()
    if int(groups.get("minute") or 0) > 59 or int(groups.get("second") or 0) > 59:
        return None
    if not half:
        return hour if hour < 24 else None
    if not 1 <= hour <= 12:
        return None
    return hour % 12 + (12 if half == "p" else 0)


def _read_zone(text: str, start: int) -> tuple[tzinfo, int] | None:
    """The zone behind a time of day, and where it ends."""
    found = _ZONE.match(text, start)
    if found is None:
        return None
    if found["name"]:
        named = zone_named(found["name"])
        return None if named is None else (named, found.end())
    hours, minutes = int(found["hours"]), int(found["minutes"] or 0)
    if hours > 14 or minutes > 59:
        return None
    ahead = timedelta(hours=hours, minutes=minutes)
    return timezone(-ahead if found["sign"] == "-" else ahead), found.end()


def _at(clock: re.Match[str], day: date | None, zone: tzinfo, now: datetime) -> Around:
    groups = clock.groupdict()
    here = now.astimezone(zone)
    wanted = day or here.date()
    second = groups.get("second")
    at = datetime(
        wanted.year,
        wanted.month,
        wanted.day,
        _hour(clock) or 0,
        int(groups.get("minute") or 0),
        int(second or 0),
        tzinfo=zone,
    )
    if day is None and at > here + _AHEAD:
        at -= timedelta(days=1)
    slack = _SECOND_S if second else _MINUTE_S if groups.get("minute") else _HOUR_S
    return _around(at.astimezone(UTC), slack)


def _whole_day(day: date, zone: tzinfo) -> Around:
    since = datetime(day.year, day.month, day.day, tzinfo=zone)
    return Around(since=since.astimezone(UTC), until=(since + timedelta(days=1)).astimezone(UTC))


def _without(text: str, found: re.Match[str]) -> str:
    return text[: found.start()] + " " + text[found.end() :]


def _cut(text: str, found: re.Match[str]) -> str:
    """Nothing in its place, so that a time right behind it is found where it stood."""
    return text[: found.start()] + text[found.end() :]
