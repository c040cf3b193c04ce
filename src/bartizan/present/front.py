"""The outermost layer of the console: every answer, whoever makes it, passes here.

Gives each request an id, adds the security headers to each answer, lets only known methods and
small bodies in, refuses what comes from other sites, and turns what nobody caught into a plain 500.
"""

import secrets
import time

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bartizan.kit import log
from bartizan.present.bearer import bearer_token
from bartizan.present.body_limit import is_too_large, limited, most_bytes
from bartizan.present.cross_site import CrossSite
from bartizan.present.problems import REQUEST_ID, internal, problem

_log = log.get("console")
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE")
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; "
    "object-src 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types 'none'; report-uri /csp-report"
)
_POLICY = b"content-security-policy"
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (
        b"permissions-policy",
        b"camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    ),
)
_HSTS = (b"strict-transport-security", b"max-age=31536000")
# Reports come from the browser itself, in some of them as cross-site; they change nothing.
_ANY_SITE = frozenset({"/csp-report"})


class Front:
    """ASGI. Refuses WebSockets, of which there are none here."""

    def __init__(self, app: ASGIApp, cross_site: CrossSite, *, is_https: bool) -> None:
        self._app = app
        self._cross_site = cross_site
        self._headers = (*_HEADERS, _HSTS) if is_https else _HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        scope[REQUEST_ID] = request_id
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self._answer(scope, receive, _Answer(send, request_id, self._headers))

    async def _answer(self, scope: Scope, receive: Receive, send: "_Answer") -> None:
        began = time.monotonic()
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, send)
        else:
            await self._ask(scope, limited(receive, most_bytes(scope)), send)
        _log.debug(
            "console.answered",
            method=scope["method"],
            path=scope["path"],
            status=send.status,
            duration_ms=round((time.monotonic() - began) * 1000, 1),
        )

    async def _ask(self, scope: Scope, receive: Receive, send: "_Answer") -> None:
        try:
            await self._app(scope, receive, send)
        except Exception:  # noqa: BLE001 - the last resort: nobody may see a stack trace
            _log.exception("console.failed", method=scope["method"], path=scope["path"])
            if send.status is None:
                await internal(scope)(scope, receive, send)

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        method = scope["method"]
        if method not in METHODS:
            allow = {"Allow": ", ".join(METHODS)}
            return problem(scope, 405, "method-not-allowed", "not here", headers=allow)
        if is_too_large(scope):
            message = f"the body may have at most {most_bytes(scope)} bytes"
            return problem(scope, 413, "too-large", message)
        if scope["path"] in _ANY_SITE or bearer_token(scope["headers"]) is not None:
            return None
        reason = self._cross_site.why_refused(method, scope["headers"], scope.get("server"))
        return problem(scope, 403, "cross-site", reason) if reason is not None else None


class _Answer:
    """`send` that adds the headers; an answer may have a stricter policy of its own."""

    def __init__(
        self, send: Send, request_id: str, headers: tuple[tuple[bytes, bytes], ...]
    ) -> None:
        self._send = send
        self._request_id = request_id
        self._headers = headers
        self.status: int | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = list(message.get("headers", ()))
            if not any(name.lower() == _POLICY for name, _ in headers):
                headers.append((_POLICY, PAGE_POLICY.encode()))
            headers += [*self._headers, (b"x-request-id", self._request_id.encode())]
            message = {**message, "headers": headers}
        await self._send(message)
