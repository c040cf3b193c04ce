"""A search text of somebody who may not see payloads: it must not tell either what is in them."""

from typing import Final

from bartizan.domain.errors import Refused
from bartizan.domain.expression import (
    FREE_TEXT,
    And,
    Contains,
    Expression,
    Field,
    Not,
    Or,
    either,
    every,
    fields_of,
    negated,
)

# What `query/payloads.py` takes away: the query string, the data that rules matched, and notes,
# in which people quote both.
PAYLOAD: Final = frozenset((Field.URI, Field.DATA, Field.NOTE))
_INSTEAD: Final = (*(field for field in FREE_TEXT if field not in PAYLOAD), Field.PATH)


def besides_payloads(expression: Expression) -> Expression:
    """The same of what is not payload; `Refused` where a payload is asked for by name."""
    if isinstance(expression, Not):
        return negated(besides_payloads(expression.part))
    if isinstance(expression, And):
        return every(*map(besides_payloads, expression.parts))
    if isinstance(expression, Or):
        return either(*map(besides_payloads, expression.parts))
    if isinstance(expression, Contains) and expression.field is Field.TEXT:
        return either(*(Contains(field=field, pieces=expression.pieces) for field in _INSTEAD))
    asked = fields_of(expression) & PAYLOAD
    if asked:
        raise Refused(
            "not-allowed", f"searching in {min(asked)} needs the right to see payloads", "q"
        )
    return expression
