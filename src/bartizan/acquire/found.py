"""What reading files yields: entries, and what was found instead of entries."""

from enum import StrEnum

from bartizan.kit.struct import Struct


class Problem(StrEnum):
    """Why something found is not a whole entry."""

    TORN_ENTRY = "torn-entry"  # its end is missing; it can still be decoded
    UNKNOWN_FORMAT = "unknown-format"  # bytes that begin like no known format
    ENTRY_TOO_LARGE = "entry-too-large"
    EMPTY_ENTRY = "empty-entry"
    UNREADABLE = "unreadable"  # no permission, a disk error, an unknown way of packing
    DAMAGED_ARCHIVE = "damaged-archive"  # what could be unpacked of it was read
    ENCRYPTED = "encrypted"  # a member of an archive that wants a password
    EXPANDS_TOO_MUCH = "expands-too-much"  # a bomb: what came out until then was read
    TOO_DEEP = "too-deep"  # below more directories, or in more archives, than anybody makes
    SYMBOLIC_LINK = "symbolic-link"
    HARD_LINK = "hard-link"  # in an archive: what it names is there under another name
    NOT_A_FILE = "not-a-file"  # FIFO, device or socket
    INDEX_FILE = "index-file"  # the index of a concurrent log: it lists entries, it holds none
    NO_ENTRIES = "no-entries"  # a file in which nothing begins like an entry
    OTHER_LINES = "other-lines"  # lines of other programs in an error.log
    IMPORTED_BEFORE = "imported-before"  # read to its end by an import before


DECODABLE = frozenset((None, Problem.TORN_ENTRY))
SKIPPED = frozenset(
    (
        Problem.SYMBOLIC_LINK,
        Problem.HARD_LINK,
        Problem.NOT_A_FILE,
        Problem.INDEX_FILE,
        Problem.NO_ENTRIES,
        Problem.OTHER_LINES,
        Problem.IMPORTED_BEFORE,
    )
)


class FoundEntry(Struct, frozen=True, kw_only=True):
    """One entry, or a region or file that holds none.

    `raw` is the entry byte for byte as mlogc would send it. Of anything not in `DECODABLE` it is
    only the beginning, at most 64 KiB. `offset` and `length` are bytes in the (unpacked) file.
    A file in an archive has the path `ARCHIVE!/NAME`, which is for people and never opened.
    `count` is how many of its kind it stands for: lines of other programs come many at a time.
    """

    raw: bytes
    path: str
    offset: int
    length: int
    problem: Problem | None = None
    detail: str = ""
    count: int = 1
