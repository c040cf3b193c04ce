"""Facts of the rule set: category, severity, scores and version."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.domain.transaction import Anomaly, Category, Format, RuleMatch, Transaction
from bartizan.enrich.crs import RulesetFacts, anomaly, category, ruleset
from bartizan.enrich.rules import category_of, causes, is_evaluation


def match(rule_id: int | None, *tags: str, severity: int | None = 2, **more: object) -> RuleMatch:
    return RuleMatch(rule_id=rule_id, tags=tags, severity=severity, **more)


def enriched(*matches: RuleMatch, **more: object) -> Transaction:
    transaction = Transaction(format=Format.MODSECURITY2_NATIVE, matches=matches, **more)
    return RulesetFacts().enrich(transaction)


@pytest.mark.parametrize(
    "rule_id", [949110, 949111, 959100, 959101, 980130, 980140, 980170, 981176, 981200, 981205]
)
def test_evaluation_rules_never_count(rule_id: int) -> None:
    assert is_evaluation(rule_id)
    scored = match(920350, "attack-protocol", severity=4)
    facts = enriched(match(rule_id, "attack-generic", severity=2), scored)
    assert (facts.category, facts.severity) == (Category.PROTOCOL, 4)
    assert causes(facts.matches) == (scored,)


@pytest.mark.parametrize("rule_id", [901340, 900990])
def test_rules_that_only_set_up_do_not_count(rule_id: int) -> None:
    assert causes((match(rule_id),)) == ()


@pytest.mark.parametrize("rule_id", [942100, 100001, 981243, 960024, 950107, 200003])
def test_rules_that_find_something_count(rule_id: int) -> None:
    assert not is_evaluation(rule_id)
    assert len(causes((match(rule_id),))) == 1


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("attack-sqli", Category.SQLI),
        ("attack-xss", Category.XSS),
        ("attack-rce", Category.RCE),
        ("attack-lfi", Category.LFI),
        ("attack-rfi", Category.RFI),
        ("attack-injection-php", Category.PHP),
        ("attack-injection-java", Category.JAVA),
        ("attack-injection-generic", Category.RCE),
        ("attack-reputation-scanner", Category.SCANNER),
        ("attack-protocol", Category.PROTOCOL),
        ("attack-fixation", Category.SESSION_FIXATION),
        ("attack-dos", Category.DOS),
        ("attack-disclosure", Category.LEAK),
        ("attack-ssrf", Category.OTHER),
        ("ATTACK-SQLI", Category.SQLI),
        ("attack-generic", None),
        ("language-php", None),
    ],
)
def test_category_follows_the_attack_tag(tag: str, expected: Category | None) -> None:
    assert category_of(match(100001, "OWASP_CRS", tag)) is expected


@pytest.mark.parametrize(
    ("rule_id", "expected"),
    [
        (911100, Category.PROTOCOL),
        (913100, Category.SCANNER),
        (920350, Category.PROTOCOL),
        (922110, Category.PROTOCOL),
        (930100, Category.LFI),
        (931100, Category.RFI),
        (932100, Category.RCE),
        (933100, Category.PHP),
        (934100, Category.RCE),
        (941100, Category.XSS),
        (942100, Category.SQLI),
        (943100, Category.SESSION_FIXATION),
        (944150, Category.JAVA),
        (951100, Category.LEAK),
        (955100, Category.RCE),
        (200002, Category.PROTOCOL),
        (100001, None),
        (0, None),
        (None, None),
        (10**18, None),
    ],
)
def test_category_follows_the_range_of_ids_where_tags_are_missing(
    rule_id: int | None, expected: Category | None
) -> None:
    assert category_of(match(rule_id)) is expected


def test_java_rules_are_java_although_they_are_tagged_rce() -> None:
    assert category_of(match(944150, "language-java", "attack-rce")) is Category.JAVA


def test_the_worst_severity_decides_the_category() -> None:
    warnings = [match(941100, "attack-xss", severity=4)] * 5
    assert category((*warnings, match(942100, "attack-sqli", severity=2))) is Category.SQLI


def test_among_equals_a_clear_attack_decides_and_then_the_more_frequent() -> None:
    protocol = [match(920270, "attack-protocol")] * 5
    xss = match(941100, "attack-xss")
    sqli = [match(942100, "attack-sqli"), match(942130, "attack-sqli")]
    scanner = match(913100, "attack-reputation-scanner")
    assert category((*protocol, xss)) is Category.XSS
    assert category((*protocol, scanner)) is Category.SCANNER
    assert category((scanner, xss, *sqli)) is Category.SQLI


def test_a_rule_without_a_category_is_other_and_no_rule_is_none() -> None:
    assert enriched(match(100001)).category is Category.OTHER
    assert enriched().category is None
    assert enriched().severity is None
    assert enriched(RuleMatch(message="JSON parsing error: x")).category is None


def test_something_scored_but_was_cut_is_other() -> None:
    assert enriched(RuleMatch(), match(949110)).category is Category.OTHER


def test_rule_without_severity_leaves_it_unknown() -> None:
    assert enriched(match(100001, severity=None)).severity is None


CRS3 = [
    match(949110, message="Inbound Anomaly Score Exceeded (Total Score: 15)", operator="ge 5"),
    match(
        980130,
        message="Inbound Anomaly Score Exceeded (Total Inbound Score: 15 - SQLI=10,XSS=0,RFI=0,"
        "LFI=0,RCE=5,PHPI=0,HTTP=0,SESS=0): individual paranoia level scores: 5, 10, 0, 0",
    ),
]


def test_scores_of_crs_3_are_read() -> None:
    found = anomaly(tuple(CRS3))
    assert found is not None
    assert (found.inbound, found.outbound, found.threshold) == (15, None, 5)
    assert found.by_category["sqli"] == 10
    assert found.by_category["rce"] == 5
    assert found.by_paranoia_level == (5, 10, 0, 0)


def test_outbound_scores_of_crs_3_are_read() -> None:
    found = anomaly(
        (
            match(
                959100, message="Outbound Anomaly Score Exceeded (Total Score: 4)", operator="ge 4"
            ),
            match(
                980140,
                message="Outbound Anomaly Score Exceeded (score 4): individual paranoia level "
                "scores: 4, 0, 0, 0",
            ),
        )
    )
    assert found == Anomaly(
        outbound=4,
        threshold=4,
        by_paranoia_level=(4, 0, 0, 0),
        outbound_threshold=4,
        outbound_by_paranoia_level=(4, 0, 0, 0),
    )


def test_each_direction_keeps_its_own_threshold_and_levels() -> None:
    outbound = match(
        980140,
        message="Outbound Anomaly Score Exceeded (score 4): individual paranoia level scores: 0, 4, 0, 0",
        operator="ge 4",
    )
    found = anomaly((*CRS3, outbound))
    assert found is not None
    assert (found.inbound, found.threshold, found.by_paranoia_level) == (15, 5, (5, 10, 0, 0))
    assert (found.outbound, found.outbound_threshold) == (4, 4)
    assert found.outbound_by_paranoia_level == (0, 4, 0, 0)


def test_scores_of_crs_4_are_read() -> None:
    found = anomaly(
        (
            match(
                980170,
                message="Anomaly Scores: (Inbound Scores: blocking=3, detection=8, per_pl=3-5-0-0, "
                "threshold=5) - (Outbound Scores: blocking=4, detection=4, per_pl=4-0-0-0, threshold=4) "
                "- (SQLI=3, XSS=0, RFI=0, LFI=0, RCE=0, PHPI=0, HTTP=0, SESS=0, COMBINED_SCORE=7)",
            ),
        )
    )
    assert found is not None
    assert (found.inbound, found.outbound, found.threshold) == (3, 4, 5)
    assert (found.detection_inbound, found.detection_outbound) == (8, 4)
    assert found.outbound_threshold == 4
    assert found.by_paranoia_level == (3, 5, 0, 0)
    assert found.outbound_by_paranoia_level == (4, 0, 0, 0)
    assert found.by_category == {
        "sqli": 3, "xss": 0, "rfi": 0, "lfi": 0, "rce": 0, "php": 0, "protocol": 0, "session-fixation": 0,
    }  # fmt: skip


def test_scores_of_crs_2_are_read() -> None:
    said = "Inbound Anomaly Score Exceeded (Total Score: 5, SQLi=1, XSS=0): Last Matched Message: x"
    found = anomaly((match(981176, message=said),))
    assert found is not None
    assert found.inbound == 5


def test_scores_are_never_invented_and_never_taken_from_other_rules() -> None:
    said = "Inbound Anomaly Score Exceeded (Total Score: 99)"
    assert anomaly((match(942100), match(100001, message=said), RuleMatch(message=said))) is None
    assert anomaly((match(949110), match(980130, message="x"))) is None
    assert (
        anomaly((match(949110, message="Inbound Anomaly Score Exceeded (Total Score: )"),)) is None
    )


def test_ruleset_is_what_a_crs_rule_says_else_what_the_producer_says() -> None:
    crs = match(942100, version="OWASP_CRS/4.29.0-dev")
    assert enriched(match(100001, version="weird/1.0"), crs).ruleset == "OWASP_CRS/4.29.0-dev"
    producer = "ModSecurity for Apache/2.9.7 (http://www.modsecurity.org/); OWASP_CRS/3.3.4."
    assert enriched(producer=producer).ruleset == "OWASP_CRS/3.3.4"
    assert enriched(producer="ModSecurity for Apache/2.9.7").ruleset is None
    assert enriched(crs, ruleset="as decoded").ruleset == "as decoded"
    assert ruleset(Transaction(format=Format.MODSECURITY2_NATIVE)) is None


MATCHES = st.lists(
    st.builds(
        RuleMatch,
        rule_id=st.none() | st.integers() | st.sampled_from([949110, 980170, 942100, 100001]),
        message=st.none()
        | st.text()
        | st.from_regex(r"Inbound Anomaly Score Exceeded \(Total Score: [0-9, ]*\)"),
        data=st.none() | st.text(),
        operator=st.none() | st.text() | st.sampled_from(["ge 5", "detectSQLi"]),
        severity=st.none() | st.integers(0, 7),
        tags=st.lists(st.text() | st.sampled_from(["attack-sqli", "attack-protocol"])).map(tuple),
        version=st.none() | st.text(),
    )
).map(tuple)


@given(MATCHES, st.none() | st.text())
def test_every_transaction_goes_through(
    matches: tuple[RuleMatch, ...], producer: str | None
) -> None:
    facts = enriched(*matches, producer=producer)
    assert (facts.category is None) <= (causes(matches) == ())
    assert facts.matches == matches
    assert RulesetFacts().enrich(facts) == facts
