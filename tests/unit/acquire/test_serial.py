"""Entries from a stream: whole, torn, between rubbish, larger than what may be held."""

import io
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.acquire.found import FoundEntry, Problem
from bartizan.acquire.opened import plain
from bartizan.acquire.serial import EXCERPT_BYTES, SerialReader
from bartizan.decode.registry import DECODERS
from tests.fuzz import corpus

BLANK = b"\n\r\t \0"
A = b"[23/Nov/2026:02:12:15.089853 +0000] %s 41.231.22.1 33210 127.0.0.1 443"


def entry(number: int, body: bytes = b"", *, end: bytes | None = None) -> bytes:
    mark = b"--%08x-" % number
    head = mark + b"A--\n" + A % (b"id%d" % number)
    return head + b"\n" + mark + b"C--\n" + body + (b"\n" + mark + b"Z--\n" if end is None else end)


class Dripping(io.RawIOBase):
    """Gives `data` in reads of at most `size` bytes, as a pipe may; cannot seek."""

    def __init__(self, data: bytes, size: int) -> None:
        super().__init__()
        self._data, self._size, self._at = data, size, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        piece = self._data[self._at : self._at + min(self._size, len(buffer))]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


class Seekable(io.BytesIO):
    """A file's bytes as a raw stream."""


def read(
    data: bytes, *, max_entry_bytes: int = 1 << 20, drip: int | None = None
) -> list[FoundEntry]:
    raw = Seekable(data) if drip is None else Dripping(data, drip)
    opened = plain(raw, lambda _: None, size=len(data) if drip is None else None)
    return list(SerialReader(opened, "log", max_entry_bytes=max_entry_bytes))


def assert_nothing_is_dropped(data: bytes, found: list[FoundEntry]) -> None:
    """What lies between one thing found and the next is blank."""
    at = 0
    for one in found:
        assert one.offset >= at
        assert data[at : one.offset].strip(BLANK) == b""
        assert one.raw == data[one.offset : one.offset + one.length][: len(one.raw)]
        at = one.offset + one.length
    assert data[at:].strip(BLANK) == b""


@pytest.mark.parametrize("capture", corpus.SERIAL)
def test_entries_are_byte_for_byte_what_mlogc_would_send(capture):
    log = corpus.serial_log(capture)
    found = read(log, max_entry_bytes=1 << 26)
    assert tuple(one.raw for one in found) == corpus.entries(capture)
    assert_nothing_is_dropped(log, found)
    assert {one.problem for one in found} == {None}


@pytest.mark.parametrize("drip", [1, 7, 4096])
def test_how_the_bytes_arrive_does_not_matter(drip):
    log = b"\n".join([entry(1), b"rubbish", entry(2, b"x" * 9000), entry(3, end=b"")])
    assert read(log, drip=drip) == read(log)


@pytest.mark.parametrize("drip", [None, 700])
def test_the_elements_of_an_array_are_found_with_their_places(drip):
    entries = [one.rstrip(b"\n") for one in corpus.entries("coraza-json-serial-block-pl1")[:30]]
    log = b"rubbish\n[" + b",".join(entries) + b"]\n" + entries[0] + b"\n"
    rubbish, *found = read(log, drip=drip)
    assert rubbish.problem is Problem.UNKNOWN_FORMAT
    assert [one.raw for one in found] == [*entries, entries[0]]
    assert [one.problem for one in found] == [None] * 31
    assert [log[one.offset :].startswith(one.raw) for one in found] == [True] * 31


def test_rubbish_between_entries_is_told_with_its_place():
    log = entry(1) + b"\nwhat is\nthis\n" + entry(2)
    found = read(log)
    assert [one.problem for one in found] == [None, Problem.UNKNOWN_FORMAT, None]
    assert found[1].raw == b"what is\nthis\n"
    assert_nothing_is_dropped(log, found)


@pytest.mark.parametrize("hole", [b"\0" * 5000, b"rubbish\0" * 700, b"\r\n", b"  \n\t"])
def test_behind_a_hole_in_the_file_the_next_entry_is_found(hole):
    """A copytruncate under a writer that does not append leaves NULs, as the ends of blocks do."""
    log = hole + entry(1) + b"\n" + hole + entry(2)
    found = [one.raw for one in read(log) if one.problem is None]
    assert found == [entry(1), entry(2)]
    assert_nothing_is_dropped(log, read(log))


