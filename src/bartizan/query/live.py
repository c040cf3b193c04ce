"""The live feed: what was stored since, to everybody who watches.

One poller per process follows the store by id while somebody listens, and for a minute longer, so
that a browser that reconnects finds its place exactly, also if it was at another console before. In
a cluster several writers may commit slightly out of order, so every second the last five seconds
are read again, and what was not seen before is new.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from bartizan.domain.clearance import EVERYTHING, Clearance
from bartizan.domain.delivery import Row
from bartizan.domain.errors import BartizanError, Unavailable
from bartizan.domain.expression import Expression, every
from bartizan.kit import log
from bartizan.query.language.payloads import besides_payloads
from bartizan.query.listener import MAX_BACKLOG, Listener
from bartizan.query.live_filter import LiveFilter
from bartizan.query.recent import RecentRows
from bartizan.query.rows import RowViews
from bartizan.query.scopes import rest_of
from bartizan.query.threads import BoundedThreads
from bartizan.query.views import RowView
from bartizan.store.contract import Store

_log = log.get("live")
_POLL_S = 0.25
_LINGER_S = 60.0
_OVERLAP_S = 5.0
_OVERLAP_EVERY_S = 1.0
_OVERLAP_MOST = 2500  # rows; at high rates the overlap gets shorter instead
_START_S = 5.0
_CHUNK = 500
_MOST_AT_ONCE = 5000


class LiveFeed:
    """For one event loop. `run` follows the store; `listen` gives each client its own queue."""

    def __init__(
        self,
        store: Store,
        rows: RowViews,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._rows = rows
        self._threads = BoundedThreads("live", count=1, limit_s=30.0)
        self._monotonic = monotonic
        self._listeners: set[Listener] = set()
        self._recent = RecentRows(MAX_BACKLOG)
        self._seen: set[int] = set()
        self._position: int | None = None
        self._positions: deque[tuple[float, int]] = deque()
        self._swept_at = 0.0
        self._is_ending = False
        self._wanted = asyncio.Event()
        self._started = asyncio.Event()

    async def run(self) -> None:
        """Follow the store until cancelled. A store that fails is asked again."""
        while True:
            await self._wanted.wait()
            await self._follow()
            self._rest()

    async def _follow(self) -> None:
        alone_since: float | None = None
        while alone_since is None or self._monotonic() - alone_since < _LINGER_S:
            try:
                await self.poll()
            except BartizanError as error:
                _log.warning("live.poll.failed", code=error.code, detail=error.message)
            await asyncio.sleep(_POLL_S)
            if self._listeners:
                alone_since = None
            elif alone_since is None:
                alone_since = self._monotonic()

    def _rest(self) -> None:
        self._wanted.clear()
        self._started.clear()
        self._recent.clear()
        self._seen.clear()
        self._positions.clear()
        self._position = None

    def end(self) -> None:
        """Let every listener go: the service stops, and waits for open connections."""
        self._is_ending = True
        for listener in self._listeners:
            listener.end()

    def close(self) -> None:
        self._threads.close()

    async def poll(self) -> None:
        """Ask the store once, and hand what is new to every listener."""
        now = self._monotonic()
        if self._position is None:
            self._position = await self._threads.run(self._store.last_id)
            self._started.set()
            return
        after = self._after(now, self._position)
        fresh, greatest, skipped = await self._threads.run(lambda: self._read(after))
        self._position = max(self._position, greatest)
        if skipped:
            self._recent.clear()
            self._positions.clear()
        self._seen.update(int(row.id) for row in fresh)
        self._recent.add(fresh)
        for listener in tuple(self._listeners):
            if skipped:
                listener.skip(skipped)
            await self._offer(listener, fresh)

    async def _offer(self, listener: Listener, fresh: Sequence[RowView]) -> None:
        try:
            listener.offer(await self._fitting(listener, fresh))
        except BartizanError as error:
            _log.warning("live.filter.failed", code=error.code, detail=error.message)
            listener.skip(len(fresh))

    async def _fitting(self, listener: Listener, rows: Sequence[RowView]) -> Sequence[RowView]:
        """Those of the rows that the listener asked for."""
        wanted = listener.wanted
        if wanted is None or not rows:
            return rows
        if wanted.is_in_rows:
            return wanted.of_rows(rows)
        search = wanted.search(rows)
        found = await self._threads.run(lambda: self._store.page(search, limit=_MOST_AT_ONCE))
        ids = {str(row.id) for row in found.rows}
        return [row for row in rows if row.id in ids]

    def _after(self, now: float, position: int) -> int:
        """Where to read from: the position, or every second where it was five seconds ago."""
        if now - self._swept_at < _OVERLAP_EVERY_S:
            return position
        self._swept_at = now
        self._positions.append((now, position))
        while len(self._positions) > 1 and self._is_settled(now):
            self._positions.popleft()
            settled = self._positions[0][1]
            self._seen = {each for each in self._seen if each > settled}
        return self._positions[0][1]

    def _is_settled(self, now: float) -> bool:
        """Whether the oldest position need not be read again: too old, or too much since."""
        return self._positions[1][0] <= now - _OVERLAP_S or len(self._seen) > _OVERLAP_MOST

    def _read(self, after: int) -> tuple[Sequence[RowView], int, int]:
        """(New rows, the greatest id, how many were too many). Runs in the feed's thread."""
        fresh: list[Row] = []
        greatest = after
        while True:
            chunk = self._store.newer(greatest, limit=_CHUNK)
            fresh.extend(row for row in chunk if row.id not in self._seen)
            greatest = chunk[-1].id if chunk else greatest
            if len(chunk) < _CHUNK:
                return self._rows.view(fresh), greatest, 0
            if len(fresh) >= _MOST_AT_ONCE:
                return (), self._store.last_id(), len(fresh)

    @asynccontextmanager
    async def listen(
        self,
        last_event_id: int | None = None,
        clearance: Clearance = EVERYTHING,
        expression: Expression | None = None,
    ) -> AsyncIterator[Listener]:
        """A queue of everything stored from now on, or after `last_event_id`, as far as whoever
        listens may see it and it fits the expression.

        More than 2,000 missed rows are counted as skipped instead. `Unavailable` if the store
        cannot be asked.
        """
        if self._is_ending:
            raise Unavailable("stopping", "this console is being stopped; connect again")
        listener = Listener(clearance, _filter(clearance, expression))
        listener.begins_after = self._position or 0
        self._listeners.add(listener)
        self._wanted.set()
        try:
            await self._start()
            listener.begins_after = listener.begins_after or self._position or 0
            if last_event_id is not None:
                await self._resume(listener, last_event_id)
            yield listener
        finally:
            self._listeners.discard(listener)

    async def _start(self) -> None:
        try:
            async with asyncio.timeout(_START_S):
                await self._started.wait()
        except TimeoutError:
            raise Unavailable("store-unavailable", "the store does not answer") from None

    async def _resume(self, listener: Listener, last_event_id: int) -> None:
        recent = self._recent.after(str(last_event_id))
        if recent is not None:
            listener.take(MAX_BACKLOG)
            listener.resume(await self._fitting(listener, recent))
            listener.begins_after = last_event_id
            return
        after = min(last_event_id, self._position or 0)
        rows = await self._threads.run(lambda: self._read_again(after))
        missed = [row for row in rows if int(row.id) > last_event_id]
        missed = [*await self._fitting(listener, missed)]
        if len(rows) > MAX_BACKLOG:
            listener.skip(len(missed))
        else:
            # The others came from another console, which was ahead of this one.
            listener.resume(missed, known={row.id for row in rows})
            listener.begins_after = last_event_id

    def _read_again(self, after: int) -> Sequence[RowView]:
        found: list[Row] = []
        while len(found) <= MAX_BACKLOG:
            chunk = self._store.newer(after, limit=_CHUNK)
            found.extend(chunk)
            if len(chunk) < _CHUNK:
                break
            after = chunk[-1].id
        return self._rows.view(found)


def _filter(clearance: Clearance, expression: Expression | None) -> LiveFilter | None:
    """What the listener asked for, and what its scopes ask beside sensors and hosts."""
    if expression is not None and not clearance.sees_payloads:
        expression = besides_payloads(expression)
    parts = [part for part in (expression, rest_of(clearance.scopes)) if part is not None]
    return LiveFilter(every(*parts)) if parts else None
