"""The access trail, for administrators: who did what, when, and from where. It only grows."""

from collections.abc import Iterator
from datetime import datetime

from fastapi import Request
from starlette.responses import Response, StreamingResponse

from bartizan.accounts.trail import Trail
from bartizan.domain.errors import Refused
from bartizan.domain.trail import Means, Trace, TrailQuestion
from bartizan.kit import clock
from bartizan.kit.struct import Struct
from bartizan.present.answers import answer
from bartizan.present.api.parameters import limit_parameter, parameter, read_limit, read_one
from bartizan.present.parts import parts, running
from bartizan.present.route import Permission, Route
from bartizan.present.spreadsheet import csv_line
from bartizan.query.moments import moment

_MAX_LIMIT, _DEFAULT_LIMIT = 200, 50
_LONGEST = 255
_COLUMNS = ("at", "action", "person", "means", "address", "subject", "detail")


class DeedView(Struct, frozen=True, kw_only=True):
    id: str
    at: datetime
    action: str
    person: str
    means: Means
    peer_address: str
    subject: str
    detail: str


class TrailPage(Struct, frozen=True, kw_only=True):
    entries: tuple[DeedView, ...]
    next: str | None


async def list_trail(request: Request) -> Response:
    question, trail = _question(request), parts(request).trail
    limit = read_limit(request, most=_MAX_LIMIT, default=_DEFAULT_LIMIT)
    found = await running(request).accounts.run(lambda: trail.list(question, limit + 1))
    more = len(found) > limit
    return answer(
        TrailPage(
            entries=tuple(map(_view, found[:limit])),
            next=str(found[limit - 1].id) if more else None,
        )
    )


async def export_trail(request: Request) -> Response:
    """In constant memory, however long it is."""
    headers = {
        "Content-Disposition": 'attachment; filename="access-trail.csv"',
        "Content-Security-Policy": "sandbox",
        "Cache-Control": "no-store",
    }
    lines = _lines(parts(request).trail, _question(request))
    return StreamingResponse(lines, headers=headers, media_type="text/csv; charset=utf-8")


def _lines(trail: Trail, question: TrailQuestion) -> Iterator[bytes]:
    yield csv_line(_COLUMNS)
    for entry in trail.every(question):
        deed = entry.deed
        yield csv_line(
            (
                deed.at.isoformat(),
                deed.action,
                deed.person,
                deed.means.value,
                deed.peer_address,
                deed.subject,
                deed.detail,
            )
        )


def _question(request: Request) -> TrailQuestion:
    now = clock.now()
    since, until = read_one(request, "since"), read_one(request, "until")
    actions = request.query_params.getlist("action")
    texts = [*actions, read_one(request, "person") or "", read_one(request, "subject") or ""]
    if len(actions) > 20 or any(len(text) > _LONGEST for text in texts):
        raise Refused("bad-parameter", f"at most 20 values of {_LONGEST} characters", "action")
    return TrailQuestion(
        person=read_one(request, "person"),
        subject=read_one(request, "subject"),
        actions=tuple(actions),
        since=None if since is None else moment(since, "since", now),
        until=None if until is None else moment(until, "until", now),
        before_id=_cursor(read_one(request, "cursor")),
    )


def _cursor(value: str | None) -> int | None:
    if value is None:
        return None
    if not (value.isascii() and value.isdigit() and len(value) <= 10):
        raise Refused("bad-cursor", "this is not a cursor of this service; start again", "cursor")
    return int(value)


def _view(entry: Trace) -> DeedView:
    deed = entry.deed
    return DeedView(
        id=str(entry.id),
        at=deed.at,
        action=deed.action,
        person=deed.person,
        means=deed.means,
        peer_address=deed.peer_address,
        subject=deed.subject,
        detail=deed.detail,
    )


_TEXT = {"type": "string"}
_FILTERS = (
    parameter("person", "who did it", _TEXT),
    parameter("subject", "what it was done to", _TEXT),
    parameter(
        "action",
        "such as payload.opened, or payload. for all that begin so; may be repeated",
        {"type": "array", "items": _TEXT, "maxItems": 20},
    ),
    parameter("since", "a time, inclusive", _TEXT),
    parameter("until", "a time, exclusive", _TEXT),
)
_CURSOR = parameter("cursor", "`next` of the page before", _TEXT)
ROUTES = (
    Route(
        methods=("GET",),
        path="/api/v1/trail",
        endpoint=list_trail,
        permission=Permission.TRAIL,
        summary="Who did what, the newest first.",
        answer=TrailPage,
        parameters=(*_FILTERS, limit_parameter(_MAX_LIMIT, _DEFAULT_LIMIT), _CURSOR),
    ),
    Route(
        methods=("GET",),
        path="/api/v1/trail.csv",
        endpoint=export_trail,
        permission=Permission.TRAIL,
        summary="All of it that fits, as CSV.",
        content_type="text/csv",
        parameters=(*_FILTERS, _CURSOR),
        action="trail.exported",
    ),
)
