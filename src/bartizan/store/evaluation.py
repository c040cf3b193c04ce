"""Whether one transaction fits an expression, told from its values, without a database.

Linear in the texts for each piece of a pattern: the live feed asks this of every row that arrives.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import cast

from bartizan.domain.expression import (
    FREE_TEXT,
    And,
    Between,
    Condition,
    Contains,
    During,
    Expression,
    Field,
    Has,
    Inside,
    InState,
    Is,
    Matches,
    Not,
    Or,
)
from bartizan.domain.triage import State, effective
from bartizan.store import wildcard
from bartizan.store.addresses import block, packed
from bartizan.store.limits import OF_FIELD, ascii_lower

# Hosts come in lower case; times as datetimes; the state with the time until which it holds;
# whatever the transaction does not have is left out.
Values = Callable[[Field], Iterable[object]]
Standing = tuple[State, datetime | None]
WITHOUT_CASE = (Field.HOST, Field.LABEL)


def fits(expression: Expression, values: Values) -> bool:
    if isinstance(expression, And):
        return all(fits(part, values) for part in expression.parts)
    if isinstance(expression, Or):
        return any(fits(part, values) for part in expression.parts)
    if isinstance(expression, Not):
        return not fits(expression.part, values)
    field = Field.CLIENT if isinstance(expression, Inside) else expression.field
    fields = FREE_TEXT if field is Field.TEXT else (field,)
    condition = as_kept(expression)
    return any(_holds(condition, value) for each in fields for value in values(each))


def _holds(condition: Condition, value: object) -> bool:  # noqa: PLR0911 - one for each kind
    match condition:
        case Has():
            return True
        case Is(value=wanted):
            return value == wanted
        case Between(least=least, most=most):
            return (
                isinstance(value, int)
                and (least is None or value >= least)
                and (most is None or value <= most)
            )
        case During(since=since, until=until):
            return (since is None or value >= since) and (  # type: ignore[operator]
                until is None or value < until  # type: ignore[operator]
            )
        case Inside(network=network):
            return _is_inside(str(value), network)
        case InState(state=wanted, at=at):
            return effective(*cast("Standing", value), at) is wanted
        case Matches(pieces=pieces):
            return wildcard.matches("*".join(pieces), str(value))
        case Contains(pieces=pieces):
            return _contains(str(value), pieces)


def _contains(text: str, pieces: Iterable[str]) -> bool:
    text = ascii_lower(text)
    at = 0
    for piece in pieces:
        found = text.find(ascii_lower(piece), at)
        if found < 0:
            return False
        at = found + len(piece)
    return True


def _is_inside(text: str, network: str) -> bool:
    address, span = packed(text), block(network)
    return address is not None and span is not None and span[0] <= address <= span[1]


def as_kept(condition: Condition) -> Condition:
    """With its value as stores keep it: cut where its column ends; hosts, labels in lower case."""
    if isinstance(condition, Is) and isinstance(condition.value, str):
        length = OF_FIELD.get(condition.field)
        value = condition.value[:length]
        if condition.field in WITHOUT_CASE:
            value = value.lower()[:length]
        return Is(field=condition.field, value=value)
    if isinstance(condition, Matches) and condition.field in WITHOUT_CASE:
        return Matches(
            field=condition.field, pieces=tuple(piece.lower() for piece in condition.pieces)
        )
    return condition
