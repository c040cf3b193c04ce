"""What each rule match had to do with the anomaly score, and the score worked out from them.

The ruleset states scores only in its evaluation rules, which many configurations do not log. What
is worked out here is a sum over the rules of the entry by their severities, as the Core Rule Set
adds them (critical 5, error 4, warning 3, notice 2, unless its set-up says otherwise); a rule that
matched several targets may have counted more often. It is never shown as the ruleset's own figure.
"""

import re
from enum import StrEnum
from typing import Final

from bartizan.domain.transaction import RuleMatch, Transaction
from bartizan.enrich.rules import category_of, causes, lacks_ids, sums_up
from bartizan.enrich.verdict import denied_by_setup
from bartizan.kit.struct import Struct

_POINTS: Final = {2: 5, 3: 4, 4: 3, 5: 2}
_LEVEL: Final = re.compile(r"paranoia-level/([1-9])")
_HIGHEST_LEVEL: Final = 4
_OUTBOUND_RANGES: Final = range(950, 957)
_OUTBOUND_PHASES: Final = frozenset((3, 4))


class RuleRole(StrEnum):
    """What a rule did: found something, compared or reported the score, or neither."""

    SCORED = "scored"
    EVALUATED = "evaluated"
    OTHER = "other"  # rules that set up, and messages of the engine


class RuleNote(Struct, frozen=True, kw_only=True):
    """Beside a rule match: `points` is what the Core Rule Set adds for its severity."""

    role: RuleRole
    category: str | None
    points: int
    paranoia_level: int | None
    is_outbound: bool


class WorkedOut(Struct, frozen=True, kw_only=True):
    """Sums of the points of the rules that scored; by paranoia level the first level first."""

    inbound: int
    outbound: int
    by_category: dict[str, int]
    by_paranoia_level: tuple[int, ...]
    outbound_by_paranoia_level: tuple[int, ...]


def notes_on(transaction: Transaction) -> tuple[RuleNote, ...]:
    """One for each match, in their order."""
    without_ids = lacks_ids(transaction)
    scored = {id(match) for match in causes(transaction.matches) or denied_by_setup(transaction)}
    return tuple(
        _note(match, is_cause=id(match) in scored, without_ids=without_ids)
        for match in transaction.matches
    )


def worked_out(notes: tuple[RuleNote, ...]) -> WorkedOut:
    inbound, outbound = [0] * _HIGHEST_LEVEL, [0] * _HIGHEST_LEVEL
    by_category: dict[str, int] = {}
    for note in notes:
        if note.role is not RuleRole.SCORED:
            continue
        levels = outbound if note.is_outbound else inbound
        levels[min(note.paranoia_level or 1, _HIGHEST_LEVEL) - 1] += note.points
        if note.category is not None and note.points:
            by_category[note.category] = by_category.get(note.category, 0) + note.points
    return WorkedOut(
        inbound=sum(inbound),
        outbound=sum(outbound),
        by_category=by_category,
        by_paranoia_level=tuple(inbound),
        outbound_by_paranoia_level=tuple(outbound),
    )


def _note(match: RuleMatch, *, is_cause: bool, without_ids: bool) -> RuleNote:
    role = RuleRole.OTHER
    if sums_up(match, lacks_ids=without_ids):
        role = RuleRole.EVALUATED
    elif is_cause or (without_ids and match.message):
        role = RuleRole.SCORED
    scores = role is RuleRole.SCORED
    points = _POINTS.get(match.severity, 0) if match.severity is not None and scores else 0
    return RuleNote(
        role=role,
        category=category_of(match) if scores else None,
        points=points,
        paranoia_level=_paranoia_level(match),
        is_outbound=_is_outbound(match),
    )


def _paranoia_level(match: RuleMatch) -> int | None:
    for tag in match.tags:
        if found := _LEVEL.fullmatch(tag.lower()):
            return int(found[1])
    return None


def _is_outbound(match: RuleMatch) -> bool:
    if match.rule_id is not None and match.rule_id // 1000 in _OUTBOUND_RANGES:
        return True
    return match.phase in _OUTBOUND_PHASES
