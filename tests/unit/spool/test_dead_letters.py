"""Dead letters: kept, counted, decoded again or removed on purpose, and never dropped."""

import asyncio
import itertools
import sqlite3
import threading
from pathlib import Path

import pytest

from bartizan.domain.delivery import AuditLogEntry, LetterSelection
from bartizan.domain.errors import Unavailable
from bartizan.kit.metrics import REGISTRY
from bartizan.spool import schema
from bartizan.spool.dead_letters import DeadLetters
from bartizan.spool.intake import Intake
from bartizan.spool.journal import Journal
from bartizan.spool.outlet import Outlet
from bartizan.spool.settings import SpoolSettings

SETTINGS = SpoolSettings(min_free_bytes=0)
EVERYTHING = LetterSelection()


def entry(raw: bytes, sensor: str = "shop-1", **more) -> AuditLogEntry:
    return AuditLogEntry(sensor=sensor, received_at_us=1, raw=raw, **more)


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "spool"


@pytest.fixture
def outlet(directory):
    clock = itertools.count(1_000_000)
    side = Outlet(directory, lambda: next(clock), program="1")
    yield side
    side.close()


@pytest.fixture
def box(directory):
    side = DeadLetters(directory)
    yield side
    side.close()


def put(directory: Path, *entries: AuditLogEntry) -> list[int]:
    journal = Journal(directory, SETTINGS)
    try:
        return journal.commit(entries)
    finally:
        journal.close()


def raws(outlet: Outlet) -> list[bytes]:
    return [one.entry.raw for one in outlet.take(0, 1_000, 1 << 40)]


def test_the_kinds_are_counted_with_their_first_and_last_time(outlet, box):
    for sensor, code, raw in [
        ("a", "x", b"1"),
        ("a", "x", b"22"),
        ("b", "x", b"1"),
        ("a", "y", b"1"),
        ("a", "x", b"333"),
    ]:
        outlet.set_aside(entry(raw, sensor, summary=b"s"), code, "")
    kinds = [
        (kind.sensor, kind.code, kind.letters, kind.size_bytes, kind.first_at_us, kind.last_at_us)
        for kind in box.kinds()
    ]
    assert kinds == [
        ("a", "x", 3, 9, 1_000_000, 1_000_004),
        ("a", "y", 1, 2, 1_000_003, 1_000_003),
        ("b", "x", 1, 2, 1_000_002, 1_000_002),
    ]


def test_pages_go_back_in_time_and_hold_each_letter_once(outlet, box):
    for number in range(10):
        outlet.set_aside(entry(b"%d" % number, "ab"[number % 2]), "xy"[number % 3 == 0], "d")

    def walk(selection):
        before, found = None, []
        while heads := box.page(selection, before, 2):
            found += [head.head for head in heads]
            before = heads[-1].id
        return found

    assert walk(EVERYTHING) == [b"%d" % number for number in reversed(range(10))]
    assert walk(LetterSelection(sensor="a", code="x")) == [b"8", b"4", b"2"]
    assert walk(LetterSelection(code="y")) == [b"9", b"6", b"3", b"0"]
    assert walk(LetterSelection(sensor="nobody")) == []


def test_a_list_holds_only_the_beginning_of_an_entry_and_the_letter_all_of_it(outlet, box):
    whole = entry(bytes(range(256)) * 4000, claimed_hash="md5:x", summary=b"s", origin="/log")
    outlet.set_aside(whole, "not-an-entry", "why")
    (head,) = box.page(EVERYTHING, None, 10)
    assert head.head == bytes(range(256))
    assert head.size_bytes == 1_024_001
    letter = box.letter(head.id)
    assert letter.entry == whole
    assert (letter.code, letter.detail, letter.program) == ("not-an-entry", "why", "1")
    assert box.letter(head.id + 1) is None


def test_reviving_puts_entries_at_the_end_of_the_queue_and_keeps_the_time_of_death(
    directory, outlet, box
):
    first, _ = put(directory, entry(b"a"), entry(b"b"))
    outlet.bury([(first, "not-an-entry", "")])
    assert box.revive(EVERYTHING, 10) == 1
    assert box.revive(EVERYTHING, 10) == 0
    assert raws(outlet) == [b"b", b"a"]
    assert (box.account().letters, box.account().waiting) == (0, 1)
    again = outlet.take(0, 10, 1 << 40)[-1]
    outlet.bury([(again.id, "unknown-format", "still")])
    (letter,) = outlet.dead_letters(0, 10)
    assert (letter.died_at_us, letter.tried_at_us) == (1_000_000, 1_000_001)
    account = box.account()
    assert (account.revived, account.again, account.waiting, account.letters) == (1, 1, 0, 1)


