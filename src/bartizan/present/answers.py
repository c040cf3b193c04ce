"""Answers in JSON: msgspec writes the types of `query` and of this package as they stand."""

from typing import Any

import msgspec
from starlette.responses import Response

from bartizan.kit.struct import Struct

_ENCODER = msgspec.json.Encoder()


class Problem(Struct, frozen=True, kw_only=True):
    """`where`: the parameter, field or thing that is to blame, if one is."""

    code: str
    message: str
    where: str
    request_id: str


class ErrorAnswer(Struct, frozen=True, kw_only=True):
    error: Problem


class Nothing(Struct, frozen=True, kw_only=True):
    """`{}`."""


def encode(value: Any) -> bytes:
    return _ENCODER.encode(value)


def answer(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """JSON that no cache may keep: everything here is somebody's."""
    return Response(
        _ENCODER.encode(value),
        status_code=status,
        headers={"Cache-Control": "no-store", **(headers or {})},
        media_type="application/json",
    )
