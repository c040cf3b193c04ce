"""The spool as both sides see it."""

import asyncio
import itertools
import sqlite3
import stat
from pathlib import Path

import pytest

from bartizan.domain.delivery import AuditLogEntry
from bartizan.domain.errors import Misconfigured, Unavailable
from bartizan.kit.metrics import SPOOL_COMMITS
from bartizan.spool import schema
from bartizan.spool.contract import Share
from bartizan.spool.intake import Intake
from bartizan.spool.journal import MOST_ENTRIES
from bartizan.spool.outlet import Outlet
from bartizan.spool.settings import SpoolSettings

SETTINGS = SpoolSettings(min_free_bytes=0)
EVERYTHING = 1 << 40


def entry(raw: bytes, **more) -> AuditLogEntry:
    return AuditLogEntry(sensor="shop-1", received_at_us=1, raw=raw, **more)


def put(directory: Path, *raws: bytes, settings: SpoolSettings = SETTINGS) -> list[int]:
    async def run():
        intake = Intake(directory, settings)
        try:
            return await asyncio.gather(*(intake.put(entry(raw)) for raw in raws))
        finally:
            await intake.close()

    return asyncio.run(run())


@pytest.fixture
def outlet(tmp_path):
    letters = itertools.count(1_000_000)
    side = Outlet(tmp_path / "spool", lambda: next(letters))
    yield side
    side.close()


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "spool"


def raws(outlet: Outlet, after_id: int = 0) -> list[bytes]:
    return [one.entry.raw for one in outlet.take(after_id, 1_000, EVERYTHING)]


def test_everything_of_an_entry_comes_out_as_it_went_in(directory, outlet):
    given = AuditLogEntry(
        sensor="shop-1",
        received_at_us=1_795_412_698_732_001,
        raw=bytes(range(256)) * 300,
        claimed_hash="md5:1478f04dbd58930a6acad3f24d288144",
        summary=b"host \xff\x00 summary",
        origin="/var/log/audit.log",
        origin_offset=1 << 40,
    )

    async def run():
        intake = Intake(directory, SETTINGS)
        await intake.put(given)
        await intake.close()

    asyncio.run(run())
    (taken,) = outlet.take(0, 10, EVERYTHING)
    assert taken.entry == given


def test_ids_grow_in_the_order_of_commit_and_are_never_used_twice(directory, outlet):
    first = put(directory, *(b"%d" % number for number in range(200)))
    assert first == sorted(first)
    assert raws(outlet) == [b"%d" % number for number in range(200)]
    outlet.done(first)
    (later,) = put(directory, b"later")
    assert later > max(first)


def test_taking_is_bounded_by_count_and_by_bytes_and_takes_one_at_least(directory, outlet):
    ids = put(directory, *[b"x" * 1000] * 10)
    assert len(outlet.take(0, 3, EVERYTHING)) == 3
    assert len(outlet.take(0, 100, 2500)) == 3
    assert len(outlet.take(0, 100, 1)) == 1
    assert [one.id for one in outlet.take(ids[4], 100, EVERYTHING)] == ids[5:]


def test_what_was_taken_stays_until_it_is_done(directory, outlet):
    ids = put(directory, b"a", b"b", b"c")
    assert raws(outlet) == raws(outlet)
    outlet.done([ids[2], ids[0], 999])
    outlet.done([ids[0]])
    assert raws(outlet) == [b"b"]
    assert outlet.level().entries == 1


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_workers_that_share_the_spool_take_everything_exactly_once(directory, workers):
    ids = put(directory, *(b"%d" % number for number in range(2_600)))
    taken = []
    for index in range(workers):
        side = Outlet(directory, share=Share(index=index, of=workers))
        mine = [one.id for one in side.take(0, 10_000, EVERYTHING)]
        assert mine == sorted(mine)
        assert len(mine) >= 512
        side.done(mine)
        side.close()
        taken += mine
    assert sorted(taken) == ids


def test_the_level_counts_without_counting(directory, outlet):
    assert (outlet.level().entries, outlet.level().oldest_received_at_us) == (0, None)
    ids = put(directory, b"a", b"b", b"c")
    outlet.bury([(ids[0], "not-an-entry", "no boundary")])
    level = outlet.level()
    assert (level.entries, level.dead_letters, level.oldest_received_at_us) == (2, 1, 1)
    assert level.size_bytes > 0


def test_burying_moves_an_entry_with_its_reason_and_is_harmless_twice(directory, outlet):
    (first, second) = put(directory, b"a", b"b")
    outlet.bury([(first, "not-an-entry", "no boundary")])
    outlet.bury([(first, "not-an-entry", "no boundary"), (second, "other", "")])
    letters = outlet.dead_letters(0, 10)
    assert [(one.code, one.detail, one.entry.raw) for one in letters] == [
        ("not-an-entry", "no boundary", b"a"),
        ("other", "", b"b"),
    ]
    assert [one.died_at_us for one in letters] == [1_000_000, 1_000_001]
    assert raws(outlet) == []


