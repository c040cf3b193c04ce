r"""Logs whose lines a log shipper or container runtime made into JSON objects of its own.

    {"log": "--44a9a375-A--\\n", "stream": "stdout", "time": "2026-11-23T05:42:30.963Z"}

The lines are unwrapped into the log they were, which is read like any other. What stands in it is
told by the place of the line that wraps it.
"""

import re
from bisect import bisect_right
from typing import Final

from bartizan.acquire.opened import Source, Stream
from bartizan.decode.wrappers import unwrap, unwrap_entry

_CHUNK_BYTES: Final = 256 * 1024
_LONGEST_LINE: Final = 64 * 1024 * 1024
_PLACES: Final = 50_000  # of lines that came out before
_LINE = re.compile(rb"[^\n]*+\n|[^\n]++")


def is_wrapped(head: bytes) -> bool:
    """Whether the file that begins with `head` has lines that wrap others; it begins no entry."""
    line, newline, _ = head.partition(b"\n")
    return bool(newline) and line.startswith(b"{") and unwrap(line, 1) is not None


class Unwrapped(Source):
    """What the lines wrap, one after the other. A line that wraps nothing is passed as it is."""

    def __init__(self, below: Stream) -> None:
        self._below = below
        self._data = b""
        self._ready = b""
        self._layers: int | None = None
        self._inner = 0  # how many bytes came out
        self._outer = 0  # where the next line begins
        self._inner_places: list[int] = []
        self._outer_places: list[int] = []

    def read(self, size: int, /) -> bytes:
        while not self._ready:
            lines = self._lines()
            if not lines:
                return b""
            self._ready = b"".join([self._content(line) for line in _LINE.findall(lines)])
        piece, self._ready = self._ready[:size], self._ready[size:]
        return piece

    def _lines(self) -> bytes:
        """Some more whole lines."""
        end = 0
        while not end:
            more = self._below.read(_CHUNK_BYTES)
            if not more or len(self._data) >= _LONGEST_LINE:
                end = len(self._data) + len(more)
            elif newline := more.rfind(b"\n") + 1:
                end = len(self._data) + newline
            self._data += more
            if not more:
                break
        lines, self._data = self._data[:end], self._data[end:]
        return lines

    def place(self, inner: int) -> int:
        """Where the line stands that wrapped the byte `inner`, which came out not long ago."""
        at = max(bisect_right(self._inner_places, inner) - 1, 0)
        place = self._outer_places[at] if self._outer_places else 0
        if at > 2 * _PLACES:
            del self._inner_places[: at - _PLACES], self._outer_places[: at - _PLACES]
        return place

    def close(self) -> None:
        self._below.close()

    def _content(self, line: bytes) -> bytes:
        content = self._unwrap(line)
        if content is None:
            content = line
        elif not content.endswith(b"\n"):
            content += b"\n"
        self._inner_places.append(self._inner)
        self._outer_places.append(self._outer)
        self._inner += len(content)
        self._outer += len(line)
        return content

    def _unwrap(self, line: bytes) -> bytes | None:
        """As many layers as are around the first entry: the text of an entry may look like one."""
        if self._layers is not None:
            return unwrap(line, self._layers)
        found = unwrap_entry(line)
        if found is None:
            return unwrap(line, 1)
        content, self._layers = found
        return content
