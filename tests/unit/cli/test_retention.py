"""`bartizan retention`: what it prints, and what it changes."""

import json
import sqlite3
from contextlib import closing

import pytest
from click.testing import CliRunner

from bartizan.cli.main import program
from bartizan.kit.ids import first_id_at
from bartizan.store.contract import KeptRecord
from bartizan.store.registry import open_store, upgrade_store
from tests.contract.records import match, record

SETTINGS = '[retention]\ntransactions = "90d"\npayloads = "30d"\nmin_free_bytes = 0\n'
SETTINGS += '[retention.sensors.shop]\ntransactions = "7d"\n[spool]\nmin_free_bytes = 0\n'
HOSTILE = "\x1b]0;owned\x07\u202e"


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bartizan.toml").write_text(SETTINGS)

    def call(*arguments):
        return CliRunner().invoke(program, ["retention", *arguments])

    return call


@pytest.fixture
def ids(tmp_path, run):
    """Three that are older than anything, and a new one."""
    url = f"sqlite:///{tmp_path}/bartizan-data/transactions.sqlite"
    upgrade_store(url)
    with closing(open_store(url)) as store:
        records = [record(b"old %d" % number, matches=(match(1),)) for number in range(3)]
        store.restore(
            [
                KeptRecord(id=first_id_at(10**15) + number, record=one, size_bytes=len(one.raw))
                for number, one in enumerate(records)
            ]
        )
        store.append([record(b"new")])
        return [row.id for row in store.newer(0)]


def stored(tmp_path):
    with closing(sqlite3.connect(tmp_path / "bartizan-data/transactions.sqlite")) as connection:
        return [number for (number,) in connection.execute("SELECT id FROM transactions")]


def test_the_status_tells_the_settings_in_words(run):
    output = run("status").output
    assert "transactions  90 days\n" in output
    assert "transactions  7 days, of sensor shop\n" in output
    assert "statistics    kept for good\n" in output
    assert "free disk     no limit\n" in output
    assert "No worker has looked yet." in output


def test_a_preview_tells_and_a_run_removes_what_nobody_protects(run, ids, tmp_path):
    assert run("preserve", str(ids[0]), "--reason", HOSTILE).exit_code == 0
    output = run("preview").output
    assert "transactions: 2 transactions (10 bytes as received)" in output
    assert stored(tmp_path) == ids
    output = run("run").output
    assert "2 transactions" in output
    assert stored(tmp_path) == [ids[0], ids[3]]
    status = json.loads(run("status", "--json").output)
    assert status["runs"][0]["outcome"] == "done"
    assert status["preserved"] == 1


def test_a_clock_that_is_far_ahead_of_the_newest_is_trusted_only_if_it_is_said(run, ids, tmp_path):
    with closing(sqlite3.connect(tmp_path / "bartizan-data/transactions.sqlite")) as connection:
        connection.execute("DELETE FROM transactions WHERE id = ?", (ids[3],))
        connection.commit()
    assert "the clock jumped ahead" in run("run").output
    assert "CLOCK: it jumped ahead" in run("status").output
    assert stored(tmp_path) == ids[:3]
    assert "3 transactions" in run("run", "--trust-clock").output
    assert stored(tmp_path) == []


def test_a_hold_keeps_what_it_matches_until_it_is_released(run, ids, tmp_path):
    output = run("hold", "case-17", "sensor=web1", "--reason", HOSTILE).output
    assert "4 transactions match it now." in output
    assert HOSTILE not in output
    run("run")
    assert stored(tmp_path) == ids
    (line,) = run("holds", "--json").output.splitlines()
    assert json.loads(line)["filters"] == [["sensor", "web1"]]
    assert "case-17 is released." in run("release", "case-17").output
    run("run")
    assert stored(tmp_path) == ids[3:]
    assert "released" in run("holds", "--released").output


@pytest.mark.parametrize(
    "arguments",
    [
        ("hold", "x"),
        ("hold", "x", "nonsense=1"),
        ("hold", "x", "client"),
        ("hold", "x", "client=1.1.1.1", "--everything"),
        ("release", "x"),
        ("preserve",),
        ("preserve", "0"),
    ],
)
def test_a_wrong_command_line_is_told(arguments, run):
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Error: " in result.output


def test_an_id_that_is_not_there_is_an_exit_code(run, ids):
    assert run("preserve", str(ids[0]), "5").exit_code == 1
    assert (
        "1 of 1 transactions are not preserved any more"
        in run("preserve", str(ids[0]), "--off").output
    )


def test_compacting_gives_room_back(run, ids, tmp_path):
    assert "given back to the disk." in run("compact").output
    assert stored(tmp_path) == ids
