"""Telling the index of a concurrent log by its first line."""

import time

import pytest

from bartizan.acquire.files import entries
from bartizan.acquire.found import Problem
from bartizan.acquire.index_file import LONGEST_LINE, is_index
from tests.fuzz import corpus

CAPTURES = (
    "v2-native-concurrent",
    "v2-json-concurrent",
    "v3-native-parallel",
    "v3-json-parallel",
    "coraza-json-concurrent",
)


def index(capture: str) -> bytes:
    return corpus.unpacked(corpus.CORPUS / capture / "audit_index.log.zst")


@pytest.mark.parametrize("capture", CAPTURES)
def test_an_index_is_passed_over(tmp_path, capture):
    (tmp_path / "audit_index.log").write_bytes(index(capture))
    assert [one.problem for one in entries([str(tmp_path)])] == [Problem.INDEX_FILE]
    packed = corpus.CORPUS / capture / "audit_index.log.zst"
    assert [one.problem for one in entries([str(packed)])] == [Problem.INDEX_FILE]


@pytest.mark.parametrize("capture", [name for name in CAPTURES if name.startswith("v")])
def test_any_line_of_an_index_tells_it(capture):
    """Hostile request lines and user agents are among them."""
    lines = index(capture).splitlines(keepends=True)
    assert len(lines) > 200
    assert [line for line in lines if not is_index(line)] == []


def test_an_audit_log_is_no_index():
    for some in corpus.CAPTURES.values():
        for capture in some:
            raw = corpus.entries(capture)[0]
            assert not is_index(raw[:LONGEST_LINE])
    for line in (b"", b"\n", b"a b c\n", b"1.1.1.1  - - [2026/11/23 05:44:21]\n", b"x" * 90_000):
        assert not is_index(line)


@pytest.mark.parametrize(
    "piece", [b' x [23/Nov/2026:02:12:15 +0000] "', b" /x 0 1 md5:", b'" a "-" /x ', b"\n 2"]
)
def test_time_grows_with_the_size_and_not_faster(piece):
    head = (b"a b c" + piece * (LONGEST_LINE // len(piece)))[: LONGEST_LINE - 1] + b"\n"
    start = time.process_time()
    is_index(head)
    assert time.process_time() - start < 0.2
