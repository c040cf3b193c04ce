"""The live feed as server-sent events.

Framing: every event is one line of JSON, in which line breaks are always escaped, so no text from
the wire can end an event or begin one.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import datetime

from fastapi import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from bartizan.kit import clock
from bartizan.kit.struct import Struct
from bartizan.present.answers import encode
from bartizan.present.api.parameters import TEXT_PARAMETER, read_one
from bartizan.present.guard import caller, clearance, may_go_on
from bartizan.present.parts import parts, running
from bartizan.present.route import Permission, Route
from bartizan.query.filters import search_text
from bartizan.query.listener import Listener

_ROWS_PER_EVENT = 200
_PAUSE_S = 0.1  # at most ten events a second
_BEAT_S = 5.0
_LONGEST_ID = 19
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class Hello(Struct, frozen=True, kw_only=True):
    build: str
    server_time: datetime
    resumed: bool


class Skipped(Struct, frozen=True, kw_only=True):
    count: int


class Beat(Struct, frozen=True, kw_only=True):
    server_time: datetime


class EventStream(Response):
    """Takes its place and its queue before it answers, and gives them back however it ends."""

    media_type = "text/event-stream"

    def __init__(self, request: Request) -> None:
        super().__init__()
        self._request = request

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        house = running(self._request)
        last_id = _last_event_id(self._request)
        wanted = search_text(read_one(self._request, "q") or "", clock.now())
        with house.streams.place(caller(self._request).key):
            async with house.parts.live.listen(
                last_id, clearance(self._request), wanted
            ) as listener:
                response = StreamingResponse(
                    self._events(listener), headers=_HEADERS, media_type=self.media_type
                )
                await response(scope, receive, send)

    async def _events(self, listener: Listener) -> AsyncIterator[bytes]:
        house = parts(self._request)
        hello = Hello(
            build=house.assets.build, server_time=clock.now(), resumed=listener.is_resumed
        )
        yield frame("hello", encode(hello), str(listener.begins_after))
        beat_at = time.monotonic() + _BEAT_S
        while not listener.is_over:
            if await listener.wait(max(0.0, beat_at - time.monotonic())):
                skipped, rows = listener.take(_ROWS_PER_EVENT)
                if skipped:
                    yield frame("skipped", encode(Skipped(count=skipped)))
                if rows:
                    yield frame("rows", encode(rows), rows[-1].id)
                await asyncio.sleep(_PAUSE_S)
            if time.monotonic() >= beat_at:
                if not await may_go_on(self._request):
                    return
                yield frame("beat", encode(Beat(server_time=clock.now())))
                beat_at = time.monotonic() + _BEAT_S


def frame(event: str, data: bytes, event_id: str | None = None) -> bytes:
    """One event. `data` is JSON and so without line breaks; names and ids are our own."""
    identity = f"id: {event_id}\n" if event_id is not None else ""
    return f"event: {event}\n{identity}data: ".encode() + data + b"\n\n"


def _last_event_id(request: Request) -> int | None:
    """What the client saw last; nonsense counts as nothing, or it could never connect again."""
    value = request.headers.get("last-event-id", "")
    is_number = value.isascii() and value.isdigit() and len(value) <= _LONGEST_ID
    return int(value) if is_number and int(value) < 2**63 else None


async def follow(request: Request) -> Response:
    return EventStream(request)


ROUTES = (
    Route(
        methods=("GET",),
        path="/api/v1/live",
        endpoint=follow,
        permission=Permission.LOGIN,
        summary="Server-sent events: everything stored from now on, or from Last-Event-ID on.",
        content_type="text/event-stream",
        parameters=(TEXT_PARAMETER,),
    ),
)
