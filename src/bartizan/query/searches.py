"""Help with a search text while it is typed: is it right, what are its parts, what could follow."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

import msgspec

from bartizan.domain.clearance import Clearance
from bartizan.domain.errors import BartizanError
from bartizan.domain.expression import (
    And,
    Expression,
    Field,
    Is,
    Matches,
    Not,
    every,
    negated,
    settled,
)
from bartizan.domain.search import Count, Facet, Search
from bartizan.kit.networks import address
from bartizan.kit.struct import Struct
from bartizan.query.language.cursor import Typing, typing_at
from bartizan.query.language.fields import (
    BY_FIELD,
    EXISTENCE,
    KNOWN,
    OPTIONAL,
    SEVERITIES,
    Kind,
    Known,
)
from bartizan.query.language.mistake import Mistake
from bartizan.query.language.read import read
from bartizan.query.language.words import is_plain, write_quoted
from bartizan.query.language.write import field_of, write
from bartizan.query.questions import Questions
from bartizan.query.rows import country_name
from bartizan.query.scoped import scoped

MOST_PROPOSALS: Final = 12
_COUNTED: Final = 100
_FACETS: Final = {
    Field.SENSOR: Facet.SENSOR,
    Field.COUNTRY: Facet.COUNTRY,
    Field.CATEGORY: Facet.CATEGORY,
    Field.CLIENT: Facet.CLIENT,
    Field.HOST: Facet.HOST,
    Field.PATH: Facet.PATH,
    Field.STATUS: Facet.STATUS,
    Field.RULE: Facet.RULE,
    Field.METHOD: Facet.METHOD,
    Field.FORMAT: Facet.FORMAT,
    Field.LABEL: Facet.LABEL,
}
_OPERATORS: Final = (
    ("AND", "both; the same as side by side"),
    ("OR", "either of the two"),
    ("NOT", "what does not fit the next"),
)
_TRUTH: Final = ("true", "false")


class Chip(Struct, frozen=True, kw_only=True):
    """One of the conditions that must all hold: `text` alone, and the whole search without it
    (`without`) and with it the other way round (`turned`). `field` if it is about one, and `value`
    is then what follows the colon.
    """

    text: str
    field: str | None
    value: str
    is_negated: bool
    without: str
    turned: str


class Wrong(Struct, frozen=True, kw_only=True):
    """`position` and `length` in characters; `suggestion` is a whole text, or null."""

    message: str
    position: int
    length: int
    suggestion: str | None


class CheckedSearch(Struct, frozen=True, kw_only=True):
    """`text` is the search in its usual spelling, null if it is wrong."""

    text: str | None
    chips: tuple[Chip, ...]
    error: Wrong | None


class Proposal(Struct, frozen=True, kw_only=True):
    """`text` goes in the place of what was typed; `transactions` have it, if that is counted."""

    text: str
    means: str
    transactions: int | None = None


class Completions(Struct, frozen=True, kw_only=True):
    """`start` and `end` of what the proposals replace, in characters."""

    start: int
    end: int
    proposals: tuple[Proposal, ...]


def check(text: str) -> CheckedSearch:
    try:
        expression = read(text)
    except Mistake as mistake:
        wrong = Wrong(
            message=mistake.reason,
            position=mistake.position,
            length=mistake.length,
            suggestion=mistake.suggestion,
        )
        return CheckedSearch(text=None, chips=(), error=wrong)
    return CheckedSearch(text=write(expression), chips=tuple(_chips(expression)), error=None)


def _chips(expression: Expression | None) -> Iterator[Chip]:
    if expression is None:
        return
    parts = expression.parts if isinstance(expression, And) else (expression,)
    for place, part in enumerate(parts):
        others = (*parts[:place], *parts[place + 1 :])
        turned = (*parts[:place], negated(part), *parts[place + 1 :])
        inner = part.part if isinstance(part, Not) else part
        field = field_of(inner)
        has_field = field is not None and field is not Field.TEXT
        yield Chip(
            text=write(part),
            field=field.value if has_field and field is not None else None,
            value=write(inner).partition(":")[2] if has_field else write(inner),
            is_negated=isinstance(part, Not),
            without=write(every(*others)) if others else "",
            turned=write(every(*turned)),
        )


class Searches:
    """Blocking; thread-safe."""

    def __init__(self, store: Questions) -> None:
        self._store = store

    def within(self, clearance: Clearance) -> "Searches":
        return Searches(scoped(self._store, clearance))

    def complete(self, text: str, at: int, search: Search, now: datetime) -> Completions:
        """What could stand at the character `at`; values as they occur within `search` and the
        rest of the text, most frequent first.
        """
        typing = typing_at(text, at)
        if typing.wants_field:
            found = _existing(typing.typed)
        elif typing.known is not None:
            found = list(self._values(typing, typing.known, search, now))
        else:
            found = list(_words(typing.typed))
        return Completions(
            start=typing.start, end=typing.end, proposals=tuple(found[:MOST_PROPOSALS])
        )

    def _values(
        self, typing: Typing, known: Known, search: Search, now: datetime
    ) -> Iterator[Proposal]:
        typed = typing.typed.lstrip('"')
        choices = _choices(known)
        counts = self._counts(known.field, typed, typing.others, search, now)
        for count in counts:
            if _begins(count.value, typed):
                yield Proposal(
                    text=_value(count.value),
                    means=_means(known.field, count.value),
                    transactions=count.transactions,
                )
        counted = {count.value for count in counts}
        for choice in choices:
            if choice not in counted and _begins(choice, typed):
                yield Proposal(text=choice, means="")

    def _counts(
        self,
        field: Field,
        typed: str,
        others: Expression | None,
        search: Search,
        now: datetime,
    ) -> tuple[Count, ...]:
        facet = _FACETS.get(field)
        if facet is None:
            return ()
        parts = [] if others is None else [settled(others, now)]
        if typed and BY_FIELD[field].kind in (Kind.WHOLE, Kind.ADDRESS) and "*" not in typed:
            begin = typed.lower() if field is Field.HOST else typed
            parts.append(Matches(field=field, pieces=(begin, "")))
        if search.expression is not None:
            parts.append(search.expression)
        asked = msgspec.structs.replace(search, expression=every(*parts) if parts else None)
        try:
            return tuple(self._store.facet(asked, facet, limit=_COUNTED))
        except BartizanError:
            return ()  # too slow, or not allowed: the text can be typed without


def _choices(known: Known) -> Iterable[str]:
    if known.kind is Kind.TRUTH:
        return _TRUTH
    return SEVERITIES if known.field is Field.SEVERITY else known.choices


def _means(field: Field, value: str) -> str:
    return country_name(value) if field is Field.COUNTRY else ""


def _begins(value: str, typed: str) -> bool:
    return value.lower().startswith(typed.lower())


def _value(text: str) -> str:
    return text if is_plain(text) else write_quoted(text)


def _existing(typed: str) -> list[Proposal]:
    return [
        Proposal(text=known.name, means=known.means)
        for known in KNOWN
        if known.field in OPTIONAL and _begins(known.name, typed)
    ]


def _words(typed: str) -> Iterator[Proposal]:
    """Fields first, then what the word itself may be meant as."""
    for known in KNOWN:
        if _begins(known.name, typed) and known.field is not Field.TEXT:
            yield Proposal(text=f"{known.name}:", means=known.means)
    if typed and EXISTENCE.startswith(typed.lower()):
        yield Proposal(text=f"{EXISTENCE}:", means="has any value, such as has:country")
    if typed:
        yield from _meant(typed)
        for known in KNOWN:
            alias = next((one for one in known.aliases if _begins(one, typed)), None)
            if alias is not None:
                yield Proposal(text=f"{known.name}:", means=f"{alias}: {known.means}")
            elif typed.lower() in known.name[1:]:
                yield Proposal(text=f"{known.name}:", means=known.means)
    for operator, means in _OPERATORS:
        if typed and operator.startswith(typed.upper()):
            yield Proposal(text=operator, means=means)


def _meant(typed: str) -> Iterator[Proposal]:
    if address(typed) is not None:
        yield _guess(Is(field=Field.CLIENT, value=typed))
    elif typed.isdigit() and typed.isascii():
        if 100 <= int(typed[:4]) <= 599 and len(typed) == 3:
            yield _guess(Is(field=Field.STATUS, value=int(typed)))
        elif 4 <= len(typed) <= 9:
            yield _guess(Is(field=Field.RULE, value=int(typed)))
    elif typed.startswith("/") and "*" not in typed:
        yield _guess(Matches(field=Field.PATH, pieces=(typed, "")))
    for choice in BY_FIELD[Field.CATEGORY].choices:
        if _begins(choice, typed):
            yield _guess(Is(field=Field.CATEGORY, value=choice))


def _guess(condition: Is | Matches) -> Proposal:
    return Proposal(text=write(condition), means=BY_FIELD[condition.field].means)