@pytest.mark.parametrize("name", [decoder.format.value for decoder in DECODERS])
def test_behind_rubbish_an_entry_of_any_format_is_found(name):
    for capture in corpus.CAPTURES[name]:
        for raw in corpus.entries(capture)[::25]:
            found = read(b"rubbish\n" + raw, max_entry_bytes=1 << 26)
            assert [one.problem for one in found[:2]] in (
                [Problem.UNKNOWN_FORMAT, None],
                [Problem.UNKNOWN_FORMAT, Problem.TORN_ENTRY],  # Coraza's without an end
            )
            assert found[1].offset == 8


def test_of_a_long_region_only_the_beginning_is_kept():
    log = b"no newline anywhere " * 1_000_000 + b"\n" + entry(1)
    found = read(log)
    assert [one.problem for one in found] == [Problem.UNKNOWN_FORMAT, None]
    assert len(found[0].raw) == EXCERPT_BYTES
    assert found[0].length == 20_000_001


def test_a_torn_last_entry_is_told_and_kept():
    log = entry(1) + b"\n" + entry(2, b"half", end=b"")
    found = read(log)
    assert [one.problem for one in found] == [None, Problem.TORN_ENTRY]
    assert found[1].raw == entry(2, b"half", end=b"")


@pytest.mark.parametrize("before", [b"\n", b"", b"\n\n"])
def test_after_a_torn_entry_the_next_is_found(before):
    log = entry(1, b"half of a line", end=before) + entry(2)
    found = read(log)
    assert [one.problem for one in found] == [Problem.TORN_ENTRY, None]
    assert found[1].raw == entry(2)
    assert_nothing_is_dropped(log, found)


def test_after_a_torn_entry_one_with_the_same_boundary_is_found():
    """Children of Apache draw the same random numbers: the corpus has neighbours that share one."""
    log = entry(1, b"half", end=b"\n") + entry(1, b"whole")
    found = read(log)
    assert [one.problem for one in found] == [Problem.TORN_ENTRY, None]
    assert found[1].raw == entry(1, b"whole")


def test_a_marker_without_a_header_line_ends_no_torn_entry():
    log = entry(1, b"x\n--cafebabe-A--\nno header line\n", end=b"") + b"\n" + entry(2)
    found = read(log)
    assert [one.length for one in found] == [len(log) - len(entry(2)), len(entry(2))]


def test_an_entry_forged_in_a_body_is_not_found():
    log = entry(1, b"x\n\n" + entry(0xBAD) + b"\n") + b"\n" + entry(2)
    assert [one.raw for one in read(log)] == [entry(1, b"x\n\n" + entry(0xBAD) + b"\n"), entry(2)]


def test_an_entry_too_large_to_hold_hides_no_forged_one():
    body = b"y" * 300_000 + b"\n" + entry(0xBAD) + b"\n" + b"y" * 3_000_000
    log = entry(1, body) + b"\n" + entry(2)
    found = read(log, max_entry_bytes=100_000)
    assert [one.problem for one in found] == [Problem.ENTRY_TOO_LARGE, None]
    assert found[0].length == len(entry(1, body))
    assert_nothing_is_dropped(log, found)


def test_a_large_entry_without_an_end_is_torn():
    log = entry(1, b"y" * 3_000_000, end=b"\n") + entry(2)
    found = read(log, max_entry_bytes=100_000)
    assert found[0].problem is Problem.TORN_ENTRY
    assert found[-1].raw == entry(2)
    assert_nothing_is_dropped(log, found)


def test_memory_does_not_grow_with_the_file():
    class Endless(io.RawIOBase):
        left = 64

        def readable(self):
            return True

        def readinto(self, buffer):
            self.left -= 1
            piece = (entry(1, b"z" * 5000) + b"\n") * 50 if self.left > 0 else b""
            buffer[: len(piece)] = piece
            return len(piece)

    tracemalloc.start()
    count = sum(1 for _ in SerialReader(plain(Endless(), lambda _: None), "log"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 63 * 50
    assert peak < 8_000_000


_piece = st.builds(entry, st.integers(0, 2**32 - 1), st.binary(max_size=30)) | st.sampled_from(
    [
        b"\n",
        b"\n\n",
        b"junk",
        b"\njunk\n",
        b"--deadbeef-A--\n",
        b"\n--deadbeef-Z--\n",
        entry(5)[:-9],
    ]
)


@settings(deadline=None)  # other work on the machine takes time too
@given(st.lists(_piece, max_size=8).map(b"".join), st.sampled_from([400, 1 << 20]))
def test_nothing_is_ever_dropped(log, max_entry_bytes):
    assert_nothing_is_dropped(log, read(log, max_entry_bytes=max_entry_bytes))
