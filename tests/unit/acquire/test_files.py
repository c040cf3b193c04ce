"""Files and trees as they lie on a disk, hostile ones included."""

import gzip
import json
import os
import re
import socket
import subprocess
import sys

import pytest
import zstandard

from bartizan.acquire.files import entries, total_bytes
from bartizan.acquire.found import Problem
from bartizan.decode.wrappers import unwrap
from tests.fuzz import corpus

ENTRIES = corpus.entries("v2-native-minparts")
LOG = corpus.serial_log("v2-native-minparts")
ENTRY_NAME = "20261123-054222-awPSPkjIYGR3AUFOTZT5-AAAAA4"


def problems(found) -> list[tuple[str, str | None]]:
    return [(one.path.rpartition("/")[2], one.problem) for one in found]


def raws(paths) -> list[bytes]:
    return [one.raw for one in entries([str(path) for path in paths]) if one.problem is None]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress])
def test_packed_files_are_read_like_plain_ones(tmp_path, pack):
    path = tmp_path / "audit.log"  # told by its bytes, whatever its name
    path.write_bytes(pack(LOG))
    assert tuple(raws([path])) == ENTRIES


def test_several_packed_members_in_one_file_are_read(tmp_path):
    for name, pack in (("a.gz", gzip.compress), ("a.zst", zstandard.compress)):
        path = tmp_path / name
        path.write_bytes(pack(LOG[:7000]) + pack(LOG[7000:]))
        assert tuple(raws([path])) == ENTRIES


def test_progress_tells_the_bytes_on_disk(tmp_path):
    path = tmp_path / "audit.log.gz"
    path.write_bytes(gzip.compress(LOG))
    read = []
    list(entries([str(path)], read.append))
    assert sum(read) == path.stat().st_size == total_bytes([str(path)])


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_of_a_damaged_archive_what_can_be_unpacked_is_read(tmp_path, pack):
    packed = pack(LOG * 200)
    path = tmp_path / "audit.gz"
    path.write_bytes(packed[: len(packed) // 2] + b"\0" * 2000)
    found = list(entries([str(path)]))
    assert found[-1].problem is Problem.DAMAGED_ARCHIVE


def test_a_concurrent_tree_is_walked_in_order(tmp_path):
    files = corpus.archived(corpus.CORPUS / "v2-native-concurrent" / "audit.tar.zst")
    for name, raw in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
    index = corpus.unpacked(corpus.CORPUS / "v2-native-concurrent" / "audit_index.log.zst")
    (tmp_path / "audit_index.log").write_bytes(index)
    found = list(entries([str(tmp_path)]))
    assert problems(found[:1]) == [("audit_index.log", Problem.INDEX_FILE)]
    assert [one.raw for one in found[1:]] == [files[name] for name in sorted(files)]
    assert total_bytes([str(tmp_path)]) == sum(map(len, files.values())) + len(index)


def test_a_concurrent_file_is_one_entry_whatever_its_body_says(tmp_path):
    one, *others = corpus.entries("v2-native-serial-block-pl4")
    two = next(other for other in others if other[:11] != one[:11])
    torn = one[:-16] + b"\n\n" + two
    (tmp_path / ENTRY_NAME).write_bytes(torn)
    (only,) = entries([str(tmp_path)])
    assert (only.raw, only.problem) == (torn, Problem.TORN_ENTRY)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", Problem.EMPTY_ENTRY),
        (b"{}", Problem.UNKNOWN_FORMAT),
        (b"x" * 2000, Problem.ENTRY_TOO_LARGE),
    ],
)
def test_a_concurrent_file_without_an_entry_is_told(tmp_path, content, problem):
    (tmp_path / ENTRY_NAME).write_bytes(content)
    (only,) = entries([str(tmp_path)], max_entry_bytes=1000)
    assert only.problem is problem
    assert only.length >= len(content) // 2


