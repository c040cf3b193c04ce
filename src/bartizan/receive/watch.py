"""The deadlines of a listener's connections: one timer for all of them."""

import asyncio
from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

from bartizan.receive.settings import CollectorSettings

_LOOKS_PER_TIMEOUT = 10
_LONGEST_PAUSE_S = 0.25
# Chunked one byte at a time, a body is six times as long on the wire.
_FRAMING = 8


class Stage(StrEnum):
    """What a connection is waiting for; also the label of the metric."""

    SILENT = "silent"
    HEAD = "head"
    BODY = "body"
    ANSWER = "answer"
    IDLE = "idle"
    LINGER = "linger"
    UNREADABLE = "unreadable"
    TOO_MUCH = "too-much"
    TOO_MANY = "too-many"


class Watched(Protocol):
    """A connection: `deadline` in the loop's time; `expire` closes it and moves the deadline."""

    deadline: float

    def expire(self, now: float) -> None: ...


class Watch:
    """Every connection of one listener, looked at often enough for the shortest deadline.

    Also what they share: the settings, and who may hear what if a head is unreadable.
    """

    def __init__(
        self, settings: CollectorSettings, unreadable_status: Callable[[bytes], int]
    ) -> None:
        self.settings = settings
        self.unreadable_status = unreadable_status
        self.most_wire_bytes = settings.max_body_bytes * _FRAMING + settings.max_head_bytes
        shortest = min(settings.head_timeout_s, settings.request_timeout_s, settings.idle_timeout_s)
        self._pause_s = min(shortest / _LOOKS_PER_TIMEOUT, _LONGEST_PAUSE_S)
        self._connections: set[Watched] = set()
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._connections)

    def add(self, connection: Watched, loop: asyncio.AbstractEventLoop) -> None:
        self._connections.add(connection)
        if self._timer is None:
            self._timer = loop.call_later(self._pause_s, self._look, loop)

    def remove(self, connection: Watched) -> None:
        self._connections.discard(connection)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for connection in [one for one in self._connections if one.deadline <= now]:
            connection.expire(now)
        self._timer = (
            loop.call_later(self._pause_s, self._look, loop) if self._connections else None
        )
