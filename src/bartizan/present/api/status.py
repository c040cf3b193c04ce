"""How the installation is, for people; and for machines that watch it."""

import time
from collections import deque

import msgspec
from fastapi import Request
from starlette.responses import Response

from bartizan.domain.attribution import Attribution
from bartizan.domain.errors import BartizanError
from bartizan.kit import log
from bartizan.kit.metrics import CSP_REPORTS
from bartizan.kit.struct import Struct
from bartizan.present.answers import answer
from bartizan.present.parts import parts, running
from bartizan.present.route import Permission, Route

_log = log.get("console")
_MAX_REPORT_BYTES = 16 * 1024
_MAX_LOGGED = 300  # characters of each field
_LOGGED_PER_MINUTE = 10
_FIELDS = ("document-uri", "violated-directive", "blocked-uri", "source-file", "line-number")


class SpoolView(Struct, frozen=True, kw_only=True):
    entries: int
    size_bytes: int
    dead_letters: int


class StoreView(Struct, frozen=True, kw_only=True):
    ok: bool


class Status(Struct, frozen=True, kw_only=True):
    """`spool` is null where this console cannot see it."""

    spool: SpoolView | None
    store: StoreView
    places: Attribution


class Health(Struct, frozen=True, kw_only=True):
    ok: bool


async def show_status(request: Request) -> Response:
    house = parts(request)
    level = await running(request).reads.run(house.spool_level)
    is_ok = await running(request).reads.run(house.health.is_store_ok)
    spool = None
    if level is not None:
        spool = SpoolView(
            entries=level.entries, size_bytes=level.size_bytes, dead_letters=level.dead_letters
        )
    return answer(Status(spool=spool, store=StoreView(ok=is_ok), places=house.attribution()))


async def show_health(request: Request) -> Response:  # noqa: ARG001 - answering is the news
    return answer(Health(ok=True))


async def show_readiness(request: Request) -> Response:
    try:
        is_ready = await running(request).health.run(parts(request).health.is_ready)
    except BartizanError:
        is_ready = False
    return answer(Health(ok=is_ready), 200 if is_ready else 503)


class ReportLog:
    """Logs the first few reports of each minute: one broken page sends hundreds."""

    def __init__(self) -> None:
        self._logged_at: deque[float] = deque(maxlen=_LOGGED_PER_MINUTE)

    def take(self, body: bytes) -> None:
        CSP_REPORTS.inc()
        now = time.monotonic()
        if len(self._logged_at) == _LOGGED_PER_MINUTE and now - self._logged_at[0] < 60:
            return
        self._logged_at.append(now)
        _log.warning("console.policy.violated", **_read_report(body))


def _read_report(body: bytes) -> dict[str, str]:
    """The known fields as short text; nothing of what cannot be read."""
    try:
        document = msgspec.json.decode(body)
    except (msgspec.MsgspecError, RecursionError):
        return {}
    report = document.get("csp-report") if isinstance(document, dict) else None
    if not isinstance(report, dict):
        return {}
    return {
        name.replace("-", "_"): str(report[name])[:_MAX_LOGGED]
        for name in _FIELDS
        if isinstance(report.get(name), str | int)
    }


async def take_report(request: Request) -> Response:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_REPORT_BYTES:
            body = b""
            break
    request.app.state.reports.take(body)
    return Response(status_code=204)


ROUTES = (
    Route(
        methods=("GET",),
        path="/api/v1/status",
        endpoint=show_status,
        permission=Permission.LOGIN,
        summary="The spool, the store, and whose place data are in use.",
        answer=Status,
    ),
    Route(
        methods=("GET", "HEAD"),
        path="/healthz",
        endpoint=show_health,
        permission=Permission.OPEN,
        summary="Whether the process answers.",
        answer=Health,
    ),
    Route(
        methods=("GET", "HEAD"),
        path="/readyz",
        endpoint=show_readiness,
        permission=Permission.OPEN,
        summary="Whether the stores answer too.",
        answer=Health,
    ),
    Route(
        methods=("POST",),
        path="/csp-report",
        endpoint=take_report,
        permission=Permission.OPEN,
        summary="A browser reports that a page broke the policy.",
    ),
)
