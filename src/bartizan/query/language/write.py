"""From an expression to its text. Reading that text gives the same expression again."""

import re
from typing import Final

from bartizan.domain.expression import (
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
from bartizan.query.language.fields import SEVERITIES
from bartizan.query.language.moments import written, written_last
from bartizan.query.language.words import is_plain, write_pieces, write_quoted

# What would be read as something else where no field stands before it.
_LIKE_A_FIELD: Final = re.compile(r"@?[A-Za-z_][A-Za-z0-9_.\-]*:|-[@A-Za-z_(\"]")


def write(expression: Expression | None) -> str:
    if expression is None:
        return ""
    if isinstance(expression, And):
        return " ".join(_inner(part) for part in expression.parts)
    if isinstance(expression, Or):
        listed = _list(expression.parts)
        return listed or " OR ".join(_inner(part) for part in expression.parts)
    if isinstance(expression, Not):
        return f"NOT {_inner(expression.part)}"
    return _condition(expression)


def _inner(part: Expression) -> str:
    text = write(part)
    is_list = isinstance(part, Or) and _list(part.parts) is not None
    return f"({text})" if isinstance(part, And | Or) and not is_list else text


def field_of(expression: Expression) -> Field | None:
    """The one field that it is about, where it is written as one field with its values."""
    if isinstance(expression, Not):
        return field_of(expression.part)
    if isinstance(expression, And | Or):
        fields = {field_of(part) for part in expression.parts}
        is_list = isinstance(expression, Or) and _list(expression.parts) is not None
        return fields.pop() if is_list else None
    return Field.CLIENT if isinstance(expression, Inside) else expression.field


def _list(parts: tuple[Expression, ...]) -> str | None:
    """`status:(403 OR 406)`, if they are values of one field."""
    conditions = [part for part in parts if not isinstance(part, And | Or | Not | Has)]
    fields = {field_of(part) for part in conditions}
    if len(conditions) < len(parts) or len(fields) != 1 or Field.TEXT in fields:
        return None
    (field,) = fields
    return f"{field}:({' OR '.join(_value(part) for part in conditions)})"


def _condition(condition: Condition) -> str:
    if isinstance(condition, Has):
        return f"has:{condition.field}"
    value = _value(condition)
    if isinstance(condition, Inside):
        return f"{Field.CLIENT}:{value}"
    if condition.field is Field.TEXT:
        return _free(condition, value)
    return f"{condition.field}:{value}"


def _free(condition: Condition, value: str) -> str:
    """A star in front changes nothing of what is asked, where quotation marks would."""
    if not isinstance(condition, Contains) or not _LIKE_A_FIELD.match(value):
        return value
    return write_quoted(condition.pieces[0]) if len(condition.pieces) == 1 else f"*{value}"


def _value(condition: Condition) -> str:  # noqa: PLR0911 - one for each kind
    match condition:
        case Is(field=field, value=value):
            return _single(field, value)
        case Matches(pieces=pieces):
            return write_pieces(pieces)
        case Contains(pieces=pieces):
            return _text(pieces[0]) if len(pieces) == 1 else write_pieces(pieces)
        case Inside(network=network):
            return network
        case InState(state=state):
            return state.value
        case Between(least=least, most=most):
            return _between(least, most)
        case During():
            return _during(condition)
        case Has():
            return "*"


def _single(field: Field, value: str | int) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return SEVERITIES[value] if field is Field.SEVERITY else str(value)
    return _text(value)


def _text(text: str) -> str:
    return text if is_plain(text) else write_quoted(text)


def _between(least: int | None, most: int | None) -> str:
    if least is None:
        return f"<={most}"
    return f">={least}" if most is None else f"{least}..{most}"


def _during(condition: During) -> str:
    since, until = condition.since, condition.until
    if since is None:
        return f"<{written(until)}" if until is not None else "*"
    if until is None:
        return f">={written(since)}"
    first, last = written(since), written_last(until)
    return first if first == last else f"{first}..{last}"