def test_the_same_bytes_of_one_sensor_are_one_dead_letter_per_code(directory, outlet):
    ids = put(directory, b"same", b"same", b"same")
    duplicates = outlet.bury([(ids[0], "a", "1"), (ids[1], "a", "2"), (ids[2], "b", "3")])
    assert duplicates == [ids[1]]
    outlet.set_aside(entry(b"same"), "a", "4")
    assert [(one.code, one.detail) for one in outlet.dead_letters(0, 10)] == [
        ("a", "1"),
        ("b", "3"),
    ]
    assert (outlet.level().entries, outlet.level().dead_letters) == (0, 2)


def test_setting_aside_needs_no_spooled_entry(outlet):
    given = entry(b"odd", origin="/log", origin_offset=7)
    outlet.set_aside(given, "not-an-entry", "why")
    (letter,) = outlet.dead_letters(0, 10)
    assert letter.entry == given
    assert outlet.level().dead_letters == 1


@pytest.mark.promise("R1")
def test_the_spool_is_written_with_a_write_ahead_log_synced_at_every_commit(directory):
    database = schema.connect(directory, "FULL", 1_000)
    assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert database.execute("PRAGMA synchronous").fetchone() == (2,)
    database.close()


@pytest.mark.promise("S15")
def test_directory_and_files_are_for_their_owner_only(directory, outlet):
    put(directory, b"secret")
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    files = list(directory.iterdir())
    assert len(files) == 3
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


@pytest.mark.promise("R14")
def test_a_spool_of_a_newer_version_is_refused_by_name(directory):
    database = schema.connect(directory, "FULL", 1_000)
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(Misconfigured) as refusal:
        Outlet(directory)
    assert refusal.value.code == "newer-spool"
    with pytest.raises(Misconfigured):
        Intake(directory, SETTINGS)


def test_a_file_that_is_no_database_is_refused_by_name(directory):
    directory.mkdir()
    (directory / schema.FILE_NAME).write_bytes(b"something else entirely " * 100)
    with pytest.raises(Misconfigured) as refusal:
        Outlet(directory)
    assert refusal.value.code == "not-a-spool"


@pytest.mark.promise("R7")
def test_a_full_spool_says_so_and_accepts_again_after_the_worker_caught_up(directory, outlet):
    settings = SpoolSettings(max_bytes=400_000, min_free_bytes=0)
    piece = b"x" * 50_000

    async def run():
        intake = Intake(directory, settings)
        outcomes = [
            (await asyncio.gather(intake.put(entry(piece)), return_exceptions=True))[0]
            for _ in range(10)
        ]
        ids = [one for one in outcomes if isinstance(one, int)]
        assert 3 <= len(ids) <= 6
        assert {one.code for one in outcomes[len(ids) :]} == {"spool-full"}
        assert not intake.is_accepting()
        outlet.done(ids)
        await intake.put(entry(piece))
        assert intake.is_accepting()
        await intake.close()

    asyncio.run(run())


@pytest.mark.promise("R7")
def test_a_disk_with_too_little_room_is_left_alone(directory):
    with pytest.raises(Unavailable) as refusal:
        put(directory, b"x", settings=SpoolSettings(min_free_bytes=1 << 60))
    assert refusal.value.code == "disk-full"


@pytest.mark.promise("R7")
def test_a_spool_that_cannot_be_opened_yet_is_tried_again(directory):
    async def run():
        directory.parent.joinpath("spool").write_bytes(b"a file in the way")
        intake = Intake(directory, SETTINGS)
        assert not intake.is_accepting()
        with pytest.raises(Unavailable) as refusal:
            await intake.put(entry(b"x"))
        assert refusal.value.code == "spool-failed"
        directory.unlink()
        assert await intake.put(entry(b"x")) == 1
        assert intake.is_accepting()
        await intake.close()

    asyncio.run(run())


def test_a_spool_that_is_locked_for_long_refuses_and_recovers(directory):
    async def run():
        intake = Intake(directory, SETTINGS)
        await intake.put(entry(b"before"))
        blocker = sqlite3.connect(directory / schema.FILE_NAME, isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable):
            await intake.put(entry(b"refused"))
        blocker.execute("ROLLBACK")
        blocker.close()
        await intake.put(entry(b"after"))
        await intake.close()

    asyncio.run(run())
    side = Outlet(directory)
    assert raws(side) == [b"before", b"after"]
    side.close()


def test_an_entry_that_cannot_be_bound_harms_nobody_after_it(directory, outlet):
    async def run():
        intake = Intake(directory, SETTINGS)
        with pytest.raises(Unavailable):
            await intake.put(entry(b"x", claimed_hash="\ud800"))
        await intake.put(entry(b"good"))
        await intake.close()

    asyncio.run(run())
    assert raws(outlet) == [b"good"]


