"""Entries from a file that is still being written: bytes in as they come, whole entries out.

Never half an entry: what is not complete is held until it is, until the next entry is seen to begin
behind it, or until no more bytes can come. Nothing is dropped: what is no entry comes out too, with
its problem. Held at most: one entry of `max_entry_bytes`, and the bytes fed last.
"""

import re
from enum import Enum
from typing import NamedTuple

from bartizan.acquire.found import Problem
from bartizan.decode import registry
from bartizan.decode.contract import Decoder, Span
from bartizan.kit.struct import Struct

PIECE_BYTES = 64 * 1024
# As in acquire/serial.py: a copytruncate under a writer that does not append leaves a hole of NULs.
_BLANK = re.compile(rb"[\n\r\t \0]*+")
_LINE_END = re.compile(rb"[\n\0]")


class Ending(Enum):
    """What is known about the bytes that will follow."""

    OPEN = "open"  # more may come at any moment
    STALE = "stale"  # a writer would have gone on by now
    LAST = "last"  # there will be none


class Passing(Struct, frozen=True, kw_only=True):
    """In the midst of something that is too large to be held; it ends with `mark`."""

    mark: bytes
    problem: Problem


class Cut(NamedTuple):
    """An entry byte for byte, or a piece of what stood instead of one; `offset` is in the file."""

    raw: bytes
    offset: int
    problem: Problem | None = None


class Cutter:
    """Cuts one file, from `position` on."""

    def __init__(
        self, position: int = 0, passing: Passing | None = None, *, max_entry_bytes: int
    ) -> None:
        self._base = position
        self._data = b""
        self._at = 0
        self._max_entry_bytes = max_entry_bytes
        self.passing = passing

    @property
    def position(self) -> int:
        """Where in the file the first byte stands that has not come out yet."""
        return self._base + self._at

    @property
    def held_bytes(self) -> int:
        return len(self._data) - self._at

    def feed(self, data: bytes) -> None:
        self._base += self._at
        self._data = self._data[self._at :] + data
        self._at = 0

    def take(self, ending: Ending) -> list[Cut]:
        """All that can come out now."""
        cuts: list[Cut] = []
        while self._step(cuts, ending):
            pass
        self.feed(b"")
        return cuts

    def _step(self, cuts: list[Cut], ending: Ending) -> bool:
        """Go on by one step; False if more bytes are needed."""
        if self.passing is not None:
            return self._pass(self.passing, cuts, ending)
        self._at = self._after_blank(self._at)
        if self._at == len(self._data):
            return False
        decoder = self._detect(self._at)
        if decoder is None:
            return self._region(cuts, ending)
        return self._entries(decoder, cuts, ending)

    def _entries(self, decoder: Decoder, cuts: list[Cut], ending: Ending) -> bool:
        spans = decoder.split(self._data, self._at, is_last=ending is Ending.LAST)
        is_full = self.held_bytes >= self._max_entry_bytes
        if not spans and (ending is Ending.STALE or is_full):
            # A writer that died has left half an entry. Another one behind it is the proof.
            spans = self._of_whole_lines(decoder)
        for span in spans:
            if not span.is_foreign:
                problem = Problem.TORN_ENTRY if span.is_torn else None
                cuts.append(Cut(span.of(self._data), self._base + span.offset, problem))
            self._at = max(self._at, span.offset + span.length)
        if spans:
            return True
        if ending is Ending.LAST:
            return self._region(cuts, ending)  # it only seemed to be an entry
        if is_full:
            head = self._data[self._at : self._at + registry.HEAD_BYTES]
            self.passing = Passing(mark=decoder.end_mark(head), problem=Problem.ENTRY_TOO_LARGE)
        return is_full

    def _of_whole_lines(self, decoder: Decoder) -> list[Span]:
        """As if nothing followed; without a torn one at the end, which may still be completed."""
        lines = self._data[: self._data.rfind(b"\n") + 1]
        if len(lines) <= self._at:
            return []
        return [
            span
            for span in decoder.split(lines, self._at, is_last=True)
            if not (span.is_torn and span.offset + span.length >= len(lines))
        ]

    def _region(self, cuts: list[Cut], ending: Ending) -> bool:
        """Lines that begin like no format, up to one that does."""
        start = end = self._at
        while line_end := _LINE_END.search(self._data, end):
            end = line_end.end()
            following = self._after_blank(end)
            is_followed = following < len(self._data) and self._detect(following) is not None
            if is_followed or end - start >= PIECE_BYTES:
                self._cut(cuts, start, end, Problem.UNKNOWN_FORMAT)
                return True
        if ending is Ending.LAST:
            end = len(self._data)
        elif len(self._data) - end >= PIECE_BYTES:  # a line without end
            self.passing = Passing(mark=b"\n", problem=Problem.UNKNOWN_FORMAT)
            end = len(self._data)
        elif ending is Ending.OPEN or end == start:
            return False
        self._cut(cuts, start, end, Problem.UNKNOWN_FORMAT)
        return True

    def _pass(self, passing: Passing, cuts: list[Cut], ending: Ending) -> bool:
        found = self._data.find(passing.mark, self._at)
        if found >= 0:
            end = found + len(passing.mark)
            self.passing = None
        elif ending is Ending.LAST:
            end = len(self._data)
        else:  # the mark may be cut by the end of what is here
            end = len(self._data) - len(passing.mark) + 1
        if end <= self._at:
            return False
        self._cut(cuts, self._at, end, passing.problem)
        return True

    def _cut(self, cuts: list[Cut], start: int, end: int, problem: Problem | None) -> None:
        cuts.append(Cut(self._data[start:end], self._base + start, problem))
        self._at = end

    def _after_blank(self, start: int) -> int:
        found = _BLANK.match(self._data, start)
        return found.end() if found else start

    def _detect(self, start: int) -> Decoder | None:
        return registry.detect(self._data[start : start + registry.HEAD_BYTES])
