"""`bartizan import` as a person runs it: what it says, its exit codes, and that it may be killed."""

import json
import os
import pty
import select
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bartizan.cli.main import program
from bartizan.domain.errors import BartizanError
from tests.fuzz import corpus

LOG = corpus.serial_log("v2-native-minparts")
PROGRAM = [sys.executable, "-c", "from bartizan.cli.main import main; main()"]


def bartizan(*arguments) -> Result:
    """In this process, which is quicker."""
    return CliRunner().invoke(program, list(arguments))


def imported(*arguments) -> dict:
    run = bartizan("import", "--json", "--sensor", "web-1", *arguments)
    assert run.stdout, run.stderr
    return json.loads(run.stdout) | {"exit code": run.exit_code}


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The working directory, with a log and a sensor."""
    monkeypatch.chdir(tmp_path)
    assert bartizan("sensor", "add", "web-1").exit_code == 0
    (tmp_path / "audit.log").write_bytes(LOG)
    return tmp_path


def test_import_stores_says_so_and_does_not_read_again(here):
    first = bartizan("import", "audit.log", "--sensor", "web-1")
    assert first.stderr.splitlines()[0] == "modsecurity2-native 68"
    assert first.stderr.splitlines()[1].startswith("From 2026-11-23 ")
    assert first.stderr.splitlines()[-1].startswith(
        "68 entries: 68 stored, 0 duplicates, 0 set aside, 0 skipped, in "
    )
    again = bartizan("import", "audit.log", "--sensor", "web-1")
    assert "imported-before" in again.stderr
    assert "0 entries: 0 stored" in again.stderr
    once_more = bartizan("import", "audit.log", "--sensor", "web-1", "--from-start")
    assert "68 entries: 0 stored, 68 duplicates" in once_more.stderr
    assert [run.exit_code for run in (first, again, once_more)] == [0, 0, 0]


def test_the_summary_as_json_is_what_docs_say(here):
    (here / "mess").write_bytes(b"rubbish\n" + LOG + b"more\n")
    told = imported("mess", "audit.log")
    page = (Path(__file__).parents[3] / "docs" / "import.md").read_text()
    names = [*told, *told["reasons"][0]]
    assert [name for name in names if name != "exit code" and f"`{name}`" not in page] == []
    assert told["formats"] == {"modsecurity2-native": 136}
    assert (told["entries"], told["stored"], told["duplicates"]) == (136, 68, 68)
    assert [(one["code"], one["count"], one["offset"]) for one in told["reasons"]] == [
        ("unknown-format", 2, 0)
    ]
    assert told["is_complete"] is True
    assert told["exit code"] == 1


def test_a_dry_run_says_what_would_be_and_stores_nothing(here):
    told = imported("audit.log", "--dry-run")
    assert (told["entries"], told["stored"], told["is_dry_run"]) == (68, 0, True)
    assert told["formats"] == {"modsecurity2-native": 68}
    words = bartizan("import", "audit.log", "--sensor", "web-1", "--dry-run").stderr
    assert "68 can be stored" in words
    assert imported("audit.log")["stored"] == 68


def test_a_limited_import_goes_on_the_next_time(here):
    one = imported("audit.log", "--limit", "10")
    assert (one["stored"], one["is_complete"], one["exit code"]) == (10, False, 0)
    assert imported("audit.log")["entries"] in (58, 68)


def test_an_unknown_sensor_is_told_with_what_to_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "audit.log").write_bytes(LOG)
    run = bartizan("import", "audit.log", "--sensor", "web-9")
    assert run.exit_code == 2
    assert "--add-sensor" in run.stderr
    assert "bartizan sensor add web-9" in run.stderr
    added = bartizan(
        "import", "audit.log", "--sensor", "web-9", "--add-sensor", "--zone", "Asia/Tokyo"
    )
    assert added.exit_code == 0
    listed = bartizan("sensor", "list", "--json").stdout
    assert (json.loads(listed)["name"], json.loads(listed)["zone"]) == ("web-9", "Asia/Tokyo")


def test_times_without_a_zone_are_told(here):
    (here / "v3.log").write_bytes(corpus.serial_log("v3-json-minparts"))
    run = bartizan("import", "v3.log", "--sensor", "web-1")
    assert "68 entries do not say in which zone their clock was" in run.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("-",),
        ("/nowhere", "--sensor", "web-1"),
        ("audit.log", "--sensor", "web-1", "--limit", "0"),
        ("audit.log", "--sensor", "web-1", "--zone", "UTC"),
        ("audit.log", "--sensor", "x", "--add-sensor", "--zone", "Nowhere/City"),
        ("audit.log", "--sensor", "a:b", "--add-sensor"),
    ],
)
def test_a_wrong_import_is_told(here, arguments):
    run = bartizan("import", *arguments)
    assert isinstance(run.exception, SystemExit | BartizanError)
    assert run.exit_code in (1, 2)


def test_a_file_without_any_entry_is_told_but_not_one_among_logs(here):
    (here / "notes").write_bytes(b"nothing of the kind\n")
    assert imported("notes")["exit code"] == 1
    (here / "empty").write_bytes(b"")
    assert imported("empty")["exit code"] == 0
    told = imported("notes", "audit.log")
    assert (told["entries"], told["exit code"]) == (68, 0)


def test_standard_input_is_imported(here):
    command = [*PROGRAM, "import", "-", "--sensor", "web-1"]
    run = subprocess.run(command, cwd=here, input=LOG, capture_output=True, check=False)
    assert b"68 stored" in run.stderr
    assert run.returncode == 0


def test_a_terminal_gets_a_bar_and_no_escape_from_a_name(here):
    name = "a\x1b]0;owned\x07.log"
    (here / name).write_bytes(b"rubbish\n" + LOG)
    controller, terminal = pty.openpty()
    command = [*PROGRAM, "import", name, "--sensor", "web-1"]
    run = subprocess.Popen(command, cwd=here, stderr=terminal, stdout=terminal)
    os.close(terminal)
    said = b""
    while select.select([controller], [], [], 20)[0]:
        try:
            said += os.read(controller, 65536)
        except OSError:
            break
    os.close(controller)
    assert run.wait(20) == 1
    assert b"68 stored" in said
    assert b"owned" in said
    assert b"\x1b]0;" not in said


@pytest.fixture
def large(here):
    """A log of some seconds' work."""
    entries = [
        raw + b"\n"
        for capture in ("v2-native-serial-detect-pl2", "v2-native-serial-block-pl4")
        for raw in corpus.entries(capture)
    ]
    (here / "large.log").write_bytes(b"".join(entries))
    return here, len(entries)


