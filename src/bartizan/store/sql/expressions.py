"""An expression as one condition on `transactions`. Every value is bound.

NOT goes down to the conditions, each of which then says what it is of a missing value: so none is
ever NULL where that would matter, and a condition that is not negated can use an index.
"""

import operator
from typing import Any, Final

import msgspec
from sqlalchemy import BigInteger, ColumnElement, and_, false, not_, or_, select, true

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
from bartizan.store import limits
from bartizan.store.addresses import block
from bartizan.store.evaluation import as_kept
from bartizan.store.limits import ascii_lower
from bartizan.store.sql.dialects import Dialect
from bartizan.store.sql.tables import (
    preserved_transactions,
    rule_matches,
    rule_texts,
    transaction_labels,
    transaction_notes,
    transactions,
)
from bartizan.store.sql.triage import in_state, labelled, noted
from bartizan.store.times import search_us

_t = transactions.c
_fired = rule_matches.alias("fired_rules")
_COLUMNS: Final[dict[Field, ColumnElement[Any]]] = {
    Field.ID: _t.id,
    Field.AT: _t.at_us,
    Field.RECEIVED: _t.received_at_us,
    Field.SENSOR: _t.sensor,
    Field.CLIENT: _t.client_address,
    Field.COUNTRY: _t.country,
    Field.CITY: _t.city,
    Field.PLACE: _t.place_kind,
    Field.METHOD: _t.method,
    Field.HOST: _t.host_lower,
    Field.PATH: _t.path,
    Field.URI: _t.uri,
    Field.STATUS: _t.status,
    Field.CATEGORY: _t.category,
    Field.SEVERITY: _t.severity,
    Field.SCORE: _t.score,
    Field.BLOCKED: _t.intercepted,
    Field.VERDICT: _t.verdict,
    Field.UNIQUE_ID: _t.unique_id,
    Field.FORMAT: _t.format,
    Field.RULESET: _t.ruleset,
    Field.DEFECTS: _t.defect_count,
    Field.SIZE: _t.size_bytes,
}
_OF_MATCHES: Final[dict[Field, ColumnElement[Any]]] = {
    Field.RULE: _fired.c.rule_id,
    Field.DATA: _fired.c.data,
    Field.TARGET: _fired.c.target,
    Field.PARAMETER: _fired.c.target,
}
_OF_RULES: Final[dict[Field, ColumnElement[Any]]] = {
    Field.MESSAGE: rule_texts.c.message,
    Field.TAG: rule_texts.c.tags,
}
_OF_PEOPLE: Final = frozenset((Field.STATE, Field.LABEL, Field.NOTE))
_TEXT_OF_ROW: Final = (Field.URI, Field.HOST, Field.CLIENT, Field.UNIQUE_ID, Field.VERDICT)
_TEXT_OF_MATCHES: Final = (Field.DATA, Field.TARGET)


def translate(expression: Expression, dialect: Dialect) -> ColumnElement[bool]:
    return _Translation(dialect).of(expression, is_wanted=True)


