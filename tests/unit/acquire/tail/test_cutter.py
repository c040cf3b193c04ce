"""Entries out of a file that grows: whole ones only, and nothing is dropped."""

import io
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.acquire.found import DECODABLE, Problem
from bartizan.acquire.opened import plain
from bartizan.acquire.serial import SerialReader
from bartizan.acquire.tail.cutter import PIECE_BYTES, Cut, Cutter, Ending
from tests.fuzz import corpus
from tests.servers.engine import make_entry

LIMIT = 1 << 20


def entry(number: int) -> bytes:
    return make_entry(number)


def cut_all(chunks, *, ending=Ending.LAST, limit=LIMIT) -> list[Cut]:
    cutter = Cutter(max_entry_bytes=limit)
    cuts = []
    for chunk in chunks:
        cutter.feed(chunk)
        cuts += cutter.take(Ending.OPEN)
    return cuts + cutter.take(ending)


@pytest.mark.parametrize(
    "capture",
    [
        "v2-native-minparts",
        "v2-json-minparts",
        "v3-native-minparts",
        "v3-json-minparts",
        "coraza-native-serial",
        "coraza-json-serial-block-pl1",
        "coraza-jsonlegacy-serial",
        "coraza-ocsf-serial",
    ],
)
def test_a_growing_log_gives_the_same_entries_as_an_import_of_it(capture):
    """Byte for byte, or what came both ways would be stored twice."""
    log = corpus.serial_log(capture)
    opened = plain(io.BytesIO(log), lambda _: None)
    imported = [one.raw for one in SerialReader(opened, "log") if one.problem in DECODABLE]
    chunks = [log[start : start + 50_000] for start in range(0, len(log), 50_000)]
    assert len(imported) > 30
    assert [cut.raw for cut in cut_all(chunks)] == imported


@settings(max_examples=60, deadline=None)
@given(
    numbers=st.lists(st.integers(1, 60), min_size=1, max_size=6),
    cuts=st.lists(st.integers(0, 20_000), max_size=30),
)
def test_how_the_bytes_arrive_does_not_matter(numbers, cuts):
    log = b"".join(entry(number) for number in numbers)
    places = sorted({0, len(log), *(place % len(log) for place in cuts)})
    chunks = [log[start:end] for start, end in itertools.pairwise(places)]
    found = cut_all(chunks)
    assert [cut.raw.rstrip(b"\n") for cut in found] == [
        entry(number).rstrip(b"\n") for number in numbers
    ]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([b"{", b"--", b"\n", b"abc\n", entry(2)[:90], entry(3)[:90]])))
def test_nothing_is_dropped_whatever_stands_in_the_file(pieces):
    log = b"".join(pieces)
    at = 0
    for cut in cut_all(pieces):
        assert log[at : cut.offset].strip() == b""
        assert log[cut.offset : cut.offset + len(cut.raw)] == cut.raw
        at = cut.offset + len(cut.raw)
    assert log[at:].strip() == b""


@pytest.mark.parametrize("number", [1, 2])
def test_half_an_entry_is_held_however_long_it_takes(number):
    cutter = Cutter(max_entry_bytes=LIMIT)
    cutter.feed(entry(number)[:-20])
    assert cutter.take(Ending.OPEN) == []
    assert cutter.take(Ending.STALE) == []
    assert cutter.position == 0
    cutter.feed(entry(number)[-20:])
    (cut,) = cutter.take(Ending.OPEN)
    assert cut.raw.rstrip() == entry(number).rstrip()


def test_a_torn_entry_comes_out_when_another_stands_behind_it_and_nothing_has_come_for_long():
    cutter = Cutter(max_entry_bytes=LIMIT)
    torn = entry(1)[:-16] + b"\n"
    cutter.feed(torn + entry(3))
    assert cutter.take(Ending.OPEN) == []
    first, second = cutter.take(Ending.STALE)
    assert (first.raw, first.problem) == (torn, Problem.TORN_ENTRY)
    assert (second.raw.rstrip(), second.problem) == (entry(3).rstrip(), None)


def test_a_forged_boundary_in_a_body_begins_no_entry():
    forged = entry(3)
    whole = entry(1).replace(b"\n--00000001-Z", b"\n" + forged.rstrip() + b"\n--00000001-Z")
    (cut,) = cut_all([whole[:300], whole[300:]])
    assert cut.raw.rstrip() == whole.rstrip()


def test_rubbish_before_an_entry_comes_out_on_its_own():
    rubbish, good = cut_all([b"what is\nthis\n" + entry(2)], ending=Ending.OPEN)
    assert (rubbish.raw, rubbish.problem) == (b"what is\nthis\n", Problem.UNKNOWN_FORMAT)
    assert good.problem is None


def test_a_line_without_end_comes_out_in_pieces_and_what_follows_it_is_found():
    line = b"x" * (3 * PIECE_BYTES) + b"\n"
    cuts = cut_all([line[:PIECE_BYTES], line[PIECE_BYTES:], entry(2)])
    assert b"".join(cut.raw for cut in cuts[:-1]) == line
    assert {cut.problem for cut in cuts[:-1]} == {Problem.UNKNOWN_FORMAT}
    assert cuts[-1].problem is None


@pytest.mark.parametrize("number", [1, 2])
def test_an_entry_that_is_too_large_passes_in_pieces_without_being_held(number):
    inner = entry(5)
    large = entry(number).replace(b"\n--0000", b"\n" + inner * 30 + b"\n--0000", 1)
    if number == 2:
        large = entry(number).replace(b'"body":"', b'"body":"' + b"y" * 400_000)
    cutter = Cutter(max_entry_bytes=1 << 16)
    cuts = []
    for start in range(0, len(large), 10_000):
        cutter.feed(large[start : start + 10_000])
        cuts += cutter.take(Ending.OPEN)
        assert cutter.held_bytes < (1 << 16) + 10_000
    cutter.feed(entry(7))
    cuts += cutter.take(Ending.OPEN)
    pieces = [cut.raw for cut in cuts if cut.problem is Problem.ENTRY_TOO_LARGE]
    if number == 2:
        assert b"".join(pieces).rstrip() == large.rstrip()
    assert cuts[-1].raw.rstrip() == entry(7).rstrip()


def test_what_is_being_passed_is_passed_on_after_a_restart():
    large = entry(2).replace(b'"body":"', b'"body":"' + b"y" * 200_000)
    cutter = Cutter(max_entry_bytes=1 << 16)
    cutter.feed(large[:100_000])
    cutter.take(Ending.OPEN)
    again = Cutter(cutter.position, cutter.passing, max_entry_bytes=1 << 16)
    again.feed(large[cutter.position :] + entry(1))
    cuts = again.take(Ending.OPEN)
    assert [cut.problem for cut in cuts] == [Problem.ENTRY_TOO_LARGE, None]


def test_the_hole_that_a_truncation_under_a_writer_leaves_is_passed():
    (cut,) = cut_all([b"\0" * 100_000, b"\0" * 50 + entry(1)], ending=Ending.OPEN)
    assert cut.offset == 100_050
