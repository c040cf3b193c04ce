"""`bartizan triage`: what it prints, and what it changes."""

import json
from contextlib import closing

import pytest
from click.testing import CliRunner

from bartizan.cli.main import program
from bartizan.domain.trail import TrailQuestion
from bartizan.domain.transaction import Request
from bartizan.domain.triage import NOTHING, State
from bartizan.store.registry import open_control, open_store, upgrade_store
from tests.contract.records import match, record

HOSTILE = "\x1b]0;owned\x07\u202e"


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        return CliRunner().invoke(program, ["triage", *map(str, arguments)])

    return call


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/bartizan-data/transactions.sqlite"


@pytest.fixture
def ids(url):
    upgrade_store(url)
    with closing(open_store(url)) as store:
        return store.append(
            [
                record(b"%d" % n, matches=(match(942100),), request=Request(uri=f"/page{n}"))
                for n in range(3)
            ]
        ).ids


def triage_of(url, number):
    with closing(open_store(url)) as store:
        return store.get(number).triage


def test_transactions_are_marked_by_id_and_shown(run, ids, url):
    marked = run(
        "mark", *ids[:2], "--state", "false-positive", "--reason", "editor", "--label", "X1"
    )
    assert (marked.output, marked.exit_code) == ("2 of 2 transactions changed.\n", 0)
    one = triage_of(url, ids[0])
    assert (one.state, one.reason, one.labels) == (State.FALSE_POSITIVE, "editor", ("x1",))
    assert one.state_by.endswith("(command line)")
    assert triage_of(url, ids[2]) == NOTHING
    run("mark", ids[0], "--note", "look again", "--unlabel", "x1", "--preserve")
    shown = run("show", ids[0]).output
    assert shown.startswith("false-positive, by ")
    assert "look again" in shown
    assert "labels" not in shown
    told = json.loads(run("show", ids[0], "--json").output)
    assert [note["text"] for note in told["notes"]] == ["look again"]


def test_all_that_a_search_finds_are_marked(run, ids, url):
    search = ("--search", "path:/page*", "--state", "ignored", "--until", "2030-01-01")
    assert run("mark", *search, "--dry-run").output == "3 transactions would be changed.\n"
    assert triage_of(url, ids[0]) == NOTHING
    assert json.loads(run("mark", *search, "--json").output)["changed"] == 3
    assert run("mark", *search).output == "0 of 3 transactions changed.\n"
    assert "until 2030-01-01 00:00 UTC" in run("show", ids[2]).output


def test_what_is_wrong_is_said_and_changes_nothing(run, ids, url):
    for arguments in (
        (),
        (ids[0],),
        (ids[0], "--search", "x", "--state", "open"),
        (ids[0], "--state", "false-positive"),
        (ids[0], "--state", "ignored"),
        (ids[0], "--label", "two words"),
        (ids[0], "--note", HOSTILE),
        ("--search", "rule:", "--state", "open"),
    ):
        refused = run("mark", *arguments)
        assert refused.exit_code == 2, refused.output
    assert run("mark", ids[0], 12, "--state", "confirmed").exit_code == 1
    assert triage_of(url, ids[0]).state is State.CONFIRMED
    assert run("show", 12).exit_code != 0


def test_it_is_in_the_access_trail(run, ids, tmp_path):
    run("mark", *ids, "--state", "confirmed", "--label", "a", "--dry-run")
    run("mark", *ids, "--state", "confirmed", "--label", "a")
    with closing(open_control(f"sqlite:///{tmp_path}/bartizan-data/control.sqlite")) as control:
        deeds = [one.deed for one in control.trail(TrailQuestion(actions=("triage.",)), 10)]
    (deed,) = deeds
    assert (deed.subject, deed.detail) == ("3 transactions", "confirmed +a")
