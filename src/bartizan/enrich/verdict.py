"""The verdict: one sentence that a tired administrator understands.

It says whether the transaction was blocked, why, and by which rules: those that scored, never the
evaluation rule that added them up. Text from the wire appears in it only as the name of a target
and as a rule's own message, made visible and cut; the sentence is at most 300 characters long.
"""

import re

from msgspec.structs import replace

from bartizan.domain.transaction import Anomaly, Category, RuleMatch, Transaction
from bartizan.enrich.rules import category_of, causes, is_evaluation, lacks_ids, sums_up, unnamed
from bartizan.kit.text import visible

_LONGEST = 300
_LONGEST_TARGET = 60
_LONGEST_MESSAGE = 80
_PLAIN_TARGET = re.compile(r"[A-Z_]{1,40}(:[\w.\-/\[\]]{1,60})?", re.ASCII)
_PHRASES = {
    Category.SQLI: "SQL injection",
    Category.XSS: "cross-site scripting",
    Category.RCE: "remote command execution",
    Category.LFI: "local file access",
    Category.RFI: "remote file inclusion",
    Category.PHP: "PHP injection",
    Category.JAVA: "Java injection",
    Category.SESSION_FIXATION: "session fixation",
    Category.LEAK: "information leak",
}
# "Request Missing an Accept Header" needs no target, and the last link's would mislead.
_SAY_IT_ALL = frozenset({Category.PROTOCOL, Category.SCANNER})
_CUT = "message-cut"
# libinjection tells of no target, and Coraza of none at all; the CRS names it in the matched data.
# An attacker can bend the name, as any target's name, but not more.
_LIBINJECTION = frozenset({"detectsqli", "detectxss"})
_CRS = "OWASP_CRS/"
_WITHIN = " found within "
_FOUND_ONCE = re.compile(
    rf"Matched Data: .{{0,1000}}?{_WITHIN}(?:MATCHED_VARS:)?([^ ]{{1,200}}?): ", re.DOTALL
)
_FOUND_WITHIN = re.compile(r"Matched Data: (?:XSS data|\S{1,10}) found within ([^ ]{1,200}?): ")


class Verdict:
    def enrich(self, transaction: Transaction) -> Transaction:
        return replace(transaction, verdict=sentence(transaction))


def sentence(transaction: Transaction) -> str:
    scored = causes(transaction.matches) or denied_by_setup(transaction)
    nameless = () if scored else unnamed(transaction)
    if scored:
        told = _told_by(scored, transaction)
    elif nameless:
        told = _told_by_messages(nameless, transaction)
    else:
        told = _told_without_rules(transaction)
    cut = sum(defect.code == _CUT for defect in transaction.defects)
    if cut:
        told += f"; {cut} message{'s' if cut > 1 else ''} cut by the sensor and not believed"
    text = f"{_outcome(transaction, scored or nameless)}{_answer(transaction)}: {told}."
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def denied_by_setup(transaction: Transaction) -> tuple[RuleMatch, ...]:
    """A rule with the id of a set-up rule that blocked all the same: somebody's own."""
    return tuple(
        match
        for match in transaction.matches
        if match.disruptive and match.rule_id is not None and not is_evaluation(match.rule_id)
    )


def _outcome(transaction: Transaction, scored: tuple[RuleMatch, ...]) -> str:
    if transaction.intercepted:
        return "Blocked"
    if not scored and not _has_scored(transaction):
        if transaction.intercepted is False:
            return "Allowed"
        return "Nothing detected" if _tells_of_rules(transaction) else "Not known"
    return "Detected, not blocked" if transaction.intercepted is False else "Detected"


def _answer(transaction: Transaction) -> str:
    """What was answered, where the entry does not say whether it was blocked."""
    status = transaction.response.status
    return f", answered {status}" if transaction.intercepted is None and status else ""


def _tells_of_rules(transaction: Transaction) -> bool:
    return "H" in transaction.parts


def _told_by_messages(nameless: tuple[RuleMatch, ...], transaction: Transaction) -> str:
    """Of rules whose ids the sensor does not log."""
    phrase = _cut(nameless[0].message or "", _LONGEST_MESSAGE).rstrip(". ")
    others = len({match.message for match in nameless}) - 1
    more = f" and {others} more rule{'s' if others > 1 else ''}" if others else ""
    score = _score(transaction.anomaly)
    return f"{phrase}{more}, rule ids not logged{f'; {score}' if score else ''}"


