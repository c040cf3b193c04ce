"""Facts of the rule set: category, severity, anomaly scores, rule set and version.

Scores are those that the rule set itself states. None is invented: where it states nothing, as
below the reporting level, the fact stays unknown.
"""

import re
from functools import lru_cache
from re import Pattern

from msgspec.structs import replace

from bartizan.domain.transaction import Anomaly, Category, RuleMatch, Transaction
from bartizan.enrich.rules import (
    category_by_words,
    category_of,
    causes,
    is_evaluation,
    lacks_ids,
    sums_up,
    unnamed,
)

_NO_SEVERITY = 8
_REMEMBERED_RULES = 8
_REMEMBERED_LENGTH = 2000
_VAGUE = {Category.OTHER: 0, Category.PROTOCOL: 0, Category.SCANNER: 1, Category.DOS: 1}
_CLEAR = 2

# CRS 3: 949110 "(Total Score: 5)", 980130 "(Total Inbound Score: 5 - SQLI=0,...): individual ...",
# 980140 "(score 4): individual ...". CRS 2: 981176 "(Total Score: 5, SQLi=1, ...)".
_INBOUND = re.compile(r"Inbound Anomaly Score Exceeded \(Total (?:Inbound )?Score: ?(\d{1,9})")
_OUTBOUND = re.compile(
    r"Outbound Anomaly Score Exceeded \((?:Total (?:Outbound )?Score:|score) ?(\d{1,9})"
)
_LEVELS = re.compile(r"individual paranoia level scores: ((?:\d{1,9}, ){1,8}\d{1,9})")
# CRS 4: 980170.
_CRS4 = (
    r" Scores: blocking=(\d{1,9}), detection=(\d{1,9}), per_pl=([\d-]{1,80}), threshold=(\d{1,9})"
)
_CRS4_INBOUND = re.compile("Inbound" + _CRS4)
_CRS4_OUTBOUND = re.compile("Outbound" + _CRS4)
_BY_CATEGORY = re.compile(r"\b(SQLI|XSS|RFI|LFI|RCE|PHPI|HTTP|SESS)=(\d{1,9})")
_CATEGORY_NAMES = {
    "SQLI": Category.SQLI,
    "XSS": Category.XSS,
    "RFI": Category.RFI,
    "LFI": Category.LFI,
    "RCE": Category.RCE,
    "PHPI": Category.PHP,
    "HTTP": Category.PROTOCOL,
    "SESS": Category.SESSION_FIXATION,
}
_THRESHOLD = re.compile(r"@?ge[ :](\d{1,9})", re.IGNORECASE)
_CRS = re.compile(r"OWASP_CRS/[\w.-]{1,40}")


class RulesetFacts:
    def enrich(self, transaction: Transaction) -> Transaction:
        scored = causes(transaction.matches)
        return replace(
            transaction,
            category=category(scored) or _nameless(transaction),
            severity=severity(scored),
            anomaly=transaction.anomaly
            or anomaly(transaction.matches, lacks_ids=lacks_ids(transaction)),
            ruleset=transaction.ruleset or ruleset(transaction),
        )


def severity(scored: tuple[RuleMatch, ...]) -> int | None:
    """The worst severity among the rules that scored; 0 is the worst."""
    return min((match.severity for match in scored if match.severity is not None), default=None)


def category(scored: tuple[RuleMatch, ...]) -> Category | None:
    """The category of the worst rules; among equals a clear attack, then the more frequent.

    None if no rule scored, OTHER if none that did has a category.
    """
    if not scored:
        return None
    worst: dict[Category, int] = {}
    count: dict[Category, int] = {}
    for match in scored:
        found = category_of(match) or Category.OTHER
        level = _NO_SEVERITY if match.severity is None else match.severity
        worst[found] = min(worst.get(found, _NO_SEVERITY), level)
        count[found] = count.get(found, 0) + 1
    return min(worst, key=lambda one: (worst[one], -_VAGUE.get(one, _CLEAR), -count[one]))


def _nameless(transaction: Transaction) -> Category | None:
    """By the messages of rules without ids; OTHER if something scored that cannot be told."""
    told = [category_by_words(match.message or "") for match in unnamed(transaction)]
    if told:
        return max(told, key=lambda one: (_VAGUE.get(one, _CLEAR), told.count(one)))
    is_known_to_score = any(
        is_evaluation(match.rule_id) or match.disruptive for match in transaction.matches
    )
    return Category.OTHER if is_known_to_score else None


def anomaly(matches: tuple[RuleMatch, ...], *, lacks_ids: bool = False) -> Anomaly | None:
    """The scores as the evaluation rules stated them; None if none of them did.

    `threshold` is the inbound one, or the outbound one if only that direction was stated.
    """
    said = tuple(
        [
            (match.message or "", match.operator or "")
            for match in matches
            if sums_up(match, lacks_ids=lacks_ids)
        ]
    )
    length = sum([len(message) + len(operator) for message, operator in said])
    if len(said) > _REMEMBERED_RULES or length > _REMEMBERED_LENGTH:
        return _anomaly(said)
    return _anomaly_remembered(said)


class _Way:
    """What is said of one direction."""

    score: int | None = None
    detection: int | None = None
    threshold: int | None = None
    levels: tuple[int, ...] = ()

    def read(
        self, message: str, operator: str, total: Pattern[str], all_of_4: Pattern[str]
    ) -> None:
        if found := total.search(message):
            self.score = int(found[1])
            self.threshold = _compared_with(operator) or self.threshold
            if levels := _LEVELS.search(message):
                self.levels = self.levels or tuple(map(int, levels[1].split(", ")))
        if found := all_of_4.search(message):
            self.score, self.detection, self.threshold = int(found[1]), int(found[2]), int(found[4])
            self.levels = tuple(int(score) for score in found[3].split("-") if score)


def _anomaly(said: tuple[tuple[str, str], ...]) -> Anomaly | None:
    """From the messages of evaluation rules, each with its operator."""
    inbound, outbound = _Way(), _Way()
    by_category: dict[str, int] = {}
    for message, operator in said:
        inbound.read(message, operator, _INBOUND, _CRS4_INBOUND)
        outbound.read(message, operator, _OUTBOUND, _CRS4_OUTBOUND)
        for name, score in _BY_CATEGORY.findall(message):
            by_category[_CATEGORY_NAMES[name]] = int(score)
    if inbound.score is None and outbound.score is None:
        return None
    main = outbound if inbound.score is None else inbound
    return Anomaly(
        inbound=inbound.score,
        outbound=outbound.score,
        threshold=main.threshold,
        by_category=by_category,
        by_paranoia_level=main.levels,
        outbound_threshold=outbound.threshold,
        outbound_by_paranoia_level=outbound.levels,
        detection_inbound=inbound.detection,
        detection_outbound=outbound.detection,
    )


# The same few scores are stated again and again.
_anomaly_remembered = lru_cache(1024)(_anomaly)


def ruleset(transaction: Transaction) -> str | None:
    """Rule set and version: as a CRS rule that matched says, else as the producer says."""
    for match in transaction.matches:
        if match.version and (found := _CRS.fullmatch(match.version)):
            return found[0]
    found = _CRS.search(transaction.producer or "")
    return found[0].rstrip(".") if found else None


def _compared_with(operator: str) -> int | None:
    """The threshold, if the decoder kept what the score was compared with (`ge 5`)."""
    found = _THRESHOLD.fullmatch(operator)
    return int(found[1]) if found else None
