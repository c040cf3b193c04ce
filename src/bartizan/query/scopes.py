"""Scopes: the part of all transactions that somebody may see.

A scope is written as the parameters of a search, such as `sensor=web-1&host=shop.example`, and is
laid under every question: a filter can only narrow it. It may name sensors and hosts, of which any
may fit, and both must if both are named.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qsl, urlencode

import msgspec

from bartizan.domain.clearance import Clearance
from bartizan.domain.delivery import Row
from bartizan.domain.errors import Refused
from bartizan.domain.search import Search
from bartizan.query.filters import read_filters
from bartizan.query.views import RowView

_LONGEST: Final = 8192
_FIELDS: Final = ("sensor", "host")
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)  # no scope has a time, so none is read


def read_scope(text: str) -> Search:
    """The search that a scope stands for; `Refused` (`bad-scope`) for what is none."""
    if len(text) > _LONGEST:
        raise _bad(f"a scope has at most {_LONGEST} characters")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text), errors="strict")
        unknown = [name for name, _ in pairs if name not in _FIELDS]
        if unknown:
            raise _bad(f"a scope names sensors and hosts, not {unknown[0][:40]}")
        return read_filters(pairs, _NEVER)
    except (ValueError, UnicodeDecodeError):
        raise _bad("a scope is written as sensor=web-1&host=shop.example") from None
    except Refused as reason:
        raise reason if reason.code == "bad-scope" else _bad(reason.message) from None


def spelled_scope(text: str) -> str:
    """The same scope in its usual spelling; `Refused` (`bad-scope`)."""
    search = read_scope(text)
    pairs = [("sensor", sensor) for sensor in search.sensors]
    pairs += [("host", host.lower()) for host in search.hosts]
    return urlencode(list(dict.fromkeys(pairs)))


def read_clearance(scopes: Iterable[str], *, sees_payloads: bool) -> Clearance:
    return Clearance(
        scopes=tuple(read_scope(text) for text in scopes if text), sees_payloads=sees_payloads
    )


def narrowed(search: Search, scopes: Sequence[Search]) -> Search | None:
    """What both `search` and all of `scopes` allow; None if that is nothing."""
    for scope in scopes:
        sensors = _both(search.sensors, scope.sensors)
        hosts = _both(_lower(search.hosts), _lower(scope.hosts))
        if sensors is None or hosts is None:
            return None
        search = msgspec.structs.replace(search, sensors=sensors, hosts=hosts)
    return search


def is_within(row: Row | RowView, scopes: Sequence[Search]) -> bool:
    return all(
        (not scope.sensors or row.sensor in scope.sensors)
        and (not scope.hosts or (row.host or "").lower() in _lower(scope.hosts))
        for scope in scopes
    )


def whole_sensors(scopes: Sequence[Search]) -> frozenset[str] | None:
    """The sensors of which everything may be seen; None for all of them."""
    found: frozenset[str] | None = None
    for scope in scopes:
        mine = frozenset() if scope.hosts else frozenset(scope.sensors)
        found = mine if found is None else found & mine
    return found


def _both(asked: tuple[str, ...], allowed: tuple[str, ...]) -> tuple[str, ...] | None:
    """The values in both, empty tuples standing for all; None if there are none."""
    if not asked or not allowed:
        return asked or allowed
    return tuple(value for value in asked if value in allowed) or None


def _lower(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(value.lower() for value in values)


def _bad(message: str) -> Refused:
    return Refused("bad-scope", message, "scope")
