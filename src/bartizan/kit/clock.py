"""The clock as a part that can be handed in, so that tests own time."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

NowUs = Callable[[], int]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def now_us() -> int:
    """Microseconds since the epoch, UTC."""
    return time.time_ns() // 1000


def now() -> datetime:
    return from_us(now_us())


def from_us(microseconds: int) -> datetime:
    """Exact, unlike `datetime.fromtimestamp`, which goes through a float."""
    return _EPOCH + timedelta(0, 0, microseconds)


def to_us(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND
