"""A search as people write it, once its text is read: conditions on fields, and, or, not.

`query/language` reads and writes the text, every store translates this. Two-valued: a condition on
a field that a transaction does not have is false, so its negation is true. A field that may have
several values (those of rule matches) fits if any one of them does. Tagged, so that a search can be
kept as JSON.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from bartizan.domain.triage import State
from bartizan.kit.struct import Struct


class Field(StrEnum):
    """What a condition may be about; the names are those of the search text (docs/search.md)."""

    TEXT = "text"  # every field of FREE_TEXT
    ID = "id"
    AT = "at"
    RECEIVED = "received"
    SENSOR = "sensor"
    CLIENT = "client"
    COUNTRY = "country"
    CITY = "city"
    PLACE = "place"
    METHOD = "method"
    HOST = "host"
    PATH = "path"
    URI = "uri"
    STATUS = "status"
    CATEGORY = "category"
    SEVERITY = "severity"
    SCORE = "score"
    BLOCKED = "blocked"
    VERDICT = "verdict"
    RULE = "rule"
    MESSAGE = "message"
    DATA = "data"
    TARGET = "target"
    PARAMETER = "parameter"  # the target, as a whole
    TAG = "tag"
    UNIQUE_ID = "unique_id"
    FORMAT = "format"
    RULESET = "ruleset"
    DEFECTS = "defects"
    SIZE = "size"
    PRESERVED = "preserved"
    STATE = "state"
    LABEL = "label"
    NOTE = "note"


# What a word without a field is looked for in.
FREE_TEXT = (
    Field.URI,
    Field.HOST,
    Field.CLIENT,
    Field.UNIQUE_ID,
    Field.VERDICT,
    Field.MESSAGE,
    Field.DATA,
    Field.TARGET,
)


class Is(Struct, frozen=True, kw_only=True, tag=True):
    """The value of a field, exactly. Hosts and labels without case; a tag is one of the tags."""

    field: Field
    value: str | int | bool


class Matches(Struct, frozen=True, kw_only=True, tag=True):
    """The whole value fits these pieces, with any text between them. Hosts, labels without case.

    Of tags there are two pieces, the second of them empty: how a tag begins.
    """

    field: Field
    pieces: tuple[str, ...]


class Contains(Struct, frozen=True, kw_only=True, tag=True):
    """The value holds these pieces one after the other; the letters A to Z without case."""

    field: Field
    pieces: tuple[str, ...]


class Between(Struct, frozen=True, kw_only=True, tag=True):
    """A number, both ends included; None is no end."""

    field: Field
    least: int | None = None
    most: int | None = None


class Ago(Struct, frozen=True, kw_only=True):
    """A moment that is told by its distance from now."""

    seconds: int


class During(Struct, frozen=True, kw_only=True, tag=True):
    """A time: `since` is inclusive, `until` exclusive; None is no end. Stores get no `Ago`."""

    field: Field
    since: datetime | Ago | None = None
    until: datetime | Ago | None = None


class Inside(Struct, frozen=True, kw_only=True, tag=True):
    """A client address in a network (CIDR, or one address), as `kit.networks` spells it."""

    network: str


class InState(Struct, frozen=True, kw_only=True, tag=True):
    """What people judged it to be. `at` is when that is asked: `settled` fills it in."""

    state: State
    at: datetime | None = None

    @property
    def field(self) -> Field:
        return Field.STATE


class Has(Struct, frozen=True, kw_only=True, tag=True):
    """Whether the field has any value."""

    field: Field


class Not(Struct, frozen=True, kw_only=True, tag=True):
    part: "Expression"


class And(Struct, frozen=True, kw_only=True, tag=True):
    """At least two, none of them an `And`."""

    parts: "tuple[Expression, ...]"


class Or(Struct, frozen=True, kw_only=True, tag=True):
    """At least two, none of them an `Or`."""

    parts: "tuple[Expression, ...]"


Condition = Is | Matches | Contains | Between | During | Inside | InState | Has
Expression = Condition | Not | And | Or


def every(*parts: Expression) -> Expression:
    """All of at least one, the simplest way."""
    flat = [each for part in parts for each in (part.parts if isinstance(part, And) else (part,))]
    return flat[0] if len(flat) == 1 else And(parts=tuple(flat))


def either(*parts: Expression) -> Expression:
    """Any of at least one, the simplest way."""
    flat = [each for part in parts for each in (part.parts if isinstance(part, Or) else (part,))]
    return flat[0] if len(flat) == 1 else Or(parts=tuple(flat))


def negated(part: Expression) -> Expression:
    return part.part if isinstance(part, Not) else Not(part=part)


def settled(expression: Expression, now: datetime) -> Expression:
    """The same with every relative time told absolutely, and states asked for as they are now."""
    if isinstance(expression, InState):
        return InState(state=expression.state, at=now)
    if isinstance(expression, During):
        return During(
            field=expression.field,
            since=_settled(expression.since, now),
            until=_settled(expression.until, now),
        )
    if isinstance(expression, Not):
        return Not(part=settled(expression.part, now))
    if isinstance(expression, And):
        return And(parts=tuple(settled(part, now) for part in expression.parts))
    if isinstance(expression, Or):
        return Or(parts=tuple(settled(part, now) for part in expression.parts))
    return expression


def _settled(moment: datetime | Ago | None, now: datetime) -> datetime | None:
    return now - timedelta(seconds=moment.seconds) if isinstance(moment, Ago) else moment


def fields_of(expression: Expression) -> frozenset[Field]:
    """What it asks about; `TEXT` is told as the fields that it stands for."""
    if isinstance(expression, Not):
        return fields_of(expression.part)
    if isinstance(expression, And | Or):
        return frozenset().union(*map(fields_of, expression.parts))
    if isinstance(expression, Inside):
        return frozenset((Field.CLIENT,))
    return frozenset(FREE_TEXT if expression.field is Field.TEXT else (expression.field,))


def besides(expression: Expression | None, field: Field) -> Expression | None:
    """What is asked of other fields: without those of its first parts that are about this one."""
    if expression is None:
        return None
    parts = expression.parts if isinstance(expression, And) else (expression,)
    others = [part for part in parts if fields_of(part) != {field}]
    return every(*others) if others else None
