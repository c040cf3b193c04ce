"""Query parameters of API v1: what the document says about them, and reading those that are not
filters.
"""

from typing import Any

from starlette.requests import Request

from bartizan.domain.errors import Refused
from bartizan.query.filters import FILTERS


def parameter(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    """An OpenAPI parameter object."""
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": schema,
    }


def limit_parameter(most: int, default: int) -> dict[str, Any]:
    schema = {"type": "integer", "minimum": 1, "maximum": most, "default": default}
    return parameter("limit", "how many at most", schema)


FILTER_PARAMETERS = tuple(
    parameter(
        each.name,
        each.expects + ("; may be repeated: any of the values" if each.is_repeatable else ""),
        each.schema,
    )
    for each in FILTERS
)
TEXT_PARAMETER = next(each for each in FILTER_PARAMETERS if each["name"] == "q")
_REMOVED = "include_removed"
REMOVED_PARAMETER = parameter(
    _REMOVED,
    "count also what retention removed, where statistics tell it; the answer says whether they do",
    {"type": "string", "enum": ["true", "false"], "default": "false"},
)
_SAMPLED = "sampled"
SAMPLED_PARAMETER = parameter(
    _SAMPLED,
    "count the newest only where counting all takes long; the answer says since when",
    {"type": "string", "enum": ["true", "false"], "default": "false"},
)
_FILTER_NAMES = frozenset(each.name for each in FILTERS)


def filter_values(request: Request) -> list[tuple[str, str]]:
    """The (name, value) pairs that are filters."""
    return [pair for pair in request.query_params.multi_items() if pair[0] in _FILTER_NAMES]


def read_one(request: Request, name: str) -> str | None:
    """A parameter that may be given once."""
    values = request.query_params.getlist(name)
    if len(values) > 1:
        raise Refused("bad-parameter", f"{name} may be given only once", name)
    return values[0] if values else None


def read_limit(request: Request, *, most: int, default: int) -> int:
    return read_count(request, "limit", most=most, default=default)


def read_count(request: Request, name: str, *, most: int, default: int, least: int = 1) -> int:
    value = read_one(request, name)
    if value is None:
        return default
    if not (value.isascii() and value.isdigit() and len(value) < 5 and least <= int(value) <= most):
        raise Refused("bad-parameter", f"{name} must be a number from {least} to {most}", name)
    return int(value)


def read_removed(request: Request) -> bool:
    """Of `REMOVED_PARAMETER`."""
    return _read_flag(request, _REMOVED)


def read_sampled(request: Request) -> bool:
    """Of `SAMPLED_PARAMETER`."""
    return _read_flag(request, _SAMPLED)


def _read_flag(request: Request, name: str) -> bool:
    value = read_one(request, name)
    if value not in (None, "true", "false"):
        raise Refused("bad-parameter", f"{name} must be true or false", name)
    return value == "true"
