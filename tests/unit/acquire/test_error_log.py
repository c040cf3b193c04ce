"""Error logs through the readers: transactions come out, other programs' lines are passed over."""

from collections import Counter

import pytest

from bartizan.acquire.files import entries
from bartizan.acquire.found import SKIPPED, Problem
from bartizan.acquire.tail.cutter import Cutter, Ending
from bartizan.decode import registry
from bartizan.decode.cutting import chunks_of, cut
from tests.fuzz import corpus

CAPTURES = ("v2-native-serial-block-pl4", "v3-native-serial-detect-pl2", "coraza-native-serial")


def transactions(capture: str) -> Counter[bytes]:
    """The lines of each transaction, by one look at the whole log."""
    log = corpus.error_log(capture)
    spans = registry.detect(log[:4096]).split(log, 0, is_last=True)
    return Counter(span.of(log) for span in spans if not span.is_foreign)


@pytest.mark.parametrize("capture", CAPTURES)
def test_an_error_log_is_imported_without_dead_letters(capture):
    found = list(entries([str(corpus.CORPUS / capture / "error.log.zst")]))
    assert Counter(one.raw for one in found if one.problem is None) == transactions(capture)
    passed = {one.problem for one in found if one.problem is not None}
    assert passed <= {Problem.OTHER_LINES} <= SKIPPED
    log = corpus.error_log(capture)
    for one in found:
        assert log[one.offset : one.offset + 20].startswith(one.raw[:20])
        assert 0 < one.length <= len(log) - one.offset


def test_a_log_without_a_transaction_is_passed_over(tmp_path):
    log = tmp_path / "error.log"
    log.write_bytes(b"2026/11/23 05:42:32 [notice] 8074#8074: start worker process 8075\n" * 1000)
    found = list(entries([str(log)]))
    assert {(one.problem, one.raw) for one in found} == {(Problem.OTHER_LINES, b"")}
    assert sum(one.length for one in found) == log.stat().st_size


@pytest.mark.parametrize("capture", CAPTURES)
@pytest.mark.parametrize("size", [10_000, 1_000_000])
def test_a_log_that_grows_gives_the_same_transactions(capture, size):
    log = corpus.error_log(capture)
    cutter = Cutter(max_entry_bytes=64 * 1024 * 1024)
    found = []
    for start in range(0, len(log), size):
        cutter.feed(log[start : start + size])
        found += cutter.take(Ending.OPEN)
    found += cutter.take(Ending.LAST)
    assert cutter.position == len(log)
    assert {one.problem for one in found} == {None}
    assert Counter(one.raw for one in found) == transactions(capture)


def test_of_a_log_that_does_not_grow_the_last_transactions_come_out_too():
    log = corpus.error_log("coraza-native-serial")
    cutter = Cutter(max_entry_bytes=64 * 1024 * 1024)
    cutter.feed(log + log[:100])
    assert cutter.take(Ending.OPEN) == []
    found = cutter.take(Ending.STALE)
    assert Counter(one.raw for one in found) == transactions("coraza-native-serial")
    assert (cutter.position, cutter.held_bytes) == (len(log), 100)


@pytest.mark.parametrize("capture", CAPTURES)
def test_a_batch_of_lines_gives_the_same_transactions(capture):
    found = Counter(cut(chunks_of(corpus.error_log(capture))))
    assert found == transactions(capture)
