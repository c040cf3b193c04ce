"""What the shipper reads from: a source gives what is new and remembers what became durable."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from bartizan.acquire.found import Problem
from bartizan.acquire.ship.checkpoint import Checkpoint
from bartizan.acquire.tail.path import Tail
from bartizan.kit.text import text


class Read(NamedTuple):
    """An entry with its place, or what stands instead of one (`Problem`)."""

    raw: bytes
    origin: str
    offset: int
    problem: Problem | None = None


class Source(Protocol):
    """Blocking, for one thread. `read` and `remember` take turns."""

    def look(self, *, thoroughly: bool) -> None:
        """See what is new; `thoroughly` now and then, and when somebody asks for it."""
        ...

    def read(self) -> Sequence[Read] | None:
        """More, about 512 KiB; None if there is nothing now."""
        ...

    def remember(self, ids: Sequence[int | None]) -> None:
        """What was read last is durable; the ids in the spool, None for what is not in it.

        Not called, because the program stops: then it is read again at the next start.
        """
        ...

    def held_bytes(self) -> int:
        """Bytes of entries that are not complete."""
        ...

    def close(self) -> None: ...


class TailSource:
    """A path that is followed."""

    def __init__(self, path: Path, checkpoint: Checkpoint, *, max_entry_bytes: int) -> None:
        self._checkpoint = checkpoint
        marks = checkpoint.bookmarks(path)
        self._tail = Tail(path, marks, max_entry_bytes=max_entry_bytes)

    def look(self, *, thoroughly: bool) -> None:
        self._tail.look(thoroughly=thoroughly)

    def read(self) -> Sequence[Read] | None:
        cuts = self._tail.read()
        origin = shown(self._tail.origin)
        return [Read(cut.raw, origin, cut.offset, cut.problem) for cut in cuts] or None

    def remember(self, ids: Sequence[int | None]) -> None:  # noqa: ARG002
        self._checkpoint.save_bookmarks(self._tail.path, self._tail.bookmarks())

    def held_bytes(self) -> int:
        return self._tail.held_bytes

    def close(self) -> None:
        self._tail.close()


def shown(path: Path) -> str:
    """A path that is text: bytes in it that are not UTF-8 become U+FFFD."""
    return text(os.fsencode(path))
