"""`bartizan search --format csv|ndjson`: all of it, in memory that does not grow with it."""

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing

import pytest
from click.testing import CliRunner

from bartizan.app import wiring
from bartizan.app.settings import load
from bartizan.cli.main import program
from bartizan.domain.search import Search
from bartizan.domain.transaction import Endpoint, Request, Response
from bartizan.query.export import COLUMNS
from bartizan.store.contract import Store
from tests.contract.records import match, record

FEW = 300
MANY = 100_000
ALLOWED_KB = 24_000  # for fifty times as many rows; all of them at once would take 200 MB


def _records(first: int, count: int):
    for number in range(first, first + count):
        yield record(
            b"entry %d" % number,
            client=Endpoint(address=f"203.0.113.{number % 250}", port=number % 60000),
            request=Request(
                method="GET",
                uri=f"/path/{number}?q=%3Cscript%3E\x1b",
                headers=(("Host", "=cmd()"),),
            ),
            response=Response(status=403 if number % 3 else 200),
            matches=(match(), match(949110)),
            intercepted=bool(number % 3),
        )


@pytest.fixture
def store(tmp_path, monkeypatch) -> Iterator[Store]:
    monkeypatch.chdir(tmp_path)
    with closing(wiring.transactions(load(None))) as store:
        store.append(list(_records(0, FEW)))
        yield store


@pytest.fixture
def run(store):
    def call(*arguments):
        return CliRunner().invoke(program, ("search", *arguments), catch_exceptions=False)

    return call


def test_a_file_has_all_of_it_unless_a_limit_is_given(run, store):
    ids = [str(row.id) for row in store.page(Search(), limit=FEW).rows]
    lines = run("--format", "ndjson").stdout.splitlines()
    assert [json.loads(line)["id"] for line in lines] == ids
    assert len(run("--format", "ndjson", "--limit", "7").stdout.splitlines()) == 7
    rows = list(csv.DictReader(io.StringIO(run("--format", "csv").stdout)))
    assert [row["id"] for row in rows] == ids
    assert list(rows[0]) == list(COLUMNS)


def test_a_file_has_what_the_text_asks_for(run, store):
    rows = list(csv.DictReader(io.StringIO(run("status:403", "--format", "csv").stdout)))
    assert len(rows) == store.count(Search(statuses=(403,))).transactions > 0
    assert {row["status"] for row in rows} == {"403"}


def test_columns_are_chosen_and_nothing_in_them_is_a_formula_or_hidden(run):
    told = run("--format", "csv", "--column", "host", "--column", "uri", "--limit", "2").stdout
    head, first, _ = told.splitlines()
    assert head == "host,uri"
    assert first.startswith("'=cmd(),/path/")
    assert first.endswith("<U+001B>")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--column", "at"),
        ("--format", "csv", "--column", "nothing"),
        ("--format", "csv", "--column", "at", "--column", "at"),
        ("--format", "xml"),
    ],
)
def test_a_wrong_choice_is_told(run, arguments):
    assert run(*arguments).exit_code == 2


def test_json_is_ndjson_of_a_few(run):
    assert run("--json").stdout == run("--format", "ndjson", "--limit", "50").stdout
    assert len(run().stdout.splitlines()) == len(run("--format", "table").stdout.splitlines()) == 50


def test_a_hundred_thousand_rows_take_no_more_memory_than_a_few(store, tmp_path):
    for first in range(FEW, MANY, 1000):
        store.append(list(_records(first, min(1000, MANY - first))))
    some, few_kb = _written(tmp_path / "few.csv", "--limit", "2000")
    every, many_kb = _written(tmp_path / "many.csv")
    assert (some, every) == (2000, MANY)
    assert many_kb < few_kb + ALLOWED_KB


def _written(path, *options) -> tuple[int, int]:
    """How many rows a process of its own wrote, and the most memory that it ever had, in kB."""
    command = [sys.executable, "-m", "bartizan.cli.main", "search", "--format", "csv", *options]
    with path.open("wb") as file:
        process = subprocess.Popen(command, stdout=file)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    with path.open("rb") as file:
        return sum(1 for _ in file) - 1, usage.ru_maxrss