def test_who_stopped_waiting_is_not_owed_and_frees_its_place(directory, outlet):
    async def run():
        intake = Intake(directory, SETTINGS)
        blocker = sqlite3.connect(directory / schema.FILE_NAME, isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        first = asyncio.ensure_future(intake.put(entry(b"in the transaction")))
        await asyncio.sleep(0.05)
        second = asyncio.ensure_future(intake.put(entry(b"given up")))
        await asyncio.sleep(0)
        second.cancel()
        blocker.execute("ROLLBACK")
        blocker.close()
        await first
        await intake.put(entry(b"later"))
        assert (intake._waiting_entries, intake._waiting_bytes) == (0, 0)
        await intake.close()

    asyncio.run(run())
    assert raws(outlet) == [b"in the transaction", b"later"]


def test_entries_that_come_in_one_turn_of_the_loop_or_in_the_next_share_a_commit(directory, outlet):
    async def run():
        intake = Intake(directory, SETTINGS)
        before = SPOOL_COMMITS._value.get()
        waiting = []
        for turn in range(3):
            waiting += [intake.put(entry(b"%d-%d" % (turn, n))) for n in range(5)]
            await asyncio.sleep(0)
        ids = await asyncio.gather(*waiting)
        await intake.close()
        assert ids == list(range(1, 16))
        return SPOOL_COMMITS._value.get() - before

    assert asyncio.run(run()) == 1
    assert len(raws(outlet)) == 15


def test_more_entries_than_one_commit_takes_are_all_kept_in_order(directory, outlet):
    given = [b"%d" % number for number in range(3 * MOST_ENTRIES + 1)]
    assert put(directory, *given) == list(range(1, len(given) + 1))
    assert raws(outlet) == given


def test_closing_commits_what_waits_and_refuses_what_comes(directory, outlet):
    async def run():
        intake = Intake(directory, SETTINGS)
        waiting = [asyncio.ensure_future(intake.put(entry(b"%d" % n))) for n in range(100)]
        await asyncio.sleep(0)
        await intake.close()
        assert len(await asyncio.gather(*waiting)) == 100
        with pytest.raises(Unavailable):
            await intake.put(entry(b"late"))

    asyncio.run(run())
    assert len(raws(outlet)) == 100


def test_too_many_waiting_are_refused_at_once(directory, monkeypatch):
    monkeypatch.setattr("bartizan.spool.intake._MOST_WAITING_BYTES", 5_000)

    async def run():
        intake = Intake(directory, SETTINGS)
        outcomes = await asyncio.gather(
            *(intake.put(entry(b"x" * 1_000)) for _ in range(7)), return_exceptions=True
        )
        assert [isinstance(one, Unavailable) for one in outcomes] == [False] * 5 + [True] * 2
        await intake.put(entry(b"x"))
        await intake.close()

    asyncio.run(run())


@pytest.mark.promise("R8")
def test_opening_reads_the_same_few_pages_whatever_the_backlog(directory):
    """Nothing is counted at start: opening visits as many pages with 1 entry as with 4,000."""

    def pages_read() -> int:
        steps = 0

        def step():
            nonlocal steps
            steps += 1
            return 0

        async def run():
            nonlocal steps
            intake = Intake(directory, SETTINGS)
            intake._journal._database.set_progress_handler(step, 1)
            intake._journal.look()
            intake._journal._database.set_progress_handler(None, 1)
            await intake.close()

        asyncio.run(run())
        side = Outlet(directory)
        side._database.set_progress_handler(step, 1)
        side.level()
        side.close()
        return steps

    put(directory, b"x")
    few = pages_read()
    put(directory, *[b"x" * 2_000] * 4_000)
    assert pages_read() == few


def test_both_sides_work_at_once(directory, outlet):
    """The worker deletes while the collector inserts; each entry is seen exactly once, in order."""

    async def run():
        intake = Intake(directory, SETTINGS)
        seen: list[bytes] = []
        last = 0

        async def drain():
            nonlocal last
            while len(seen) < 2_000:
                taken = await asyncio.to_thread(outlet.take, last, 100, EVERYTHING)
                await asyncio.to_thread(outlet.done, [one.id for one in taken])
                seen.extend(one.entry.raw for one in taken)
                last = taken[-1].id if taken else last

        async def fill():
            for start in range(0, 2_000, 50):
                await asyncio.gather(
                    *(intake.put(entry(b"%d" % n)) for n in range(start, start + 50))
                )

        await asyncio.gather(drain(), fill())
        await intake.close()
        return seen

    assert asyncio.run(run()) == [b"%d" % number for number in range(2_000)]
    assert outlet.level().entries == 0