@pytest.mark.timeout(20)
def test_links_fifos_and_sockets_are_passed_over(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.log").write_bytes(LOG)
    root = tmp_path / "root"
    root.mkdir()
    (root / "a-link").symlink_to(outside / "secret.log")
    (root / "b-link").symlink_to(outside)
    (root / "c-loop").symlink_to(root)
    os.mkfifo(root / "d-fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(root / "e-socket"))
        found = problems(entries([str(root)]))
    assert found == [
        ("a-link", Problem.SYMBOLIC_LINK),
        ("b-link", Problem.SYMBOLIC_LINK),
        ("c-loop", Problem.SYMBOLIC_LINK),
        ("d-fifo", Problem.NOT_A_FILE),
        ("e-socket", Problem.NOT_A_FILE),
    ]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null"])
def test_a_device_named_on_the_command_line_is_not_read(path):
    assert [one.problem for one in entries([path])] == [Problem.NOT_A_FILE]


def test_a_fifo_named_on_the_command_line_does_not_wait(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    assert problems(entries([str(tmp_path / "fifo")])) == [("fifo", Problem.NOT_A_FILE)]


def test_a_link_that_appears_while_the_tree_is_walked_leads_nowhere(tmp_path):
    root = tmp_path / "root"
    (root / "b").mkdir(parents=True)
    (root / "z.log").write_bytes(LOG)
    (root / "b" / "c.log").write_bytes(LOG)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "c.log").write_bytes(b"secret")
    found = entries([str(root)])
    next(found)
    (root / "b" / "c.log").unlink()
    (root / "b").rmdir()
    (root / "b").symlink_to(outside)
    rest = list(found)
    assert b"secret" not in b"".join(one.raw for one in rest)
    assert rest[-1].problem is Problem.UNREADABLE


def test_a_very_deep_tree_ends(tmp_path):
    deep = tmp_path
    for _ in range(80):
        deep = deep / "d"
        deep.mkdir()
    (deep / "a.log").write_bytes(LOG)
    assert [one.problem for one in entries([str(tmp_path)])] == [Problem.TOO_DEEP]


def test_what_cannot_be_opened_is_told(tmp_path):
    (only,) = entries([str(tmp_path / "absent")])
    assert (only.problem, only.detail) == (Problem.UNREADABLE, "No such file or directory")


def test_a_name_that_is_not_text_is_shown_as_text(tmp_path):
    with open(os.fsencode(tmp_path) + b"/a\xff.log", "wb") as file:
        file.write(LOG)
    assert {one.path.rpartition("/")[2] for one in entries([str(tmp_path)])} == {"a\ufffd.log"}


def test_a_dash_is_standard_input():
    code = (
        "from bartizan.acquire.files import entries\nfor one in entries(['-']): print(one.problem)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], input=gzip.compress(LOG), capture_output=True, check=True
    )
    assert run.stdout.split() == [b"None"] * len(ENTRIES)
    assert total_bytes(["-"]) is None


def docker(line: bytes) -> bytes:
    """As a container runtime keeps a line; bytes that are no text become U+FFFD there."""
    return json.dumps({"log": line.decode(errors="replace"), "stream": "stdout"}).encode() + b"\n"


def filebeat(line: bytes) -> bytes:
    wrapped = {"@timestamp": "2026-11-23T05:42:30Z", "message": docker(line).decode().rstrip()}
    return json.dumps(wrapped).encode() + b"\n"


@pytest.mark.parametrize("wrap", [docker, filebeat])
@pytest.mark.parametrize(
    "capture", ["v2-native-minparts", "v3-json-minparts", "v3-native-minparts", "v2-json-minparts"]
)
def test_a_log_that_was_wrapped_line_by_line_is_unwrapped(tmp_path, wrap, capture):
    log = corpus.serial_log(capture)
    lines = [docker(b"nginx: ready\n") if wrap is docker else filebeat(b"nginx: ready\n")]
    lines += [wrap(line) for line in re.findall(rb"[^\n]*\n", log)]
    path = tmp_path / "container-json.log"
    path.write_bytes(b"".join(lines))
    found = [one for one in entries([str(path)]) if one.problem is None]
    assert [one.raw for one in found] == [
        raw.decode(errors="replace").encode() for raw in corpus.entries(capture)
    ]
    content = path.read_bytes()
    for one in found:
        line = content[one.offset :].partition(b"\n")[0]
        inner = unwrap(line, 1 if wrap is docker else 2)
        assert inner is not None
        assert one.raw.startswith(inner.rstrip(b"\n"))


def test_json_lines_of_another_program_are_no_entries(tmp_path):
    line = json.dumps({"level": "info", "message": "a request came in"}).encode() + b"\n"
    (tmp_path / "app.log").write_bytes(line * 1000)
    assert [one.problem for one in entries([str(tmp_path)])] == [Problem.NO_ENTRIES]
