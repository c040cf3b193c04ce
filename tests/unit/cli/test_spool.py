"""`bartizan spool`: the state of the queue, and what people do with dead letters."""

import json
import sqlite3
from contextlib import closing

import pytest
from click.testing import CliRunner

from bartizan.cli.main import program
from bartizan.domain.delivery import AuditLogEntry
from bartizan.domain.errors import Misconfigured
from bartizan.spool import schema
from bartizan.spool.journal import Journal
from bartizan.spool.outlet import Outlet
from bartizan.spool.settings import SpoolSettings
from bartizan.spool.verify import verify

HOSTILE = b"\x1b]0;owned\x07\xe2\x80\xaegpj.exe\x9b31m\n<b>[bold]"


def entry(raw, sensor="web-1", **more):
    return AuditLogEntry(sensor=sensor, received_at_us=1_795_412_698_000_000, raw=raw, **more)


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(*arguments, text=""):
        runner = CliRunner()
        return runner.invoke(program, ["spool", *arguments], input=text, catch_exceptions=False)

    return call


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "bartizan-data" / "spool"


@pytest.fixture
def outlet(directory):
    side = Outlet(directory, lambda: 1_795_412_700_000_000, program="0.9")
    yield side
    side.close()


def put(directory, *raws):
    journal = Journal(directory, SpoolSettings(min_free_bytes=0))
    ids = journal.commit([entry(raw) for raw in raws])
    journal.close()
    return ids


def letters(run):
    lines = run("dead-letters", "list", "--json").stdout.splitlines()
    return [json.loads(line) for line in lines]


def test_the_status_of_an_empty_spool(run):
    output = run("status").output
    assert "waiting        0\n" in output
    assert "dead letters   0, 0 bytes of 1.0 GiB\n" in output


def test_the_status_counts_what_waits_and_what_is_dead(run, directory, outlet):
    ids = put(directory, b"one", b"two", b"three")
    outlet.bury([(ids[0], "unknown-format", "")])
    output = run("status").output
    assert "waiting        2, the oldest since 2026-11-23 05:44:58 UTC" in output
    assert "unknown-format" in output
    status = json.loads(run("status", "--json").output)
    assert (status["entries"], status["dead_letters"]["letters"]) == (2, 1)
    assert status["oldest_received_at"] == "2026-11-23T05:44:58Z"


def test_the_list_shows_how_each_begins_and_no_terminal_obeys_it(run, outlet):
    outlet.set_aside(entry(HOSTILE, sensor="web\x1b[31m"), "unknown-format", "x\x1b[2J")
    for arguments in (["list"], ["list", "--kinds"], ["show", "1"], ["show", "1", "--hex"]):
        output = run("dead-letters", *arguments).output
        assert "web<U+001B>[31m" in output
        assert not any(character in output for character in "\x1b\x07\u202e\x9b")
    assert "<U+001B>]0;owned<U+0007>" in run("dead-letters", "list").output
    assert "<b>[bold]" in run("dead-letters", "show", "1").output


def test_one_letter_is_shown_with_its_facts_in_hex_and_byte_for_byte(run, outlet):
    outlet.set_aside(entry(b"\x00odd\xff", origin="/log", origin_offset=7), "not-an-entry", "why")
    text = run("dead-letters", "show", "1").output
    assert "reason       Begins like an audit log entry" in text
    assert "from         /log, byte 7" in text
    assert "<U+0000>odd\ufffd" in text
    hexadecimal = run("dead-letters", "show", "1", "--hex").output
    assert "00000000  00 6f 64 64 ff" in hexadecimal
    assert ".odd." in hexadecimal
    assert run("dead-letters", "show", "1", "--raw").stdout_bytes == b"\x00odd\xff"
    shown = json.loads(run("dead-letters", "show", "1", "--json").stdout)
    assert (shown["letter"]["detail"], shown["entry"]) == ("why", "AG9kZP8=")


def test_the_list_is_filtered_and_limited(run, outlet):
    for number in range(450):
        outlet.set_aside(entry(b"%d" % number, sensor="ab"[number % 2]), "x", "")
    assert len(run("dead-letters", "list", "--json").stdout.splitlines()) == 50
    lines = run("dead-letters", "list", "--json", "--limit", "1000", "--sensor", "a")
    assert len(lines.stdout.splitlines()) == 225
    kinds = run("dead-letters", "list", "--kinds", "--json").stdout.splitlines()
    assert [json.loads(line)["letters"] for line in kinds] == [225, 225]


def test_retrying_puts_the_chosen_back_into_the_queue(run, outlet):
    for number in range(300):
        outlet.set_aside(entry(b"%d" % number, sensor="ab"[number % 2]), "x", "")
    assert run("dead-letters", "retry", "--sensor", "a").output == "150 put back to be decoded.\n"
    assert outlet.level().entries == 150
    assert run("dead-letters", "retry", "2", "4").output == "2 put back to be decoded.\n"
    assert run("dead-letters", "retry", "--all").output == "148 put back to be decoded.\n"
    assert outlet.level().dead_letters == 0


