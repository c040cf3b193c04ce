"""What the decoder makes of every real entry, held against what the sensor wrote elsewhere."""

import functools
import json
import re
from datetime import UTC, datetime

import msgspec
import pytest

from bartizan.decode import apache_time, registry
from bartizan.decode.formats.modsecurity2_native import ModSecurity2Native
from bartizan.domain.errors import Refused
from bartizan.domain.transaction import Transaction, Zone
from bartizan.kit.clock import to_us
from tests.fuzz import corpus

WITH_RULES = tuple(name for name in corpus.V2_NATIVE if name != "v2-native-minparts")
# The rule logs to the audit log only (`nolog,auditlog`), so error.log cannot know of it.
NOT_IN_ERROR_LOG = 100006
FORGED_IDS = {
    31337,
    *(999990, 999997, 999998, 999999),
    *(int(f"9999{digit}{last}") for digit in range(10) for last in (0, 1)),
}


@functools.cache
def transactions(capture: str) -> tuple[Transaction, ...]:
    return tuple(registry.decode(raw) for raw in corpus.entries(capture))


def rule_ids(transaction: Transaction) -> list[int]:
    return [match.rule_id for match in transaction.matches if match.rule_id is not None]


def is_cut(transaction: Transaction) -> bool:
    return any(defect.code == "message-cut" for defect in transaction.defects)


@pytest.mark.parametrize("capture", corpus.SERIAL)
def test_as_many_entries_are_found_in_a_serial_file_as_were_written(capture):
    log = corpus.serial_log(capture)
    spans = ModSecurity2Native().split(log, 0, is_last=True)
    assert len(spans) == corpus.manifest(capture)["entries"]
    assert not any(span.is_torn for span in spans)
    raw = tuple(log[span.offset : span.offset + span.length] for span in spans)
    assert raw == corpus.entries(capture)


@pytest.mark.parametrize(
    ("capture", "count"),
    [("v2-native-concurrent", "entry_files"), ("mlogc-raw", "distinct_bodies")],
)
def test_each_file_and_each_body_is_one_entry(capture, count):
    assert len(transactions(capture)) == corpus.manifest(capture)[count]


@pytest.mark.parametrize("capture", corpus.V2_NATIVE)
def test_no_forged_entry_is_believed(capture):
    for transaction in transactions(capture):
        assert transaction.unique_id != "AAAAAAAAAAAAAAAAAAAAAAAA"
        assert transaction.client.address != "6.6.6.6"
        assert "end-missing" not in {defect.code for defect in transaction.defects}


@pytest.mark.parametrize("capture", WITH_RULES)
def test_rule_ids_are_those_of_the_error_log_in_its_order(capture):
    compared = 0
    by_log = corpus.by_log(capture)
    for transaction in transactions(capture):
        logged = by_log.get(transaction.unique_id)
        found = [one for one in rule_ids(transaction) if one != NOT_IN_ERROR_LOG]
        if logged is None:
            assert found == []
            continue
        compared += 1
        if is_cut(transaction):
            assert logged["cut_lines"] > 0
            assert len(found) <= len(logged["ids"])
        else:
            assert found == logged["ids"]
            assert "cut_lines" not in logged
    # One transaction switched its own audit log off (ctl:auditEngine=Off) or left only a notice.
    assert compared >= len(by_log) - 1


@pytest.mark.parametrize("capture", WITH_RULES)
def test_no_forged_rule_id_is_accepted(capture):
    for transaction in transactions(capture):
        assert FORGED_IDS.isdisjoint(rule_ids(transaction))
        assert not any("forged" in (match.file or "") for match in transaction.matches)


def test_forgeries_are_in_the_corpus_so_that_the_tests_above_mean_something():
    raw = b"".join(corpus.entries("v2-native-serial-detect-pl2"))
    assert raw.count(b"AAAAAAAAAAAAAAAAAAAAAAAA") > 5
    assert re.search(rb'Message: .*\[id "9999\d0"\]', raw)


