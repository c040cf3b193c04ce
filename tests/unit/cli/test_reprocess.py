"""`bartizan reprocess` over real entries of the corpus, in a real store."""

import json
import sqlite3
from contextlib import closing

import pytest
from click.testing import CliRunner

from bartizan.app import wiring
from bartizan.app.bookmark import Bookmark, Place
from bartizan.app.settings import load
from bartizan.cli.main import program
from bartizan.domain.delivery import AuditLogEntry, Record
from bartizan.domain.transaction import Format, Transaction
from bartizan.ingest.reprocess import Reprocess
from bartizan.kit.clock import now_us
from bartizan.store.registry import open_store
from tests.fuzz import corpus

CAPTURE = "v2-native-serial-block-pl4"
ENTRIES = 60


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BARTIZAN_STORE__SQL_PARTS", "true")
    settings = load(None)
    with closing(wiring.transactions(settings)) as store:
        entries = [
            AuditLogEntry(sensor="web-1", received_at_us=now_us(), raw=raw)
            for raw in corpus.entries(CAPTURE)[:ENTRIES]
        ]
        assert wiring.pipeline(settings, store).run(entries).stored == ENTRIES

    def call(*arguments):
        return CliRunner().invoke(program, arguments, catch_exceptions=False)

    return call


@pytest.fixture
def change(tmp_path):
    """Change what is stored, as an older version might have stored it."""

    def execute(*statements):
        database = sqlite3.connect(tmp_path / "bartizan-data" / "transactions.sqlite")
        for statement in statements:
            database.execute(statement)
        database.commit()
        database.close()

    return execute


def everything(tmp_path):
    database = sqlite3.connect(tmp_path / "bartizan-data" / "transactions.sqlite")
    tables = ("transactions", "rule_matches", "raw_entries", "transaction_parts", "sensor_activity")
    found = {
        table: database.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()
        for table in tables
    }
    database.close()
    return found


OLDER = (
    "UPDATE transactions SET verdict = 'something \x1b[31m', category = NULL WHERE id % 2 = 0",
    "UPDATE rule_matches SET data = 'older' WHERE position = 0",
    "DELETE FROM transaction_parts",
)


def test_what_this_version_stored_stays_exactly_as_it_is(run, tmp_path):
    before = everything(tmp_path)
    result = run("reprocess")
    assert result.exit_code == 0
    sentence = (
        f"{ENTRIES} transactions looked at, {ENTRIES} decoded again: 0 changed,"
        f" {ENTRIES} are as they were, 0 could not be decoded and stay as they are"
    )
    assert result.stdout.splitlines() == [sentence]
    assert everything(tmp_path) == before


def test_what_an_older_version_stored_becomes_what_this_one_would_store(run, change, tmp_path):
    before = everything(tmp_path)
    change(*OLDER)
    older = everything(tmp_path)
    rehearsed = run("reprocess", "--dry-run")
    assert everything(tmp_path) == older
    assert f"{ENTRIES} would change, 0 are as they were" in rehearsed.stdout
    assert "something <U+001B>[31m -> " in rehearsed.stdout
    assert "data older -> " in rehearsed.stdout
    assert "\x1b" not in rehearsed.stdout
    done = run("reprocess")
    assert done.stdout == rehearsed.stdout.replace("would change", "changed")
    assert everything(tmp_path) == before
    assert f"{ENTRIES} are as they were" in run("reprocess").stdout


def test_the_filters_narrow_it(run, change):
    change(*OLDER)
    for arguments, matched in [
        (["--sensor", "web-1"], ENTRIES),
        (["--sensor", "web-2"], 0),
        (["--format", "modsecurity2-native"], ENTRIES),
        (["--format", "coraza-json"], 0),
        (["--since", "now-1h"], 0),
        (["--rule", "1"], 0),
    ]:
        result = run("reprocess", "--dry-run", "--json", *arguments)
        found = json.loads(result.stdout)
        assert (found["looked_at"], found["matched"]) == (ENTRIES, matched)
    assert found["is_dry_run"] is True


def test_what_cannot_be_decoded_any_more_is_kept_and_named(run, change, tmp_path):
    """An entry of a format that this version does not know."""
    store = open_store(f"sqlite:///{tmp_path}/bartizan-data/transactions.sqlite")
    transaction = Transaction(format=Format.ERROR_LOG, verdict="as it was")
    raw = b"\x1b]0;of a format that is gone"
    (number,) = store.append(
        [Record(sensor="s", received_at_us=1, digest=b"d" * 32, raw=raw, transaction=transaction)]
    ).ids
    result = run("reprocess")
    assert result.exit_code == 1
    assert f"    {number}: unknown-format" in result.stdout
    assert store.get(number).row.verdict == "as it was"
    assert store.raw(number) == raw
    store.close()


def test_an_interrupted_run_goes_on_with_the_same_command(run, change, tmp_path, monkeypatch):
    change(*OLDER)
    original = Reprocess._take
    taken = []

    def take(self, page):
        if len(taken) == 3:
            raise KeyboardInterrupt
        taken.append(page.looked_at)
        original(self, page)

    monkeypatch.setattr(Reprocess, "_take", take)
    monkeypatch.setattr(Reprocess.__init__, "__kwdefaults__", {"is_rehearsal": False, "batch": 10})
    assert run("reprocess").exit_code == 1
    monkeypatch.setattr(Reprocess, "_take", original)
    other = json.loads(run("reprocess", "--json", "--sensor", "nobody").stdout)
    assert other["looked_at"] == ENTRIES, "another command begins anew"
    later = run("reprocess", "--json")
    assert "Going on after 30 transactions." in later.stderr
    assert json.loads(later.stdout)["changed"] == ENTRIES - 30
    assert json.loads(run("reprocess", "--json").stdout)["changed"] == 0


@pytest.mark.parametrize(
    "arguments", [["--since", "then"], ["--format", "nonsense"], ["--rule", "x"]]
)
def test_a_wrong_filter_is_an_error_of_the_command_line(run, arguments):
    assert run("reprocess", *arguments).exit_code == 2


def test_a_bookmark_that_is_damaged_is_none(tmp_path):
    bookmark = Bookmark(tmp_path / "bookmarks", "a task", Place)
    assert bookmark.read() is None
    bookmark.write(Place(position=5, until=9, looked_at=3))
    assert bookmark.read() == Place(position=5, until=9, looked_at=3)
    assert Bookmark(tmp_path / "bookmarks", "another", Place).read() is None
    (file,) = (tmp_path / "bookmarks").iterdir()
    file.write_bytes(b"{")
    assert bookmark.read() is None
    bookmark.remove()
    bookmark.remove()
