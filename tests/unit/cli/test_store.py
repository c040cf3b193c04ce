"""`bartizan store` on SQLite, with real entries of the corpus."""

import json
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from bartizan.accounts.sensors import SensorFacts
from bartizan.app import wiring
from bartizan.app.settings import load
from bartizan.cli.main import program
from bartizan.cli.store_url import masked
from bartizan.domain.delivery import AuditLogEntry
from bartizan.domain.errors import BartizanError, Corrupt, Misconfigured, Refused
from bartizan.kit.clock import now_us
from bartizan.store.registry import open_control, open_store
from tests.contract.test_moving import everything
from tests.fuzz import corpus

CAPTURE = "v2-native-serial-block-pl4"
ENTRIES = 40


def fill(settings, count=ENTRIES, start=0):
    with closing(wiring.transactions(settings)) as store:
        entries = [
            AuditLogEntry(sensor="web-1", received_at_us=now_us(), raw=raw)
            for raw in corpus.entries(CAPTURE)[start : start + count]
        ]
        assert wiring.pipeline(settings, store).run(entries).stored == count


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fill(load(None))
    with wiring.sensor_desk(load(None)) as desk:
        desk.register("web-1", SensorFacts(label="Köln"))

    def call(*arguments, env=None):
        return CliRunner().invoke(program, ("store", *arguments), catch_exceptions=False, env=env)

    return call


def answers(url):
    with closing(open_store(url)) as store:
        return everything(store)


DEFAULT = "sqlite:///bartizan-data/transactions.sqlite"


def test_a_copy_says_that_it_is_equal_and_is(run, tmp_path):
    result = run("copy", "settings", "sqlite:///new/store.sqlite", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["is_equal"], told["stored"]) == (True, ENTRIES)
    assert told["source"] == told["target"]
    assert answers("sqlite:///new/store.sqlite") == answers(DEFAULT)
    assert (tmp_path / "new" / "store.sqlite").stat().st_mode & 0o777 == 0o600


def test_given_again_it_takes_what_came_since(run):
    run("copy", "settings", "sqlite:///new.sqlite")
    fill(load(None), 5, ENTRIES)
    told = json.loads(run("copy", "settings", "sqlite:///new.sqlite", "--json").stdout)
    assert told["is_equal"]
    assert told["source"]["transactions"] == ENTRIES + 5
    assert answers("sqlite:///new.sqlite") == answers(DEFAULT)


def test_a_target_that_was_emptied_meanwhile_is_filled_again(run):
    run("copy", "settings", "sqlite:///new.sqlite")
    Path("new.sqlite").unlink()
    result = run("copy", "settings", "sqlite:///new.sqlite", "--json")
    assert "from the start" in result.stderr
    assert json.loads(result.stdout)["stored"] == ENTRIES


def test_from_the_start_compares_everything(run):
    run("copy", "settings", "sqlite:///new.sqlite")
    with closing(sqlite3.connect("new.sqlite")) as database:
        database.execute("UPDATE transactions SET verdict = 'changed'")
        database.execute("UPDATE transactions SET origin = 'changed' WHERE id % 2")
        database.commit()
    result = run("copy", "settings", "sqlite:///new.sqlite", "--from-start")
    assert result.exit_code == 1
    assert "different, origin" in result.output
    assert "NOT equal" in result.output


def test_a_store_is_named_without_its_password(run, tmp_path):
    (tmp_path / "url").write_text("sqlite:///one.sqlite\n")
    (tmp_path / "other.toml").write_text('[store]\nurl = "sqlite:///two.sqlite"\n')
    assert run("copy", "settings", "@url").exit_code == 0
    assert run("copy", "env:FROM", "settings:other.toml", env={"FROM": DEFAULT}).exit_code == 0
    assert answers("sqlite:///one.sqlite") == answers("sqlite:///two.sqlite") == answers(DEFAULT)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("settings", "settings"),
        ("settings", "nonsense"),
        ("env:NOBODY", "settings"),
        ("@missing", "settings"),
        ("settings:missing.toml", "settings"),
    ],
)
def test_a_wrong_command_line_is_told(run, source, target):
    assert run("copy", source, target).exit_code == 2


