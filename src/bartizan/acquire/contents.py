"""What is in an open file: entries, or an archive of more files, in archives if need be.

Told by content: packed, tar, zip, or entries. A file named like one of a concurrent log of
ModSecurity 2 is one entry, whatever its body says; in any other file entries follow each other.
Everything that is not an entry is yielded too, with a problem.
"""

import re
from collections.abc import Callable, Iterator
from enum import Enum, auto

from msgspec.structs import replace

from bartizan.acquire import index_file, tarball, wrapped, zipped
from bartizan.acquire.found import FoundEntry, Problem
from bartizan.acquire.member import Member
from bartizan.acquire.opened import (
    READ_ERRORS,
    Opened,
    Stream,
    is_packed,
    problem_of,
    unpacked,
    words_of,
)
from bartizan.acquire.serial import EXCERPT_BYTES, MAX_ENTRY_BYTES, SerialReader
from bartizan.decode import registry
from bartizan.domain.transaction import Format
from bartizan.kit.text import text

# 20261123-054222-awPSPkjIYGR3AUFOTZT5-AAAAA4
_ENTRY_FILE = re.compile(r"\d{8}-\d{6}-[A-Za-z0-9@_.-]{1,128}")
# What mlogc sends is the whole file. The others may append a second entry with the same unique id.
_ONE_TO_A_FILE = frozenset((Format.MODSECURITY2_NATIVE, Format.MODSECURITY2_JSON))
_MOST_LAYERS = 8
_COST_OF_A_LAYER = 64 * 1024  # bytes of the allowance: archives of many tiny archives end too
_LONGEST_PATH = 1024


class Kind(Enum):
    """What a file is, by its first bytes and its name."""

    PACKED = auto()
    TAR = auto()
    ZIP = auto()
    ENTRY = auto()  # one entry and nothing else
    INDEX = auto()
    WRAPPED = auto()  # each line in an object that a log shipper made
    SERIAL = auto()


_BY_HEAD: dict[Kind, Callable[[bytes], bool]] = {
    Kind.TAR: lambda head: tarball.is_tar(head[:512]),
    Kind.ZIP: zipped.is_zip,
}
_BY_LINES: dict[Kind, Callable[[bytes], bool]] = {
    Kind.INDEX: index_file.is_index,
    Kind.WRAPPED: wrapped.is_wrapped,
}
_ARCHIVES = frozenset((Kind.PACKED, Kind.TAR, Kind.ZIP))


def is_entry_name(name: str) -> bool:
    """Whether a file of this name is one of a concurrent log."""
    return _ENTRY_FILE.fullmatch(name) is not None


def kind_of(opened: Opened, path: str) -> Kind:
    """Raises `READ_ERRORS` if the first bytes cannot be read.

    What begins like an entry is no archive, or an attacker could choose a URI that makes it one.
    """
    head = opened.stream.look(registry.HEAD_BYTES)
    if is_packed(head):
        return Kind.PACKED
    decoder = registry.detect(head)
    is_named = is_entry_name(path.rpartition("/")[2])
    if decoder is not None:
        return Kind.ENTRY if is_named and decoder.format in _ONE_TO_A_FILE else Kind.SERIAL
    for kind, is_one in _BY_HEAD.items():
        if is_one(head):
            return kind
    if is_named:
        return Kind.ENTRY
    head = opened.stream.look(index_file.LONGEST_LINE)
    return next((kind for kind, is_one in _BY_LINES.items() if is_one(head)), Kind.SERIAL)


