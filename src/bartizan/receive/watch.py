"""The deadlines of a listener's connections: one timer for all of them."""

import asyncio
from collections.abc import Callable, Iterator
from email.utils import formatdate
from typing import Protocol

from bartizan.receive.settings import CollectorSettings

_LOOKS_PER_TIMEOUT = 10
_LONGEST_PAUSE_S = 0.25


class Connected(Protocol):
    """A connection: `deadline` in the loop's time; `expire` closes it and moves the deadline."""

    @property
    def deadline(self) -> float: ...

    def expire(self, now: float) -> None: ...

    def shut_down(self) -> None: ...

    def cancel(self) -> None: ...

    def abort(self) -> None: ...


class Watch:
    """Every connection of one listener, looked at often enough for the shortest deadline.

    Also what they share: the settings, the date, and who may hear what if a head is unreadable.
    """

    def __init__(
        self, settings: CollectorSettings, unreadable_status: Callable[[bytes], int]
    ) -> None:
        self.settings = settings
        self.unreadable_status = unreadable_status
        shortest = min(settings.head_timeout_s, settings.request_timeout_s, settings.idle_timeout_s)
        self._pause_s = min(shortest / _LOOKS_PER_TIMEOUT, _LONGEST_PAUSE_S)
        self.date = b""  # a header line, at most a pause old
        self.is_empty = asyncio.Event()
        self.is_empty.set()
        self._connections: set[Connected] = set()
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._connections)

    def __iter__(self) -> Iterator[Connected]:
        return iter(tuple(self._connections))

    def add(self, connection: Connected, loop: asyncio.AbstractEventLoop) -> None:
        self._connections.add(connection)
        self.is_empty.clear()
        if self._timer is None:
            self._look(loop)

    def remove(self, connection: Connected) -> None:
        self._connections.discard(connection)
        if not self._connections:
            self.is_empty.set()

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        self.date = b"date: %s\r\n" % formatdate(usegmt=True).encode()
        for connection in [one for one in self._connections if one.deadline <= now]:
            connection.expire(now)
        self._timer = (
            loop.call_later(self._pause_s, self._look, loop) if self._connections else None
        )
