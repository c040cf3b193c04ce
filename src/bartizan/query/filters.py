"""From the parameters of a request to a `Search`.

One table holds every filter: its name, whether it may be repeated, how a value is checked, and what
the OpenAPI document says about it. Input is hostile: values are few, short and checked, and an
error names the parameter. Values are only ever data: nothing here builds a pattern or a statement.
"""

import ipaddress
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from bartizan.domain.errors import Refused
from bartizan.domain.expression import Expression, InState, settled
from bartizan.domain.search import Band, Search
from bartizan.domain.transaction import Category, Format
from bartizan.domain.triage import State
from bartizan.kit.struct import Struct
from bartizan.query.language.read import MOST_CHARACTERS, read
from bartizan.query.language.write import write
from bartizan.query.moments import moment

MAX_VALUES = 50  # of one filter
MAX_LENGTH = 1024  # characters of one value
_COUNTRY = re.compile(r"[A-Za-z]{2}")
_DIGITS = re.compile(r"[0-9]{1,10}")
_BAND = r"^(-?[0-9]{1,9}|-?[0-9]{1,9}\.\.(-?[0-9]{1,9})?|\.\.-?[0-9]{1,9})$"


class Filter(Struct, frozen=True, kw_only=True):
    """One filter: `field` of `Search` it fills, `read` checks one value (`ValueError` if bad)."""

    name: str
    field: str
    is_repeatable: bool
    read: Callable[[str], Any]
    expects: str
    schema: dict[str, Any]


def _client(value: str) -> str:
    if "%" in value:
        raise ValueError("a zone index is not an address")
    if "/" in value:
        return str(ipaddress.ip_network(value, strict=False))
    return str(ipaddress.ip_address(value))


def _country(value: str) -> str:
    if not _COUNTRY.fullmatch(value):
        raise ValueError(value)
    return value.upper()


def _number(value: str) -> int:
    if not _DIGITS.fullmatch(value):
        raise ValueError(value)
    return int(value)


def _status(value: str) -> int:
    status = _number(value)
    if not 100 <= status <= 999:
        raise ValueError(value)
    return status


def _severity(value: str) -> int:
    severity = _number(value)
    if severity > 7:
        raise ValueError(value)
    return severity


def _band(value: str) -> Band:
    """As a search text says it after `score:`."""
    if not re.fullmatch(_BAND, value):
        raise ValueError(value)
    least, dots, most = value.partition("..")
    if not dots:
        return Band(least=int(value), most=int(value))
    band = Band(least=int(least) if least else None, most=int(most) if most else None)
    if band.least is not None and band.most is not None and band.least > band.most:
        raise ValueError(value)
    return band


def _truth(value: str) -> bool:
    return {"true": True, "false": False}[value]


def _many(name: str, field: str, read: Callable[[str], Any], expects: str, **schema: Any) -> Filter:
    items = {"type": "string", **schema}
    return Filter(
        name=name,
        field=field,
        is_repeatable=True,
        read=read,
        expects=expects,
        schema={"type": "array", "items": items, "maxItems": MAX_VALUES},
    )


def _one(name: str, field: str, read: Callable[[str], Any], expects: str, **schema: Any) -> Filter:
    return Filter(
        name=name,
        field=field,
        is_repeatable=False,
        read=read,
        expects=expects,
        schema={"type": "string", **schema},
    )


FILTERS: tuple[Filter, ...] = (
    _many("sensor", "sensors", str, "the name of a sensor"),
    _many("client", "clients", _client, "an address or a CIDR block"),
    _many("country", "countries", _country, "two letters of ISO 3166-1"),
    _many("rule", "rule_ids", _number, "a rule id", pattern="^[0-9]{1,10}$"),
    _many(
        "category",
        "categories",
        lambda value: Category(value).value,
        "one of " + ", ".join(Category),
        enum=[category.value for category in Category],
    ),
    _many("host", "hosts", str, "a host name"),
    _many("path", "paths", str, "a path, in which * stands for any text"),
    _many("status", "statuses", _status, "an HTTP status", pattern="^[1-9][0-9]{2}$"),
    _many("severity", "severities", _severity, "a severity from 0 to 7", pattern="^[0-7]$"),
    _many("method", "methods", str, "an HTTP method"),
    _many(
        "format",
        "formats",
        lambda value: Format(value).value,
        "one of " + ", ".join(Format),
        enum=[*map(str, Format)],
    ),
    _many("network", "networks", _client, "a CIDR block or an address"),
    _many("score", "scores", _band, "a number or a range, such as 5..9 or 100..", pattern=_BAND),
    _many("ruleset", "rulesets", str, "a ruleset as logged"),
    _one("blocked", "intercepted", _truth, "true or false", enum=["true", "false"]),
    _one("preserved", "preserved", _truth, "true or false", enum=["true", "false"]),
    _many("state", "states", str, "one of " + ", ".join(State), enum=[*map(str, State)]),
    _many("label", "labels", str.lower, "a label"),
    _one("unique_id", "unique_id", str, "the id the WAF gave"),
    _one("q", "expression", str, "a search text (docs/search.md)", maxLength=MOST_CHARACTERS),
    _one("since", "since", str, "a time, inclusive"),
    _one("until", "until", str, "a time, exclusive"),
)
_BY_NAME = {each.name: each for each in FILTERS}
_MOMENTS = ("since", "until")


