"""Entries from a stream of many, in bounded memory.

Formats may follow each other in one stream. Bytes between entries are yielded as a region with a
problem, never dropped. At most one entry of `max_entry_bytes` is held at a time.
"""

import re
from collections.abc import Iterator, Sequence

from bartizan.acquire.found import FoundEntry, Problem
from bartizan.acquire.opened import READ_ERRORS, Opened, problem_of, words_of
from bartizan.decode import registry
from bartizan.decode.contract import Decoder, Span
from bartizan.domain.transaction import Format

MAX_ENTRY_BYTES = 64 * 1024 * 1024
EXCERPT_BYTES = 64 * 1024
_CHUNK_BYTES = 1024 * 1024
# A copytruncate under a writer that does not append leaves a hole, which reads as NULs; so do the
# unused ends of blocks in the image of a disk. They end a line like a newline.
_BLANK = re.compile(rb"[\n\r\t \0]*+")
# The end of a line behind which a decoder may know an entry. Asking each of them for each line of a
# file that is no log would take ten times as long. A test holds it to what they know.
_MAY_BEGIN = re.compile(
    rb"[\n\0](?=--[-0-9A-Za-z]|[ \t\r]*\{|\[[ \t\r]*\{|[^\n\0]{0,640}?"
    rb"(?:\[[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d |\d{4}/\d\d/\d\d \d\d:\d\d|Coraza: ))"
)
_MOST_TRIES = 20


