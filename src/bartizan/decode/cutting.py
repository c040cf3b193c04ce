"""Entries out of a stream that holds many, of any format and mixed.

Nothing is lost: what stands between entries comes out too, in pieces, as if it were entries. An
entry comes out byte for byte as in the stream, or, if a log shipper wrapped it, as what was
wrapped. Only the place where an entry may begin is ever unwrapped, so nothing that an attacker
wrote into an entry is taken for another.
"""

import re
from collections.abc import Callable, Iterable, Iterator

from bartizan.decode import registry
from bartizan.decode.wrappers import unwrap, unwrap_entry

_CHUNK_BYTES = 1024 * 1024
_REGION_BYTES = 1024 * 1024
# Zeros are what a log has in front after it was truncated under a writer that goes on where it was.
_BLANK = re.compile(rb"[\n\r\t \0]*+")


def chunks_of(data: bytes) -> Iterator[bytes]:
    """`data` in pieces of a size at which each step of the cutting is short."""
    if len(data) <= _CHUNK_BYTES:
        yield data
        return
    view = memoryview(data)
    for start in range(0, len(view), _CHUNK_BYTES):
        yield bytes(view[start : start + _CHUNK_BYTES])


def _always() -> bool:
    return True


def cut(chunks: Iterable[bytes], may_go_on: Callable[[], bool] = _always) -> Iterator[bytes]:
    """The entries of the stream, in order, and what stands between them.

    `may_go_on` is asked for each line that begins no entry: from the first no, what is left comes
    out unread, so that whoever made the stream cannot make more work than is granted.
    """
    return iter(_Cutter(iter(chunks), may_go_on))


class _Cutter:
    """Reads the stream once. Holds one entry and a chunk at a time."""

    def __init__(self, chunks: Iterator[bytes], may_go_on: Callable[[], bool]) -> None:
        self._chunks = chunks
        self._may_go_on = may_go_on
        self._is_given_up = False
        self._data = b""
        self._at = 0
        self._is_last = False

    def __iter__(self) -> Iterator[bytes]:
        while self._find_record():
            if self._is_given_up:
                yield from self._rest()
                return
            decoder = registry.detect(self._head())
            if decoder is None:
                yield from self._unrecognised()
                continue
            spans = decoder.split(self._data, self._at, is_last=self._is_last)
            data = self._data
            self._at = max([self._at, *(span.offset + span.length for span in spans)])
            yield from (span.of(data) for span in spans if not span.is_foreign)
            if spans:
                continue
            if self._is_last:
                yield from self._region()
            else:  # doubling keeps the work linear: each time the entry is searched anew
                self._fill(max(_CHUNK_BYTES, len(self._data) - self._at))

    def _head(self) -> bytes:
        return self._data[self._at : self._at + registry.HEAD_BYTES]

    def _find_record(self) -> bool:
        """Pass what is blank; False at the end of the stream."""
        self._pass_blank()
        return self._at < len(self._data)

    def _blank_end(self) -> int:
        blank = _BLANK.match(self._data, self._at)
        return blank.end() if blank else self._at

    def _needs_more(self) -> bool:
        return not self._is_last and len(self._data) - self._at < registry.HEAD_BYTES

    def _fill(self, size: int) -> None:
        pieces = [self._data[self._at :]]
        for chunk in self._chunks:
            pieces.append(chunk)
            size -= len(chunk)
            if size <= 0:
                break
        else:
            self._is_last = True
        self._data = b"".join(pieces)
        self._at = 0

    def _unrecognised(self) -> Iterator[bytes]:
        if self._data.startswith(b"{", self._at):
            line = self._line()
            wrapped = unwrap_entry(line)
            if wrapped is not None:
                yield from _Cutter(self._unwrapped(*wrapped), _always)
                return
        yield from self._region()

    def _line(self) -> bytes:
        """The line that begins here, without its end. Stays where it is."""
        while True:
            end = self._data.find(b"\n", self._at)
            if end >= 0:
                return self._data[self._at : end]
            if self._is_last:
                return self._data[self._at :]
            self._fill(max(_CHUNK_BYTES, len(self._data) - self._at))

    def _pass_line(self, line: bytes) -> None:
        self._at = min(self._at + len(line) + 1, len(self._data))

    def _unwrapped(self, inner: bytes, layers: int) -> Iterator[bytes]:
        """The stream that the lines from here on wrap, up to the first that wraps no entry.

        The lines of an entry that has several come wrapped one by one.
        """
        line: bytes | None = inner
        mark = seen = b""  # what ends the entry that is not complete, and what may begin that
        while line is not None:
            self._pass_line(self._line())
            yield line
            decoder = None if mark else registry.detect(line[: registry.HEAD_BYTES])
            if decoder is not None:
                mark = decoder.end_mark(line[: registry.HEAD_BYTES])
            seen += line
            if mark in seen:
                mark = b""
            seen = seen[-len(mark) :] if mark else b""
            line = self._unwrap_next(layers, is_in_entry=bool(mark))

    def _unwrap_next(self, layers: int, *, is_in_entry: bool) -> bytes | None:
        """What the next line wraps, if the stream of wrapped lines goes on with it."""
        if not self._find_record() or not self._data.startswith(b"{", self._at):
            return None
        # A line of an entry may look like one of an error log, which may be wrapped as well.
        if not is_in_entry and registry.detect(self._head()) is not None:
            return None
        line = unwrap(self._line(), layers)
        return line if line is not None and (is_in_entry or _continues(line)) else None

    def _region(self) -> Iterator[bytes]:
        """Up to the next line that begins an entry, in pieces of bounded size."""
        region = bytearray()
        while True:
            limit = self._at + _REGION_BYTES
            newline = self._data.find(b"\n", self._at, limit)
            end = newline + 1 if newline >= 0 else min(limit, len(self._data))
            region += self._data[self._at : end]
            self._at = end
            blank = self._pass_blank()
            is_line_over = newline >= 0 or b"\n" in blank
            if self._at == len(self._data) or (is_line_over and self._begins_entry()):
                break
            if not self._may_go_on():
                self._is_given_up = True
                break
            region += blank
            if len(region) >= _REGION_BYTES:
                yield bytes(region)
                region.clear()
        if region:
            yield bytes(region)

    def _rest(self) -> Iterator[bytes]:
        while self._at < len(self._data):
            end = self._at + _REGION_BYTES
            yield self._data[self._at : end]
            self._at = min(end, len(self._data))
            if self._needs_more():
                self._fill(_CHUNK_BYTES)

    def _pass_blank(self) -> bytes:
        """Pass what is blank, and give it; then there is a head, or the stream ends."""
        passed = []
        while True:
            begin = self._at
            self._at = self._blank_end()
            passed.append(self._data[begin : self._at])
            if not self._needs_more():
                return b"".join(passed)
            self._fill(_CHUNK_BYTES)

    def _begins_entry(self) -> bool:
        if registry.detect(self._head()) is not None:
            return True
        return self._data.startswith(b"{", self._at) and unwrap_entry(self._line()) is not None


def _continues(line: bytes) -> bool:
    """Whether a run of entries goes on with `line`."""
    return line.isspace() or registry.detect(line[: registry.HEAD_BYTES]) is not None
