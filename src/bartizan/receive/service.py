"""What is not a delivery: `/healthz`, `/readyz`, and `/metrics` for loopback peers only."""

import ipaddress
from collections.abc import Callable

from prometheus_client import CONTENT_TYPE_LATEST

from bartizan.kit.metrics import exposition
from bartizan.receive.answers import Answer
from bartizan.receive.contract import Scope, Send

_OK = Answer(200, "ok\n")
_NOT_READY = Answer(503, "the spool does not accept entries\n")
_NOT_FOUND = Answer(404, "not found\n")
_NOT_ALLOWED = Answer(405, "method not allowed\n", (b"allow", b"GET, HEAD"))


class Service:
    def __init__(self, is_ready: Callable[[], bool]) -> None:
        self._is_ready = is_ready

    async def __call__(self, scope: Scope, send: Send) -> None:
        await self._answer(scope).send(send)

    def _answer(self, scope: Scope) -> Answer:
        path = scope["path"]
        if path not in {"/healthz", "/readyz", "/metrics"}:
            return _NOT_FOUND
        if path == "/metrics" and not _is_loopback(scope):
            return _NOT_FOUND
        if scope["method"] not in {"GET", "HEAD"}:
            return _NOT_ALLOWED
        if path == "/healthz":
            return _OK
        is_ready = self._is_ready()
        if path == "/readyz":
            return _OK if is_ready else _NOT_READY
        content_type = (b"content-type", CONTENT_TYPE_LATEST.encode())
        return Answer(200, exposition(), content_type)


def _is_loopback(scope: Scope) -> bool:
    client = scope["client"]
    if client is None:
        return False
    address = ipaddress.ip_address(client[0].partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
