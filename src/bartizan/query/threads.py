"""Blocking calls beside the event loop, in few, named threads, with a limit on waiting.

Searches get threads of their own, so that slow ones can starve neither logins nor the live feed,
and a caller hears within a known time that it took too long.
"""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from bartizan.domain.errors import Unavailable

T = TypeVar("T")


class BoundedThreads:
    """At most `count` calls at once and `waiting` in line; each is answered within `limit_s`.

    A call that is still running when its time is up keeps its thread until it returns: the store
    has its own limits on statements. What was still in line is taken out of it.
    """

    def __init__(self, name: str, *, count: int, waiting: int = 64, limit_s: float = 10.0) -> None:
        self._threads = ThreadPoolExecutor(count, thread_name_prefix=f"bartizan-{name}")
        self._limit_s = limit_s
        self._most = count + waiting
        self._unfinished = 0

    async def run(self, work: Callable[[], T]) -> T:
        """The result of `work`, or what it raised; `Unavailable` (`too-slow`, `busy`)."""
        if self._unfinished >= self._most:
            raise Unavailable("busy", "too many questions are waiting; try again in a moment")
        self._unfinished += 1
        loop = asyncio.get_running_loop()
        # With the caller's context, so that log lines of the thread carry the request's id.
        promised = self._threads.submit(contextvars.copy_context().run, work)
        promised.add_done_callback(lambda _: self._finished(loop))
        try:
            async with asyncio.timeout(self._limit_s):
                return await asyncio.wrap_future(promised)
        except TimeoutError:
            raise Unavailable(
                "too-slow",
                f"no answer within {self._limit_s:g} seconds; narrow the time range or the filters",
            ) from None

    def _finished(self, loop: asyncio.AbstractEventLoop) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(self._leave)

    def _leave(self) -> None:
        self._unfinished -= 1

    def close(self) -> None:
        """Forget what is in line; do not wait for what runs."""
        self._threads.shutdown(wait=False, cancel_futures=True)
