"""Exports: every transaction that matches, as a file that is written while it is read.

Memory does not grow with the number of rows: one batch is read, written and sent, then the next.
The first one is read before the answer begins, so that what is wrong with the question is an error
like any other. What goes wrong later ends the connection before the end of the body: whoever reads
it can tell (curl: exit code 18), and never takes a part for the whole.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import datetime
from urllib.parse import urlencode

from fastapi import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from bartizan.domain.errors import BartizanError
from bartizan.kit import clock, log
from bartizan.present.api.parameters import FILTER_PARAMETERS, filter_values, parameter
from bartizan.present.files import FileFormat, head, writer
from bartizan.present.guard import caller, may_go_on
from bartizan.present.parts import parts, running
from bartizan.present.route import Permission, Route
from bartizan.present.traced import about
from bartizan.query.export import COLUMNS, Batches, read_columns
from bartizan.query.filters import read_filters

_log = log.get("export")
_LOOK_EVERY_S = 5.0
Chunk = tuple[int, bytes]  # how many rows, and their lines
Chunks = Iterator[Chunk]
_TYPES = {
    FileFormat.CSV: "text/csv; charset=utf-8",
    FileFormat.NDJSON: "application/x-ndjson",
}


class ExportStream(Response):
    """Takes its place before it answers, and gives it back however it ends."""

    def __init__(self, request: Request, kind: FileFormat, chunks: Chunks) -> None:
        super().__init__()
        self._request = request
        self._kind = kind
        self._chunks = chunks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        house = running(self._request)
        with house.exporting.place(caller(self._request).key):
            first = await self._next()
            headers = {
                "Content-Disposition": f'attachment; filename="{_name(self._kind, clock.now())}"',
                "Content-Security-Policy": "sandbox",
                "Cache-Control": "no-store",
                "X-Accel-Buffering": "no",
            }
            file = _WholeOrBroken(
                self._lines(first), headers=headers, media_type=_TYPES[self._kind]
            )
            await file(scope, receive, send)

    async def _lines(self, chunk: Chunk | None) -> AsyncIterator[bytes]:
        written, look_at = 0, time.monotonic() + _LOOK_EVERY_S
        while chunk is not None:
            rows, lines = chunk
            yield lines
            written += rows
            if time.monotonic() >= look_at:
                if not await may_go_on(self._request):
                    _log.warning("export.stopped", rows=written, reason="logged out")
                    raise _Stopped
                look_at = time.monotonic() + _LOOK_EVERY_S
            try:
                chunk = await self._next()
            except BartizanError as error:
                _log.warning("export.stopped", rows=written, reason=error.code)
                raise _Stopped from error
        _log.info("export.done", rows=written, format=self._kind.value)

    async def _next(self) -> Chunk | None:
        chunks = self._chunks
        return await running(self._request).exports.run(lambda: next(chunks, None))


def _written(kind: FileFormat, columns: tuple[str, ...], batches: Batches) -> Chunks:
    """The head of the file with the first lines, then batch after batch."""
    write, first = writer(kind, columns), next(batches, ())
    yield len(first), head(kind, columns) + write(first)
    for rows in batches:
        yield len(rows), write(rows)


class _Stopped(Exception):  # noqa: N818 - not an error of this process
    """The rest of an export will not come."""


class _WholeOrBroken(StreamingResponse):
    """Says that the body is at its end only if it is: otherwise the server ends the connection."""

    async def stream_response(self, send: Send) -> None:
        try:
            await super().stream_response(send)
        except _Stopped:
            return


def _export(kind: FileFormat) -> Callable[..., Awaitable[Response]]:
    async def export(request: Request) -> Response:
        values = filter_values(request)
        search = read_filters(values, clock.now())
        columns = read_columns(request.query_params.getlist("column"))
        about(request, kind.value, urlencode(values) or "everything")
        batches = parts(request).transactions.every(search)
        return ExportStream(request, kind, _written(kind, columns, batches))

    return export


def _name(kind: FileFormat, at: datetime) -> str:
    return f"transactions-{at:%Y%m%d-%H%M%S}.{kind.value}"


_COLUMN = parameter(
    "column",
    "a column, in the order wanted; may be repeated; default: all of them",
    {
        "type": "array",
        "items": {"type": "string", "enum": list(COLUMNS)},
        "maxItems": len(COLUMNS),
        "uniqueItems": True,
    },
)
ROUTES = (
    Route(
        methods=("GET",),
        path="/api/v1/transactions.csv",
        endpoint=_export(FileFormat.CSV),
        permission=Permission.LOGIN,
        summary="Every transaction that matches, newest first, as CSV.",
        content_type="text/csv",
        parameters=(*FILTER_PARAMETERS, _COLUMN),
        action="transactions.exported",
    ),
    Route(
        methods=("GET",),
        path="/api/v1/transactions.ndjson",
        endpoint=_export(FileFormat.NDJSON),
        permission=Permission.LOGIN,
        summary="Every transaction that matches, newest first, one JSON object per line.",
        content_type="application/x-ndjson",
        parameters=FILTER_PARAMETERS,
        action="transactions.exported",
    ),
)
