"""What reading files yields: entries, and what was found instead of entries."""

from enum import StrEnum

from bartizan.kit.struct import Struct


class Problem(StrEnum):
    """Why something found is not a whole entry."""

    TORN_ENTRY = "torn-entry"  # its end is missing; it can still be decoded
    UNKNOWN_FORMAT = "unknown-format"  # bytes that begin like no known format
    ENTRY_TOO_LARGE = "entry-too-large"
    EMPTY_ENTRY = "empty-entry"
    UNREADABLE = "unreadable"  # no permission, a disk error
    DAMAGED_ARCHIVE = "damaged-archive"  # what could be unpacked of it was read
    TOO_DEEP = "too-deep"  # a directory below more others than any sensor makes
    SYMBOLIC_LINK = "symbolic-link"
    NOT_A_FILE = "not-a-file"  # FIFO, device or socket
    INDEX_FILE = "index-file"  # the index of a concurrent log: it lists entries, it holds none


DECODABLE = frozenset((None, Problem.TORN_ENTRY))
SKIPPED = frozenset((Problem.SYMBOLIC_LINK, Problem.NOT_A_FILE, Problem.INDEX_FILE))


class FoundEntry(Struct, frozen=True, kw_only=True):
    """One entry, or a region or file that holds none.

    `raw` is the entry byte for byte as mlogc would send it. Of anything not in `DECODABLE` it is
    only the beginning, at most 64 KiB. `offset` and `length` are bytes in the (unpacked) file.
    """

    raw: bytes
    path: str
    offset: int
    length: int
    problem: Problem | None = None
    detail: str = ""
