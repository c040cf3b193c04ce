"""One timer for all who wait equally long, because a timer for each costs as much as a request."""

import asyncio
from collections import deque

_LOOKS_PER_WAIT = 10


class Patience:
    """Futures that are not done in time get a `TimeoutError`, at most a tenth of the time late."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._waiting: deque[tuple[float, asyncio.Future[int]]] = deque()
        self._is_looking = False

    def bound(self, future: asyncio.Future[int]) -> None:
        loop = future.get_loop()
        self._waiting.append((loop.time() + self._seconds, future))
        if not self._is_looking:
            self._is_looking = True
            loop.call_later(self._seconds / _LOOKS_PER_WAIT, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        waiting = self._waiting
        while waiting and (waiting[0][1].done() or waiting[0][0] <= now):
            _, future = waiting.popleft()
            if not future.done():
                future.set_exception(TimeoutError())
        self._is_looking = bool(waiting)
        if waiting:
            loop.call_later(self._seconds / _LOOKS_PER_WAIT, self._look, loop)