@pytest.mark.parametrize("capture", WITH_RULES)
def test_intercepted_is_what_the_error_log_calls_denied(capture):
    by_log = corpus.by_log(capture)
    for transaction in transactions(capture):
        logged = by_log.get(transaction.unique_id, {"denied": False})
        assert transaction.intercepted is logged["denied"]
        if transaction.intercepted:
            assert transaction.intercept.phase in (1, 2, 3, 4)
            blocking = [one for one in transaction.matches if one.disruptive]
            assert transaction.intercept.rule_id == blocking[0].rule_id
        else:
            assert transaction.intercept is None


@pytest.mark.parametrize("capture", corpus.V2_NATIVE)
def test_every_zone_is_right(capture):
    """Part A's time in its zone is later than the stopwatch's start by the duration only."""
    for raw, transaction in zip(corpus.entries(capture), transactions(capture), strict=True):
        assert transaction.zone is Zone.STATED
        assert transaction.occurred_at.date() == datetime(2026, 11, 23, tzinfo=UTC).date()
        watch = re.search(rb"\nStopwatch: (\d+) (\d+) ", raw)
        if watch is None:
            continue
        start_us, duration_us = int(watch[1]), int(watch[2])
        assert to_us(transaction.occurred_at) == start_us
        stamp = re.search(rb"\n\[([^\]]+)\]", raw)[1]
        late_us = apache_time.read(stamp).at_us - start_us - duration_us
        assert abs(late_us) < 1_000_000, (stamp, late_us)


def test_the_zones_of_the_corpus_are_the_hard_ones():
    stamps = [
        re.match(rb"--\w{8}-A--\n\[\S+ ([^\]]+)\]", corpus.entries(capture)[0])[1]
        for capture in ("v2-native-serial-block-pl4", "v2-native-serial-block-crs4-v6")
    ]
    assert stamps == [b"--03-30", b"+0530"]


@pytest.mark.parametrize("capture", corpus.V2_NATIVE)
def test_clients_are_those_the_requests_were_sent_for(capture):
    sent = {one["unique_id"]: one["xff"] for one in corpus.truth(capture) if one["xff"]}
    known = [one for one in transactions(capture) if one.unique_id in sent]
    assert len(known) > 40
    wrong = [one for one in known if one.client.address != sent[one.unique_id]]
    # Apache refuses one request before mod_remoteip has read the header.
    assert len(wrong) <= 1
    assert all(one.client.address in ("127.0.0.1", "::1") for one in wrong)


def test_nothing_but_refused_comes_of_any_other_file_of_the_corpus():
    tried = 0
    decoder = ModSecurity2Native()
    for path in sorted(corpus.CORPUS.rglob("*.zst")):
        raw = corpus.unpacked(path)
        for piece in (raw, *raw.split(b"\n")[:2000]):
            tried += 1
            try:
                decoder.read(piece)
            except Refused:
                continue
            assert decoder.recognises(piece)
            assert piece.startswith(b"--")
    assert tried > 10_000


@pytest.mark.parametrize(
    "capture",
    [path.name for path in corpus.CORPUS.iterdir() if path.name.startswith(("v3-", "coraza-"))],
)
def test_other_dialects_are_not_mistaken_for_this_one(capture):
    for path in (corpus.CORPUS / capture).glob("audit.log.zst"):
        with pytest.raises(Refused) as refusal:
            ModSecurity2Native().read(corpus.unpacked(path))
        assert refusal.value.code == "unknown-format"


@pytest.mark.parametrize("capture", corpus.V2_NATIVE)
def test_every_transaction_is_json(capture):
    for transaction in transactions(capture):
        again = json.loads(msgspec.json.encode(transaction))
        assert again["unique_id"] == transaction.unique_id
        assert again["parts"][0] == "A"
        assert again["parts"][-1] == "Z"
