"""The collector's side of the spool: entries in, answered only after they are on disk.

One thread writes. Whatever waits when it is free is committed in one transaction, then all of it is
answered in one step of the event loop. There is no timer: an idle writer is woken as soon as the
loop has nothing else to read, so that a lone entry is committed at once, entries that come together
share a commit, and the busier the collector, the larger the groups.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue

from bartizan.domain.delivery import AuditLogEntry
from bartizan.domain.errors import Misconfigured, Unavailable
from bartizan.kit import log
from bartizan.kit.metrics import SPOOL_COMMITS
from bartizan.spool.journal import MOST_ENTRIES, Journal
from bartizan.spool.settings import SpoolSettings

_MOST_WAITING_ENTRIES = 8_192
_MOST_WAITING_BYTES = 128 * 1024**2
_GROUP_BYTES = 16 * 1024**2
_ENOUGH_ENTRIES = 32
_LOOK_EVERY_S = 0.5

_log = log.get("spool")

_Waiting = tuple[AuditLogEntry, asyncio.Future[int]]


class Intake:
    """Implements `SpoolIntake`. Made anywhere, then used from one event loop.

    Raises `Misconfigured` at once for a spool this program must not touch. A spool that cannot be
    opened *now* is tried again with the next entries, which hear `Unavailable` until it can.
    """

    def __init__(self, directory: Path, settings: SpoolSettings) -> None:
        self._directory = directory
        self._settings = settings
        self._arrived: deque[_Waiting] = deque()
        self._wake: SimpleQueue[None] = SimpleQueue()
        self._is_gathering = False
        self._gathered = 0
        self._is_look_wanted = False
        self._waiting_entries = 0
        self._waiting_bytes = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_closed = False
        self._look_again_at = 0.0
        self._trouble: str | None = None
        self._journal: Journal | None = None
        try:
            self._journal = Journal(directory, settings)
            self._journal.look()
        except Unavailable as trouble:
            self._note(trouble)
        self._thread = threading.Thread(target=self._run, name="spool-writer", daemon=True)
        self._thread.start()

    def put(self, entry: AuditLogEntry) -> asyncio.Future[int]:
        loop = self._loop
        if loop is None:
            loop = self._loop = asyncio.get_running_loop()
        future: asyncio.Future[int] = loop.create_future()
        size = len(entry.raw)
        if self._is_closed:
            future.set_exception(Unavailable("spool-failed", "the spool is closed"))
            return future
        if (
            self._waiting_entries >= _MOST_WAITING_ENTRIES
            or self._waiting_bytes + size > _MOST_WAITING_BYTES
        ):
            reason = "too many entries wait for the disk"
            future.set_exception(Unavailable("spool-full", reason))
            return future
        self._waiting_entries += 1
        self._waiting_bytes += size
        self._arrived.append((entry, future))
        if not self._is_gathering:
            self._is_gathering = True
            self._gathered = 0
            loop.call_soon(self._gather, loop)
        return future

    def _gather(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wake the writer, unless the loop's last turn brought still more entries."""
        arrived = len(self._arrived)
        if self._gathered < arrived < _ENOUGH_ENTRIES:
            self._gathered = arrived
            loop.call_soon(self._gather, loop)
        else:
            self._is_gathering = False
            self._wake.put(None)

    def is_accepting(self) -> bool:
        """Whether an entry would probably be accepted: what the writer saw last.

        Cheap. Makes the writer look again, at most twice a second, so that a spool that became
        usable, or full, is noticed without traffic.
        """
        now = time.monotonic()
        if now >= self._look_again_at and not self._is_closed:
            self._look_again_at = now + _LOOK_EVERY_S
            self._is_look_wanted = True
            self._wake.put(None)
        return self._trouble is None and not self._is_closed

    async def close(self) -> None:
        self._is_closed = True
        self._wake.put(None)
        await asyncio.get_running_loop().run_in_executor(None, self._thread.join)

    def _run(self) -> None:
        """The writer's thread."""
        while self._arrived or not self._is_closed:
            if not self._arrived:
                self._wake.get()
            group = self._take_group()
            if not group and not self._is_look_wanted:
                continue  # the last group had it already
            self._is_look_wanted = False
            # Who was told 503 meanwhile is not owed: the sensor sends it again.
            owed = [waiting for waiting in group if not waiting[1].done()]
            outcome = self._try([entry for entry, _ in owed])
            if group and self._loop is not None:
                with suppress(RuntimeError):  # the loop is gone, and with it everybody who waited
                    self._loop.call_soon_threadsafe(self._tell, group, owed, outcome)
        if self._journal is not None:
            self._journal.close()

    def _take_group(self) -> list[_Waiting]:
        """Everything that waits, up to the size of a sane transaction."""
        group: list[_Waiting] = []
        size = 0
        while self._arrived and size < _GROUP_BYTES and len(group) < MOST_ENTRIES:
            group.append(self._arrived.popleft())
            size += len(group[-1][0].raw)
        return group

    def _try(self, entries: Sequence[AuditLogEntry]) -> list[int] | Unavailable:
        """Commit the entries, or only look around if there are none."""
        try:
            if self._journal is None:
                self._journal = Journal(self._directory, self._settings)
            if not entries:
                self._journal.look()
                ids = []
            else:
                ids = self._journal.commit(entries)
                SPOOL_COMMITS.inc()
        except Unavailable as trouble:
            self._note(trouble)
            return trouble
        except Misconfigured as misfit:
            failure = Unavailable("spool-failed", misfit.message, misfit.where)
            self._note(failure)
            return failure
        self._note(None)
        return ids

    def _note(self, trouble: Unavailable | None) -> None:
        """Remember the state, log its changes, and never go on with a connection that failed."""
        code = trouble.code if trouble is not None else None
        if code == "spool-failed" and self._journal is not None:
            self._journal.close()
            self._journal = None
        if code != self._trouble:
            self._trouble = code
            if trouble is None:
                _log.info("spool.accepting")
            else:
                _log.error("spool.refusing", code=trouble.code, reason=str(trouble))

    def _tell(
        self,
        group: Sequence[_Waiting],
        owed: Sequence[_Waiting],
        outcome: list[int] | Unavailable,
    ) -> None:
        """On the event loop: everybody of the group at once."""
        for entry, _ in group:
            self._waiting_bytes -= len(entry.raw)
        self._waiting_entries -= len(group)
        if isinstance(outcome, Unavailable):
            for _, future in owed:
                if not future.done():
                    future.set_exception(Unavailable(outcome.code, outcome.message, outcome.where))
            return
        for (_, future), entry_id in zip(owed, outcome, strict=True):
            if not future.done():
                future.set_result(entry_id)