class SerialReader:
    """Reads one stream once, from where it stands to its end.

    All that stands before `settled` had come out when the last one was asked for, and would come
    out the same if the file was longer: reading a file that has grown may begin there.
    """

    def __init__(
        self, opened: Opened, path: str, *, max_entry_bytes: int = MAX_ENTRY_BYTES
    ) -> None:
        self._opened = opened
        self._path = path
        self._max_entry_bytes = max_entry_bytes
        self._data = b""
        self._at = 0  # in _data
        self._base = opened.stream.tell()  # of _data in the stream
        self._is_last = False
        self._damage: Exception | None = None
        self.settled = self._base

    def __iter__(self) -> Iterator[FoundEntry]:
        while self._find_entry():
            decoder = registry.detect(self._data[self._at : self._at + registry.HEAD_BYTES])
            if decoder is None:
                yield self._region()
                self._settle()
                continue
            spans = decoder.split(self._data, self._at, is_last=self._is_last)
            if spans:
                yield from self._entries(spans, decoder)
            elif self._is_last:
                yield self._region()  # it only seemed to be an entry
            elif len(self._data) - self._at < self._max_entry_bytes:
                # Doubling keeps the work linear: each fill searches the entry anew.
                self._fill(max(_CHUNK_BYTES, len(self._data) - self._at))
            else:
                yield self._too_large(decoder) or self._torn(decoder)
                self._settle()
        if self._damage is not None:
            yield FoundEntry(
                raw=b"",
                path=self._path,
                offset=self._base + self._at,
                length=0,
                problem=problem_of(self._damage, is_packed=self._opened.is_packed),
                detail=words_of(self._damage),
            )

    def _settle(self) -> None:
        """What came out last is over, unless the file ends there."""
        if self._at < len(self._data) or not self._is_last:
            self.settled = self._base + self._at

    def _find_entry(self) -> bool:
        """Pass blank lines; False at the end of the stream."""
        while True:
            self._at = self._end_of(_BLANK)
            if not self._needs_more():
                return self._at < len(self._data)
            self._fill(_CHUNK_BYTES)

    def _end_of(self, pattern: "re.Pattern[bytes]") -> int:
        found = pattern.match(self._data, self._at)
        return found.end() if found else self._at

    def _needs_more(self) -> bool:
        return not self._is_last and len(self._data) - self._at < registry.HEAD_BYTES

    def _fill(self, size: int) -> None:
        try:
            more = self._opened.stream.read(size)
        except READ_ERRORS as error:
            more = b""
            self._damage = error
        self._is_last = not more
        self._data = self._data[self._at :] + more
        self._base += self._at
        self._at = 0

    def _entries(self, spans: Sequence[Span], decoder: Decoder) -> Iterator[FoundEntry]:
        """Those of one run of a format. They may overlap, so nothing is settled before all are out.

        At the end of the file more lines of an error.log may come that belong to those that are
        there, and the rest of a torn entry.
        """
        settled = self.settled
        is_error_log = decoder.format is Format.ERROR_LOG
        for span in spans:
            is_torn = span.is_torn and not is_error_log
            cut = self._until_another_format(span, decoder) if is_torn else span
            yield self._entry(cut)
            if cut != span or not (self._is_last and (span.is_torn or is_error_log)):
                settled = self._base + self._at
            if cut != span:
                break
        self.settled = settled

    def _until_another_format(self, span: Span, decoder: Decoder) -> Span:
        """A torn entry, less what follows it in other formats.

        Its decoder only knows where the next one of its own format begins. Only a whole entry that
        begins a line counts: this is a place where text forged by an attacker could win. Lines of
        an error.log are no entries here, for part H may hold the same.
        """
        end = span.offset + span.length
        at = span.offset
        tries = _MOST_TRIES
        while tries and (at := self._data.find(b"\n", at, end) + 1):
            other = registry.detect(self._data[at : at + registry.HEAD_BYTES])
            if other is None or other is decoder or other.format is Format.ERROR_LOG:
                continue
            tries -= 1
            follows = other.split(self._data[at:end], 0, is_last=True)
            if follows and not follows[0].is_torn:
                return Span(span.offset, at - span.offset, is_torn=True)
        return span

    def _entry(self, span: Span) -> FoundEntry:
        self._at = max(self._at, span.offset + span.length)
        raw = span.of(self._data)
        if span.is_foreign:
            return FoundEntry(
                raw=b"",
                path=self._path,
                offset=self._base + span.offset,
                length=span.length,
                problem=Problem.OTHER_LINES,
                count=raw.count(b"\n") + (not raw.endswith(b"\n")),
            )
        return FoundEntry(
            raw=raw,
            path=self._path,
            offset=self._base + span.offset,
            length=span.length,
            problem=Problem.TORN_ENTRY if span.is_torn else None,
        )

    def _region(self) -> FoundEntry:
        """Everything up to the next line that begins like an entry."""
        begin = self._base + self._at
        excerpt = b""
        is_over = False
        while not is_over:
            start = self._at
            is_over = self._pass_lines()
            excerpt += self._data[start : min(self._at, start + EXCERPT_BYTES - len(excerpt))]
            if not is_over:
                self._fill(_CHUNK_BYTES)
        return self._problem(Problem.UNKNOWN_FORMAT, excerpt, begin)

    def _pass_lines(self) -> bool:
        """Go to the next line that begins like an entry, or as far as can be told; is that it?"""
        known = len(self._data) - (0 if self._is_last else registry.HEAD_BYTES)
        at = self._at
        while (found := _MAY_BEGIN.search(self._data, at)) and found.start() < known:
            at = found.end()
            if registry.detect(self._data[at : at + registry.HEAD_BYTES]) is not None:
                self._at = at
                return True
        self._at = max(self._at, known)
        return self._is_last

    def _problem(self, problem: Problem, excerpt: bytes, begin: int) -> FoundEntry:
        return FoundEntry(
            raw=excerpt,
            path=self._path,
            offset=begin,
            length=self._base + self._at - begin,
            problem=problem,
        )

    def _too_large(self, decoder: Decoder) -> FoundEntry | None:
        """Pass an entry that cannot be held, if its own end can be found further on.

        Looking for the next entry inside it instead would believe what its body forges.
        """
        if not self._opened.can_rewind:
            return None
        excerpt = self._data[self._at : self._at + EXCERPT_BYTES]
        begin = self._base + self._at
        here = self._opened.stream.tell()
        mark = decoder.end_mark(excerpt)
        end = self._find_further(mark)
        if end is None:
            self._opened.stream.seek(here)
            return None
        self._opened.stream.seek(end)
        self._data, self._at, self._base = b"", 0, end
        return self._problem(Problem.ENTRY_TOO_LARGE, excerpt, begin)

    def _find_further(self, mark: bytes) -> int | None:
        """The offset in the stream behind `mark`, from the end of the buffer on."""
        window = self._data[-len(mark) :]
        base = self._base + len(self._data) - len(window)
        while True:
            try:
                more = self._opened.stream.read(_CHUNK_BYTES)
            except READ_ERRORS:
                return None
            window += more
            found = window.find(mark)
            if found >= 0:
                return base + found + len(mark)
            if not more:
                return None
            keep = window[-len(mark) :]
            base += len(window) - len(keep)
            window = keep

    def _torn(self, decoder: Decoder) -> FoundEntry:
        spans = decoder.split(self._data, self._at, is_last=True)
        return self._entry(spans[0]) if spans else self._region()