def stored(where: Path) -> int:
    """How many transactions are in the store, which a running import may be writing to."""
    path = where / "bartizan-data" / "transactions.sqlite"
    try:
        database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
        try:
            return int(database.execute("SELECT count(*) FROM transactions").fetchone()[0])
        finally:
            database.close()
    except sqlite3.OperationalError:
        return 0


@pytest.mark.timeout(120)
@pytest.mark.promise("R3")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_an_import_that_is_stopped_goes_on_and_stores_each_entry_once(large, number):
    where, total = large
    command = [*PROGRAM, "import", "large.log", "--sensor", "web-1"]
    with (where / "said").open("wb") as said:
        run = subprocess.Popen(command, cwd=where, stderr=said)
        deadline = time.monotonic() + 60
        while stored(where) < 600 and run.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)  # between two looks at another process
        run.send_signal(number)
        code = run.wait(30)
    before = stored(where)
    assert 0 < before < total, "it was not stopped in the middle"
    assert code == (-signal.SIGKILL if number == signal.SIGKILL else 1)
    if number != signal.SIGKILL:
        assert b"Start it again" in (where / "said").read_bytes()
    told = imported("large.log")
    assert stored(where) == total
    assert told["entries"] < total, "it began at the beginning"
    assert told["stored"] == total - before
    assert told["exit code"] == 0
