"""One client of the live feed, with a bounded queue.

Used from one event loop only.
"""

import asyncio
from collections import deque
from collections.abc import Collection, Iterable

from bartizan.domain.clearance import EVERYTHING, Clearance
from bartizan.query.live_filter import LiveFilter
from bartizan.query.payloads import row_without_payload
from bartizan.query.scopes import names_fit
from bartizan.query.views import RowView

MAX_BACKLOG = 2000


class Listener:
    """Rows wait here until the client's connection has taken them.

    A client that is too slow loses all that waits, at once and counted (`skipped`), rather than
    memory growing or a mixture of old and new rows arriving. `is_resumed` says that it goes on
    exactly where its last connection ended; `begins_after` is the id to name when it is broken off
    before a single row came. What its scopes ask beside sensors and hosts is in `wanted`, together
    with what the client asked for: whoever offers rows asks that first.
    """

    def __init__(self, clearance: Clearance = EVERYTHING, wanted: LiveFilter | None = None) -> None:
        self._clearance = clearance
        self.wanted = wanted
        self.is_resumed = False
        self.is_over = False
        self.begins_after = 0
        self._rows: deque[RowView] = deque()
        self._skipped = 0
        self._sent_before: frozenset[str] = frozenset()
        self._something = asyncio.Event()

    def offer(self, rows: Iterable[RowView]) -> None:
        self._rows.extend(row for row in self._shown(rows) if row.id not in self._sent_before)
        if len(self._rows) > MAX_BACKLOG:
            self.skip(len(self._rows))
            self._rows.clear()
        if self._rows:
            self._something.set()

    def resume(self, backlog: Iterable[RowView], known: Collection[str] = ()) -> None:
        """Put what was missed in front of what came since; nothing comes twice.

        `known` are ids of rows that the client has and that may still be offered.
        """
        missed = tuple(self._shown(backlog))
        since = tuple(self._rows)
        self._rows.clear()
        self._sent_before = frozenset((*known, *(row.id for row in missed)))
        self._rows.extend(missed)
        self.is_resumed = True
        self.offer(since)
        if self._rows:
            self._something.set()

    def skip(self, count: int) -> None:
        """Note that `count` rows will not be delivered; with a scope, nobody knows how many."""
        self._skipped += 1 if self._clearance.scopes else count
        self._something.set()

    def _shown(self, rows: Iterable[RowView]) -> Iterable[RowView]:
        if self._clearance.is_full:
            return rows
        scopes = self._clearance.scopes
        mine = (row for row in rows if names_fit(row, scopes))
        return mine if self._clearance.sees_payloads else map(row_without_payload, mine)

    def end(self) -> None:
        """Nothing comes any more: the service stops."""
        self.is_over = True
        self._something.set()

    def take(self, limit: int) -> tuple[int, list[RowView]]:
        """How many were skipped since the last call, and at most `limit` rows that came after."""
        skipped, self._skipped = self._skipped, 0
        rows = [self._rows.popleft() for _ in range(min(limit, len(self._rows)))]
        if not self._rows:
            self._something.clear()
        return skipped, rows

    async def wait(self, timeout_s: float) -> bool:
        """Until there is something to take (True), at most `timeout_s` (False)."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._something.wait()
        except TimeoutError:
            return False
        return True
