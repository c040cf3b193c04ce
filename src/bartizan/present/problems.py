"""Every error becomes the same shape with a request id, whatever raised it."""

import math
from http import HTTPStatus

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from bartizan.domain.errors import BartizanError, Refused, Unavailable
from bartizan.present.answers import ErrorAnswer, Problem, answer
from bartizan.present.pages import page_not_found, wants_page

REQUEST_ID = "bartizan.request_id"  # key of the ASGI scope
_RETRY_AFTER_S = 5
_STATUS_OF_CODE = {
    "not-logged-in": 401,
    "wrong-credentials": 401,
    "not-allowed": 403,
    "wrong-code": 403,
    "wrong-link": 403,
    "wrong-password": 403,
    "bad-scope": 400,
    "no-role": 403,
    "disabled": 403,
    "no-such-person": 404,
    "no-such-token": 404,
    "last-admin": 409,
    "cross-site": 403,
    "not-found": 404,
    "no-such-transaction": 404,
    "no-such-session": 404,
    "no-such-facet": 404,
    "no-such-sensor": 404,
    "no-such-dead-letter": 404,
    "no-such-hold": 404,
    "no-such-note": 404,
    "no-such-saved-view": 404,
    "view-in-use": 409,
    "payload-removed": 410,
    "already-set-up": 409,
    "name-taken": 409,
    "too-many-attempts": 429,
    "too-many-streams": 429,
}
_CODE_OF_STATUS = {
    400: "bad-input",
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
}


def problem(
    scope: Scope,
    status: int,
    code: str,
    message: str,
    *,
    where: str = "",
    headers: dict[str, str] | None = None,
) -> Response:
    request_id = scope.get(REQUEST_ID, "")
    content = Problem(code=code, message=message, where=where, request_id=request_id)
    return answer(ErrorAnswer(error=content), status, headers)


def too_many_attempts(scope: Scope, wait_s: float) -> Response:
    seconds = max(1, math.ceil(wait_s))
    message = f"too many attempts; try again in {seconds} s"
    return problem(scope, 429, "too-many-attempts", message, headers={"Retry-After": str(seconds)})


async def on_ours(request: Request, error: Exception) -> Response:
    """One of the four families of `domain/errors.py`."""
    if not isinstance(error, BartizanError):
        raise error
    headers: dict[str, str] = {}
    if isinstance(error, Refused):
        status = _STATUS_OF_CODE.get(error.code, 400)
    elif isinstance(error, Unavailable):
        status = 503
    else:
        status = 500
    if status in (429, 503):
        headers["Retry-After"] = str(_RETRY_AFTER_S)
    return problem(
        request.scope, status, error.code, error.message, where=error.where, headers=headers
    )


def internal(scope: Scope) -> Response:
    return problem(scope, 500, "internal", "something went wrong here; it is in the log")


async def on_unforeseen(request: Request, _error: Exception) -> Response:
    """Anything else. Starlette raises it again afterwards, and the front layer logs it."""
    return internal(request.scope)


async def on_http(request: Request, error: Exception) -> Response:
    """What routing itself refuses: 404 (as a page where a person looks for one), 405, 413."""
    if not isinstance(error, HTTPException):
        raise error
    status = error.status_code
    if status == HTTPStatus.NOT_FOUND and wants_page(request):
        return page_not_found(request)
    code = _CODE_OF_STATUS.get(status, f"status-{status}")
    message = HTTPStatus(status).description or HTTPStatus(status).phrase
    return problem(request.scope, status, code, message, headers=dict(error.headers or {}))


async def on_bad_input(request: Request, error: Exception) -> Response:
    """A body that is not what the API document says. Never repeats it: it may be a password."""
    if not isinstance(error, RequestValidationError):
        raise error
    first = error.errors()[0]
    where = ".".join(str(step) for step in first["loc"] if step != "body")[:100]
    return problem(request.scope, 400, "bad-input", str(first["msg"]), where=where)
