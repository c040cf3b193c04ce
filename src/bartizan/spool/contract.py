"""What the spool promises.

* the future of `put` has its result only after the entry is durable (committed with
  synchronous=FULL); every entry that waits at the moment of a commit shares it. Or it raises
  `Unavailable` (codes `spool-full`, `disk-full`, `spool-failed`), and the spool keeps nothing of
  that entry's transaction, or may have kept it: a repeat is then a duplicate, which is harmless.
* entries leave only by `done` (after the store's commit) or `bury` (dead letters, with a reason).
* ids grow in the order of commit. Start-up time does not depend on the backlog.
"""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from bartizan.domain.delivery import AuditLogEntry, DeadLetter, SpooledEntry
from bartizan.kit.struct import Struct


class Share(Struct, frozen=True, kw_only=True):
    """One worker's part of the spool: number `index` (from 0) of `of` equal ones.

    Ids are dealt out in blocks, so that what a worker takes is mostly contiguous.
    """

    index: int = 0
    of: int = 1


class SpoolLevel(Struct, frozen=True, kw_only=True):
    """How full the spool is."""

    entries: int
    size_bytes: int
    oldest_received_at_us: int | None
    dead_letters: int


class SpoolIntake(Protocol):
    """The collector's side. One per process, used from its event loop."""

    def put(self, entry: AuditLogEntry) -> asyncio.Future[int]:
        """Make the entry durable; its id. Who sets or cancels the future waits no longer."""
        ...

    def is_accepting(self) -> bool:
        """Whether `put` would probably succeed now; cheap, for `/readyz`."""
        ...

    async def close(self) -> None:
        """Commit what waits, then stop."""
        ...


class SpoolOutlet(Protocol):
    """The worker's side. Blocking; one per process."""

    def take(self, after_id: int, limit: int, max_bytes: int) -> Sequence[SpooledEntry]:
        """The oldest with a greater id, at most `limit` and about `max_bytes`; they stay."""
        ...

    def done(self, ids: Sequence[int]) -> None:
        """Forget entries that are in the store."""
        ...

    def bury(self, letters: Sequence[tuple[int, str, str]]) -> None:
        """Move entries (id, code, detail) to the dead letters, atomically."""
        ...

    def dead_letters(self, after_id: int, limit: int) -> Sequence[DeadLetter]: ...

    def revive(self, ids: Sequence[int]) -> None:
        """Put dead letters back at the end of the spool, to be decoded again."""
        ...

    def level(self) -> SpoolLevel: ...

    def close(self) -> None: ...
