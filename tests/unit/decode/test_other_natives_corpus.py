"""What becomes of every real native entry of ModSecurity 3 and Coraza, held against error.log."""

import functools
import json
import re

import msgspec
import pytest

from bartizan.decode import registry
from bartizan.decode.formats.coraza_native import CorazaNative
from bartizan.decode.formats.modsecurity3_native import ModSecurity3Native
from bartizan.domain.transaction import Transaction, Zone
from tests.fuzz import corpus

CORAZA = corpus.CAPTURES["coraza-native"]
CAPTURES = (*corpus.V3_NATIVE, *CORAZA)
WITH_RULES = tuple(name for name in CAPTURES if name != "v3-native-minparts")
SERIAL = tuple(name for name in CAPTURES if name != "v3-native-parallel")
# Coraza logs this rule to the audit log only (`nolog,auditlog`), so error.log cannot know of it.
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


def lost_by_nginx(capture: str) -> set[str]:
    """Transactions of which nginx cut a line so short that it does not tell whose it is."""
    if capture in CORAZA:
        return set()
    log = corpus.unpacked(corpus.CORPUS / capture / "error.log.zst")
    lines = [line for line in log.split(b"\n") if b"ModSecurity: " in line]
    cut = [line for line in lines if b'"] [ref "' not in line]
    connections = {re.search(rb" \*\d+ ", line)[0] for line in cut}
    return {
        told[1].decode()
        for line in lines
        if re.search(rb" \*\d+ ", line)[0] in connections
        and (told := re.search(rb'\[unique_id "([^"]*)"\]', line))
    }


@pytest.mark.parametrize("capture", SERIAL)
def test_as_many_entries_are_found_in_a_serial_file_as_were_written(capture):
    log = corpus.serial_log(capture)
    decoder = CorazaNative() if capture in CORAZA else ModSecurity3Native()
    spans = decoder.split(log, 0, is_last=True)
    assert len(spans) == corpus.manifest(capture)["entries"]
    # The one that is not whole was written like that: without parts A and Z.
    assert sum(span.is_torn for span in spans) == (capture in CORAZA)
    raw = tuple(span.of(log).rstrip(b"\n") for span in spans)
    assert raw == tuple(one.rstrip(b"\n") for one in corpus.entries(capture))


def test_each_file_of_a_parallel_log_is_one_entry():
    found = transactions("v3-native-parallel")
    assert len(found) == corpus.manifest("v3-native-parallel")["entry_files"]
    assert [one.defects for one in found if one.defects] == []


@pytest.mark.parametrize("capture", CAPTURES)
def test_the_same_entries_come_out_of_pieces_of_any_size(capture):
    """A reader that knows only a part of the file splits off the same entries."""
    log = b"".join(corpus.entries(capture)[:40])
    decoder = CorazaNative() if capture in CORAZA else ModSecurity3Native()
    whole = decoder.split(log, 0, is_last=True)
    for size in (700, 5_000, 60_000):
        found, start, end = [], 0, size
        while start < len(log):
            spans = decoder.split(log[:end], start, is_last=end >= len(log))
            found += spans
            start = spans[-1].offset + spans[-1].length if spans else start
            while log[start : start + 1] == b"\n":
                start += 1
            end += size
        assert found == whole


@pytest.mark.parametrize("capture", CAPTURES)
def test_no_forged_entry_is_believed(capture):
    for transaction in transactions(capture):
        assert transaction.unique_id not in ("AAAAAAAAAAAAAAAAAAAAAAAA", "1577836800")
        assert transaction.client.address not in ("6.6.6.6", None)


def test_forgeries_are_in_the_corpus_so_that_the_test_above_means_something():
    for capture in ("v3-native-serial-detect-pl2", "coraza-native-serial"):
        log = corpus.serial_log(capture)
        assert len(re.findall(rb"(?m)^---ZyXwVuTs---A--$", log)) >= 5
        assert b"\n[01/Jan/2020:00:00:00 +0000] 1577836800 6.6.6.6 1 7.7.7.7 80\n" in log
    log = corpus.serial_log("v3-native-serial-detect-pl2")
    assert re.search(rb'ModSecurity: .*\[id "9999\d0"\].*\[id "9\d{5}"\]', log)


