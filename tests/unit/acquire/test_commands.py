"""`bartizan decode` as a person runs it."""

import json
import subprocess
import sys

import pytest

from tests.fuzz import corpus

LOG = corpus.serial_log("v2-native-minparts")


def bartizan(*arguments, **options) -> subprocess.CompletedProcess:
    command = [
        sys.executable,
        "-c",
        "from bartizan.cli.main import main; main()",
        *map(str, arguments),
    ]
    return subprocess.run(command, capture_output=True, check=False, **options)


def test_decode_prints_one_transaction_per_line_with_its_place(tmp_path):
    path = tmp_path / "audit.log"
    path.write_bytes(LOG)
    run = bartizan("decode", path)
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(lines) == 68
    for line, raw in zip(lines, corpus.entries("v2-native-minparts"), strict=True):
        source = line["source"]
        assert source["path"] == str(path)
        assert LOG[source["offset"] : source["offset"] + source["length"]] == raw
    assert run.stderr.decode().splitlines() == ["68 entries, 0 defects, 0 undecodable"]
    assert run.returncode == 0


def test_decode_reads_standard_input_and_says_what_it_could_not_decode():
    run = bartizan("decode", "-", input=b"rub\x1b[31mbish\n" + LOG)
    assert len(run.stdout.splitlines()) == 68
    assert run.stderr.decode().splitlines() == [
        "-: byte 0, 13 bytes: unknown-format",
        "68 entries, 0 defects, 1 undecodable",
    ]
    assert run.returncode == 1


def test_a_terminal_escape_in_a_file_name_is_shown_harmless(tmp_path):
    path = tmp_path / "a\x1b[31m.log"
    path.write_bytes(b"rubbish")
    run = bartizan("decode", path)
    assert b"\x1b" not in run.stderr
    assert run.returncode == 1
    assert "<U+001B>" in run.stderr.decode()


@pytest.mark.parametrize("arguments", [(), ("/nowhere/at/all",)])
def test_a_wrong_command_line_ends_with_2(arguments):
    assert bartizan("decode", *arguments).returncode == 2


def test_a_closed_pipe_is_no_error():
    program = "from bartizan.cli.main import main; main()"
    run = subprocess.run(
        ["/bin/sh", "-c", f"{sys.executable} -c '{program}' decode - | head -n 1"],
        input=LOG * 300, capture_output=True, check=False,
    )  # fmt: skip
    assert len(run.stdout.splitlines()) == 1
    assert b"Traceback" not in run.stderr
    assert b"BrokenPipe" not in run.stderr


def test_help_has_an_example():
    assert b"Example:" in bartizan("decode", "--help").stdout
