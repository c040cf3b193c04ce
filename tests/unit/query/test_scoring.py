"""What each rule had to do with the score, and the score worked out from the severities."""

from bartizan.domain.transaction import Defect, Format, RuleMatch, Transaction
from bartizan.query.scoring import RuleRole, notes_on, worked_out


def _transaction(*matches: RuleMatch, **more: object) -> Transaction:
    return Transaction(format=Format.MODSECURITY2_NATIVE, matches=matches, **more)


def _match(rule_id: int, severity: int | None, *tags: str, **more: object) -> RuleMatch:
    return RuleMatch(rule_id=rule_id, severity=severity, tags=tags, **more)


def test_only_rules_that_found_something_are_worth_points():
    notes = notes_on(
        _transaction(
            _match(942100, 2, "attack-sqli", "paranoia-level/1"),
            _match(949110, 2),
            _match(980170, None),
            _match(901340, 2),
            RuleMatch(message="JSON parsing error"),
        )
    )
    assert [note.role for note in notes] == [
        RuleRole.SCORED,
        RuleRole.EVALUATED,
        RuleRole.EVALUATED,
        RuleRole.OTHER,
        RuleRole.OTHER,
    ]
    assert [note.points for note in notes] == [5, 0, 0, 0, 0]
    assert (notes[0].category, notes[0].paranoia_level) == ("sqli", 1)


def test_a_rule_with_the_id_of_a_set_up_rule_that_blocked_all_the_same_is_what_scored():
    notes = notes_on(_transaction(_match(900100, 2), _match(900029, 2, disruptive=True)))
    assert [note.role for note in notes] == [RuleRole.OTHER, RuleRole.SCORED]


def test_points_add_up_by_category_and_by_paranoia_level():
    notes = notes_on(
        _transaction(
            _match(942100, 2, "attack-sqli", "paranoia-level/1"),
            _match(942200, 3, "attack-sqli", "paranoia-level/2"),
            _match(920350, 4, "attack-protocol", "paranoia-level/1"),
            _match(100001, 5),
            _match(100002, 6),
            _match(951100, 3, "attack-disclosure", "paranoia-level/1"),
        )
    )
    sums = worked_out(notes)
    assert sums.by_paranoia_level == (5 + 3 + 2, 4, 0, 0)
    assert sums.outbound_by_paranoia_level == (4, 0, 0, 0)
    assert (sums.inbound, sums.outbound) == (14, 4)
    assert sums.by_category == {"sqli": 9, "protocol": 3, "leak": 4}


def test_a_response_rule_of_somebody_counts_outbound_by_its_phase():
    (note,) = notes_on(_transaction(_match(100001, 2, phase=4)))
    assert note.is_outbound
    assert worked_out((note,)).outbound == 5


def test_a_paranoia_level_that_does_not_exist_does_not_break_the_sum():
    (note,) = notes_on(_transaction(_match(100001, 2, "paranoia-level/9")))
    assert worked_out((note,)).by_paranoia_level == (0, 0, 0, 5)


def test_messages_without_ids_scored_unless_they_sum_up():
    notes = notes_on(
        _transaction(
            RuleMatch(message="SQL Injection Attack Detected"),
            RuleMatch(message="Inbound Anomaly Score Exceeded (Total Score: 5)"),
            defects=(Defect(code="metadata-missing"),),
        )
    )
    assert [note.role for note in notes] == [RuleRole.SCORED, RuleRole.EVALUATED]
