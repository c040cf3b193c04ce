"""From the value of a field, as it is written, to a condition.

A `ValueError` of `condition` says in its text what the value should be, and maybe what was meant.
"""

import re
from collections.abc import Callable
from datetime import datetime
from difflib import get_close_matches
from typing import Final

from bartizan.domain.expression import (
    Ago,
    Between,
    Condition,
    Contains,
    During,
    Field,
    Has,
    Inside,
    InState,
    Is,
    Matches,
)
from bartizan.domain.triage import State
from bartizan.kit.networks import address, network, spelled
from bartizan.query.language.fields import METHODS, SEVERITIES, Kind, Known
from bartizan.query.language.moments import Moment, span, written
from bartizan.query.language.words import Pieces

MOST_STARS: Final = 8
MOST_WITH_STARS: Final = 1000
_COMPARISON: Final = re.compile(r"(>=|<=|>|<)(.*)", re.DOTALL)
_NUMBER: Final = re.compile(r"-?[0-9]{1,19}")
_STARTED: Final = re.compile(r"[0-9]{1,6}\*")
_LIKE_ADDRESS: Final = re.compile(r"[0-9.]+(?:/.*)?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?:/.*)?")
_TAG: Final = re.compile(r'[^"\\,*\x00-\x1f]+')
_TRUTH: Final = {"true": True, "yes": True, "false": False, "no": False}


class Unreadable(ValueError):  # noqa: N818 - as the errors of the domain
    """`value` is what to write instead, if that is known; not yet quoted."""

    def __init__(self, message: str, value: str | None = None) -> None:
        super().__init__(message)
        self.value = value


def condition(known: Known, written_as: str, pieces: Pieces, *, is_quoted: bool) -> Condition:
    """`written_as` is the word itself, `pieces` what it says (one, if it was quoted)."""
    if len(pieces) > MOST_STARS + 1:
        raise Unreadable(f"more than {MOST_STARS} stars")
    if not is_quoted and not any(pieces):
        if known.field is Field.TEXT:
            raise Unreadable("a star alone finds everything")
        return Has(field=known.field)
    if is_quoted:
        written_as = pieces[0]
    if len(pieces) > 1 and any("*" in piece for piece in pieces):
        raise Unreadable("a star that means itself stands in quotation marks")
    if len(pieces) > 1 and len(written_as) > MOST_WITH_STARS:
        raise Unreadable(f"more than {MOST_WITH_STARS} characters in a word with stars")
    return _READERS[known.kind](known, written_as, pieces)


def _piece(known: Known, _: str, pieces: Pieces) -> Condition:
    filled = tuple(piece for piece in pieces if piece)
    if not filled:
        raise Unreadable(f"{known.name} needs some text")
    return Contains(field=known.field, pieces=filled)


def _whole(known: Known, _: str, pieces: Pieces) -> Condition:
    if known.field is Field.METHOD and len(pieces) == 1 and pieces[0].upper() in METHODS:
        return Is(field=known.field, value=pieces[0].upper())
    if known.field in (Field.HOST, Field.LABEL):
        pieces = tuple(piece.lower() for piece in pieces)
    return _whole_of(known.field, pieces)


def _whole_of(field: Field, pieces: Pieces) -> Condition:
    if len(pieces) == 1:
        return Is(field=field, value=pieces[0])
    first, *middle, last = pieces
    return Matches(field=field, pieces=(first, *(piece for piece in middle if piece), last))


def _choice(known: Known, _: str, pieces: Pieces) -> Condition:
    pieces = tuple(piece.lower() for piece in pieces)
    if len(pieces) > 1:
        return _whole_of(known.field, pieces)
    if pieces[0] not in known.choices:
        raise Unreadable(
            f"{known.name} is one of " + ", ".join(known.choices), _close(pieces[0], known.choices)
        )
    return Is(field=known.field, value=pieces[0])


def _state(known: Known, _: str, pieces: Pieces) -> Condition:
    word = "*".join(pieces).lower()
    if word not in known.choices:
        raise Unreadable(
            f"{known.name} is one of " + ", ".join(known.choices), _close(word, known.choices)
        )
    return InState(state=State(word))


def _close(word: str, choices: tuple[str, ...]) -> str | None:
    return next(iter(get_close_matches(word, choices, n=1)), None)


def _country(known: Known, _: str, pieces: Pieces) -> Condition:
    code = pieces[0].upper()
    if len(pieces) > 1 or not (len(code) == 2 and code.isascii() and code.isalpha()):
        raise Unreadable("a country is two letters of ISO 3166-1, such as DE")
    return Is(field=known.field, value=code)


def _tag(known: Known, _: str, pieces: Pieces) -> Condition:
    if not _TAG.fullmatch("".join(pieces)):
        raise Unreadable("a tag has no quotation mark, backslash, comma or star in it")
    if len(pieces) == 1:
        return Is(field=known.field, value=pieces[0])
    if len(pieces) > 2 or pieces[1]:
        raise Unreadable("in a tag the star stands at the end only, such as tag:capec/*")
    return Matches(field=known.field, pieces=pieces)


