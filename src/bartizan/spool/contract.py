"""What the spool promises.

* the future of `put` has its result only after the entry is durable (committed with
  synchronous=FULL); every entry that waits at the moment of a commit shares it. Or it raises
  `Unavailable` (codes `spool-full`, `disk-full`, `spool-failed`), and the spool keeps nothing of
  that entry's transaction, or may have kept it: a repeat is then a duplicate, which is harmless.
* entries leave only by `done` (after the store's commit) or `bury` (dead letters, with a reason);
  dead letters leave only by `revive` (back into the queue) or `remove` (on purpose).
* the account is exact at every commit, and lasts: set aside (from the queue or by an import) =
  dead letters there now + revived + removed. Nothing is ever dropped to make room.
* ids grow in the order of commit. Start-up time does not depend on the backlog.
"""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from bartizan.domain.delivery import AuditLogEntry, DeadLetter, LetterSelection, SpooledEntry
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
    dead_letter_bytes: int = 0


class LetterKind(Struct, frozen=True, kw_only=True):
    """The dead letters of one sensor with one reason."""

    sensor: str
    code: str
    letters: int
    size_bytes: int
    first_at_us: int
    last_at_us: int


class LetterAccount(Struct, frozen=True, kw_only=True):
    """The account of the dead letters, since the spool was made unless it says "now".

    `buried` came from the queue, `aside` from imports. `letters` are there now, `waiting` were
    revived and now wait for a worker. `again` were revived and could not be decoded once more.
    """

    letters: int
    size_bytes: int
    buried: int
    aside: int
    revived: int
    removed: int
    waiting: int
    again: int


class LetterHead(Struct, frozen=True, kw_only=True):
    """A dead letter with the first bytes of its entry only (`head`), for lists."""

    id: int
    sensor: str
    code: str
    detail: str
    received_at_us: int
    died_at_us: int
    tried_at_us: int
    program: str
    size_bytes: int
    origin: str | None
    origin_offset: int | None
    head: bytes


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

    def bury(self, letters: Sequence[tuple[int, str, str]]) -> Sequence[int]:
        """Move entries (id, code, detail) to the dead letters, atomically.

        The ids of duplicates: their bytes are a dead letter with the same code already.
        """
        ...

    def revive_outdated(self, limit: int) -> int:
        """Revive at most `limit` letters that another version of the program set aside; how many.

        Each is tried once by each version: what fails again carries the version that tried.
        """
        ...

    def level(self) -> SpoolLevel: ...

    def close(self) -> None: ...


class DeadLetterBox(Protocol):
    """The side of people and commands. Blocking; for many threads, beside collector and worker.

    Changes are made in steps small enough not to keep the collector waiting.
    """

    def account(self) -> LetterAccount: ...

    def kinds(self) -> Sequence[LetterKind]:
        """Counts per sensor and code, most letters first."""
        ...

    def count(self, selection: LetterSelection) -> int: ...

    def page(
        self, selection: LetterSelection, before_id: int | None, limit: int
    ) -> Sequence[LetterHead]:
        """Those with a smaller id than `before_id`, the newest first."""
        ...

    def letter(self, letter_id: int) -> DeadLetter | None: ...

    def last_id(self) -> int:
        """The greatest id there is; 0 without letters."""
        ...

    def revive(self, selection: LetterSelection, limit: int) -> int:
        """Put at most `limit` of them back at the end of the queue; how many. 0: none are left."""
        ...

    def remove(self, selection: LetterSelection, limit: int) -> int:
        """Delete at most `limit` of them for good; how many. 0: none are left."""
        ...

    def level(self) -> SpoolLevel: ...

    def close(self) -> None: ...