def test_a_retry_of_everything_ends_although_everything_fails_again(directory, outlet, box):
    ids = put(directory, *(entry(b"%d" % number) for number in range(50)))
    outlet.bury([(number, "x", "") for number in ids])
    everything_now = LetterSelection(until_id=box.last_id())
    steps = 0
    while box.revive(everything_now, 7):
        steps += 1
        waiting = outlet.take(0, 100, 1 << 40)
        outlet.bury([(one.id, "x", "") for one in waiting])
    assert steps == 8
    assert (box.account().letters, box.account().again) == (50, 50)


def test_a_revived_entry_that_is_stored_is_forgotten_everywhere(directory, outlet, box):
    (number,) = put(directory, entry(b"a"))
    outlet.bury([(number, "x", "")])
    box.revive(EVERYTHING, 10)
    outlet.done([one.id for one in outlet.take(0, 10, 1 << 40)])
    account = box.account()
    assert (account.waiting, account.letters, account.again, account.revived) == (0, 0, 0, 1)


def test_steps_are_bounded_in_bytes_and_make_progress_with_any_size(outlet, box):
    for number in range(4):
        outlet.set_aside(entry(bytes([number]) * 700_000), "x", "")
    assert [box.revive(EVERYTHING, 100) for _ in range(3)] == [2, 2, 0]


def test_removing_is_counted_and_takes_only_what_was_chosen(outlet, box):
    for number in range(6):
        outlet.set_aside(entry(b"%d" % number, "ab"[number % 2]), "x", "")
    assert box.remove(LetterSelection(sensor="a"), 2) == 2
    assert box.remove(LetterSelection(sensor="a"), 2) == 1
    assert box.remove(LetterSelection(sensor="a"), 2) == 0
    assert [letter.entry.raw for letter in outlet.dead_letters(0, 10)] == [b"1", b"3", b"5"]
    (letter,) = box.page(LetterSelection(), None, 1)
    assert box.remove(LetterSelection(ids=(letter.id, 999)), 10) == 1
    account = box.account()
    assert (account.letters, account.removed, account.aside) == (2, 4, 6)


def test_letters_of_other_versions_are_revived_once_by_each_version(directory, outlet):
    ids = put(directory, *(entry(b"%d" % number) for number in range(5)))
    outlet.bury([(number, "x", "") for number in ids])
    assert outlet.revive_outdated(100) == 0
    newer = Outlet(directory, program="2")
    assert [newer.revive_outdated(3), newer.revive_outdated(3)] == [3, 2]
    newer.bury([(one.id, "x", "") for one in newer.take(0, 100, 1 << 40)])
    assert newer.revive_outdated(100) == 0
    assert newer.level().dead_letters == 5
    newer.close()


@pytest.mark.promise("R13")
def test_dead_letters_beyond_their_room_are_kept_and_take_from_the_queues(directory, outlet):
    """Their own room does not make the queue smaller; what exceeds it does; nothing is dropped."""
    settings = SpoolSettings(max_bytes=2_000_000, max_dead_letter_bytes=1_000_000, min_free_bytes=0)
    piece = b"x" * 99_000

    async def fill() -> int:
        intake = Intake(directory, settings)
        for accepted in itertools.count():
            (outcome,) = await asyncio.gather(
                intake.put(entry(b"%d" % accepted + piece)), return_exceptions=True
            )
            if isinstance(outcome, Unavailable):
                break
        assert outcome.code == "spool-full"
        await intake.close()
        return accepted

    for number in range(10):
        outlet.set_aside(entry(b"dead %d" % number + piece), "x", "")
    with_room_used = asyncio.run(fill())
    assert with_room_used >= 17, "the letters' own room is not the queue's"
    outlet.done([one.id for one in outlet.take(0, 100, 1 << 40)])
    for number in range(10, 15):
        outlet.set_aside(entry(b"dead %d" % number + piece), "x", "")
    assert with_room_used - 7 <= asyncio.run(fill()) <= with_room_used - 4
    assert outlet.level().dead_letters == 15