def _truth(known: Known, _: str, pieces: Pieces) -> Condition:
    truth = _TRUTH.get(pieces[0].lower()) if len(pieces) == 1 else None
    if truth is None:
        raise Unreadable(f"{known.name} is true or false")
    return Is(field=known.field, value=truth)


def _address(known: Known, written_as: str, pieces: Pieces) -> Condition:
    if len(pieces) > 1:
        return _whole_of(known.field, pieces)
    text = pieces[0]
    try:
        if "%" in text:
            raise ValueError("a zone index is not an address")
        return Inside(network=spelled(network(text)))
    except ValueError:
        if address(text) is None and not _LIKE_ADDRESS.fullmatch(text):
            return Is(field=known.field, value=text)  # what a log may say instead, such as unix:
        example = "such as 203.0.113.7, 203.0.113.0/24 or 2001:db8::/32"
        raise Unreadable(f"{written_as} is neither an address nor a network, {example}") from None


def _number(known: Known, written_as: str, _: Pieces) -> Condition:
    compared = _COMPARISON.fullmatch(written_as)
    if compared:
        number = _one(known, compared[2])
        match compared[1]:
            case ">":
                return Between(field=known.field, least=number + 1)
            case ">=":
                return Between(field=known.field, least=number)
            case "<":
                return Between(field=known.field, most=number - 1)
            case _:
                return Between(field=known.field, most=number)
    if ".." in written_as:
        first, _two_dots, last = written_as.partition("..")
        least = _one(known, first) if first else None
        most = _one(known, last) if last else None
        if least is None and most is None:
            raise Unreadable(f"{known.name} needs a number before or after the dots")
        if least is not None and most is not None and least > most:
            raise Unreadable(f"no number is from {first} to {last}", f"{last}..{first}")
        return Between(field=known.field, least=least, most=most)
    return Is(field=known.field, value=_one(known, written_as))


def _one(known: Known, text: str) -> int:
    if known.field is Field.SEVERITY and text.lower() in SEVERITIES:
        return SEVERITIES.index(text.lower())
    if known.field is Field.RULE and _STARTED.fullmatch(text):
        start = text[:-1]
        missing = max(0, 6 - len(start))
        raise Unreadable(
            "a rule id is a number; a range says more", f"{start:0<6}..{start}{'9' * missing}"
        )
    if not _NUMBER.fullmatch(text) or not known.least <= int(text) <= known.most:
        what = f"{known.name} is a number from {known.least} to {known.most}"
        if known.choices:
            what += " or one of " + ", ".join(known.choices)
        raise Unreadable(what)
    return int(text)


def _time(known: Known, written_as: str, _: Pieces) -> Condition:
    compared = _COMPARISON.fullmatch(written_as)
    if compared:
        start, end = _span(compared[2])
        match compared[1]:
            case ">":
                return During(field=known.field, since=end)
            case ">=":
                return During(field=known.field, since=start)
            case "<":
                return During(field=known.field, until=start)
            case _:
                return During(field=known.field, until=end)
    if ".." in written_as:
        first, _two_dots, last = written_as.partition("..")
        since = _span(first)[0] if first else None
        until = _span(last)[1] if last else None
        if since is None and until is None:
            raise Unreadable(f"{known.name} needs a time before or after the dots")
        if _is_backwards(since, until):
            raise Unreadable(f"no time is from {first} to {last}", f"{last}..{first}")
        return During(field=known.field, since=since, until=until)
    start, end = _span(written_as)
    if start == end:
        raise Unreadable(
            f"{written_as} is a moment; say whether after it or before it", f">{written(start)}"
        )
    return During(field=known.field, since=start, until=end)


def _is_backwards(since: Moment | None, until: Moment | None) -> bool:
    """Only what can be told without a clock."""
    if isinstance(since, Ago) and isinstance(until, Ago):
        return since.seconds <= until.seconds
    if isinstance(since, datetime) and isinstance(until, datetime):
        return since >= until
    return False


def _span(text: str) -> tuple[Moment, Moment]:
    try:
        return span(text)
    except (ValueError, OverflowError):
        raise Unreadable(
            "a time is written as 2026-11-23, 2026-11-23T07:00, 2026-11-23T07:00+01:00 or -24h"
        ) from None


_READERS: Final[dict[Kind, Callable[[Known, str, Pieces], Condition]]] = {
    Kind.WHOLE: _whole,
    Kind.PIECE: _piece,
    Kind.CHOICE: _choice,
    Kind.NUMBER: _number,
    Kind.TIME: _time,
    Kind.ADDRESS: _address,
    Kind.TRUTH: _truth,
    Kind.COUNTRY: _country,
    Kind.TAG: _tag,
    Kind.STATE: _state,
}
