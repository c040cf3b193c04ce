"""`bartizan decode` on what lies about on a disk."""

import json
import random
import subprocess
import sys

import pytest

from tests.fuzz import corpus

GARBAGE = (
    b"logrotate: rotating /var/log/modsec_audit.log\n",
    b'{"level":"info","msg":"server started","port":8080}\n',
    b'{"error":"no such host","status":502}\n',
    b"\x00\x01\x02 binary \xff\xfe rubbish\n",
    b"-- a comment --\n",
    b"Nov 23 05:42:41 web1 systemd[1]: Started nginx.\n",
    b"}]}\n",
)


def bartizan(*arguments: object) -> subprocess.CompletedProcess:
    command = [sys.executable, "-c", "from bartizan.cli.main import main; main()"]
    return subprocess.run([*command, *map(str, arguments)], capture_output=True, check=False)


def one_of_each(dice: random.Random) -> dict[str, bytes]:
    """A whole entry of each format, as it stands in a file."""
    chosen = {}
    for format_, captures in corpus.CAPTURES.items():
        entries = [one for one in corpus.entries(captures[0]) if 500 < len(one) < 200_000]
        entry = dice.choice(entries or corpus.entries(captures[0]))
        chosen[format_] = entry.rstrip(b"\n") + b"\n"
    return chosen


@pytest.mark.parametrize("seed", range(3))
def test_a_file_that_mixes_all_formats_with_garbage_is_decoded_completely(tmp_path, seed):
    dice = random.Random(seed)
    pieces: list[tuple[str | None, bytes]] = []
    for _ in range(3):
        pieces += one_of_each(dice).items()
        pieces += [(None, dice.choice(GARBAGE)) for _ in range(6)]
    dice.shuffle(pieces)
    log = b"".join(piece for _, piece in pieces)
    path = tmp_path / "everything.log"
    path.write_bytes(log)
    run = bartizan("decode", path)
    found = [json.loads(line) for line in run.stdout.splitlines()]
    assert [one["format"] for one in found] == [name for name, _ in pieces if name]
    entries = [piece for name, piece in pieces if name]
    for one, entry in zip(found, entries, strict=True):
        source = one["source"]
        raw = log[source["offset"] : source["offset"] + source["length"]]
        assert raw.rstrip(b"\n") == entry.rstrip(b"\n")
    garbage = sum(len(piece) for name, piece in pieces if name is None)
    told = [line for line in run.stderr.decode().splitlines() if "unknown-format" in line]
    assert sum(int(line.split(" bytes:")[0].split()[-1]) for line in told) >= garbage - 7 * len(
        told
    )
    assert run.returncode == 1


def test_decode_reads_entries_that_a_shipper_sorted_and_printed_on_many_lines(tmp_path):
    entry = json.loads(corpus.entries("v3-json-serial-crs4")[7])
    path = tmp_path / "pretty.json"
    path.write_text("\n".join(json.dumps(entry, indent=2, sort_keys=True) for _ in range(3)))
    run = bartizan("decode", path)
    assert len(run.stdout.splitlines()) == 3
    assert run.stderr.decode().splitlines()[-1].startswith("3 entries, 0 defects, 0 undecodable")