@pytest.mark.parametrize("capture", WITH_RULES)
def test_rule_ids_are_those_of_the_error_log_in_its_order(capture):
    compared = 0
    by_log = corpus.by_log(capture)
    lost = lost_by_nginx(capture)
    for transaction in transactions(capture):
        logged = by_log.get(transaction.unique_id)
        found = rule_ids(transaction)
        if capture in CORAZA:
            found = [one for one in found if one != NOT_IN_ERROR_LOG]
        if logged is None:
            # Every line was cut by nginx before the unique id.
            assert found == [] or (found == [100001] and capture not in CORAZA)
        elif transaction.unique_id in lost:
            assert len(found) > len(logged["ids"])
            remaining = iter(found)
            assert all(one in remaining for one in logged["ids"])
        else:
            compared += 1
            assert found == logged["ids"]
    assert compared + len(lost) == len(by_log)
    assert len(lost) <= 6


@pytest.mark.parametrize("capture", WITH_RULES)
def test_no_rule_is_without_its_metadata_and_none_is_forged(capture):
    for transaction in transactions(capture):
        assert len(rule_ids(transaction)) == len(transaction.matches)
        assert FORGED_IDS.isdisjoint(rule_ids(transaction))
        assert not any("forged" in (match.file or "") for match in transaction.matches)


@pytest.mark.parametrize("capture", WITH_RULES)
def test_intercepted_is_what_the_error_log_calls_denied_and_else_unknown(capture):
    by_log = corpus.by_log(capture)
    for transaction in transactions(capture):
        logged = by_log.get(transaction.unique_id, {"denied": False})
        assert transaction.intercepted is (True if logged["denied"] else None)
        if transaction.intercepted:
            blocking = [one for one in transaction.matches if one.disruptive]
            assert transaction.intercept.rule_id == blocking[0].rule_id
            assert transaction.intercept.phase == blocking[0].phase
            assert transaction.intercept.phase in (1, 2, 3, 4)
        else:
            assert transaction.intercept is None


@pytest.mark.parametrize("capture", corpus.V3_NATIVE)
def test_the_status_of_a_denial_is_the_one_that_was_answered(capture):
    denied = [one for one in transactions(capture) if one.intercepted and "F" in one.parts]
    for transaction in denied:
        if transaction.intercept.phase < 4:  # later the head has been sent
            assert transaction.intercept.status == transaction.response.status


def test_without_part_h_nothing_is_known_of_rules():
    for transaction in transactions("v3-native-minparts"):
        assert transaction.parts in ("ABZ", "ABEZ")
        assert (transaction.matches, transaction.intercepted) == ((), None)


@pytest.mark.parametrize("capture", corpus.V3_NATIVE)
def test_modsecurity_3_states_its_zone(capture):
    for transaction in transactions(capture):
        assert transaction.zone is Zone.STATED
        assert transaction.occurred_at.isoformat()[:15] in ("2026-11-23T05:4", "2026-11-23T05:3")


@pytest.mark.parametrize("capture", CORAZA)
def test_coraza_does_not_state_its_zone(capture):
    for transaction in transactions(capture):
        assert transaction.zone is Zone.ASSUMED
        assert (transaction.occurred_at is None) == ("A" not in transaction.parts)


@pytest.mark.parametrize("capture", corpus.V3_NATIVE)
def test_clients_are_those_the_requests_were_sent_for(capture):
    sent = {one["unique_id"]: one["xff"] for one in corpus.truth(capture) if one["xff"]}
    known = [one for one in transactions(capture) if one.unique_id in sent]
    if "block" not in capture:  # there the ids are not told to the client
        assert len(known) > 40
    wrong = [one for one in known if one.client.address != sent[one.unique_id]]
    assert len(wrong) <= 1


@pytest.mark.parametrize("capture", CAPTURES)
def test_only_entries_written_without_part_a_have_defects(capture):
    for transaction in transactions(capture):
        codes = {defect.code for defect in transaction.defects}
        if "A" not in transaction.parts:
            assert codes == {"part-a-missing", "end-missing"}
            assert transaction.unique_id in corpus.by_log(capture)
        else:
            assert codes <= {"request-line-malformed", "status-line-malformed", "header-malformed"}


@pytest.mark.parametrize("capture", CAPTURES)
def test_every_transaction_is_json(capture):
    for transaction in transactions(capture):
        again = json.loads(msgspec.json.encode(transaction))
        assert again["unique_id"] == transaction.unique_id
