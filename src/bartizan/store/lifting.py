"""A search whose text says what a filter could say, with that filter instead.

Filters are what stores have indexes and roll-ups for. The two searches find exactly the same.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from bartizan.domain.expression import (
    And,
    Between,
    During,
    Expression,
    Field,
    Inside,
    Is,
    Matches,
    Or,
    every,
)
from bartizan.domain.search import Band, Search

_TUPLES: Final = {
    Field.SENSOR: "sensors",
    Field.COUNTRY: "countries",
    Field.CATEGORY: "categories",
    Field.HOST: "hosts",
    Field.STATUS: "statuses",
    Field.FORMAT: "formats",
    Field.RULE: "rule_ids",
    Field.SEVERITY: "severities",
    Field.METHOD: "methods",
    Field.RULESET: "rulesets",
}
_SINGLE: Final = {
    Field.BLOCKED: "intercepted",
    Field.PRESERVED: "preserved",
    Field.UNIQUE_ID: "unique_id",
}


def lifted(search: Search) -> Search:
    """Only of what must hold by itself, and only to filters that are not given already.

    `since` is never given another value: slices of a histogram begin there.
    """
    if search.expression is None:
        return search
    parts = search.expression.parts if isinstance(search.expression, And) else (search.expression,)
    nothing = Search()
    given: dict[str, Any] = {}
    rest: list[Expression] = []
    for part in parts:
        filters = dict(_filters(part))
        is_free = all(
            name not in given and getattr(search, name) == getattr(nothing, name)
            for name in filters
        )
        if filters and is_free:
            given.update(filters)
        else:
            rest.append(part)
    expression = every(*rest) if rest else None
    return msgspec.structs.replace(search, expression=expression, **given)


def _filters(part: Expression) -> Iterator[tuple[str, Any]]:
    """Filters that together say the same; none if there are none."""
    some = part.parts if isinstance(part, Or) else (part,)
    if all(isinstance(one, Is) for one in some):
        yield from _values([one for one in some if isinstance(one, Is)])
    elif all(isinstance(one, Inside) for one in some):
        yield "clients", tuple(one.network for one in some if isinstance(one, Inside))
    elif all(isinstance(one, Between) and one.field is Field.SCORE for one in some):
        bands = [Band(least=one.least, most=one.most) for one in some if isinstance(one, Between)]
        yield "scores", tuple(bands)
    elif isinstance(part, Matches) and part.field is Field.PATH:
        yield "paths", ("*".join(part.pieces),)
    elif isinstance(part, During) and part.field is Field.AT:
        if part.since is not None:
            yield "since", part.since
        if part.until is not None:
            yield "until", part.until


def _values(some: Sequence[Is]) -> Iterator[tuple[str, Any]]:
    field, value = some[0].field, some[0].value
    name = _TUPLES.get(field)
    if name is not None and all(one.field is field for one in some):
        yield name, tuple(one.value for one in some)
    elif len(some) == 1 and field in _SINGLE:
        yield _SINGLE[field], value
    elif len(some) == 1 and field is Field.PATH and "*" not in str(value):
        yield "paths", (value,)
