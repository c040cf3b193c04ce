"""Which time a transaction is sorted and filtered by (promise R10: time is never trusted)."""

from datetime import UTC, datetime
from typing import Final

from bartizan.kit.clock import from_us, to_us

TOLERANCE_US: Final = 5 * 60 * 1_000_000
# Lags are added up by the million, so a time from another age must not count as what it says.
_MOST_LAG_MS: Final = 10 * 366 * 24 * 3600 * 1000


def sort_time(occurred_at: datetime | None, received_at_us: int) -> tuple[int, int | None, bool]:
    """(at, occurred, skewed) in microseconds since the epoch.

    An entry may be as old as it says, since old logs are imported. It cannot come from more than
    five minutes ahead of us, nor from an unknown time: then `at` is when it was received.
    """
    if occurred_at is None:
        return received_at_us, None, True
    occurred_us = to_us(_as_utc(occurred_at))
    if occurred_us > received_at_us + TOLERANCE_US:
        return received_at_us, occurred_us, True
    return occurred_us, occurred_us, False


def lag_ms(occurred_at: datetime | None, received_at_us: int) -> int | None:
    """From when it occurred until it was received, at most ten years either way."""
    if occurred_at is None:
        return None
    lag = (received_at_us - to_us(_as_utc(occurred_at))) // 1000
    return max(-_MOST_LAG_MS, min(lag, _MOST_LAG_MS))


def search_us(moment: datetime) -> int:
    return to_us(_as_utc(moment))


def _as_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


__all__ = ["TOLERANCE_US", "from_us", "lag_ms", "search_us", "sort_time"]
