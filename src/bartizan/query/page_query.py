"""The query string of a page, as it is saved: the filters of a search, and how the page shows it.

Filters are read as the API reads them, so that a saved text means what it meant when it was typed;
times stay relative. Everything else belongs to the page: it is bounded here, and not understood.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from bartizan.domain.errors import Refused
from bartizan.domain.expression import (
    Ago,
    Between,
    During,
    Expression,
    Field,
    Inside,
    InState,
    Is,
    Matches,
    either,
    every,
)
from bartizan.domain.search import Search
from bartizan.kit import clock
from bartizan.kit.networks import network, spelled
from bartizan.query.filters import FILTERS, Filter, read_filters
from bartizan.query.language.read import read
from bartizan.query.language.write import write
from bartizan.query.moments import moment, relative_seconds

LONGEST: Final = 8192
_MOST_OTHERS: Final = 40
_LONGEST_OTHER: Final = 500
_OTHER_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_FILTERS: Final = frozenset(each.name for each in FILTERS)
_TIMES: Final = ("since", "until")
# Told in a field of their own, or read with the clock.
_APART: Final = frozenset(("sensor", "host", "q", *_TIMES))
_NOTHING: Final = Search()
_NEVER_SAVED: Final = frozenset(("cursor", "limit"))

Pairs = list[tuple[str, str]]


def spelled_query(query: str) -> str:
    """The same in its usual spelling; `Refused` for filters that cannot be read, or too much."""
    pairs = [(name, value) for name, value in _pairs(query) if value and name not in _NEVER_SAVED]
    filters = [(name, _spelled_value(name, value)) for name, value in pairs if name in _FILTERS]
    read_filters(filters, clock.now())
    others = [pair for pair in pairs if pair[0] not in _FILTERS]
    for name, value in others:
        if not _OTHER_NAME.fullmatch(name) or len(value) > _LONGEST_OTHER:
            raise _bad("a page's parameters have short names and values")
    if len(others) > _MOST_OTHERS:
        raise _bad(f"a page has at most {_MOST_OTHERS} parameters beside the filters")
    return urlencode([(name, value) for name, value in (*filters, *others) if value])


def filters_of(query: str) -> Pairs:
    """The filters among the parameters."""
    return [pair for pair in _pairs(query) if pair[0] in _FILTERS]


def search_of(query: str) -> Search:
    """What the filters ask for, in three fields: sensors, hosts, and an expression of all the rest,
    in which times are still relative. `Refused` if they cannot be read (any more).
    """
    pairs = filters_of(query)
    asked = read_filters([pair for pair in pairs if pair[0] != "q"], clock.now())
    parts = [
        *(_asked(each, asked) for each in FILTERS if each.name not in _APART and _has(each, asked)),
        *(_time(name, value) for name, value in pairs if name in _TIMES),
        *(text for text in (read(value) for name, value in pairs if name == "q") if text),
    ]
    expression = every(*parts) if parts else None
    return Search(sensors=asked.sensors, hosts=asked.hosts, expression=expression)


def expression_of(search: Search) -> Expression | None:
    """What `search_of` found, as one expression; None if it asks for everything."""
    sensors = [Is(field=Field.SENSOR, value=sensor) for sensor in search.sensors]
    hosts = [Is(field=Field.HOST, value=host) for host in search.hosts]
    parts = [either(*values) for values in (sensors, hosts) if values]
    if search.expression is not None:
        parts.append(search.expression)
    return every(*parts) if parts else None


def _has(each: Filter, search: Search) -> bool:
    return bool(getattr(search, each.field) != getattr(_NOTHING, each.field))


def _asked(each: Filter, search: Search) -> Expression:
    """One filter as a condition. One that is not known here must never be left out silently."""
    make = _CONDITIONS.get(each.name)
    if make is None:
        raise _bad(f"{each.name} cannot be part of a scope")
    values = getattr(search, each.field)
    return either(*map(make, values if each.is_repeatable else (values,)))


def _is(field: Field) -> Callable[[Any], Expression]:
    return lambda value: Is(field=field, value=value)


def _client(value: str) -> Expression:
    return Inside(network=spelled(network(value)))


def _path(value: str) -> Expression:
    pieces = tuple(value.split("*"))
    if len(pieces) == 1:
        return Is(field=Field.PATH, value=value)
    return Matches(field=Field.PATH, pieces=pieces)


_CONDITIONS: Final[dict[str, Callable[[Any], Expression]]] = {
    "client": _client,
    "network": _client,
    "country": _is(Field.COUNTRY),
    "rule": _is(Field.RULE),
    "category": _is(Field.CATEGORY),
    "path": _path,
    "status": _is(Field.STATUS),
    "severity": _is(Field.SEVERITY),
    "method": _is(Field.METHOD),
    "format": _is(Field.FORMAT),
    "score": lambda value: Between(field=Field.SCORE, least=value.least, most=value.most),
    "ruleset": _is(Field.RULESET),
    "blocked": _is(Field.BLOCKED),
    "preserved": _is(Field.PRESERVED),
    "state": lambda value: InState(state=value.state),
    "label": _is(Field.LABEL),
    "unique_id": _is(Field.UNIQUE_ID),
}


def _time(name: str, value: str) -> Expression:
    told: datetime | Ago = moment(value, name, clock.now())
    seconds = relative_seconds(value)
    if seconds is not None:
        told = Ago(seconds=seconds)
    since, until = (told, None) if name == "since" else (None, told)
    return During(field=Field.AT, since=since, until=until)


def _spelled_value(name: str, value: str) -> str:
    return write(read(value)) if name == "q" else value


def _pairs(query: str) -> Pairs:
    if len(query) > LONGEST:
        raise _bad(f"it has at most {LONGEST} characters")
    try:
        return parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=200)
    except (ValueError, UnicodeDecodeError):
        raise _bad("it is not the query string of a page") from None


def _bad(message: str) -> Refused:
    return Refused("bad-parameter", message, "query")
