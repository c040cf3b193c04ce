"""A search text's expression as a query. Every value stays a value: nothing of it is syntax."""

import re
from collections.abc import Iterable
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
from bartizan.domain.triage import State
from bartizan.store import limits
from bartizan.store.addresses import block
from bartizan.store.evaluation import as_kept
from bartizan.store.limits import ascii_lower
from bartizan.store.opensearch.documents import address_text
from bartizan.store.opensearch.searchable import in_text
from bartizan.store.opensearch.writes import Document
from bartizan.store.times import search_us

_SYNTAX: Final = re.compile(r"[\\*?]")
NOTHING: Final[Document] = {"match_none": {}}
_EVERYTHING: Final[Document] = {"match_all": {}}
_FIELDS: Final = {
    Field.ID: "bartizan.id",
    Field.AT: "bartizan.at_us",
    Field.RECEIVED: "bartizan.received_us",
    Field.SENSOR: "observer.name",
    Field.CLIENT: "source.address",
    Field.COUNTRY: "source.geo.country_iso_code",
    Field.CITY: "source.geo.city_name",
    Field.PLACE: "bartizan.place_kind",
    Field.METHOD: "http.request.method",
    Field.HOST: "url.domain",
    Field.PATH: "url.path",
    Field.URI: "url.original",
    Field.STATUS: "http.response.status_code",
    Field.CATEGORY: "rule.category",
    Field.SEVERITY: "event.severity",
    Field.SCORE: "event.risk_score",
    Field.BLOCKED: "bartizan.intercepted",
    Field.VERDICT: "event.reason",
    Field.RULE: "rule.id.number",
    Field.MESSAGE: "rule.name",
    Field.DATA: "bartizan.data",
    Field.TARGET: "bartizan.target",
    Field.PARAMETER: "bartizan.target",
    Field.TAG: "bartizan.tag",
    Field.UNIQUE_ID: "event.id",
    Field.FORMAT: "bartizan.format",
    Field.RULESET: "rule.ruleset",
    Field.DEFECTS: "bartizan.defect_count",
    Field.SIZE: "bartizan.size_bytes",
    Field.PRESERVED: "bartizan.is_preserved",
    Field.STATE: "bartizan.id",  # which every transaction has, too
    Field.LABEL: "bartizan.label",
    Field.NOTE: "bartizan.text.note",
}
_LOWER_CASE: Final = {
    Field.URI: ("bartizan.text.uri",),
    Field.DATA: ("bartizan.text.data",),
    Field.NOTE: ("bartizan.text.note",),
    Field.TEXT: ("bartizan.text.uri", "bartizan.text.data", "bartizan.text.rest"),
}


def translate(expression: Expression) -> Document:
    if isinstance(expression, Not):
        return {"bool": {"must_not": [translate(expression.part)]}}
    if isinstance(expression, And):
        return {"bool": {"filter": [translate(part) for part in expression.parts]}}
    if isinstance(expression, Or):
        return one_of(translate(part) for part in expression.parts)
    return _condition(as_kept(expression))


def one_of(conditions: Iterable[Document]) -> Document:
    return {"bool": {"should": list(conditions), "minimum_should_match": 1}}


def inside(network: str) -> Document:
    """A client address in a network."""
    span = block(network)
    if span is None:
        return NOTHING
    first, last = map(address_text, span)
    return {"range": {"source.ip": {"gte": first, "lte": last}}}


def in_state(wanted: InState) -> Document:
    """Documents of what is open have no state."""
    if wanted.state is State.OPEN:
        judged = [state for state in State if state is not State.OPEN]
        others = [in_state(InState(state=state, at=wanted.at)) for state in judged]
        return {"bool": {"must_not": others}}
    holds: list[Document] = [{"term": {"bartizan.state": wanted.state.value}}]
    if wanted.state is State.IGNORED and wanted.at is not None:
        holds.append({"range": {"bartizan.ignored_until_us": {"gt": search_us(wanted.at)}}})
    return {"bool": {"filter": holds}}


def holds(fields: Iterable[str], pieces: Iterable[str]) -> Document:
    """One of the fields with texts in lower case holds these pieces, one after the other."""
    pieces = tuple(pieces)
    if _is_too_long(pieces):
        return NOTHING
    lower = [_literal(in_text(ascii_lower(piece))) for piece in pieces]
    pattern = "*".join(("", *lower, ""))
    return one_of(_wildcard(field, pattern) for field in fields)


def _condition(condition: Condition) -> Document:  # noqa: PLR0911 - one for each kind
    match condition:
        case Inside(network=network):
            return inside(network)
        case InState():
            return in_state(condition)
        case Contains(field=field, pieces=pieces):
            return _contains(field, pieces)
        case Has(field=field):
            return {"exists": {"field": _FIELDS[field]}}
        case Is(field=field, value=value):
            return _is(_FIELDS[field], value)
        case Between(field=field, least=least, most=most):
            return bounded(_FIELDS[field], least, most)
        case During(field=field, since=since, until=until):
            # Settled before it came here: `Search.expression`.
            ends = {"gte": since, "lt": until}
            bounds = {
                name: search_us(moment)  # type: ignore[arg-type]
                for name, moment in ends.items()
                if moment is not None
            }
            return {"range": {_FIELDS[field]: bounds}} if bounds else _EVERYTHING
        case Matches(field=field, pieces=pieces):
            if _is_too_long(pieces):
                return NOTHING
            return _wildcard(_FIELDS[field], "*".join(map(_literal, pieces)))


def _contains(field: Field, pieces: tuple[str, ...]) -> Document:
    if field in _LOWER_CASE:
        return holds(_LOWER_CASE[field], pieces)
    if _is_too_long(pieces):
        return NOTHING
    pattern = "*".join(("", *map(_literal, pieces), ""))
    return {"wildcard": {_FIELDS[field]: {"value": pattern, "case_insensitive": True}}}


def _is(field: str, value: str | int | bool) -> Document:  # noqa: FBT001 - it is the value
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > limits.BIG:
        return NOTHING
    return {"term": {field: value}}


def bounded(field: str, least: int | None, most: int | None) -> Document:
    """No cluster takes a number that no field can hold."""
    if (least is not None and least > limits.BIG) or (most is not None and most < -limits.BIG):
        return NOTHING
    bounds = {
        name: value
        for name, value in (("gte", least), ("lte", most))
        if value is not None and abs(value) <= limits.BIG
    }
    return {"range": {field: bounds}} if bounds else {"exists": {"field": field}}


def _is_too_long(pieces: Iterable[str]) -> bool:
    """Longer than any text that is kept."""
    return sum(map(len, pieces)) > limits.DATA


def _literal(piece: str) -> str:
    """A piece in which nothing is a wildcard."""
    return _SYNTAX.sub(r"\\\g<0>", piece)


def _wildcard(field: str, pattern: str) -> Document:
    return {"wildcard": {field: {"value": pattern}}}
