"""Trees of concurrent and parallel logs: what is new, what is sent, what is removed."""

import os
import time

import pytest

from bartizan.acquire.ship.checkpoint import Checkpoint
from bartizan.acquire.ship.tree import TreeSource
from tests.fuzz import corpus
from tests.servers.engine import make_entry

LONG_AGO = time.time() - 3600


@pytest.fixture
def checkpoint(tmp_path):
    opened = Checkpoint(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def root(tmp_path):
    directory = tmp_path / "audit"
    directory.mkdir()
    return directory


def put(root, number, *, raw=None, minute="20261123-0512", at=LONG_AGO):
    folder = root / "20261123" / minute
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{minute}00-entry{number}"
    file.write_bytes(make_entry(number) if raw is None else raw)
    if at is not None:
        os.utime(file, (at, at))
        os.utime(folder, (at, at))
    return file


def read_all(tree, *, thoroughly=True, first_id=1):
    """What it gives until it has no more, each remembered."""
    tree.look(thoroughly=thoroughly)
    found = []
    while (reads := tree.read()) is not None:
        tree.remember([first_id + len(found) + index for index in range(len(reads))])
        found += reads
    return found


def tree_of(root, checkpoint, **options):
    return TreeSource(root, checkpoint, max_entry_bytes=1 << 20, **options)


def test_every_file_is_an_entry_byte_for_byte_and_comes_once(root, checkpoint):
    files = [put(root, number) for number in range(1, 6)]
    tree = tree_of(root, checkpoint)
    found = read_all(tree)
    assert [(one.raw, one.origin, one.offset) for one in found] == [
        (file.read_bytes(), str(file), 0) for file in files
    ]
    assert read_all(tree) == []
    assert read_all(tree_of(root, checkpoint)) == []


def test_what_was_not_remembered_comes_again(root, checkpoint):
    put(root, 1)
    tree = tree_of(root, checkpoint)
    tree.look(thoroughly=True)
    assert len(tree.read()) == 1
    assert len(read_all(tree_of(root, checkpoint))) == 1


def test_a_directory_that_was_read_whole_is_read_again_when_it_changes(root, checkpoint):
    put(root, 1)
    tree = tree_of(root, checkpoint)
    read_all(tree)
    assert checkpoint.settled(os.fsencode(root), b"20261123")
    late = put(root, 3, at=None)
    assert [one.origin for one in read_all(tree)] == [str(late)]


def test_new_entries_are_found_without_a_thorough_look(root, checkpoint):
    for minute in range(10, 20):
        put(root, minute, minute=f"20261123-05{minute}")
    tree = tree_of(root, checkpoint)
    read_all(tree)
    put(root, 99, minute="20261123-0520")
    assert len(read_all(tree, thoroughly=False)) == 1


@pytest.mark.parametrize("number", [1, 2])
def test_a_file_that_is_being_written_is_left_until_it_is_complete(root, checkpoint, number):
    file = put(root, number, raw=make_entry(number)[:-30], at=None)
    tree = tree_of(root, checkpoint)
    assert read_all(tree) == []
    file.write_bytes(make_entry(number))
    assert [one.raw for one in read_all(tree)] == [make_entry(number)]


@pytest.mark.parametrize(
    "capture", ["coraza-json-concurrent", "coraza-https-raw", "coraza-ocsf-serial"]
)
def test_an_object_of_coraza_is_complete_without_a_newline(root, checkpoint, capture):
    raw = next(one.rstrip(b"\n") for one in corpus.entries(capture) if len(one) < 3000)
    file = put(root, 1, raw=raw[:-1], at=None)
    tree = tree_of(root, checkpoint)
    assert read_all(tree) == []
    file.write_bytes(raw)
    assert [one.raw for one in read_all(tree)] == [raw]


def test_modsecurity_adds_a_newline_to_its_object_which_is_waited_for(root, checkpoint):
    raw = next(one for one in corpus.entries("v3-json-parallel") if one.endswith(b"}\n"))
    file = put(root, 1, raw=raw[:-1], at=None)
    tree = tree_of(root, checkpoint)
    assert read_all(tree) == []
    file.write_bytes(raw)
    assert [one.raw for one in read_all(tree)] == [raw]


def test_a_torn_file_is_sent_as_it_is_when_its_writer_has_let_it_be(root, checkpoint):
    torn = make_entry(1)[:-30]
    put(root, 1, raw=torn)
    assert [one.raw for one in read_all(tree_of(root, checkpoint))] == [torn]


def test_two_entries_in_a_file_of_libmodsecurity_are_two(root, checkpoint):
    put(root, 2, raw=make_entry(2) + make_entry(4))
    assert len(read_all(tree_of(root, checkpoint))) == 2


def test_links_and_pipes_are_not_followed(root, checkpoint, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "20261123-051200-entry1").write_bytes(make_entry(1))
    (root / "link").symlink_to(outside)
    (root / "20261123-051200-entry1").symlink_to(outside / "20261123-051200-entry1")
    os.mkfifo(root / "20261123-051200-entry2")
    assert read_all(tree_of(root, checkpoint)) == []


def test_what_is_no_entry_is_passed_over(root, checkpoint):
    (root / "notes.txt").write_text("not a log\n")
    (root / "20261123-051200-large").write_bytes(b"{" * (3 << 20))
    (root / "20261123-051200-empty").write_bytes(b"")
    os.utime(root / "20261123-051200-empty", (LONG_AGO, LONG_AGO))
    tree = tree_of(root, checkpoint)
    assert read_all(tree) == []


def test_only_what_the_collector_has_whole_is_removed(root, checkpoint):
    files = [put(root, number) for number in range(1, 5)]
    through = 0
    tree = tree_of(root, checkpoint, remove_through=lambda: through)
    read_all(tree)
    tree.look(thoroughly=True)
    assert all(file.exists() for file in files)
    checkpoint.keep([2])  # the collector refused it
    files[2].write_bytes(files[2].read_bytes() + b"more")  # changed since it was read
    through = 3
    tree.look(thoroughly=True)
    assert [file.exists() for file in files] == [False, True, True, True]


def test_a_removed_tree_leaves_no_rows_behind(root, checkpoint):
    file = put(root, 1)
    tree = tree_of(root, checkpoint)
    read_all(tree)
    file.unlink()
    file.parent.rmdir()
    read_all(tree)
    assert checkpoint.files(os.fsencode(root), b"20261123/20261123-0512") == {}
