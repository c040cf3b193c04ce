"""Which transactions may hold a text or have a value: an index by segments of up to 4,096 of them.

A segment is cut into blocks of 16 transactions. For each value of a filter, and for each run of
three characters of the URIs and of matched data, it says in which blocks it occurs: one byte per
block, or a bitmap. Searches look up their values and runs, join the blocks, and check what stands
in them, so an answer is exact, and a value that is rare or nowhere costs a look-up per segment and
not a walk over everything. Segments are written once, in the order of their keys: unlike an index
of the database it touches no page of what was stored before, and it is the same in each of them.

Pure: no database here. The format is what stores keep (docs/sql.md); a change needs a migration.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Final, NamedTuple

from bartizan.store.limits import ascii_lower

SEGMENT: Final = 4096
BLOCK: Final = 16
_BLOCKS: Final = SEGMENT // BLOCK
_BITMAP: Final = _BLOCKS // 8  # bytes; a list of blocks is always shorter
_RUN: Final = 3
_TEXT: Final = b"\x00"
_REMEMBERED: Final = 20_000
_REMEMBERED_LENGTH: Final = 512


class Indexed(NamedTuple):
    """What one transaction is found by: (field, value) pairs, and texts."""

    values: tuple[tuple[str, str], ...]
    texts: tuple[str, ...]


class Indexer:
    """Makes the postings of segments. For one thread; remembers the runs of texts it saw."""

    def __init__(self) -> None:
        self._runs: dict[str, frozenset[str]] = {}
        self._keys: dict[tuple[str, str], bytes] = {}

    def postings(self, transactions: Sequence[Indexed]) -> list[tuple[bytes, bytes]]:
        """(key, blocks) of a segment, in the order of the keys."""
        by_key: defaultdict[bytes, bytearray] = defaultdict(bytearray)
        by_run: defaultdict[str, bytearray] = defaultdict(bytearray)
        for number, start in enumerate(range(0, len(transactions), BLOCK)):
            keys: set[bytes] = set()
            runs: set[str] = set()
            for values, texts in transactions[start : start + BLOCK]:
                keys.update(map(self._key, values))
                for text in texts:
                    runs |= self._runs_of(text)
            for key in keys:
                by_key[key].append(number)
            for run in runs:
                by_run[run].append(number)
        found = {key: _packed(blocks) for key, blocks in by_key.items()}
        found.update(_by_opening(by_run))
        return sorted(found.items())

    def _key(self, pair: tuple[str, str]) -> bytes:
        known = self._keys.get(pair)
        if known is None:
            if len(self._keys) >= _REMEMBERED:
                self._keys.clear()
            known = self._keys[pair] = value_key(*pair)
        return known

    def _runs_of(self, text: str) -> frozenset[str]:
        known = self._runs.get(text)
        if known is None:
            known = frozenset(_runs(ascii_lower(text)))
            if len(self._runs) >= _REMEMBERED:
                self._runs.clear()
            if len(text) <= _REMEMBERED_LENGTH:
                self._runs[text] = known
        return known


def _runs(text: str) -> Iterator[str]:
    """From each character on; the last two are shorter, so that each short text begins one."""
    for start in range(len(text)):
        yield text[start : start + _RUN]


def _by_opening(by_run: dict[str, bytearray]) -> dict[bytes, bytes]:
    """Runs with the same two characters in one row: what follows each, and its blocks."""
    found: defaultdict[str, bytearray] = defaultdict(bytearray)
    for run in sorted(by_run):
        blocks = _packed(by_run[run])
        third = run[2:].encode()
        row = found[run[:2]]
        row.append(len(third))
        row += third
        row.append(len(blocks))
        row += blocks
    return {_TEXT + opening.encode(): bytes(row) for opening, row in found.items()}


def value_key(field: str, value: str) -> bytes:
    """Never one of a text, which begin with 0: these begin with 1."""
    return b"\x01" + blake2b(f"{field}={value}".encode(), digest_size=8).digest()


def _packed(blocks: bytearray) -> bytes:
    """A list, or a bitmap of 32 bytes where that is not longer."""
    if len(blocks) < _BITMAP:
        return bytes(blocks)
    return bitmap(blocks).to_bytes(_BITMAP, "little")


def bitmap(packed: Iterable[int]) -> int:
    """Of a list of blocks."""
    found = 0
    for block in packed:
        found |= 1 << block
    return found


def unpacked(packed: bytes) -> int:
    """A bitmap of what `postings` wrote for a value."""
    return int.from_bytes(packed, "little") if len(packed) == _BITMAP else bitmap(packed)


class Run(NamedTuple):
    """A key of a text, and what follows its two characters; None: anything."""

    key: bytes
    third: bytes | None


def runs_of(needle: str) -> tuple[Run, ...]:
    """What must occur in a block in which the needle stands. Few of them: each costs a look-up.

    Those that cover it without overlapping, the last one first, since what attackers vary stands
    more often at the end. A needle of one character has none.
    """
    lower = ascii_lower(needle)
    if len(lower) < 2:
        return ()
    if len(lower) == 2:
        return (Run(_TEXT + lower.encode(), None),)
    starts = sorted({len(lower) - _RUN, *range(0, len(lower) - _RUN + 1, _RUN)}, reverse=True)
    return tuple(
        Run(_TEXT + lower[start : start + 2].encode(), lower[start + 2].encode())
        for start in starts
    )


def blocks_of(run: Run, row: bytes) -> int:
    """A bitmap of the blocks in which a run occurs, from the row of its key."""
    found = at = 0
    while at < len(row):
        end = at + 1 + row[at]
        packed = end + 1 + row[end]
        if run.third is None or row[at + 1 : end] == run.third:
            found |= unpacked(row[end + 1 : packed])
        at = packed
    return found


def members(blocks: int) -> list[int]:
    """Places in the segment of the transactions in these blocks."""
    found: list[int] = []
    for block in range(_BLOCKS):
        if blocks >> block & 1:
            found += range(block * BLOCK, (block + 1) * BLOCK)
    return found


def packed_ids(ids: Sequence[int]) -> bytes:
    """Ascending ids: differences, as base-128 numbers (the lower digits first)."""
    found = bytearray()
    before = 0
    for number in ids:
        rest = number - before
        before = number
        while rest > 127:
            found.append(128 | rest & 127)
            rest >>= 7
        found.append(rest)
    return bytes(found)


def unpacked_ids(packed: bytes) -> list[int]:
    found: list[int] = []
    number = shift = rest = 0
    for byte in packed:
        rest |= (byte & 127) << shift
        if byte & 128:
            shift += 7
        else:
            number += rest
            found.append(number)
            rest = shift = 0
    return found