class Contents:
    """Reads what is in open files; raises nothing for what it finds."""

    def __init__(self, max_entry_bytes: int = MAX_ENTRY_BYTES) -> None:
        self._max_entry_bytes = max_entry_bytes

    def found(self, opened: Opened, path: str, layers: int = 0) -> Iterator[FoundEntry]:
        """What is in the file; `layers` is how many it was unpacked from."""
        try:
            kind = kind_of(opened, path)
            if layers and kind in _ARCHIVES:
                opened.allowance.spend(_COST_OF_A_LAYER)
        except READ_ERRORS as error:
            yield failure(path, error, opened)
        else:
            yield from self.found_in(kind, opened, path, layers)

    def found_in(
        self, kind: Kind, opened: Opened, path: str, layers: int = 0
    ) -> Iterator[FoundEntry]:
        """The same for a file whose kind is known already."""
        if kind in _ARCHIVES and layers == _MOST_LAYERS:
            yield trouble(path, Problem.TOO_DEEP, f"in more than {_MOST_LAYERS} archives")
        elif kind is Kind.PACKED:
            yield from self.found(unpacked(opened), path, layers + 1)
        elif kind is Kind.TAR:
            yield from self._members(tarball.members(opened.stream), opened, path, layers)
        elif kind is Kind.ZIP:
            yield from self._members(zipped.members(opened), opened, path, layers)
        elif kind is Kind.ENTRY:
            yield self._one_entry(opened, path)
        elif kind is Kind.INDEX:
            yield trouble(path, Problem.INDEX_FILE)
        elif kind is Kind.WRAPPED:
            yield from self._wrapped(opened, path)
        else:
            yield from unless_empty(iter(self.serial(opened, path)))

    def serial(self, opened: Opened, path: str) -> SerialReader:
        """The reader of a serial file."""
        return SerialReader(opened, path, max_entry_bytes=self._max_entry_bytes)

    def _wrapped(self, opened: Opened, path: str) -> Iterator[FoundEntry]:
        lines = wrapped.Unwrapped(opened.stream)
        log = Opened(Stream(lines), opened.allowance, is_packed=opened.is_packed)
        for one in unless_empty(iter(self.serial(log, path))):
            yield replace(one, offset=lines.place(one.offset))

    def _members(
        self, members: Iterator[Member], archive: Opened, path: str, layers: int
    ) -> Iterator[FoundEntry]:
        for member in members:
            where = f"{path}!/{_shown(member.name)}" if member.name else path
            if member.problem is not None:
                yield trouble(where, member.problem, member.detail)
            elif member.source is not None:
                with Opened(Stream(member.source), archive.allowance, is_packed=True) as opened:
                    yield from self.found(opened, where[:_LONGEST_PATH], layers + 1)

    def _one_entry(self, opened: Opened, path: str) -> FoundEntry:
        """A file of a concurrent log: all its bytes are the entry, as mlogc would send them."""
        try:
            raw = opened.stream.read_fully(self._max_entry_bytes + 1)
        except READ_ERRORS as error:
            return failure(path, error, opened)
        decoder = registry.detect(raw[: registry.HEAD_BYTES])
        problem = None
        if not raw:
            problem = Problem.EMPTY_ENTRY
        elif len(raw) > self._max_entry_bytes:
            problem = Problem.ENTRY_TOO_LARGE
        elif decoder is None:
            problem = Problem.UNKNOWN_FORMAT
        elif decoder.end_mark(raw[: registry.HEAD_BYTES]) not in raw:
            return FoundEntry(
                raw=raw, path=path, offset=0, length=len(raw), problem=Problem.TORN_ENTRY
            )
        shown = raw[:EXCERPT_BYTES] if problem else raw
        return FoundEntry(raw=shown, path=path, offset=0, length=len(raw), problem=problem)


def unless_empty(found: Iterator[FoundEntry]) -> Iterator[FoundEntry]:
    """A file in which nothing begins like an entry is no log: nothing of it is worth keeping."""
    first = next(found, None)
    if first is None:
        return
    second = next(found, None)
    if first.problem is Problem.UNKNOWN_FORMAT and (second is None or not second.raw):
        yield trouble(first.path, Problem.NO_ENTRIES, length=first.offset + first.length)
    else:
        yield first
    if second is not None:
        yield second
        yield from found


def trouble(path: str, problem: Problem, detail: str = "", *, length: int = 0) -> FoundEntry:
    """A file of which there is nothing to keep."""
    return FoundEntry(raw=b"", path=path, offset=0, length=length, problem=problem, detail=detail)


def failure(path: str, error: Exception, opened: Opened) -> FoundEntry:
    """A file that cannot be read, or not further."""
    return trouble(path, problem_of(error, is_packed=opened.is_packed), words_of(error))


def _shown(name: str) -> str:
    """The name of a member, as text: bytes in it that are not UTF-8 become U+FFFD."""
    return text(name.encode(errors="surrogateescape")).lstrip("/")
