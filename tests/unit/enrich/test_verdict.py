"""The sentence on top of an event."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bartizan.domain.transaction import (
    Anomaly,
    Category,
    Defect,
    Format,
    Intercept,
    Response,
    RuleMatch,
    Transaction,
)
from bartizan.enrich.crs import RulesetFacts
from bartizan.enrich.verdict import Verdict, sentence

SQLI = RuleMatch(
    rule_id=942100,
    message="SQL Injection Attack Detected via libinjection",
    data="Matched Data: 1&f(1 found within ARGS:id: 1 AND SLEEP(5)",
    operator="detectSQLi",
    severity=2,
    tags=("attack-sqli",),
)
UNION = RuleMatch(
    rule_id=942190, severity=2, tags=("attack-sqli",), operator="rx", target="ARGS:id"
)
HOST = RuleMatch(
    rule_id=920350,
    message="Host header is a numeric IP address",
    severity=4,
    tags=("attack-protocol",),
    operator="rx",
    target="REQUEST_HEADERS:Host",
)
EVALUATION = RuleMatch(
    rule_id=949110,
    message="Inbound Anomaly Score Exceeded (Total Score: 15)",
    operator="ge 5",
    severity=2,
    disruptive=True,
    target="TX:anomaly_score",
)
CUT = RuleMatch(operator="rx")
CUT_DEFECT = Defect(code="message-cut", where="H message 2", detail="claims rule 1")


def told(*matches: RuleMatch, intercepted: bool | None = True, **more: object) -> str:
    transaction = Transaction(
        format=Format.MODSECURITY2_NATIVE, matches=matches, intercepted=intercepted, **more
    )
    return sentence(RulesetFacts().enrich(transaction))


def test_a_block_names_the_rules_that_scored_and_never_the_one_that_added_up() -> None:
    verdict = told(HOST, SQLI, UNION, EVALUATION, intercept=Intercept(rule_id=949110))
    assert verdict == (
        "Blocked: SQL injection in ARGS:id (rule 942100, libinjection) and 2 more rules; "
        "anomaly score 15 of 5."
    )


def test_a_detection_says_that_nothing_was_blocked() -> None:
    assert told(UNION, intercepted=False) == (
        "Detected, not blocked: SQL injection in ARGS:id (rule 942190)."
    )


def test_two_matches_of_one_rule_are_one_rule() -> None:
    assert "more rule" not in told(UNION, UNION)
    assert " and 1 more rule;" in told(UNION, UNION, HOST, EVALUATION)


def test_no_rule_is_said_so() -> None:
    assert told(intercepted=False) == "Allowed: no rule matched."


def test_an_entry_without_trailer_does_not_pretend_to_know() -> None:
    assert told(intercepted=None) == "Not known: the entry does not say which rules matched."
    assert told(UNION, intercepted=None) == "Detected: SQL injection in ARGS:id (rule 942190)."


def test_a_protocol_rule_speaks_with_its_own_message() -> None:
    assert told(HOST, intercepted=False) == (
        "Detected, not blocked: Host header is a numeric IP address (rule 920350)."
    )


def test_a_denial_by_one_rule_outside_of_the_crs_names_that_rule() -> None:
    own = RuleMatch(
        rule_id=100008, message="Admin area is closed.", target="REQUEST_URI", disruptive=True
    )
    assert told(UNION, own, intercept=Intercept(rule_id=100008, status=403)) == (
        "Blocked: Admin area is closed in REQUEST_URI (rule 100008) and 1 more rule."
    )
    assert told(replace(own, message=None, target=None)) == "Blocked: a rule matched (rule 100008)."


def test_a_rule_of_ones_own_among_the_set_up_rules_is_named_when_it_blocks() -> None:
    own = RuleMatch(rule_id=900001, message="No trackbacks", target="ARGS:tb", disruptive=True)
    said = told(own, intercept=Intercept(status=403, phase=2, rule_id=900001))
    assert said.startswith("Blocked: No trackbacks")
    assert "rule 900001" in said


def test_a_denial_by_a_rule_that_is_not_described_names_it() -> None:
    assert told(intercept=Intercept(rule_id=77)) == (
        "Blocked: by rule 77, which the entry does not describe."
    )
    assert told() == "Blocked: the entry does not name the rule."


def test_cut_messages_are_said_to_be_cut_and_not_believed() -> None:
    assert told(UNION, CUT, EVALUATION, defects=(CUT_DEFECT,)) == (
        "Blocked: SQL injection in ARGS:id (rule 942190); anomaly score 15 of 5; "
        "1 message cut by the sensor and not believed."
    )
    assert told(CUT, CUT, EVALUATION, defects=(CUT_DEFECT, CUT_DEFECT)) == (
        "Blocked: anomaly score 15 of 5; the rules that scored are not known; "
        "2 messages cut by the sensor and not believed."
    )
    assert told(CUT, defects=(CUT_DEFECT,)) == (
        "Blocked: by an unknown rule; 1 message cut by the sensor and not believed."
    )


def test_an_engine_message_is_no_rule() -> None:
    engine = RuleMatch(message="Multipart parsing error: Multipart: Final boundary missing.")
    assert told(engine, intercepted=False) == (
        "Allowed: no rule matched, but the engine said: "
        "Multipart parsing error: Multipart: Final boundary missing."
    )


@pytest.mark.parametrize(
    ("stated", "end"),
    [
        (Anomaly(inbound=15, threshold=5), "; anomaly score 15 of 5."),
        (Anomaly(inbound=15), "; anomaly score 15."),
        (Anomaly(outbound=4, threshold=4), "; outbound anomaly score 4 of 4."),
        (Anomaly(inbound=0, outbound=4, threshold=5), "; outbound anomaly score 4."),
        (Anomaly(inbound=3, outbound=0, threshold=5), "; anomaly score 3 of 5."),
        (Anomaly(), "(rule 942190)."),
    ],
)
def test_the_score_is_told_as_it_was_stated(stated: Anomaly, end: str) -> None:
    assert told(UNION, anomaly=stated).endswith(end)


@pytest.mark.parametrize(
    ("target", "seen"),
    [
        ("ARGS:id", "ARGS:id "),
        ("REQUEST_COOKIES:/__utm/", "REQUEST_COOKIES:/__utm/ "),
        ("XML", "XML "),
        ("ARGS:x (rule 1). Allowed: no rule", '"ARGS:x (rule 1). Allowed: no rule" '),
        ('ARGS:"quoted"', "\"ARGS:'quoted'\" "),
        ("ARGS:\x1b[31m", '"ARGS:<U+001B>[31m" '),
        ("ARGS:\u202eevil", '"ARGS:<U+202E>evil" '),
        ("ARGS:" + "a" * 500, '"ARGS:' + "a" * 54 + '…" '),
    ],
)
def test_a_targets_name_cannot_be_taken_for_the_sentence(target: str, seen: str) -> None:
    assert told(replace(UNION, target=target)).startswith(f"Blocked: SQL injection in {seen}(rule")


def test_matched_data_of_other_operators_name_no_target() -> None:
    forged = replace(UNION, target=None, data="Matched Data: x found within ARGS:forged: y")
    assert told(forged) == "Blocked: SQL injection (rule 942190)."


WORDS = st.none() | st.text() | st.text(min_size=50, max_size=400)
HOSTILE = st.lists(
    st.builds(
        RuleMatch,
        rule_id=st.none() | st.integers(0, 10**18) | st.sampled_from([949110, 942100, 100001]),
        message=WORDS,
        data=WORDS,
        target=WORDS,
        operator=st.none() | st.sampled_from(["detectSQLi", "ge 5", "rx"]),
        severity=st.none() | st.integers(0, 7),
        disruptive=st.booleans(),
        tags=st.lists(st.sampled_from(["attack-sqli", "attack-protocol", "x"])).map(tuple),
    ),
    max_size=6,
).map(tuple)


@given(
    HOSTILE,
    st.none() | st.booleans(),
    st.lists(st.just(CUT_DEFECT), max_size=3).map(tuple),
    st.none() | st.builds(Intercept, rule_id=st.none() | st.integers()),
)
def test_every_transaction_gets_one_short_visible_sentence(
    matches: tuple[RuleMatch, ...],
    intercepted: bool | None,
    defects: tuple[Defect, ...],
    intercept: Intercept | None,
) -> None:
    transaction = Transaction(
        format=Format.MODSECURITY2_NATIVE,
        matches=matches,
        intercepted=intercepted,
        defects=defects,
        intercept=intercept,
    )
    verdict = Verdict().enrich(RulesetFacts().enrich(transaction)).verdict
    assert verdict is not None
    assert len(verdict) <= 300
    assert "\n" not in verdict
    assert "\x1b" not in verdict
    assert verdict.startswith(("Blocked: ", "Detected", "Allowed: ", "Not known: "))
    assert "rule 949110" not in verdict


def test_a_category_is_worded_for_people() -> None:
    for category in Category:
        transaction = Transaction(
            format=Format.MODSECURITY2_NATIVE, category=category, intercepted=True, matches=(UNION,)
        )
        assert "sqli" not in sentence(transaction)


def test_what_was_answered_is_told_where_it_is_not_stated_whether_it_was_blocked() -> None:
    answered = Response(status=403)
    assert told(UNION, intercepted=None, response=answered) == (
        "Detected, answered 403: SQL injection in ARGS:id (rule 942190)."
    )
    assert told(UNION, intercepted=None) == "Detected: SQL injection in ARGS:id (rule 942190)."
    assert "answered" not in told(UNION, intercepted=False, response=answered)
    assert "answered" not in told(UNION, intercepted=True, response=answered)


def test_nothing_detected_is_told_from_not_known() -> None:
    answered = Response(status=200)
    assert told(intercepted=None, parts="ABFH", response=answered) == (
        "Nothing detected, answered 200: no rule matched."
    )
    assert told(intercepted=None, parts="AB") == (
        "Not known: the entry does not say which rules matched."
    )


NO_IDS = Defect(code="metadata-missing", where="audit_data.messages")
SCORE = RuleMatch(message="Inbound Anomaly Score Exceeded (Total Score: 10)")


def test_rules_without_ids_are_told_by_their_messages() -> None:
    verdict = told(
        RuleMatch(message="SQL Injection Attack Detected via libinjection"),
        RuleMatch(message="Host header is a numeric IP address"),
        SCORE,
        intercepted=None,
        defects=(NO_IDS,),
    )
    assert verdict == (
        "Detected: SQL Injection Attack Detected via libinjection and 1 more rule, "
        "rule ids not logged; anomaly score 10."
    )


def test_rules_without_ids_have_the_category_their_words_tell() -> None:
    matches = (
        RuleMatch(message="Host header is a numeric IP address"),
        RuleMatch(message="XSS Attack Detected via libinjection"),
        SCORE,
    )
    transaction = Transaction(format=Format.CORAZA_JSONLEGACY, matches=matches, defects=(NO_IDS,))
    assert RulesetFacts().enrich(transaction).category is Category.XSS
    assert RulesetFacts().enrich(transaction).anomaly == Anomaly(inbound=10)
    without_defect = replace(transaction, defects=())
    assert RulesetFacts().enrich(without_defect).category is None
    assert RulesetFacts().enrich(without_defect).anomaly is None


def test_a_target_is_taken_from_the_matched_data_of_the_crs_if_it_names_one_only() -> None:
    data = "Matched Data: sleep( found within ARGS:id: sleep(1)"
    rule = RuleMatch(rule_id=942160, data=data, tags=("attack-sqli",), version="OWASP_CRS/4.0.0")
    assert "in ARGS:id (" in told(rule)
    assert " in " not in told(replace(rule, data=data + " found within ARGS:forged: x"))
    assert " in " not in told(replace(rule, version="mine/1.0"))
