"""The help desk's question: whatever a customer sent, looked up in one step."""

from fastapi import Request
from starlette.responses import Response

from bartizan.present.answers import answer
from bartizan.present.api.parameters import parameter, read_one
from bartizan.present.parts import parts, running
from bartizan.present.route import Permission, Route
from bartizan.query.lookup import LookupAnswer
from bartizan.query.lookup_text import MOST_CHARACTERS

_DEFAULT_ZONE = "UTC"


async def look_up(request: Request) -> Response:
    text, zone = read_one(request, "q") or "", read_one(request, "zone") or _DEFAULT_ZONE
    question = parts(request).lookup
    return answer(await running(request).reads.run(lambda: question.find(text, zone)))


ROUTES = (
    Route(
        methods=("GET",),
        path="/api/v1/lookup",
        endpoint=look_up,
        permission=Permission.LOGIN,
        summary="What became of a request, by an id, an address and a time, or a URL.",
        answer=LookupAnswer,
        parameters=(
            parameter(
                "q",
                "an id, an address, a time, a URL, with any text around it",
                {"type": "string", "minLength": 1, "maxLength": MOST_CHARACTERS},
            ),
            parameter(
                "zone",
                "the time zone (IANA) of whoever asks",
                {"type": "string", "default": _DEFAULT_ZONE, "maxLength": 64},
            ),
        ),
    ),
)
