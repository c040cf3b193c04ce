"""One log file that is followed: where it was read to, and what of it is held."""

import time

from bartizan.acquire.tail.bookmark import Bookmark, head_digest
from bartizan.acquire.tail.cutter import Cut, Cutter, Ending
from bartizan.acquire.tail.growing import Packed, Plain
from bartizan.acquire.tail.rotated import Candidate

# So long nobody takes to write one entry.
_STALE_S = 10.0


class TailFile:
    """Opened when it is first read. Raises `OSError` and `Replaced` then, and at each read."""

    def __init__(
        self,
        candidate: Candidate,
        *,
        is_packed: bool,
        max_entry_bytes: int,
        head: bytes = b"",
        bookmark: Bookmark | None = None,
    ) -> None:
        """From the bookmark on, or from the beginning. `head` is how the file begins."""
        self.candidate = candidate
        self.is_packed = is_packed
        self.is_at_end = False
        self._max_entry_bytes = max_entry_bytes
        self._known_head = head[: bookmark.head_length] if bookmark else b""
        self._bytes: Plain | Packed | None = None
        position, passing = (bookmark.position, bookmark.passing) if bookmark else (0, None)
        self._cutter = Cutter(position, passing, max_entry_bytes=max_entry_bytes)
        age_s = time.time() - candidate.modified_ns / 1e9
        self._grew_at = time.monotonic() - max(0.0, age_s)

    @property
    def position(self) -> int:
        return self._cutter.position

    @property
    def held_bytes(self) -> int:
        """Bytes of an entry that is not complete."""
        return self._cutter.held_bytes

    @property
    def head(self) -> bytes:
        """How the file begins, as far as it was read."""
        return self._bytes.head() if self._bytes else self._known_head

    @property
    def damage(self) -> str:
        return self._bytes.damage if isinstance(self._bytes, Packed) else ""

    def quiet_s(self) -> float:
        """How long ago it last grew."""
        return time.monotonic() - self._grew_at

    def open(self) -> Plain | Packed:
        if self._bytes is None:
            kind = Packed if self.is_packed else Plain
            self._bytes = kind(self.candidate, self._known_head)
        return self._bytes

    def read(self) -> list[Cut]:
        """More entries, about 128 KiB of them; [] if there are none for now."""
        bytes_ = self.open()
        while True:
            data = bytes_.read(self.position + self.held_bytes)
            self.is_at_end = not data
            if data:
                self._grew_at = time.monotonic()
                self._cutter.feed(data)
            cuts = self._cutter.take(self._ending())
            if cuts or not data:
                return cuts

    def _ending(self) -> Ending:
        if not self.is_at_end:
            return Ending.OPEN
        if self.is_packed:
            return Ending.LAST
        return Ending.STALE if self.quiet_s() > _STALE_S else Ending.OPEN

    def finish(self) -> list[Cut]:
        """What is held, now that nothing more will come."""
        return self._cutter.take(Ending.LAST)

    def begin_again(self) -> None:
        """The same file, truncated: all of it is new."""
        if self._bytes is not None:
            self._bytes.begin_again()
        self._cutter = Cutter(max_entry_bytes=self._max_entry_bytes)
        self._grew_at = time.monotonic()

    def bookmark(self, *, is_over: bool = False) -> Bookmark | None:
        """None while nothing was read: then there is nothing to remember."""
        if not self.head:
            return None
        return Bookmark(
            head_length=len(self.head),
            head_digest=head_digest(self.head),
            position=self.position,
            passing=self._cutter.passing,
            is_over=is_over,
        )

    def close(self) -> None:
        if self._bytes is not None:
            self._bytes.close()
