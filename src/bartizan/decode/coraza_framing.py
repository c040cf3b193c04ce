"""The framing of Coraza's native format: `--sGryHjwpMM-A--` to Z, or less.

A rule that changes the logged parts (`ctl:auditLogParts`) makes Coraza leave out A and Z: such an
entry begins with any part and has no end of its own. It ends where another entry begins behind its
last marker. Boundaries are 10 letters, since version 3.8 16; since then newlines are escaped, so
that nothing in an entry can forge a marker.
"""

import re
from bisect import bisect_right

from bartizan.decode import part_a
from bartizan.decode.boundary import MARKER_LENGTH, Ends, Framing, after_blank
from bartizan.decode.contract import Span

_FIRST = rb"--(?:[A-Za-z]{16}|[A-Za-z]{10})-[A-Z]--\n"
# A marker's last newline may be the first of the next one.
_MARKER = re.compile(rb"\n(--(?:[A-Za-z]{16}|[A-Za-z]{10})-)([A-Z])--(?=\n)")
_OF_TEN_ENDS = len(b"--sGryHjwpMM")
_BODIES = b"CE"
# How far behind an entry without an end its own markers are looked for, so that what its body
# forges is not taken for the next entry.
_LOOK_AHEAD_BYTES = 1024 * 1024
_WINDOW_BYTES = 4 * _LOOK_AHEAD_BYTES
_LONGEST_PART_A = 4096
_LONGEST_MARKER = len(b"\n--sGryHjwpMMsGryHj-A--\n")


def is_escaped(raw: bytes) -> bool:
    r"""Whether the entry is of a version that writes backslash and newlines as `\\ \r \n`."""
    return raw[_OF_TEN_ENDS : _OF_TEN_ENDS + 1] != b"-"


class CorazaFraming(Framing):
    """See the module."""

    def __init__(self) -> None:
        lengths = (len(b"--sGryHjwpMM-A--\n"), len(b"--sGryHjwpMMsGryHj-A--\n"))
        super().__init__(_FIRST, part_a.read_coraza, lengths=lengths)

    def split(self, data: bytes, start: int, *, is_last: bool) -> list[Span]:
        """Spans of the entries that follow each other from `start`; see `decode.contract`."""
        spans = []
        headless = _Headless(data, is_last=is_last)
        ends = Ends(data)
        while first := self._first.match(data, start):
            if data[first.end() - MARKER_LENGTH] == ord("A"):
                span = self._span(data, start, ends, is_last=is_last)
            else:
                span = headless.span(start, first.end())
            if span is None:
                break
            spans.append(span)
            start = after_blank(data, span.offset + span.length)
        return spans


class _Headless:
    """Finds the ends of entries without part A in one buffer, in time linear in its size."""

    def __init__(self, data: bytes, *, is_last: bool) -> None:
        self._data = data
        self._is_last = is_last
        self._known_to = 0
        self._positions: list[int] = []
        self._last: dict[bytes, int] = {}

    def span(self, start: int, inside: int) -> Span | None:
        """The entry whose first marker stands between `start` and `inside`."""
        data = self._data
        ahead = start + _LOOK_AHEAD_BYTES
        if ahead > len(data) and not self._is_last:
            return None
        if self._known_to < min(ahead, len(data)):
            self._find_markers(start)
        own = data[start : inside - MARKER_LENGTH]
        last = self._last.get(own, start)
        is_raw_body = data[last + len(own)] in _BODIES and not is_escaped(own)
        end = self._next_entry(last, is_raw_body=is_raw_body)
        if end is None:
            if not self._is_last:
                return None
            end = len(data)
        if not is_raw_body:
            end = _before_blank(data, end, inside)
        return Span(start, end - start, is_torn=True)

    def _find_markers(self, start: int) -> None:
        self._known_to = min(start + _WINDOW_BYTES, len(self._data))
        self._positions, self._last = [], {}
        for found in _MARKER.finditer(self._data, start, self._known_to):
            self._positions.append(found.start(1))
            self._last[found[1]] = found.start(1)

    def _next_entry(self, last: int, *, is_raw_body: bool) -> int | None:
        """Where another entry begins behind the last own marker, which stands at `last`."""
        for number in range(bisect_right(self._positions, last), len(self._positions)):
            position = self._positions[number]
            if not is_raw_body or self._has_part_a(position):
                return position
        for found in _MARKER.finditer(self._data, max(last, self._known_to - _LONGEST_MARKER)):
            if not is_raw_body or self._has_part_a(found.start(1)):
                return found.start(1)
        return None

    def _has_part_a(self, at: int) -> bool:
        """Whether the marker at `at` is of part A and a well-formed one follows."""
        found = _MARKER.match(self._data, at - 1)
        if found is None or found[2] != b"A":
            return False
        inside = found.end() + 1
        stop = self._data.find(b"\n", inside, inside + _LONGEST_PART_A)
        line = part_a.read_coraza(self._data[inside:stop]) if stop >= 0 else None
        return line is not None and line.logged is not None


def _before_blank(data: bytes, end: int, start: int) -> int:
    """Where the blank lines that end at `end` begin."""
    while end - 2 > start and data[end - 2 : end] == b"\n\n":
        end -= 1
    return end


CORAZA = CorazaFraming()