class _Translation:
    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect

    def of(self, expression: Expression, *, is_wanted: bool) -> ColumnElement[bool]:
        """True of the rows that fit, or of all others; NULL only where that is as good as false."""
        if isinstance(expression, Not):
            return self.of(expression.part, is_wanted=not is_wanted)
        if isinstance(expression, And | Or):
            parts = [self.of(part, is_wanted=is_wanted) for part in expression.parts]
            return and_(*parts) if isinstance(expression, And) is is_wanted else or_(*parts)
        condition = as_kept(expression)
        field = Field.CLIENT if isinstance(condition, Inside) else condition.field
        if field is Field.TEXT:
            return self._free_text(condition, is_wanted=is_wanted)
        if field is Field.PRESERVED:
            return _preserved(condition, is_wanted=is_wanted)
        if field in _COLUMNS:
            return self._of_row(condition, field, is_wanted=is_wanted)
        if field in _OF_PEOPLE:
            found = self._of_people(condition, field)
        else:
            found = _exists(self._of_match(condition, field))
        return found if is_wanted else not_(found)

    def _of_people(self, condition: Condition, field: Field) -> ColumnElement[bool]:
        if isinstance(condition, InState):
            return in_state(condition)
        if field is Field.STATE:
            return true() if isinstance(condition, Has) else false()
        if field is Field.LABEL:
            return labelled(self._on(condition, transaction_labels.c.label))
        return noted(self._on(condition, transaction_notes.c.note))

    def _of_row(
        self, condition: Condition, field: Field, *, is_wanted: bool
    ) -> ColumnElement[bool]:
        if isinstance(condition, Inside):
            column: ColumnElement[Any] = _t.client_bytes
        else:
            column = _COLUMNS[field]
        found = self._on(condition, column)
        return found if is_wanted else or_(column.is_(None), not_(found))

    def _of_match(self, condition: Condition, field: Field) -> ColumnElement[bool]:
        if field in _OF_MATCHES:
            return self._on(condition, _OF_MATCHES[field])
        column = _OF_RULES[field]
        found = (
            _tagged(condition, self._dialect) if field is Field.TAG else self._on(condition, column)
        )
        return _fired.c.text_key.in_(select(rule_texts.c.text_key).where(found))

    def _free_text(self, condition: Condition, *, is_wanted: bool) -> ColumnElement[bool]:
        of_row = [self._of_row(condition, field, is_wanted=is_wanted) for field in _TEXT_OF_ROW]
        fired = _exists(
            or_(
                *(self._on(condition, _OF_MATCHES[field]) for field in _TEXT_OF_MATCHES),
                self._of_match(condition, Field.MESSAGE),
            )
        )
        return or_(*of_row, fired) if is_wanted else and_(*of_row, not_(fired))

    def _on(  # noqa: PLR0911 - one for each kind of condition
        self, condition: Condition, column: ColumnElement[Any]
    ) -> ColumnElement[bool]:
        """NULL where the column is."""
        match condition:
            case Has():
                return column.is_not(None)
            case Is(value=value):
                return _equals(column, value)
            case Between(least=least, most=most):
                return bounded(column, least, most)
            case During(since=since, until=until):
                # Settled before it came here: `Search.expression`.
                at = [
                    compare(column, search_us(moment))  # type: ignore[arg-type]
                    for compare, moment in ((operator.ge, since), (operator.lt, until))
                    if moment is not None
                ]
                return and_(true(), *at)
            case Inside(network=network):
                span = block(network)
                return false() if span is None else column.between(*span)
            case InState():
                return in_state(condition)
            case Matches(pieces=pieces):
                return self._dialect.path_matches(column, "*".join(pieces))
            case Contains(pieces=pieces):
                lower = [ascii_lower(piece) for piece in pieces]
                if len(lower) == 1:
                    return self._dialect.contains(column, lower[0])
                return self._dialect.contains_in_order(column, lower)


_PRESERVED: Final = Is(field=Field.PRESERVED, value=True)


def _preserved(condition: Condition, *, is_wanted: bool) -> ColumnElement[bool]:
    if isinstance(condition, Has):
        return true() if is_wanted else false()
    is_marked = _t.id.in_(select(preserved_transactions.c.transaction_id))
    return is_marked if (condition == _PRESERVED) is is_wanted else not_(is_marked)


def _exists(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Some rule match of the transaction; EXISTS stops at the first."""
    return (
        select(_fired.c.transaction_id)
        .where(_fired.c.transaction_id == _t.id, condition)
        .correlate(transactions)
        .exists()
    )


def _equals(column: ColumnElement[Any], value: str | int) -> ColumnElement[bool]:
    if isinstance(value, str):
        return column == value
    return column == int(value) if abs(value) <= _greatest(column) else false()


def bounded(column: ColumnElement[Any], least: int | None, most: int | None) -> ColumnElement[bool]:
    """No driver may see a number that no column can hold."""
    greatest = _greatest(column)
    if (least is not None and least > greatest) or (most is not None and most < -greatest):
        return false()
    return and_(
        column.is_not(None),
        *([column >= least] if least is not None and least >= -greatest else []),
        *([column <= most] if most is not None and most <= greatest else []),
    )


def _greatest(column: ColumnElement[Any]) -> int:
    return limits.BIG if isinstance(column.type, BigInteger) else limits.SMALL


def _tagged(condition: Condition, dialect: Dialect) -> ColumnElement[bool]:
    """`tags` is a JSON array without spaces, and no tag that is asked for has a comma or a star.

    So a tag is exactly what stands between a bracket or comma with a quotation mark and the next.
    """
    match condition:
        case Has():
            return rule_texts.c.tags != "[]"
        case Is(value=value):
            tag = msgspec.json.encode(value).decode()
            patterns = [f"[{tag}]", f"[{tag},*", f"*,{tag},*", f"*,{tag}]"]
        case Matches(pieces=pieces):
            start = msgspec.json.encode(pieces[0]).decode().removesuffix('"')
            patterns = [f"[{start}*", f"*,{start}*"]
        case _:
            return false()
    return or_(*(dialect.path_matches(rule_texts.c.tags, pattern) for pattern in patterns))
