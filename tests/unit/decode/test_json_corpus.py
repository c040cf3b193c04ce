"""What the JSON decoders make of every real entry, held against what the sensor wrote elsewhere."""

import functools
import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from bartizan.decode import registry
from bartizan.domain.transaction import Transaction, Zone
from tests.fuzz import corpus

SERIAL = tuple(name for name in corpus.JSON if "serial" in name or "minparts" in name)
WITH_RULES = tuple(name for name in corpus.JSON if "minparts" not in name)
LEGACY = "coraza-jsonlegacy-serial"
# These log to the audit log only (`nolog,auditlog`), or have a newline in `msg` that breaks their
# line in error.log in two.
NOT_ALWAYS_IN_ERROR_LOG = {100006, 100001}
FORGED_IDS = {
    31337,
    *(999990, 999997, 999998, 999999),
    *(int(f"9999{digit}{last}") for digit in range(10) for last in (0, 1)),
}
# What the sensors' clocks in these captures are ahead of UTC; the others ran on UTC.
AHEAD = {"v3-json-serial-block-pl4-v6": timedelta(hours=5, minutes=30)}
STATES_BLOCKS = tuple(name for name in WITH_RULES if not name.startswith("v3") and name != LEGACY)


def format_of(capture: str) -> str:
    return next(name for name, captures in corpus.CAPTURES.items() if capture in captures)


@functools.cache
def transactions(capture: str) -> tuple[Transaction, ...]:
    return tuple(registry.decode(raw) for raw in corpus.entries(capture))


def rule_ids(transaction: Transaction) -> list[int]:
    return [match.rule_id for match in transaction.matches if match.rule_id is not None]


def codes(transaction: Transaction) -> set[str]:
    return {defect.code for defect in transaction.defects}


@pytest.mark.parametrize("capture", SERIAL)
def test_as_many_entries_are_found_in_a_serial_file_as_were_written(capture):
    log = corpus.serial_log(capture)
    decoder = registry.detect(log[:4096])
    assert decoder.format == format_of(capture)
    spans = decoder.split(log, 0, is_last=True)
    assert len(spans) == corpus.manifest(capture)["entries"]
    assert not any(span.is_torn for span in spans)
    assert tuple(span.of(log) for span in spans) == corpus.entries(capture)


@pytest.mark.parametrize("capture", corpus.JSON)
def test_each_entry_is_told_and_decoded_as_what_it_is(capture):
    found = transactions(capture)
    assert len(found) == corpus.count(capture)
    assert {one.format for one in found} == {format_of(capture)}


@pytest.mark.parametrize("capture", corpus.JSON)
def test_nothing_is_odd_in_real_entries_but_what_the_sensor_lost(capture):
    for transaction in transactions(capture):
        if capture == LEGACY:
            lost = {"metadata-missing"} if transaction.matches else set()
        else:
            lost = {"message-cut", "metadata-doubtful", "request-line-malformed"}
        assert codes(transaction) <= lost


def always_logged(ids: list[int]) -> list[int]:
    return [one for one in ids if one not in NOT_ALWAYS_IN_ERROR_LOG]


def is_part_of(some: list[int], all_: list[int]) -> bool:
    rest = iter(all_)
    return all(one in rest for one in some)


@pytest.mark.parametrize("capture", [name for name in WITH_RULES if name != LEGACY])
def test_rule_ids_are_those_of_the_error_log_in_its_order(capture):
    compared = lost_by_error_log = 0
    by_log = corpus.by_log(capture)
    for transaction in transactions(capture):
        logged = by_log.get(transaction.unique_id, {"ids": []})["ids"]
        found = rule_ids(transaction)
        compared += transaction.unique_id in by_log
        if "message-cut" in codes(transaction) and "K" in transaction.parts:
            assert is_part_of(always_logged(logged), found)
        elif "message-cut" in codes(transaction):
            assert is_part_of(always_logged(found), logged)
        elif capture.startswith("v3"):
            # nginx cuts lines of its error.log at 2,048 bytes, and with them the unique id.
            assert is_part_of(logged, found)
            lost_by_error_log += len(found) - len(logged)
        else:
            assert always_logged(found) == always_logged(logged)
    assert compared >= corpus.manifest(capture)["error_log_transactions"] - 2
    truncated = corpus.manifest(capture)["error_lines_truncated_without_unique_id"]
    assert lost_by_error_log == (truncated if capture.startswith("v3") else 0)


def test_messages_are_cut_by_modsecurity_2_only_and_as_rarely_as_error_log_says():
    for capture in WITH_RULES:
        cut = sum("message-cut" in codes(one) for one in transactions(capture))
        told = sum("cut_lines" in one for one in corpus.by_log(capture).values())
        # One message is 1,023 bytes long and ends as if it were whole.
        assert told <= cut <= told + 1


