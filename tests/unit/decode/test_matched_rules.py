"""Which rule a cut message is of, by part K of ModSecurity 2's JSON."""

import json

import pytest

from bartizan.decode import message, registry
from bartizan.decode.formats import modsecurity2_json
from bartizan.decode.matched_rules import MatchedRules
from bartizan.domain.transaction import RuleMatch
from tests.fuzz import corpus

WITH_PART_K = ("v2-json-serial-detect-pl2", "v2-json-concurrent")
RX = {"operator": "rx", "operator_param": r"[\n\r]", "target": "ARGS_NAMES", "negated": False}
WORDS = rb'Pattern match "[\\n\\r]" at ARGS_NAMES:x'


def rule(id_="921150", operator=RX, **facts):
    actions = {"id": id_, "phase": 2, "is_chained": False} if id_ else {"phase": 2}
    return {"actionset": actions, "operator": operator, "is_matched": True, **facts}


def part_k(*rules, **chain):
    return json.dumps([{"chain": False, "rules": [one], **chain} for one in rules]).encode()


def restored(written, words=WORDS):
    return MatchedRules(written).restored(RuleMatch(), words)


def entries_with_part_k():
    for capture in WITH_PART_K:
        for raw in corpus.entries(capture):
            clean = raw.decode("utf-8", "replace").encode()
            entry = json.loads(clean, strict=False)
            if entry.get("matched_rules"):
                yield clean, entry["audit_data"].get("messages", ())


def test_every_cut_message_of_the_corpus_has_the_rule_that_part_k_names():
    cut = restored_now = 0
    for raw, messages in entries_with_part_k():
        transaction = registry.decode(raw)
        for match, text in zip(transaction.matches, messages, strict=True):
            if message.read(text.encode()).words:
                cut += 1
                restored_now += match.rule_id is not None and match.file is not None
    assert restored_now == cut > 40


def test_of_a_whole_message_part_k_says_what_its_metadata_say_or_nothing():
    told = 0
    for raw, messages in entries_with_part_k():
        rules = MatchedRules(bytes(modsecurity2_json._entry.decode(raw).matched_rules))
        for text in messages:
            whole = message.read(text.encode())
            if not text.startswith("Warning. ") or whole.match.rule_id is None:
                continue
            found = rules.restored(RuleMatch(), text.removeprefix("Warning. ").encode())
            if found.rule_id is None:
                continue
            told += 1
            for name in ("rule_id", "severity", "tags", "file", "line", "revision", "version"):
                assert getattr(found, name) == getattr(whole.match, name)
    assert told > 1_000


def test_a_rule_that_matched_several_times_is_that_rule():
    assert restored(part_k(rule(), rule())).rule_id == 921150


def test_a_message_that_may_be_of_two_rules_is_of_none():
    assert restored(part_k(rule(), rule("921151"))) == RuleMatch()


@pytest.mark.parametrize(
    "written",
    [
        part_k(rule(operator={**RX, "operator_param": "other"})),
        part_k(rule(operator={**RX, "operator": "contains"})),
        part_k(rule(operator={**RX, "negated": True})),
        part_k(rule(), full_chain_match=False),
        part_k(rule(is_matched=False)),
        part_k(rule(id_=None)),
        b'[{"chain":true,"rules":[]}]',
        b"[]",
        b"",
        b"{}",
        b'[{"rules":[{}]}]',
        b"not JSON",
    ],
)
def test_a_rule_that_cannot_have_said_so_is_not_taken(written):
    assert restored(written) == RuleMatch()


def test_a_chain_speaks_with_its_last_rule_and_has_the_id_of_its_first():
    first = rule("920341", operator={**RX, "operator_param": "first"})
    chain = [{"chain": True, "full_chain_match": True, "rules": [first, rule(id_=None)]}]
    assert restored(json.dumps(chain).encode()).rule_id == 920341


def test_a_parameter_that_the_sensor_shortened_is_told_by_its_beginning():
    long = "a" * 400
    words = b'Pattern match "' + b"a" * 249 + b' ..." at ARGS:x'
    assert restored(part_k(rule(operator={**RX, "operator_param": long})), words).rule_id == 921150
    assert restored(part_k(rule(operator={**RX, "operator_param": "b"})), words) == RuleMatch()


def test_an_attackers_text_behind_the_beginning_changes_nothing():
    words = WORDS + b' [id "1"] Pattern match "first" at ARGS:y'
    other = rule("1", operator={**RX, "operator_param": "first"})
    assert restored(part_k(rule(), other), words).rule_id == 921150
