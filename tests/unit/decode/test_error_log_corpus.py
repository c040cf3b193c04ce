"""What becomes of every real error.log, held against what another reader made of it, and against
the audit log of the same run.
"""

import functools
import itertools
import re

import pytest

from bartizan.decode import registry
from bartizan.decode.contract import Span
from bartizan.decode.formats.error_log import ErrorLog
from bartizan.domain.transaction import RuleMatch, Transaction, Zone
from tests.fuzz import corpus

CAPTURES = tuple(sorted(path.parent.name for path in corpus.CORPUS.glob("*/error.log.zst")))
# Rules whose message holds the client's newline, or is as long as the client likes.
WEIRD = 100001
# Of ModSecurity 2 and Coraza, to the audit log only (`nolog,auditlog`).
NOT_HERE = 100006
FORGED = re.compile(r"(?:9999\d\d|99999[0789]|31337)")


@functools.cache
def log_of(capture: str) -> bytes:
    return corpus.error_log(capture)


@functools.cache
def spans_of(capture: str) -> tuple[Span, ...]:
    return tuple(ErrorLog().split(log_of(capture), 0, is_last=True))


@functools.cache
def transactions(capture: str) -> tuple[Transaction, ...]:
    log = log_of(capture)
    return tuple(registry.decode(span.of(log)) for span in spans_of(capture) if not span.is_foreign)


def rule_ids(transaction: Transaction) -> list[int]:
    return [match.rule_id for match in transaction.matches if match.rule_id is not None]


def codes(transaction: Transaction) -> set[str]:
    return {defect.code for defect in transaction.defects}


def is_part_of(some: list[int], all_: list[int]) -> bool:
    rest = iter(all_)
    return all(one in rest for one in some)


def test_all_captures_have_an_error_log():
    assert len(CAPTURES) >= 28


@pytest.mark.parametrize("capture", CAPTURES)
def test_every_transaction_comes_once_with_all_its_lines(capture):
    by_log = corpus.by_log(capture)
    found = transactions(capture)
    named = [one.unique_id for one in found if one.unique_id]
    assert len(named) == len(set(named))
    # The other reader broke Coraza's lines at the newlines in them, and so missed some.
    assert set(by_log) <= set(named)
    assert len(named) <= len(by_log) + 1
    for transaction in found:
        logged = by_log.get(transaction.unique_id)
        if logged is not None and capture.startswith(("v2", "mlogc")):
            assert len(transaction.matches) == logged["lines"]


@pytest.mark.parametrize("capture", CAPTURES)
def test_rule_ids_are_in_the_order_of_the_log(capture):
    by_log = corpus.by_log(capture)
    for transaction in transactions(capture):
        if transaction.unique_id not in by_log:
            assert rule_ids(transaction) in ([], [WEIRD])
            continue
        logged = by_log[transaction.unique_id]
        if "message-cut" in codes(transaction):
            assert is_part_of(rule_ids(transaction), logged["ids"])
            assert len(rule_ids(transaction)) < len(transaction.matches)
        elif capture.startswith("coraza"):
            found = [one for one in rule_ids(transaction) if one != WEIRD]
            assert found == [one for one in logged["ids"] if one != WEIRD]
        else:
            assert rule_ids(transaction) == logged["ids"]


@pytest.mark.parametrize("capture", CAPTURES)
def test_a_denial_is_stated_and_else_nothing_is(capture):
    by_log = corpus.by_log(capture)
    for transaction in transactions(capture):
        denied = by_log.get(transaction.unique_id, {"denied": False})["denied"]
        assert transaction.intercepted is (True if denied else None)
        assert (transaction.intercept is not None) == denied


@pytest.mark.parametrize("capture", CAPTURES)
def test_nothing_forged_is_believed(capture):
    for transaction in transactions(capture):
        assert not any(FORGED.fullmatch(str(rule_id)) for rule_id in rule_ids(transaction))
        assert not any("forged" in (match.file or "") for match in transaction.matches)
        assert transaction.client.address != "6.6.6.6"
        assert codes(transaction) <= {"message-cut"}


