"""Help with a search text: what is wrong with it, its parts, and what could follow."""

from fastapi import Request
from starlette.responses import Response

from bartizan.domain.errors import Refused
from bartizan.kit import clock
from bartizan.present.answers import answer
from bartizan.present.api.parameters import (
    FILTER_PARAMETERS,
    TEXT_PARAMETER,
    filter_values,
    parameter,
    read_one,
)
from bartizan.present.parts import parts, running
from bartizan.present.route import Permission, Route
from bartizan.query.filters import read_filters
from bartizan.query.searches import CheckedSearch, Completions, check


async def check_text(request: Request) -> Response:
    return answer(check(read_one(request, "q") or ""))


async def complete_text(request: Request) -> Response:
    text = read_one(request, "q") or ""
    at = _position(read_one(request, "at"), len(text))
    others = [pair for pair in filter_values(request) if pair[0] != "q"]
    now = clock.now()
    search = read_filters(others, now)
    question = parts(request).searches
    return answer(
        await running(request).reads.run(lambda: question.complete(text, at, search, now))
    )


def _position(value: str | None, length: int) -> int:
    if value is None:
        return length
    if not (value.isascii() and value.isdigit() and len(value) < 6):
        raise Refused("bad-parameter", "at must be a number of characters", "at")
    return int(value)


# Without the bounds of a text that is searched: that it is too long is among what is told.
_TEXT_BEING_WRITTEN = parameter("q", TEXT_PARAMETER["description"], {"type": "string"})
ROUTES = (
    Route(
        methods=("GET",),
        path="/api/v1/search/check",
        endpoint=check_text,
        permission=Permission.LOGIN,
        summary="Whether a search text is right, and its parts; or what is wrong and where.",
        answer=CheckedSearch,
        parameters=(_TEXT_BEING_WRITTEN,),
    ),
    Route(
        methods=("GET",),
        path="/api/v1/search/complete",
        endpoint=complete_text,
        permission=Permission.LOGIN,
        summary="What could stand at a character of a search text, within the other filters.",
        answer=Completions,
        parameters=(
            _TEXT_BEING_WRITTEN,
            *(each for each in FILTER_PARAMETERS if each is not TEXT_PARAMETER),
            parameter("at", "the cursor, in characters; default: the end", {"type": "integer"}),
        ),
    ),
)
