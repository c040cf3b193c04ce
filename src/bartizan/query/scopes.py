"""Scopes: the part of all transactions that somebody may see.

A scope is written as the parameters of a search, such as `sensor=web-1&host=shop.example`, and is
laid under every question: a filter can only narrow it. It may name sensors, hosts and shared views,
of which any may fit, and a search text (`q`); all that is named must hold. A search text that names
a field, such as `host:*.shop.example`, is a scope as it stands.

A scope decides which rows there are, so it is asked in full, whatever its reader may see of them.
One that cannot be read, names a view that is gone, or narrows nothing, shows nothing.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qsl, urlencode

import msgspec

from bartizan.domain.clearance import Clearance
from bartizan.domain.delivery import Row
from bartizan.domain.errors import Refused
from bartizan.domain.expression import (
    And,
    Expression,
    Field,
    Inside,
    Not,
    Or,
    either,
    every,
    settled,
)
from bartizan.domain.search import Search
from bartizan.kit.struct import Struct
from bartizan.query.filters import read_filters
from bartizan.query.language.payloads import besides_payloads
from bartizan.query.language.read import read
from bartizan.query.language.write import write
from bartizan.query.page_query import expression_of, search_of
from bartizan.query.views import RowView

_LONGEST: Final = 8192
_FIELDS: Final = ("sensor", "host", "view", "q")
_MOST_VIEWS: Final = 20
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)  # these filters have no time, so none is read

# The filters of the shared view of this name, as the query string of its page.
Views = Callable[[str], str | None]


def no_views(_name: str) -> str | None:
    """Where nobody has saved any."""
    return None


class _Spelled(Struct, frozen=True, kw_only=True):
    """A scope, taken apart."""

    names: Search  # sensors and hosts alone
    views: tuple[str, ...]
    text: Expression | None


def read_scope(text: str, views: Views = no_views) -> Search:
    """The search that a scope stands for: sensors, hosts, and an expression of everything else, in
    which times are still relative. `Refused` (`bad-scope`) for what is none.
    """
    spelled = _take_apart(text)
    search = spelled.names
    parts = [] if spelled.text is None else [spelled.text]
    found = [_of_view(name, views) for name in spelled.views]
    if len(found) == 1 and not search.sensors and not search.hosts:
        # As sensors and hosts, so that whoever sees the whole of a sensor is known to do so.
        search = Search(sensors=found[0].sensors, hosts=found[0].hosts)
        parts += [] if found[0].expression is None else [found[0].expression]
    elif found:
        parts.append(either(*(one for one in map(expression_of, found) if one is not None)))
    return msgspec.structs.replace(search, expression=every(*parts) if parts else None)


def spelled_scope(text: str) -> str:
    """The same scope in its usual spelling; `Refused` (`bad-scope`)."""
    spelled = _take_apart(text)
    pairs = [("sensor", sensor) for sensor in spelled.names.sensors]
    pairs += [("host", host.lower()) for host in spelled.names.hosts]
    pairs += [("view", view) for view in spelled.views]
    pairs += [] if spelled.text is None else [("q", write(spelled.text))]
    return urlencode(list(dict.fromkeys(pairs)))


def views_of(text: str) -> tuple[str, ...]:
    """The names of the views that a scope stands on; none for one that cannot be read."""
    try:
        return _take_apart(text).views
    except Refused:
        return ()


def read_clearance(
    scopes: Iterable[str],
    *,
    sees_payloads: bool,
    views: Views = no_views,
    guessing: str = "",
) -> Clearance:
    """`guessing` is one of the scopes, if somebody chose it who may not see payloads: so that it
    does not tell them what is in those, it is asked beside them, as their searches are.
    """
    found = []
    for text in filter(None, scopes):
        scope = read_scope(text, views)
        if text == guessing and scope.expression is not None:
            scope = msgspec.structs.replace(scope, expression=besides_payloads(scope.expression))
        found.append(scope)
    return Clearance(scopes=tuple(found), sees_payloads=sees_payloads)


def narrowed(search: Search, scopes: Sequence[Search], now: datetime) -> Search | None:
    """What both `search` and all of `scopes` allow; None if that is nothing."""
    for scope in scopes:
        sensors = _both(search.sensors, scope.sensors)
        hosts = _both(_lower(search.hosts), _lower(scope.hosts))
        if sensors is None or hosts is None:
            return None
        expression = _every(search.expression, scope.expression, now)
        search = msgspec.structs.replace(
            search, sensors=sensors, hosts=hosts, expression=expression
        )
    return search


def names_fit(row: Row | RowView, scopes: Sequence[Search]) -> bool:
    """Whether a row fits the sensors and hosts of all; the rest is not asked."""
    return all(
        (not scope.sensors or row.sensor in scope.sensors)
        and (not scope.hosts or (row.host or "").lower() in _lower(scope.hosts))
        for scope in scopes
    )


def rest_of(scopes: Sequence[Search]) -> Expression | None:
    """What the scopes ask beside sensors and hosts; its times are relative."""
    parts = [scope.expression for scope in scopes if scope.expression is not None]
    return every(*parts) if parts else None


def whole_sensors(scopes: Sequence[Search]) -> frozenset[str] | None:
    """The sensors of which everything may be seen; None for all of them."""
    found: frozenset[str] | None = None
    for scope in scopes:
        is_part = bool(scope.hosts) or scope.expression is not None
        mine = frozenset() if is_part else frozenset(scope.sensors)
        found = mine if found is None else found & mine
    return found


def _take_apart(text: str) -> _Spelled:
    if len(text) > _LONGEST:
        raise _bad(f"a scope has at most {_LONGEST} characters")
    try:
        pairs = _pairs(text)
        names = read_filters([pair for pair in pairs if pair[0] in ("sensor", "host")], _NEVER)
        views = tuple(dict.fromkeys(value for name, value in pairs if name == "view"))
        texts = [value for name, value in pairs if name == "q"]
        asked = [read(value) for value in texts]
    except (ValueError, UnicodeDecodeError):
        raise _bad("a scope is written as sensor=web-1&host=shop.example") from None
    except Refused as reason:
        raise reason if reason.code == "bad-scope" else _bad(reason.message) from None
    if not all(views) or len(views) > _MOST_VIEWS:
        raise _bad(f"a scope names at most {_MOST_VIEWS} views")
    if None in asked or len(asked) > 1:
        raise _bad("a scope has at most one search text, which narrows something")
    return _Spelled(names=names, views=views, text=asked[0] if asked else None)


def _pairs(text: str) -> list[tuple[str, str]]:
    if "=" not in text or text.partition("=")[0] not in _FIELDS:
        asked = read(text) if ":" in text else None
        if asked is not None and _names_a_field(asked):
            return [("q", text)]
    pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text), errors="strict")
    unknown = [name for name, _ in pairs if name not in _FIELDS]
    if unknown:
        raise _bad(f"a scope names sensors, hosts, views and a text, not {unknown[0][:40]}")
    return pairs


def _names_a_field(expression: Expression) -> bool:
    """Free text alone is more likely a mistake than a scope."""
    if isinstance(expression, Not):
        return _names_a_field(expression.part)
    if isinstance(expression, And | Or):
        return any(map(_names_a_field, expression.parts))
    return isinstance(expression, Inside) or expression.field is not Field.TEXT


def _of_view(name: str, views: Views) -> Search:
    query = views(name)
    if query is None:
        raise _bad(f"there is no shared view {name[:100]} (any more)")
    try:
        search = search_of(query)
    except Refused as reason:
        raise _bad(f"the view {name[:100]} cannot be read any more: {reason.message}") from None
    if search == Search():
        raise _bad(f"the view {name[:100]} narrows nothing, so it is no scope")
    return search


def _every(asked: Expression | None, scope: Expression | None, now: datetime) -> Expression | None:
    if scope is None:
        return asked
    return settled(scope, now) if asked is None else every(asked, settled(scope, now))


def _both(asked: tuple[str, ...], allowed: tuple[str, ...]) -> tuple[str, ...] | None:
    """The values in both, empty tuples standing for all; None if there are none."""
    if not asked or not allowed:
        return asked or allowed
    return tuple(value for value in asked if value in allowed) or None


def _lower(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(value.lower() for value in values)


def _bad(message: str) -> Refused:
    return Refused("bad-scope", message, "scope")