def test_forgeries_are_in_the_corpus_so_that_the_test_above_means_something():
    for capture in ("v2-native-serial-block-pl4", "v3-native-serial-detect-pl2"):
        assert re.search(rb'ModSecurity: .*\[id "9999\d0"\]', log_of(capture))


@pytest.mark.parametrize("capture", CAPTURES)
def test_few_lines_are_cut_by_nginx_and_what_cannot_be_forged_of_them_is_kept(capture):
    lines = log_of(capture).split(b"\n")
    cut = sum(len(line) >= 2047 and b"ModSecurity: " in line for line in lines)
    nameless = [one for one in transactions(capture) if one.unique_id is None]
    assert len(nameless) <= 4
    told = sum(
        defect.code == "message-cut" for one in transactions(capture) for defect in one.defects
    )
    if capture.startswith("v3"):
        assert told <= cut <= 60
    else:
        assert nameless == []


@pytest.mark.parametrize("capture", CAPTURES)
def test_every_byte_of_the_log_is_in_one_span(capture):
    log = log_of(capture)
    places = sorted(
        place
        for span in spans_of(capture)
        for place in (span.pieces or ((span.offset, span.length),))
    )
    assert places[0][0] == 0
    for (offset, length), (following, _) in itertools.pairwise(places):
        assert offset + length == following
    assert sum(places[-1]) == len(log)


@pytest.mark.parametrize(
    "capture", ["v2-native-serial-block-pl4", "v3-native-serial-detect-pl2", "coraza-native-serial"]
)
def test_what_belongs_together_does_not_depend_on_how_the_log_is_read(capture):
    log = log_of(capture)
    whole = [span.of(log) for span in spans_of(capture) if not span.is_foreign]
    found, start, end = [], 0, 1_500_000
    while start < len(log):
        spans = ErrorLog().split(log[:end], start, is_last=end >= len(log))
        found += [span.of(log) for span in spans if not span.is_foreign]
        start = max([start, *(span.offset + span.length for span in spans)])
        end += 1_000_000
    assert sorted(found) == sorted(whole)


@pytest.mark.parametrize("capture", CAPTURES)
def test_lines_of_other_programs_are_passed_over(capture):
    log = log_of(capture)
    foreign = b"".join(span.of(log) for span in spans_of(capture) if span.is_foreign)
    assert not re.search(rb"(?:ModSecurity|Coraza): (?:Warning|Access)", foreign)
    if not capture.startswith("coraza"):
        assert b"ModSecurity for Apache" in foreign or b"ModSecurity-nginx" in foreign
    own = b"".join(span.of(log) for span in spans_of(capture) if not span.is_foreign)
    assert len(own) + len(foreign) == len(log)


def what_matched(transaction: Transaction) -> list[RuleMatch]:
    return [match for match in transaction.matches if match.rule_id != NOT_HERE]


@pytest.mark.parametrize(
    "capture", ["v2-native-serial-block-pl4", "v3-native-serial-block-pl1", "v3-native-parallel"]
)
def test_the_error_log_tells_what_the_audit_log_of_the_same_run_tells(capture):
    audit = {one.unique_id: one for one in map(registry.decode, corpus.entries(capture))}
    compared = 0
    for one in transactions(capture):
        other = audit.get(one.unique_id)
        if other is None or codes(one) or codes(other):
            continue
        compared += 1
        assert what_matched(one) == what_matched(other)
        assert one.client.address == other.client.address
        assert one.host == other.host or capture.startswith("v2")
        if capture.startswith("v3"):
            assert (one.request.method, one.request.uri) == (
                other.request.method,
                other.request.uri,
            )
            assert one.intercepted is other.intercepted
    assert compared > 100


@pytest.mark.parametrize("capture", CAPTURES)
def test_times_are_of_the_day_and_their_zone_is_assumed(capture):
    for transaction in transactions(capture):
        assert transaction.zone is Zone.ASSUMED
        if capture != "coraza-native-serial-3.8":  # a program that writes no times
            assert transaction.occurred_at.isoformat().startswith("2026-11-2")