@pytest.mark.promise("R13")
def test_the_account_of_the_dead_letters_is_in_the_metrics(directory, outlet, box):
    ids = put(directory, *(entry(b"%d" % number) for number in range(9)))
    outlet.bury([(number, "x", "") for number in ids])
    box.revive(LetterSelection(), 2)
    box.remove(LetterSelection(), 3)
    Journal(directory, SETTINGS).look()
    values = {
        name: REGISTRY.get_sample_value(f"bartizan_spool_{name}")
        for name in (
            "entries",
            "dead_letters",
            "dead_letter_bytes",
            "dead_letters_revived",
            "dead_letters_removed",
        )
    }
    assert values == {
        "entries": 2,
        "dead_letters": 4,
        "dead_letter_bytes": 4,
        "dead_letters_revived": 2,
        "dead_letters_removed": 3,
    }


def test_many_threads_may_ask_while_letters_come_and_go(directory, outlet, box):
    wrong: list[str] = []
    is_over = threading.Event()

    def ask() -> None:
        while not is_over.is_set():
            account = box.account()
            if account.buried + account.aside != (
                account.letters + account.revived + account.removed
            ):
                wrong.append(str(account))
            box.page(LetterSelection(code="x"), None, 20)

    askers = [threading.Thread(target=ask, daemon=True) for _ in range(3)]
    for asker in askers:
        asker.start()
    for number in range(200):
        outlet.set_aside(entry(b"%d" % number), "x", "")
        if number % 10 == 9:
            box.revive(EVERYTHING, 3)
            box.remove(EVERYTHING, 2)
    is_over.set()
    for asker in askers:
        asker.join()
    assert wrong == []
    assert (box.account().revived, box.account().removed) == (60, 40)


VERSION_1 = """
CREATE TABLE entry (id INTEGER PRIMARY KEY AUTOINCREMENT, sensor TEXT NOT NULL,
  received_at_us INTEGER NOT NULL, claimed_hash TEXT, summary BLOB, origin TEXT,
  origin_offset INTEGER, raw BLOB NOT NULL) STRICT;
CREATE TABLE dead_letter (id INTEGER PRIMARY KEY AUTOINCREMENT, digest BLOB NOT NULL,
  code TEXT NOT NULL, detail TEXT NOT NULL, died_at_us INTEGER NOT NULL, sensor TEXT NOT NULL,
  received_at_us INTEGER NOT NULL, claimed_hash TEXT, summary BLOB, origin TEXT,
  origin_offset INTEGER, raw BLOB NOT NULL) STRICT;
CREATE UNIQUE INDEX dead_letter_identity ON dead_letter (sensor, digest, code);
CREATE TABLE tally (id INTEGER PRIMARY KEY CHECK (id = 1), gone INTEGER NOT NULL,
  dead_letters INTEGER NOT NULL) STRICT;
INSERT INTO tally VALUES (1, 2, 2);
INSERT INTO entry VALUES (3, 's', 1, NULL, NULL, NULL, NULL, x'61');
UPDATE sqlite_sequence SET seq = 3 WHERE name = 'entry';
INSERT INTO dead_letter VALUES (4, x'00', 'a', 'd', 55, 's', 9, 'md5:1', x'7373', '/o', 3, x'6262');
INSERT INTO dead_letter VALUES (5, x'01', 'b', '', 56, 't', 9, NULL, NULL, NULL, NULL, x'63');
PRAGMA user_version = 1;
"""


@pytest.mark.promise("R14")
def test_a_spool_of_the_first_version_is_upgraded_with_all_it_holds(directory):
    directory.mkdir()
    database = sqlite3.connect(directory / schema.FILE_NAME)
    database.executescript("PRAGMA journal_mode = WAL;" + VERSION_1)
    database.close()
    outlet, box = Outlet(directory, program="2"), DeadLetters(directory)
    first, second = outlet.dead_letters(0, 10)
    assert (first.id, first.code, first.died_at_us, first.tried_at_us) == (4, "a", 55, 55)
    assert first.entry == AuditLogEntry(
        sensor="s",
        received_at_us=9,
        raw=b"bb",
        claimed_hash="md5:1",
        summary=b"ss",
        origin="/o",
        origin_offset=3,
    )
    assert second.entry.raw == b"c"
    assert raws(outlet) == [b"a"]
    account = box.account()
    assert (account.letters, account.size_bytes, account.buried) == (2, 5, 2)
    assert outlet.level().entries == 1
    assert outlet.revive_outdated(10) == 2
    assert raws(outlet) == [b"a", b"bb", b"c"]
    outlet.close()
    box.close()