def _told_by(scored: tuple[RuleMatch, ...], transaction: Transaction) -> str:
    denied_by = transaction.intercept.rule_id if transaction.intercept else None
    named = lead(scored, category=transaction.category, denied_by=denied_by)
    others = len({match.rule_id for match in scored} - {named.rule_id})
    more = f" and {others} more rule{'s' if others > 1 else ''}" if others else ""
    score = _score(transaction.anomaly)
    return f"{_what(named)} ({_rule(named)}){more}{f'; {score}' if score else ''}"


def _told_without_rules(transaction: Transaction) -> str:
    by = transaction.intercept.rule_id if transaction.intercept else None
    if by is not None and not is_evaluation(by):
        return f"by rule {by}, which the entry does not describe"
    if _has_scored(transaction):
        score = _score(transaction.anomaly)
        return f"{score}; the rules that scored are not known" if score else "by an unknown rule"
    if transaction.intercepted:
        return "the entry does not name the rule"
    if transaction.intercepted is None and not _tells_of_rules(transaction):
        return "the entry does not say which rules matched"
    said = next((match.message for match in transaction.matches if match.message), None)
    if said is not None:
        shown = _cut(said, _LONGEST_MESSAGE).rstrip(". ")
        return f"no rule matched, but the engine said: {shown}"
    return "no rule matched"


def _has_scored(transaction: Transaction) -> bool:
    """Whether some rule scored, although none can be named: it was cut, or left out of the log."""
    without_ids = lacks_ids(transaction)
    return any(
        sums_up(match, lacks_ids=without_ids) or (match.rule_id is None and match.message is None)
        for match in transaction.matches
    )


def lead(
    scored: tuple[RuleMatch, ...], *, category: Category | None, denied_by: int | None = None
) -> RuleMatch:
    """The rule to name: the one that denied, else the worst of the transaction's category."""
    denied = [match for match in scored if match.disruptive or match.rule_id == denied_by]
    return min(
        denied or scored,
        key=lambda match: (
            (category_of(match) or Category.OTHER) is not category,
            8 if match.severity is None else match.severity,
        ),
    )


def _what(match: RuleMatch) -> str:
    category = category_of(match)
    phrase = _PHRASES.get(category or Category.OTHER)
    if phrase is None:
        phrase = _cut(match.message or "", _LONGEST_MESSAGE).rstrip(". ") or "a rule matched"
        if category in _SAY_IT_ALL:
            return phrase
    target = match.target or _found_within(match)
    if target is None or target.startswith("TX:"):
        return phrase
    return f"{phrase} in {_spelled(target)}"


def _found_within(match: RuleMatch) -> str | None:
    data = match.data or ""
    if _is_libinjection(match):
        found = _FOUND_WITHIN.match(data)
    elif (match.version or "").startswith(_CRS) and data.count(_WITHIN) == 1:
        # The rule's own, since the CRS writes one each time; of two, one may be forged.
        found = _FOUND_ONCE.match(data)
    else:
        found = None
    return found[1] if found else None


def _is_libinjection(match: RuleMatch) -> bool:
    return (match.operator or "").lower().lstrip("@") in _LIBINJECTION


def _spelled(name: str) -> str:
    """As it is if it cannot be mistaken for a part of the sentence, else in quotation marks."""
    if _PLAIN_TARGET.fullmatch(name) and len(name) <= _LONGEST_TARGET:
        return name
    return '"' + _cut(name, _LONGEST_TARGET).replace('"', "'") + '"'


def _rule(match: RuleMatch) -> str:
    return f"rule {match.rule_id}{', libinjection' if _is_libinjection(match) else ''}"


def _score(anomaly: Anomaly | None) -> str:
    if anomaly is None:
        return ""
    if anomaly.inbound is None or (anomaly.inbound == 0 and anomaly.outbound):
        score, name = anomaly.outbound, "outbound anomaly score"
        limit = anomaly.threshold if anomaly.inbound is None else None
    else:
        score, name, limit = anomaly.inbound, "anomaly score", anomaly.threshold
    if score is None:
        return ""
    return f"{name} {score}" if limit is None else f"{name} {score} of {limit}"


def _cut(value: str, longest: int) -> str:
    seen = visible(value[:longest].strip())
    return seen if len(seen) <= longest and len(value) <= longest else f"{seen[: longest - 1]}…"
