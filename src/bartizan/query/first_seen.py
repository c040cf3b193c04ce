"""Rules and paths that a span has, and no time before it.

A store has no list of what it ever saw, so the most frequent values of the span are looked for
before it, one by one, until the time for that is over. How many were looked for is told.
"""

import time
from collections.abc import Callable
from enum import StrEnum
from typing import Final

import msgspec

from bartizan.domain.expression import Expression, Field, Is, every
from bartizan.domain.search import Facet, Search
from bartizan.enrich.rules import is_evaluation
from bartizan.kit.struct import Struct
from bartizan.query.overview_rules import said_by
from bartizan.query.questions import Questions

_CANDIDATES: Final = 100
_SHOWN: Final = 20
_LIMIT_S: Final = 3.0


class NewTo(StrEnum):
    """Of what the first ones are asked for."""

    RULE = "rule"
    PATH = "path"


class NewValue(Struct, frozen=True, kw_only=True):
    """`message` is the rule's, null for a path."""

    value: str
    message: str | None
    transactions: int
    intercepted: int


class FirstSeen(Struct, frozen=True, kw_only=True):
    """What of the `checked` most frequent values was never seen before the span.

    `is_complete` says that the span has no others. Without `has_before` nothing at all is stored
    from before the span, so nothing can be called new.
    """

    of: NewTo
    values: tuple[NewValue, ...]
    checked: int
    is_complete: bool
    has_before: bool


def first_seen(
    store: Questions,
    search: Search,
    of: NewTo,
    *,
    monotonic: Callable[[], float] = time.monotonic,
) -> FirstSeen:
    """Within the filters of the search: a rule may be new to a host that others know well."""
    until = search.since
    is_anything_before = Search(until=until)
    if until is None or not store.page(is_anything_before, limit=1).rows:
        return FirstSeen(of=of, values=(), checked=0, is_complete=False, has_before=False)
    deadline = monotonic() + _LIMIT_S
    counts = store.facet(search, Facet(of.value), limit=_CANDIDATES)
    asked = [one for one in counts if of is NewTo.PATH or not is_evaluation(int(one.value))]
    found: list[NewValue] = []
    checked = 0
    for count in asked:
        if monotonic() > deadline or len(found) == _SHOWN:
            break
        checked += 1
        before = msgspec.structs.replace(_only(search, of, count.value), since=None, until=until)
        if store.page(before, limit=1).rows:
            continue
        message = said_by(store, search, int(count.value))[0] if of is NewTo.RULE else None
        found.append(
            NewValue(
                value=count.value,
                message=message,
                transactions=count.transactions,
                intercepted=count.intercepted,
            )
        )
    return FirstSeen(
        of=of,
        values=tuple(found),
        checked=checked,
        is_complete=checked == len(asked) and len(counts) < _CANDIDATES,
        has_before=True,
    )


def _only(search: Search, of: NewTo, value: str) -> Search:
    if of is NewTo.RULE:
        return msgspec.structs.replace(search, rule_ids=(int(value),))
    # Not as the filter has it, in which a star is any text.
    exactly: Expression = Is(field=Field.PATH, value=value)
    parts = (exactly,) if search.expression is None else (search.expression, exactly)
    return msgspec.structs.replace(search, paths=(), expression=every(*parts))
