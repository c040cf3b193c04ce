"""What is not a delivery: `/healthz`, `/readyz`, and `/metrics` for loopback peers only."""

import ipaddress
from collections.abc import Callable

from prometheus_client import CONTENT_TYPE_LATEST

from bartizan.kit.metrics import exposition
from bartizan.receive.answers import Answer

_OK = Answer(200, "ok\n")
_NOT_READY = Answer(503, "the spool does not accept entries\n")
_NOT_FOUND = Answer(404, "not found\n")
_NOT_ALLOWED = Answer(405, "method not allowed\n", (b"allow", b"GET, HEAD"))


class Service:
    def __init__(self, is_ready: Callable[[], bool], publish: Callable[[], None]) -> None:
        """`publish` brings the metrics up to date."""
        self._is_ready = is_ready
        self._publish = publish

    def answer(self, method: str, path: str, peer: str | None) -> Answer:
        """`peer` is the address of who asks."""
        if path not in {"/healthz", "/readyz", "/metrics"}:
            return _NOT_FOUND
        if path == "/metrics" and not _is_loopback(peer):
            return _NOT_FOUND
        if method not in {"GET", "HEAD"}:
            return _NOT_ALLOWED
        if path == "/healthz":
            return _OK
        is_ready = self._is_ready()
        if path == "/readyz":
            return _OK if is_ready else _NOT_READY
        self._publish()
        content_type = (b"content-type", CONTENT_TYPE_LATEST.encode())
        return Answer(200, exposition(), content_type)


def _is_loopback(peer: str | None) -> bool:
    if peer is None:
        return False
    address = ipaddress.ip_address(peer.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
