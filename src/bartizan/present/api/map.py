"""The map's summary, and removing the demo."""

from fastapi import Request
from starlette.responses import Response

from bartizan.domain.errors import Refused
from bartizan.kit import clock
from bartizan.present.answers import answer
from bartizan.present.api.parameters import TEXT_PARAMETER, parameter, read_one
from bartizan.present.parts import parts, running
from bartizan.present.route import Permission, Route
from bartizan.query.filters import search_text
from bartizan.query.map import WINDOWS
from bartizan.query.views import MapSummary, Removed

_DEFAULT_WINDOW = "24h"


async def show_map(request: Request) -> Response:
    name = read_one(request, "window") or _DEFAULT_WINDOW
    window = WINDOWS.get(name)
    if window is None:
        raise Refused("bad-parameter", "window must be one of " + ", ".join(WINDOWS), "window")
    wanted = search_text(read_one(request, "q") or "", clock.now())
    question, build = parts(request).map, parts(request).assets.build
    return answer(
        await running(request).reads.run(
            lambda: question.summary(window, build=build, expression=wanted)
        )
    )


async def remove_demo(request: Request) -> Response:
    return answer(await running(request).changes.run(parts(request).demo.remove))


ROUTES = (
    Route(
        methods=("GET",),
        path="/api/v1/map",
        endpoint=show_map,
        permission=Permission.LOGIN,
        summary="What happened in a window of time, by place.",
        answer=MapSummary,
        parameters=(
            parameter(
                "window",
                "how far back from now",
                {"type": "string", "enum": list(WINDOWS), "default": _DEFAULT_WINDOW},
            ),
            TEXT_PARAMETER,
        ),
    ),
    Route(
        methods=("DELETE",),
        path="/api/v1/demo",
        endpoint=remove_demo,
        action="demo.removed",
        permission=Permission.ADMIN,
        summary="Remove the demo sensors and everything they sent.",
        answer=Removed,
    ),
)
