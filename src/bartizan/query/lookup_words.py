"""What is said of a transaction: to people who help customers, and to the customer.

What the customer is told holds no payload: of what the request carried only a host and an id, and
these only if they are plain, so that nobody can send words to a help desk's customers.
"""

import re
from collections.abc import Mapping
from datetime import datetime, tzinfo
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from bartizan.domain.delivery import Row, TimeBasis
from bartizan.domain.transaction import Category

_PLAIN_HOST: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(?::[0-9]{1,5})?")
_PLAIN_ID: Final = re.compile(r"[A-Za-z0-9@_.-]{4,64}")
_LOOKED_LIKE: Final[Mapping[str, str]] = MappingProxyType(
    {
        Category.SQLI: "a database command",
        Category.XSS: "a script for other people's browsers",
        Category.RCE: "a command for the server",
        Category.LFI: "the name of a file on the server",
        Category.RFI: "the address of a file elsewhere",
        Category.PHP: "program code",
        Category.JAVA: "program code",
        Category.SCANNER: "an automatic scan",
        Category.PROTOCOL: "something that browsers do not send",
        Category.SESSION_FIXATION: "somebody else's session",
        Category.DOS: "too many requests",
    }
)


class Outcome(StrEnum):
    """What became of a request."""

    BLOCKED = "blocked"
    DETECTED = "detected"
    ALLOWED = "allowed"
    NOT_STATED = "not-stated"


def outcome_of(row: Row) -> Outcome:
    """As the badge of the console says it."""
    if row.intercepted is None:
        return Outcome.NOT_STATED
    if row.intercepted:
        return Outcome.BLOCKED
    is_detected = bool(row.rule_ids) or row.category is not None
    return Outcome.DETECTED if is_detected else Outcome.ALLOWED


def for_customer(row: Row, zone: tzinfo) -> str:
    """Some sentences that may be sent to anybody."""
    is_plain = row.host is not None and _PLAIN_HOST.fullmatch(row.host)
    site = row.host if is_plain else "our site"
    about = "about " if row.time_basis is TimeBasis.UNKNOWN or row.is_skewed else ""
    request = f"Your request to {site} of {about}{spelled_time(row.at, zone)}"
    is_quotable = row.unique_id is not None and _PLAIN_ID.fullmatch(row.unique_id)
    reference = row.unique_id if is_quotable else str(row.id)
    outcome = outcome_of(row)
    if outcome is Outcome.BLOCKED:
        like = _LOOKED_LIKE.get(row.category or "")
        why = f", because a part of it looked like {like}" if like else ""
        return (
            f"{request} was stopped by our web application firewall{why}. If it was an ordinary "
            f"request, tell us what you were doing, and quote the reference {reference}."
        )
    if outcome is Outcome.NOT_STATED:
        return (
            f"{request} was seen by our web application firewall, whose log does not say what "
            f"became of it. Reference: {reference}."
        )
    answered = f", and was answered with status {row.status}" if row.status else ""
    return (
        f"{request} passed our web application firewall{answered}. If something did not work, "
        f"the cause is elsewhere. Reference: {reference}."
    )


def spelled_time(at: datetime, zone: tzinfo, *, is_received: bool = False) -> str:
    """As in 2026-11-23 15:05:09 (Europe/Berlin, UTC+01:00)."""
    here = at.astimezone(zone)
    offset = here.strftime("%z")
    ahead = "" if offset == "+0000" else f"{offset[:3]}:{offset[3:5]}"
    name = str(zone)
    told = f"{name}, UTC{ahead}" if name not in ("UTC", "Etc/UTC") else "UTC"
    received = "received " if is_received else ""
    return f"{received}{here:%Y-%m-%d %H:%M:%S} ({told})"


def spelled_span(since: datetime, until: datetime, zone: tzinfo) -> str:
    """As in 2026-11-23 13:50:00 to 14:20:00 (Europe/Berlin, UTC+01:00)."""
    first, last = since.astimezone(zone), until.astimezone(zone)
    end = spelled_time(until, zone)
    if first.utcoffset() != last.utcoffset():
        return f"{spelled_time(since, zone)} to {end}"
    if first.date() == last.date():
        end = end.partition(" ")[2]
    return f"{first:%Y-%m-%d %H:%M:%S} to {end}"


def kept_words(hours: int) -> str:
    """As in 30 days, 36 hours."""
    count, unit = (hours // 24, "day") if hours % 24 == 0 else (hours, "hour")
    return f"{count} {unit}{'' if count == 1 else 's'}"