def test_removing_asks_unless_told_not_to(run, outlet):
    for number in range(3):
        outlet.set_aside(entry(b"%d" % number), "x", "")
    refused = run("dead-letters", "remove", "--all", text="n\n")
    assert refused.exit_code == 1
    assert "Delete 3 dead letters for good?" in refused.output
    assert outlet.level().dead_letters == 3
    assert "1 removed." in run("dead-letters", "remove", "2", text="y\n").output
    assert "2 removed." in run("dead-letters", "remove", "--code", "x", "--yes").output
    assert outlet.level().dead_letters == 0


@pytest.mark.parametrize("command", ["retry", "remove"])
def test_choosing_nothing_is_an_error_and_changes_nothing(run, outlet, command):
    outlet.set_aside(entry(b"1"), "x", "")
    result = run("dead-letters", command)
    assert result.exit_code == 2
    assert outlet.level().dead_letters == 1


def test_waiting_tells_what_came_of_it(run, outlet, directory, monkeypatch):
    """The worker is played between two looks."""
    for number in range(4):
        outlet.set_aside(entry(b"%d" % number), "x", "")

    def work(_seconds):
        taken = outlet.take(0, 100, 1 << 30)
        outlet.bury([(taken[0].id, "x", "still")])
        outlet.done([one.id for one in taken[1:]])

    monkeypatch.setattr("bartizan.cli.dead_letters.time.sleep", work)
    output = run("dead-letters", "retry", "--all", "--wait").output
    assert output.splitlines()[-1] == "3 could be decoded, 1 still could not."


@pytest.mark.promise("R9")
def test_a_whole_spool_is_said_to_be_whole(run, directory, outlet):
    ids = put(directory, *(b"%d" % number * 9_000 for number in range(50)))
    outlet.bury([(number, "x", "") for number in ids[:20]])
    result = run("verify")
    assert result.exit_code == 0
    assert "30 entries wait, 0 cannot be read" in result.output
    assert "20 dead letters, 0 cannot be read, 0 are not what was set aside" in result.output
    assert "The spool is whole." in result.output
    assert json.loads(run("verify", "--json").output)["faults"] == []


@pytest.mark.promise("R9")
@pytest.mark.parametrize("table", ["entry", "dead_letter"])
def test_damaged_pages_cost_only_what_stood_on_them_and_each_is_counted(
    run, directory, outlet, table
):
    ids = put(directory, *(b"%03d" % number * 4_000 for number in range(200)))
    if table == "dead_letter":
        outlet.bury([(number, "x", "") for number in ids])
    outlet.close()
    file = directory / schema.FILE_NAME
    database = sqlite3.connect(file)
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (page_bytes,) = database.execute("PRAGMA page_size").fetchone()
    database.close()
    content = bytearray(file.read_bytes())
    leaves = [
        start
        for start in range(page_bytes, len(content), page_bytes)
        if content[start] == 0x0D and content.find(b"000000", start, start + page_bytes) != 0
    ]
    holding = [start for start in leaves if b"100100" in content[start : start + page_bytes]]
    assert holding
    content[holding[0] : holding[0] + 8] = b"\xff" * 8
    file.write_bytes(content)
    result = run("verify")
    assert result.exit_code == 1
    found = json.loads(run("verify", "--json").output)
    kept, lost = (
        (found["entries"], found["entries_missing"])
        if table == "entry"
        else (found["dead_letters"], found["letters_missing"])
    )
    assert kept + lost == 200
    fresh = directory.parent / "fresh"
    salvaged = run("salvage", str(fresh)).stdout
    assert f"{kept if table == 'entry' else 0} entries" in salvaged
    assert f"{kept if table == 'dead_letter' else 0} dead letters" in salvaged
    assert verify(fresh).is_whole
    with closing(Outlet(fresh)) as side:
        entries = side.take(0, 1000, 1 << 40)
        level, raws = side.level(), [one.entry.raw for one in entries]
        raws += [letter.entry.raw for letter in side.dead_letters(0, 1000)]
    assert (level.entries, level.dead_letters) == (len(entries), kept - len(entries))
    assert len(set(raws)) == kept
    assert set(raws) <= {b"%03d" % number * 4_000 for number in range(200)}
    with pytest.raises(Misconfigured):
        run("salvage", str(fresh))
    assert 1 <= lost <= 4
    assert found["faults"]
    assert "The spool is damaged." in result.output


@pytest.mark.promise("R9")
def test_flipped_bits_in_a_letter_are_found_by_its_digest(run, directory, outlet):
    outlet.set_aside(entry(b"find me " * 100), "x", "")
    outlet.set_aside(entry(b"something else"), "x", "")
    outlet.close()
    file = directory / schema.FILE_NAME
    database = sqlite3.connect(file)
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    content = file.read_bytes()
    assert content.count(b"find me find me") > 0
    file.write_bytes(content.replace(b"find me", b"find mE", 1))
    result = run("verify")
    assert result.exit_code == 1
    assert "2 dead letters, 0 cannot be read, 1 are not what was set aside" in result.output


def test_verifying_where_there_is_no_spool_says_so(run):
    with pytest.raises(Misconfigured) as missing:
        run("verify")
    assert missing.value.code == "no-spool"
