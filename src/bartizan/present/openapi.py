"""The OpenAPI document, made from the route table and the very types that are sent."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from fastapi import Request
from fastapi.openapi.utils import get_openapi
from starlette.responses import Response
from starlette.routing import BaseRoute

from bartizan import __version__
from bartizan.present.answers import ErrorAnswer, answer
from bartizan.present.api.live import Beat, Hello, Skipped
from bartizan.present.route import Permission, Route

_TEMPLATE = "#/components/schemas/{name}"
_EVENTS = (Hello, Skipped, Beat)  # of the live feed, beside arrays of rows


def types_of(routes: Iterable[Route]) -> list[Any]:
    """Every type that is sent as JSON, once."""
    found = [route.answer for route in routes if route.answer is not None]
    return list(dict.fromkeys([*found, ErrorAnswer, *_EVENTS]))


def responses(route: Route) -> dict[int | str, dict[str, Any]]:
    """What FastAPI writes about the answers of one route."""
    content: dict[str, Any] = {"schema": {}}
    if route.answer is not None:
        content = {"schema": _reference(route.answer)}
    elif route.content_type == "application/octet-stream":
        content = {"schema": {"type": "string", "format": "binary"}}
    problem = {"application/json": {"schema": _reference(ErrorAnswer)}}
    return {
        200: {"description": route.summary, "content": {route.content_type: content}},
        "default": {"description": "What went wrong.", "content": problem},
    }


def _reference(kind: Any) -> dict[str, Any]:
    return {"$ref": _TEMPLATE.format(name=kind.__name__)}


def write_document(served: Sequence[BaseRoute], routes: Sequence[Route]) -> dict[str, Any]:
    """`served` is what FastAPI made of the routes."""
    document = get_openapi(
        title="Bartizan API",
        version=__version__,
        summary="What the sensors reported. docs/api.md explains it.",
        routes=served,
    )
    _, components = msgspec.json.schema_components(types_of(routes), ref_template=_TEMPLATE)
    document.setdefault("components", {}).setdefault("schemas", {}).update(components)
    return document


async def show_document(request: Request) -> Response:
    document: dict[str, Any] = request.app.openapi()
    return answer(document)


ROUTES = (
    Route(
        methods=("GET",),
        path="/api/v1/openapi.json",
        endpoint=show_document,
        permission=Permission.LOGIN,
        summary="This document.",
    ),
)