def read_filters(parameters: Iterable[tuple[str, str]], now: datetime) -> Search:
    """The search that the (name, value) pairs describe; `Refused` names what is wrong."""
    values: dict[str, list[Any]] = {}
    for name, value in parameters:
        known = _BY_NAME.get(name)
        if known is None:
            raise unknown_parameter(name, _BY_NAME)
        values.setdefault(name, []).append(_read(known, value, now))
    fields: dict[str, Any] = {}
    for name, found in values.items():
        known = _BY_NAME[name]
        _limit(known, len(found))
        fields[known.field] = tuple(dict.fromkeys(found)) if known.is_repeatable else found[0]
    search = Search(**fields)
    if search.since and search.until and search.since >= search.until:
        raise Refused("bad-parameter", "until must be later than since", "until")
    return search


def unknown_parameter(name: str, known: Iterable[str]) -> Refused:
    """The error for a parameter that this request does not have."""
    choices = ", ".join(known)
    return Refused(
        "unknown-parameter",
        f"there is no parameter of this name here; there is: {choices or 'none'}",
        name[:100],
    )


def search_text(value: str, now: datetime) -> Expression | None:
    """What a search text asks for now; `Mistake` points at what is wrong with it."""
    expression = read(value)
    return None if expression is None else settled(expression, now)


def _read(known: Filter, value: str, now: datetime) -> Any:
    if known.name == "q":
        return search_text(value, now)
    if not value or len(value) > MAX_LENGTH:
        raise Refused(
            "bad-parameter",
            f"{known.name} must be {known.expects}, of 1 to {MAX_LENGTH} characters",
            known.name,
        )
    if known.name in _MOMENTS:
        return moment(value, known.name, now)
    try:
        if known.name == "state":
            return InState(state=State(value), at=now)
        return known.read(value)
    except (ValueError, KeyError):
        raise Refused(
            "bad-parameter", f"{known.name} must be {known.expects}", known.name
        ) from None


def _limit(known: Filter, count: int) -> None:
    if not known.is_repeatable and count > 1:
        raise Refused("bad-parameter", f"{known.name} may be given only once", known.name)
    if count > MAX_VALUES:
        raise Refused(
            "bad-parameter", f"{known.name} may be given at most {MAX_VALUES} times", known.name
        )


def filter_values(search: Search) -> tuple[tuple[str, str], ...]:
    """The (name, value) pairs that `read_filters` makes this search of."""
    nothing = Search()
    pairs: list[tuple[str, str]] = []
    for each in FILTERS:
        found = getattr(search, each.field)
        if found != getattr(nothing, each.field):
            values = found if each.is_repeatable else (found,)
            pairs += [(each.name, _written(value)) for value in values]
    return tuple(pairs)


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, InState):
        return value.state.value
    if isinstance(value, Expression):
        return write(value)
    return value.isoformat() if isinstance(value, datetime) else str(value)


def given_filters(search: Search) -> tuple[str, ...]:
    """The names of the parameters that narrow this search."""
    nothing = Search()
    return tuple(
        each.name for each in FILTERS if getattr(search, each.field) != getattr(nothing, each.field)
    )


def without(search: Search, *names: str) -> Search:
    """The same search with these parameters left out."""
    fields = {each: getattr(search, each) for each in search.__struct_fields__}
    for name in names:
        fields.pop(_BY_NAME[name].field)
    return Search(**fields)
