"""The console: the route table, made into an ASGI application."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from bartizan.domain.errors import BartizanError
from bartizan.present import oidc, openapi, pages
from bartizan.present.api import (
    dead_letters,
    export,
    groups,
    histogram,
    live,
    lookup,
    map,  # noqa: A004
    overview,
    people,
    redaction,
    retention,
    search,
    sensors,
    session,
    status,
    tokens,
    trail,
    transactions,
    triage,
    views,
)
from bartizan.present.api.status import ReportLog
from bartizan.present.cookies import attempt_cookie, is_https, session_cookie
from bartizan.present.cross_site import CrossSite
from bartizan.present.front import Front
from bartizan.present.guard import guard
from bartizan.present.parts import ConsoleParts, Running
from bartizan.present.problems import on_bad_input, on_http, on_ours, on_unforeseen
from bartizan.present.route import Route
from bartizan.present.settings import ConsoleSettings
from bartizan.present.streams import Streams
from bartizan.present.traced import traced
from bartizan.query.threads import BoundedThreads

_REMOVAL_LIMIT_S = 600.0
_EXPORT_LIMIT_S = 60.0  # for one batch
_EXPORTS_AT_ONCE = 4

ROUTES: tuple[Route, ...] = (
    *session.ROUTES,
    *people.ROUTES,
    *tokens.ROUTES,
    *trail.ROUTES,
    *export.ROUTES,
    *groups.ROUTES,
    *histogram.ROUTES,
    *transactions.ROUTES,
    *search.ROUTES,
    *views.ROUTES,
    *lookup.ROUTES,
    *overview.ROUTES,
    *map.ROUTES,
    *sensors.ROUTES,
    *live.ROUTES,
    *dead_letters.ROUTES,
    *redaction.ROUTES,
    *retention.ROUTES,
    *triage.ROUTES,
    *status.ROUTES,
    *openapi.ROUTES,
    *oidc.ROUTES,
    *pages.ROUTES,
)


def console(settings: ConsoleSettings, parts: ConsoleParts) -> ASGIApp:
    """The console for people. Needs the lifespan protocol: it runs the live feed meanwhile."""
    app = _application(settings, parts)
    return Front(app, CrossSite(settings), is_https=is_https(settings))


def _application(settings: ConsoleSettings, parts: ConsoleParts) -> FastAPI:
    app = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
        exception_handlers={
            BartizanError: on_ours,
            HTTPException: on_http,
            RequestValidationError: on_bad_input,
            Exception: on_unforeseen,
        },
    )
    app.state.running = _start(settings, parts)
    app.state.reports = ReportLog()
    app.router.routes.extend(_routes())
    app.openapi = _document  # type: ignore[method-assign]
    return app


@cache
def _routes() -> tuple[BaseRoute, ...]:
    """The same for every application: what differs is in its state."""
    router = APIRouter()
    for route in ROUTES:
        _add(router, route)
    return tuple(router.routes)


@cache
def _document() -> dict[str, Any]:
    return openapi.write_document(_routes(), ROUTES)


def _start(settings: ConsoleSettings, parts: ConsoleParts) -> Running:
    """Threads apart by purpose, so that one kind of work cannot starve another."""
    cookie = session_cookie(is_secure=is_https(settings), lifetime_s=settings.session_lifetime_s)
    return Running(
        parts=parts,
        cookie=cookie,
        streams=Streams(),
        reads=BoundedThreads("read", count=4),
        accounts=BoundedThreads("accounts", count=2, waiting=256),
        passwords=BoundedThreads("password", count=2, waiting=32),
        changes=BoundedThreads("change", count=1, waiting=4, limit_s=_REMOVAL_LIMIT_S),
        marks=BoundedThreads("mark", count=2, waiting=32, limit_s=20.0),
        health=BoundedThreads("health", count=1, waiting=16, limit_s=5.0),
        provider=BoundedThreads("provider", count=2, waiting=16, limit_s=25.0),
        exports=BoundedThreads("export", count=1, waiting=32, limit_s=_EXPORT_LIMIT_S),
        exporting=Streams(_EXPORTS_AT_ONCE, kind="exports"),
        attempt_cookie=attempt_cookie(is_secure=is_https(settings)),
    )


def _add(router: APIRouter, route: Route) -> None:
    router.add_api_route(
        route.path,
        traced(route),
        methods=list(route.methods),
        summary=route.summary,
        response_model=None,
        response_class=Response,
        responses=openapi.responses(route),
        openapi_extra={"parameters": list(route.parameters)} if route.parameters else None,
        dependencies=[Depends(guard(route))],
        include_in_schema=route.is_api,
    )


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    house: Running = app.state.running
    async with asyncio.TaskGroup() as tasks:
        feed = tasks.create_task(house.parts.live.run(), name="live feed")
        try:
            yield
        finally:
            feed.cancel()
            house.parts.live.close()
            for threads in house.threads():
                threads.close()
