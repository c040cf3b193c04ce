"""Into the shipper's spool: durable before it is remembered, and never dropped for want of room."""

import threading

import pytest

from bartizan.acquire.found import Problem
from bartizan.acquire.ship.keeping import Keeper
from bartizan.acquire.ship.refused import RefusedLog
from bartizan.acquire.ship.source import Read
from bartizan.spool.outlet import Outlet
from bartizan.spool.settings import SpoolSettings


class Listed:
    """A source that gives what it was made with, and looks into the spool when it is remembered."""

    def __init__(self, outlet, *batches):
        self.outlet = outlet
        self.batches = list(batches)
        self.remembered = []
        self.spooled = []

    def look(self, *, thoroughly):
        pass

    def read(self):
        return self.batches.pop(0) if self.batches else None

    def remember(self, ids):
        self.remembered.append(list(ids))
        self.spooled.append([one.entry.raw for one in self.outlet.take(0, 10_000, 1 << 30)])

    def held_bytes(self):
        return 0

    def close(self):
        pass


@pytest.fixture
def outlet(tmp_path):
    opened = Outlet(tmp_path / "spool")
    yield opened
    opened.close()


@pytest.fixture
def make_keeper(tmp_path):
    made = []

    def make(max_bytes=1 << 30, **options):
        keeper = Keeper(
            tmp_path / "spool",
            SpoolSettings(max_bytes=max_bytes, min_free_bytes=0),
            RefusedLog(tmp_path / "refused"),
            threading.Event(),
            threading.Lock(),
            sensor="shop-1",
            **options,
        )
        made.append(keeper)
        return keeper

    yield make
    for keeper in made:
        keeper.close()


def reads(count, *, size=1000, problem=None):
    return [
        Read(b"%06d" % number + b"x" * size, "/log", number, problem) for number in range(count)
    ]


def never(_seconds):
    return False


def test_what_is_remembered_is_in_the_spool(outlet, make_keeper):
    batch = reads(300)
    source = Listed(outlet, batch)
    assert make_keeper().take_from(source, never) is False
    assert source.spooled == [[one.raw for one in batch]]
    assert source.remembered == [list(range(1, 301))]


def test_a_full_spool_holds_the_reading_up_and_keeps_each_entry_once(outlet, make_keeper):
    batch = reads(200)
    source = Listed(outlet, batch)
    waits = []

    def make_room(_seconds):
        taken = outlet.take(0, 10_000, 1 << 30)
        waits.append([one.entry.raw for one in taken])
        outlet.done([one.id for one in taken])
        assert source.remembered == []
        return False

    make_keeper(max_bytes=250_000).take_from(source, make_room)
    assert len(waits) >= 1
    rest = [one.entry.raw for one in outlet.take(0, 10_000, 1 << 30)]
    assert [raw for wait in waits for raw in wait] + rest == [one.raw for one in batch]
    assert len(source.remembered) == 1


def test_stopping_while_the_spool_is_full_remembers_nothing(outlet, make_keeper):
    source = Listed(outlet, reads(200))
    make_keeper(max_bytes=200_000).take_from(source, lambda _seconds: True)
    assert source.remembered == []


def test_what_is_too_large_is_kept_aside_in_one_piece(outlet, make_keeper, tmp_path):
    pieces = [
        Read(b"a" * 10, "/log", 0, Problem.ENTRY_TOO_LARGE),
        Read(b"b" * 10, "/log", 10, Problem.ENTRY_TOO_LARGE),
        *reads(2),
    ]
    source = Listed(outlet, pieces)
    make_keeper().take_from(source, never)
    assert source.remembered == [[None, None, 1, 2]]
    assert (tmp_path / "refused" / "too-large.log").read_bytes() == b"a" * 10 + b"b" * 10


@pytest.mark.parametrize(("skip", "ids"), [(False, [1, 2]), (True, [None, None])])
def test_what_is_no_entry_is_sent_unless_it_is_not_wanted(outlet, make_keeper, skip, ids):
    source = Listed(outlet, reads(2, problem=Problem.UNKNOWN_FORMAT))
    make_keeper(skip_unrecognised=skip).take_from(source, never)
    assert source.remembered == [ids]


def test_a_refused_log_that_is_full_becomes_the_old_one(tmp_path):
    log = RefusedLog(tmp_path / "refused", most_bytes=100)
    for letter in (b"a", b"b", b"c"):
        file = log.add("too-large", letter * 100)
    assert file.read_bytes() == b"c" * 100 + b"\n"
    assert (tmp_path / "refused" / "too-large.log.1").read_bytes() == b"b" * 100 + b"\n"


def test_a_code_from_the_wire_names_no_file_elsewhere(tmp_path):
    file = RefusedLog(tmp_path / "refused").add("../../etc/passwd", b"raw")
    assert file == tmp_path / "refused" / "other.log"