def test_jsonlegacy_says_in_each_entry_with_matches_that_it_has_no_rule_ids():
    by_log = corpus.by_log(LEGACY)
    with_matches = [one for one in transactions(LEGACY) if one.matches]
    assert {one.unique_id for one in with_matches} >= set(by_log)
    for transaction in with_matches:
        assert codes(transaction) == {"metadata-missing"}
        assert rule_ids(transaction) == []
        logged = by_log.get(transaction.unique_id, {"ids": []})
        assert len(transaction.matches) >= len(logged["ids"])


@pytest.mark.parametrize("capture", WITH_RULES)
def test_no_forged_rule_id_is_accepted(capture):
    for transaction in transactions(capture):
        assert FORGED_IDS.isdisjoint(rule_ids(transaction))
        assert not any("forged" in (match.file or "") for match in transaction.matches)


@pytest.mark.parametrize("capture", STATES_BLOCKS)
def test_intercepted_is_what_the_error_log_calls_denied(capture):
    by_log = corpus.by_log(capture)
    answered_403 = {one["xff"] for one in corpus.truth(capture) if one["status"] == 403}
    silent = 0
    for transaction in transactions(capture):
        logged = by_log.get(transaction.unique_id, {"denied": False})
        assert (transaction.intercept is not None) is transaction.intercepted
        if transaction.intercepted is not logged["denied"]:
            # Coraza blocked in phase 4 and said of no rule: the client did get a 403.
            assert transaction.intercepted is True
            assert transaction.matches == ()
            assert transaction.client.address in answered_403
            silent += 1
    assert silent <= 3
    blocked = sum(one.intercepted for one in transactions(capture))
    assert blocked == corpus.manifest(capture)["denied"] + silent


@pytest.mark.parametrize("capture", STATES_BLOCKS)
def test_the_rule_that_blocked_is_named_where_the_entry_says_so(capture):
    for transaction in transactions(capture):
        denials = [one for one in transaction.matches if one.disruptive]
        if transaction.intercept is None:
            assert denials == []
        elif transaction.matches and "ocsf" not in capture:
            assert transaction.intercept.phase in (1, 2, 3, 4)
            assert transaction.intercept.rule_id == denials[0].rule_id


@pytest.mark.parametrize(
    "capture", [name for name in corpus.JSON if name.startswith("v3")] + [LEGACY]
)
def test_whether_it_was_blocked_is_not_told_where_the_dialect_does_not_state_it(capture):
    by_log = corpus.by_log(capture)
    for transaction in transactions(capture):
        assert transaction.intercept is None
        if transaction.engine_mode == "DetectionOnly":
            assert transaction.intercepted is False
            assert not by_log.get(transaction.unique_id, {"denied": False})["denied"]
        else:
            assert transaction.intercepted is None


@pytest.mark.parametrize("capture", corpus.JSON)
def test_times_are_those_at_which_the_requests_were_sent(capture):
    begin = datetime(2026, 11, 23, 5, 30, tzinfo=UTC) + AHEAD.get(capture, timedelta())
    is_stated = not capture.startswith("v3") and capture != LEGACY
    for transaction in transactions(capture):
        assert begin <= transaction.occurred_at <= begin + timedelta(minutes=30)
        assert transaction.zone is (Zone.STATED if is_stated else Zone.ASSUMED)


@pytest.mark.parametrize("capture", corpus.JSON)
def test_clients_are_those_the_requests_were_sent_for(capture):
    sent = {one["unique_id"]: one["xff"] for one in corpus.truth(capture) if one["xff"]}
    known = [one for one in transactions(capture) if one.unique_id in sent]
    wrong = [one for one in known if one.client.address != sent[one.unique_id]]
    assert len(wrong) <= 1
    assert not any((one.client.address or "").startswith("[") for one in transactions(capture))


@pytest.mark.parametrize("capture", corpus.JSON)
def test_every_transaction_is_json_and_its_parts_are_those_it_lists(capture):
    for raw, transaction in zip(corpus.entries(capture), transactions(capture), strict=True):
        again = json.loads(msgspec.json.encode(transaction))
        assert again["unique_id"] == transaction.unique_id
        parts = registry.parts(raw)
        assert "".join(letter for letter, _ in parts) == transaction.parts
        assert transaction.parts.startswith("A")


@pytest.mark.parametrize("capture", corpus.JSON)
def test_bodies_are_told_with_the_size_they_were_logged_in(capture):
    for raw, transaction in zip(corpus.entries(capture), transactions(capture), strict=True):
        parts = dict(registry.parts(raw))
        for letter, body in (("C", transaction.request.body), ("E", transaction.response.body)):
            assert (body is None) == (letter not in parts)
            if body is not None:
                assert body.size == len(parts[letter])
                assert parts[letter] in raw or b"\\" in raw
