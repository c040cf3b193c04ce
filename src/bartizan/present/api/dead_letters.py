"""Dead letters: what could not be decoded. They show raw entries, so viewers may not see them."""

from typing import Annotated

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from bartizan.domain.delivery import LetterSelection
from bartizan.domain.errors import Refused
from bartizan.kit import log
from bartizan.present.answers import answer
from bartizan.present.api.parameters import limit_parameter, parameter, read_limit, read_one
from bartizan.present.guard import caller
from bartizan.present.parts import parts, running
from bartizan.present.route import Permission, Route
from bartizan.present.traced import about
from bartizan.query import dead_letters
from bartizan.query.dead_letters import (
    DeadLetterList,
    DeadLetterSummary,
    LetterStep,
    OpenedLetter,
    letter_number,
)

_log = log.get("console")
_MAX_IDS = 500
_MAX_TEXT = 1024
_Id = Annotated[str, Field(pattern="^[0-9]{1,18}$")]


class Choice(BaseModel):
    """Which letters: of these ids, of this sensor, with this code; or really all of them.

    `until` is what the step before answered; without it a first step begins.
    """

    model_config = ConfigDict(extra="forbid")

    ids: list[_Id] = Field(default_factory=list, max_length=_MAX_IDS)
    sensor: str | None = Field(None, max_length=_MAX_TEXT)
    code: str | None = Field(None, max_length=_MAX_TEXT)
    all: bool = False
    until: _Id | None = None

    def selection(self) -> LetterSelection:
        """`Refused` (`nothing-chosen`) unless something is chosen, or all of them on purpose."""
        if not (self.ids or self.sensor is not None or self.code is not None or self.all):
            raise Refused("nothing-chosen", "say which: ids, sensor, code, or all")
        return LetterSelection(
            ids=tuple(int(each) for each in self.ids),
            sensor=self.sensor,
            code=self.code,
            until_id=None if self.until is None else int(self.until),
        )


async def show_summary(request: Request) -> Response:
    return answer(await running(request).reads.run(parts(request).dead_letters.summary))


async def list_letters(request: Request) -> Response:
    selection = LetterSelection(sensor=read_one(request, "sensor"), code=read_one(request, "code"))
    cursor = read_one(request, "cursor")
    limit = read_limit(request, most=dead_letters.MAX_LIMIT, default=dead_letters.DEFAULT_LIMIT)
    desk = parts(request).dead_letters
    return answer(
        await running(request).reads.run(lambda: desk.list(selection, cursor=cursor, limit=limit))
    )


async def open_letter(request: Request, letter_id: str) -> Response:
    number, offset = letter_number(letter_id), _offset(request)
    desk = parts(request).dead_letters
    return answer(await running(request).reads.run(lambda: desk.open(number, offset)))


async def download_letter(request: Request, letter_id: str) -> Response:
    """Never shown, only saved: whoever opens it anyway gets a document that may do nothing."""
    number = letter_number(letter_id)
    desk = parts(request).dead_letters
    letter = await running(request).reads.run(lambda: desk.letter(number))
    headers = {
        "Content-Disposition": f'attachment; filename="dead-letter-{number}.bin"',
        "Content-Security-Policy": "sandbox",
        "Cache-Control": "no-store",
    }
    return Response(letter.entry.raw, headers=headers, media_type="application/octet-stream")


async def retry_letters(request: Request, body: Choice) -> Response:
    selection, desk = body.selection(), parts(request).dead_letters
    step = await running(request).changes.run(lambda: desk.retry(selection))
    _tell("console.dead_letters.revived", request, body, step)
    return answer(step)


async def remove_letters(request: Request, body: Choice) -> Response:
    selection, desk = body.selection(), parts(request).dead_letters
    step = await running(request).changes.run(lambda: desk.remove(selection))
    _tell("console.dead_letters.removed", request, body, step)
    return answer(step)


def _tell(event: str, request: Request, body: Choice, step: LetterStep) -> None:
    """Who did what to which letters: a removal cannot be seen anywhere else afterwards."""
    chosen = ", ".join(filter(None, (body.sensor, body.code, *body.ids[:20]))) or "all"
    about(request, chosen, f"{step.letters} letters")
    if step.letters:
        _log.info(
            event,
            person=caller(request).person.name,
            letters=step.letters,
            sensor=body.sensor,
            code=body.code,
            ids=",".join(body.ids[:20]) or None,
            until=step.until,
        )


def _offset(request: Request) -> int:
    value = read_one(request, "offset") or "0"
    if not (value.isascii() and value.isdigit() and len(value) <= 12):
        raise Refused("bad-parameter", "offset must be a number of bytes", "offset")
    return int(value)


_TEXT = {"type": "string"}
_PATH = "/api/v1/dead-letters"
ROUTES = (
    Route(
        methods=("GET",),
        path=_PATH,
        endpoint=list_letters,
        permission=Permission.PAYLOADS,
        summary="What could not be decoded, the newest first.",
        answer=DeadLetterList,
        parameters=(
            parameter("sensor", "the name of a sensor", _TEXT),
            parameter("code", "the code of a reason", _TEXT),
            limit_parameter(dead_letters.MAX_LIMIT, dead_letters.DEFAULT_LIMIT),
            parameter("cursor", "`next` of the page before", _TEXT),
        ),
    ),
    Route(
        methods=("GET",),
        path=f"{_PATH}/summary",
        endpoint=show_summary,
        permission=Permission.PAYLOADS,
        summary="How many dead letters there are, per sensor and reason.",
        answer=DeadLetterSummary,
    ),
    Route(
        methods=("GET",),
        path=f"{_PATH}/{{letter_id}}",
        endpoint=open_letter,
        permission=Permission.PAYLOADS,
        action="dead-letter.opened",
        summary="One dead letter with 64 KiB of its bytes.",
        answer=OpenedLetter,
        parameters=(parameter("offset", "where the bytes begin", {"type": "integer"}),),
    ),
    Route(
        methods=("GET",),
        path=f"{_PATH}/{{letter_id}}/raw",
        endpoint=download_letter,
        permission=Permission.PAYLOADS,
        action="dead-letter.downloaded",
        summary="The entry of a dead letter byte for byte.",
        content_type="application/octet-stream",
    ),
    Route(
        methods=("POST",),
        path=f"{_PATH}/retry",
        endpoint=retry_letters,
        action="dead-letters.retried",
        permission=Permission.ANALYST,
        summary="Decode some again, in steps: repeat it with `until` as long as it is not done.",
        answer=LetterStep,
    ),
    Route(
        methods=("POST",),
        path=f"{_PATH}/remove",
        endpoint=remove_letters,
        action="dead-letters.removed",
        permission=Permission.ADMIN,
        summary="Delete some for good, in steps as above.",
        answer=LetterStep,
    ),
)
