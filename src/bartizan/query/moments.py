"""Times as people write them in a search: ISO 8601, or relative to now."""

import re
from datetime import UTC, datetime, timedelta

from bartizan.domain.errors import Refused

_RELATIVE = re.compile(r"now(?:-(?P<amount>[0-9]{1,6})(?P<unit>[smhdw]))?")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def moment(value: str, where: str, now: datetime) -> datetime:
    """`now`, `now-15m` (s, m, h, d, w), or ISO 8601; without a zone it is UTC. Else `Refused`.

    >>> moment("now-1h", "since", datetime(2026, 1, 1, 12, tzinfo=UTC)).hour
    11
    """
    try:
        relative = _RELATIVE.fullmatch(value)
        if relative is None:
            return _absolute(value)
        amount, unit = relative["amount"], relative["unit"]
        return now - timedelta(**{_UNITS[unit]: int(amount)}) if amount else now
    except (ValueError, OverflowError):
        raise Refused(
            "bad-parameter",
            f"{where} must be ISO 8601, such as 2026-11-23T07:00:00Z, or relative, such as now-24h",
            where,
        ) from None


def relative_seconds(value: str) -> int | None:
    """How long before now a relative moment is; None for one that is not relative."""
    relative = _RELATIVE.fullmatch(value)
    if relative is None:
        return None
    amount, unit = relative["amount"], relative["unit"]
    span = timedelta(**{_UNITS[unit]: int(amount)}) if amount else timedelta()
    return round(span.total_seconds())


def _absolute(value: str) -> datetime:
    parsed = datetime.fromisoformat(value)
    if parsed.tzinfo is None:
        return parsed.replace(tzinfo=UTC)
    return parsed.astimezone(UTC)
