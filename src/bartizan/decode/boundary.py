"""The framing of the native formats: parts between boundary lines, `--44a9a375-A--` to Z.

Bodies are logged raw and may hold any number of forged markers. What protects an entry is its
random boundary: inside it only its own markers count, and it ends only at its own Z. Every marker
but the first begins with a newline that belongs to the marker and not to the part before.
"""

import re
from bisect import bisect_left
from collections.abc import Callable
from string import ascii_uppercase

from bartizan.decode import part_a
from bartizan.decode.contract import Span
from bartizan.decode.part_a import PartA
from bartizan.kit.struct import Struct

_REST = b"--\n"
# What follows an own boundary where it is a marker, and the letter of the part that begins.
_MARKERS = {letter.encode() + _REST: letter for letter in ascii_uppercase}
MARKER_LENGTH = 1 + len(_REST)
_OPENING = b"-A--\n"
_LONGEST_PART_A = 4096
# A marker's last newline may be the first of the next one.
_END = re.compile(rb"\n--[^\n]{8,20}-Z--(?=\n)")
_MOST_READINGS = 4


class Cut(Struct, frozen=True):
    """The parts of an entry in the order written, without Z: `letters[n]` is that of `parts[n]`.

    `has_end` says whether Z was there, `after_end` how many bytes follow that should not.
    """

    letters: str
    parts: list[bytes]
    has_end: bool
    after_end: int


class Framing:
    """How one sensor draws its boundaries. Thread-safe."""

    def __init__(
        self,
        first: bytes,
        part_a: Callable[[bytes], PartA | None],
        *,
        lengths: tuple[int, ...],
    ) -> None:
        """`first` is the pattern of an entry's first marker, `lengths` those it can have."""
        self._first = re.compile(first)
        self._part_a = part_a
        self._lengths = lengths
        self._only_length = lengths[0] if len(lengths) == 1 else 0

    def begins(self, head: bytes, at: int = 0) -> bool:
        """Whether the first marker of an entry stands at `at`."""
        return self._first.match(head, at) is not None

    def cut(self, raw: bytes) -> Cut:
        """Cut one entry, which must begin with a first marker, into its parts.

        Never resynchronises: a second A with another boundary is content, wherever it stands.
        """
        begin, marker_length = 0, self._first_length(raw, 0)
        own_length = marker_length - MARKER_LENGTH
        own = b"\n" + raw[:own_length]
        pieces = raw.split(own)
        letters, parts = _MARKERS[raw[own_length:marker_length]], []
        for number in range(1, len(pieces)):
            letter = _MARKERS.get(pieces[number][:MARKER_LENGTH])
            if letter is None and number + 1 < len(pieces):
                # A marker's last newline may be the first of the next one.
                letter = _MARKERS.get(pieces[number] + b"\n")
            if letter is None:
                continue
            part = pieces[begin] if begin + 1 == number else own.join(pieces[begin:number])
            parts.append(part[marker_length:])
            begin, marker_length = number, MARKER_LENGTH
            if letter == "Z":
                rest = own.join(pieces[begin:])[marker_length:]
                return Cut(letters, parts, True, len(rest) if rest.strip(b"\n") else 0)
            letters += letter
        parts.append(own.join(pieces[begin:])[marker_length:])
        return Cut(letters, parts, False, 0)

    def end_mark(self, head: bytes) -> bytes:
        """The marker of Z of the entry that begins with `head`."""
        return b"\n" + head[: self._first_length(head, 0) - MARKER_LENGTH] + b"Z" + _REST

    def split(self, data: bytes, start: int, *, is_last: bool) -> list[Span]:
        """Spans of the entries that follow each other from `start`; see `decode.contract`."""
        spans = []
        ends = Ends(data)
        while self._first.match(data, start):
            span = self._span(data, start, ends, is_last=is_last)
            if span is None:
                break
            spans.append(span)
            start = after_blank(data, span.offset + span.length)
        return spans

    def _first_length(self, data: bytes, start: int) -> int:
        """How long the first marker at `start` is."""
        if self._only_length:
            return self._only_length
        found = self._first.match(data, start)
        return found.end() - start if found else 0

    def _span(self, data: bytes, start: int, ends: "Ends", *, is_last: bool) -> Span | None:
        """The entry that begins at `start`; None if its end may stand behind `data`."""
        inside = start + self._first_length(data, start)
        own = data[start : inside - MARKER_LENGTH]
        mark = b"\n" + own + b"Z" + _REST
        at = ends.find(mark, inside - 1)
        if at < 0:
            if not is_last:
                return None
            end = self._next_entry(data, inside, len(data), b"--")
            return Span(start, end - start, is_torn=True)
        end = self._next_entry(data, inside, at, own)
        if end < at:
            return Span(start, end - start, is_torn=True)
        return Span(start, at + len(mark) - start)

    def _next_entry(self, data: bytes, start: int, end: int, opening: bytes) -> int:
        """Where a torn entry gives way to the next: a first marker, a well-formed part A behind.

        Looks for markers that begin with `opening` up to `end`, which is the answer if there is
        none. With any boundary (`--`) this is the one place where text forged by an attacker could
        win, so that is asked only for an entry without an end. With the entry's own boundary it is
        always asked: Apache's children draw the same boundaries, so the end found may be that of a
        later entry. The marker need not begin a line: the torn entry may end in the middle of one.
        """
        at = data.find(_OPENING, start, end)
        while at >= 0:
            inside = at + len(_OPENING)
            for length in self._lengths:
                begin = inside - length
                if begin >= start and data.startswith(opening, begin) and self.begins(data, begin):
                    stop = data.find(b"\n", inside, inside + _LONGEST_PART_A)
                    line = self._part_a(data[inside:stop]) if stop >= 0 else None
                    if line is not None and line.logged is not None:
                        return begin
            at = data.find(_OPENING, at + 1, end)
        return end


class Ends:
    """Where entries end in one buffer, found in time linear in its size, whoever made it.

    Searched for one by one, until that has read the buffer a few times over: entries without an
    end, or with a far one and many beginnings, would have each of them read it again.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._left_bytes = _MOST_READINGS * len(data)
        self._positions: dict[bytes, list[int]] | None = None

    def find(self, mark: bytes, start: int) -> int:
        """As `data.find(mark, start)`, where `mark` is a marker of Z."""
        if self._positions is None:
            at = self._data.find(mark, start)
            self._left_bytes -= (at if at >= 0 else len(self._data)) - start
            if self._left_bytes < 0:
                self._find_all()
            return at
        known = self._positions.get(mark[:-1], [])
        number = bisect_left(known, start)
        return known[number] if number < len(known) else -1

    def _find_all(self) -> None:
        self._positions = {}
        for found in _END.finditer(self._data):
            self._positions.setdefault(found[0], []).append(found.start())


MODSECURITY2 = Framing(rb"--[0-9a-f]{8}-A--\n", part_a.read, lengths=(len(b"--44a9a375-A--\n"),))
MODSECURITY3 = Framing(
    rb"---[0-9A-Za-z]{8}---A--\n",
    part_a.read_modsecurity3,
    lengths=(len(b"---NZYYoQpa---A--\n"),),
)


def after_blank(data: bytes, start: int) -> int:
    """Where the newlines that stand at `start` end."""
    while data.startswith(b"\n", start):
        start += 1
    return start
