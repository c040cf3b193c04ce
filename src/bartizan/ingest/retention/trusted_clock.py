"""Whether the clock can be believed, before anything is removed for its age.

A clock that jumps ahead by years would make everything too old. So the time of every look is kept
in the control store: if the clock is more than a day ahead of the last look, ages do not count for
the next 24 hours of that clock, which is time enough for its owner or for NTP to set it right. A
service that was stopped for longer than a day waits as long: that costs nothing but a day. What
size and free disk demand does not ask the clock, and goes on.
"""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from bartizan.kit.struct import Struct
from bartizan.store.control import ControlStore

_STATE: Final = "retention:clock"
JUMP: Final = timedelta(days=1)
DOUBT: Final = timedelta(hours=24)


class ClockLook(Struct, frozen=True, kw_only=True):
    """The time of the last look; and since when, by that clock, it is doubted, and why."""

    seen_at: datetime
    doubted_since: datetime | None = None
    ahead_s: int = 0


class TrustedClock:
    """Asked by whoever has the lease."""

    def __init__(self, control: ControlStore) -> None:
        self._control = control

    def look(self, now: datetime, newest_at: datetime | None) -> ClockLook:
        """`newest_at` is when the newest transaction was stored: for the very first look."""
        before = self._last() or ClockLook(seen_at=newest_at or now)
        look = _next(before, now)
        self._control.set_state(_STATE, msgspec.json.encode(look).decode())
        return look

    def trust(self, now: datetime) -> None:
        """Somebody says that it is right."""
        look = ClockLook(seen_at=now)
        self._control.set_state(_STATE, msgspec.json.encode(look).decode())

    def _last(self) -> ClockLook | None:
        kept = self._control.state(_STATE)
        return None if kept is None else msgspec.json.decode(kept, type=ClockLook)


def _next(before: ClockLook, now: datetime) -> ClockLook:
    ahead = now - before.seen_at
    if ahead > JUMP:
        return ClockLook(seen_at=now, doubted_since=now, ahead_s=round(ahead.total_seconds()))
    since = before.doubted_since
    if since is not None and since <= now < since + DOUBT:
        return msgspec.structs.replace(before, seen_at=now)
    return ClockLook(seen_at=now)