def test_a_store_that_is_not_there_is_not_made(run):
    with pytest.raises(Misconfigured, match="no such file"):
        run("copy", "sqlite:///missing.sqlite", "sqlite:///new.sqlite")
    with pytest.raises(Misconfigured):
        run("verify", "sqlite:///missing.sqlite")
    assert not Path("missing.sqlite").exists()


def test_which_of_the_two_cannot_be_opened_is_told_without_its_password(run):
    url = "mysql://anna:secret@127.0.0.1:1/waf"
    with pytest.raises(BartizanError) as told:
        run("copy", "settings", url)
    assert "secret" not in str(told.value)
    assert "anna:***@127.0.0.1" in str(told.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("mysql://anna:secret@host:3306/db", "mysql://anna:***@host:3306/db"),
        ("postgresql://anna@host/db", "postgresql://anna@host/db"),
        ("sqlite:////srv/x.sqlite", "sqlite:////srv/x.sqlite"),
        ("opensearch+https://a:b@h1:1,h2:2/p", "opensearch+https://a:***@h1:1,h2:2/p"),
    ],
)
def test_passwords_are_not_shown(url, shown):
    assert masked(url) == shown


def test_verify_says_that_the_store_is_whole_or_what_is_not(run):
    result = run("verify")
    assert result.exit_code == 0
    assert f"{ENTRIES} transactions" in result.output
    assert "The store is whole." in result.output
    with closing(sqlite3.connect("bartizan-data/transactions.sqlite")) as database:
        database.execute(
            "DELETE FROM raw_entries WHERE rowid = (SELECT max(rowid) FROM raw_entries)"
        )
        database.commit()
    result = run("verify", "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert [fault["kind"] for fault in told["faults"]] == ["entry-missing"]


def test_upgrade_says_what_it_would_apply_and_then_does(run, tmp_path, monkeypatch):
    assert run("upgrade", "--check").exit_code == 0
    monkeypatch.setenv("BARTIZAN_DATA_DIRECTORY", str(tmp_path / "fresh"))
    result = run("upgrade", "--check")
    assert result.exit_code == 1
    assert "t0001  The tables of transactions." in result.output
    assert not (tmp_path / "fresh").exists()
    result = run("upgrade")
    assert result.exit_code == 0
    assert "t0001  The tables of transactions. docs/sql.md says what each column holds. done" in (
        result.output
    )
    told = json.loads(run("upgrade", "--check", "--json").stdout)
    assert [one["migrations"] for one in told["stores"]] == [[], []]


def test_two_upgrades_at_once_both_succeed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    codes = []

    def go():
        codes.append(CliRunner().invoke(program, ("store", "upgrade")).exit_code)

    threads = [threading.Thread(target=go, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert codes == [0, 0]


def test_an_older_program_refuses_a_newer_schema(run):
    with closing(sqlite3.connect("bartizan-data/transactions.sqlite")) as database:
        database.execute("UPDATE bartizan_transactions_version SET version_num = 't9999'")
        database.commit()
    for command in (("upgrade",), ("upgrade", "--check"), ("verify",)):
        with pytest.raises(Misconfigured) as told:
            run(*command)
        assert told.value.code == "newer-schema"


def control_of(url):
    with closing(open_control(url)) as control:
        return control.sensors(), control.people()


@pytest.mark.parametrize("options", [(), ("--zstd",), ("--as-sqlite",), ("--quick",)])
def test_a_backup_is_restored_as_it_was(run, tmp_path, monkeypatch, options):
    result = run("backup", "saved", *options)
    assert result.exit_code == 0, result.output
    for file in Path("saved").iterdir():
        assert file.stat().st_mode & 0o777 == 0o600
    if "--zstd" not in options:  # to look at a backup does not change it
        assert run("verify", "sqlite:///saved/transactions.sqlite").exit_code == 0
    before = answers(DEFAULT), control_of("sqlite:///bartizan-data/control.sqlite")
    monkeypatch.setenv("BARTIZAN_DATA_DIRECTORY", str(tmp_path / "elsewhere"))
    result = run("restore", "saved", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["is_equal"] is (None if "--quick" in options else True)
    assert before == (
        answers(f"sqlite:///{tmp_path}/elsewhere/transactions.sqlite"),
        control_of(f"sqlite:///{tmp_path}/elsewhere/control.sqlite"),
    )
    assert {file.name for file in Path("saved").iterdir()} == {
        "manifest.json",
        *(part["file"] for part in json.loads(Path("saved/manifest.json").read_text())["parts"]),
    }


def test_a_backup_beside_a_writer_holds_whole_batches(run):
    """Of what was stored before it began everything, and nothing half."""
    stop = threading.Event()
    settings = load(None)

    def write():
        with closing(wiring.transactions(settings)) as store:
            pipeline = wiring.pipeline(settings, store)
            number = 0
            while not stop.is_set():
                raws = [raw + b"\n" * (number + 1) for raw in corpus.entries(CAPTURE)[:10]]
                now = now_us()
                pipeline.run(
                    [AuditLogEntry(sensor="web-2", received_at_us=now, raw=raw) for raw in raws]
                )
                number += 1

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    try:
        for number in range(3):
            assert run("backup", f"saved{number}").exit_code == 0
    finally:
        stop.set()
        writer.join(30)
    for number in range(3):
        url = f"sqlite:///saved{number}/transactions.sqlite"
        assert run("verify", url).exit_code == 0
        with closing(open_store(url)) as store:
            counts = {one.value: one.transactions for one in everything(store)[2][0]}
        assert counts["web-1"] == ENTRIES
        assert counts.get("web-2", 0) % 10 == 0


def test_a_store_with_content_is_not_overwritten_unless_told(run):
    run("backup", "saved")
    fill(load(None), 5, ENTRIES)
    with pytest.raises(Refused) as told:
        run("restore", "saved")
    assert told.value.code == "not-empty"
    assert len(answers(DEFAULT)[0]) == ENTRIES + 5
    assert run("restore", "saved", "--overwrite").exit_code == 0
    assert len(answers(DEFAULT)[0]) == ENTRIES
    assert run("verify").exit_code == 0


def test_only_one_of_the_two_is_restored(run, tmp_path, monkeypatch):
    run("backup", "saved")
    people = control_of("sqlite:///bartizan-data/control.sqlite")
    monkeypatch.setenv("BARTIZAN_DATA_DIRECTORY", str(tmp_path / "elsewhere"))
    assert run("restore", "saved", "--only", "control").exit_code == 0
    assert control_of(f"sqlite:///{tmp_path}/elsewhere/control.sqlite") == people
    assert not Path("elsewhere/transactions.sqlite").exists()
    assert run("restore", "saved", "--only", "transactions").exit_code == 0
    assert len(answers(f"sqlite:///{tmp_path}/elsewhere/transactions.sqlite")[0]) == ENTRIES


def test_a_backup_needs_an_empty_directory(run):
    Path("full").mkdir()
    Path("full/file").write_text("mine")
    with pytest.raises(Refused):
        run("backup", "full")
    assert [file.name for file in Path("full").iterdir()] == ["file"]


def test_a_directory_without_a_manifest_is_no_backup(run):
    run("backup", "saved")
    Path("saved/manifest.json").unlink()
    with pytest.raises(Refused) as told:
        run("restore", "saved", "--overwrite")
    assert told.value.code == "no-backup"


@pytest.mark.parametrize("name", ["transactions.sqlite", "control.sqlite", "manifest.json"])
def test_a_damaged_backup_is_not_restored(run, name):
    run("backup", "saved")
    file = Path("saved") / name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)
    before = answers(DEFAULT)
    with pytest.raises((Corrupt, Refused)):
        run("restore", "saved", "--overwrite")
    assert answers(DEFAULT) == before


def test_a_manifest_cannot_name_files_elsewhere(run):
    run("backup", "saved")
    file = Path("saved/manifest.json")
    file.write_text(file.read_text().replace("transactions.sqlite", "../bartizan.toml"))
    with pytest.raises(Refused) as told:
        run("restore", "saved", "--overwrite")
    assert told.value.code == "unknown-backup"
