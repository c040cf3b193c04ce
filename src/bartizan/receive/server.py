"""The listener: uvicorn with the guard, for one collector process.

HTTP/1 only, also over TLS: a client that may choose h2 would (mlogc's libcurl does), and nothing
here speaks it. TLS 1.2 is the oldest: mlogc's `TLSProtocol` is a minimum and goes up by itself.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import cast

import uvicorn

from bartizan.domain.errors import Misconfigured
from bartizan.receive.contract import Asgi
from bartizan.receive.guard import GuardedProtocol
from bartizan.receive.registry import unreadable_status
from bartizan.receive.settings import CollectorSettings
from bartizan.receive.watch import Watch

_BACKLOG = 2048
_GRACE_S = 3


class CollectorServer(uvicorn.Server):
    """uvicorn's server, with a deadline for TLS handshakes and errors that name the setting."""

    def __init__(self, config: uvicorn.Config, settings: CollectorSettings) -> None:
        super().__init__(config)
        self._settings = settings

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen on `sockets`, or on the settings' address. Raises `Misconfigured`."""
        loop = asyncio.get_running_loop()
        await self.lifespan.startup()
        config = self.config
        protocol = partial(
            cast("Callable[..., asyncio.Protocol]", config.http_protocol_class),
            config=config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
        )
        self.servers = []
        for listener in sockets or [self._listen()]:
            server = await loop.create_server(
                protocol,
                sock=listener,
                ssl=config.ssl,
                backlog=_BACKLOG,
                ssl_handshake_timeout=self._settings.head_timeout_s if config.ssl else None,
                ssl_shutdown_timeout=_GRACE_S if config.ssl else None,
            )
            self.servers.append(server)
        self.started = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn's, but a signal that was obeyed is not raised again after `serve`.

        The caller still has the spool to close.
        """
        with super().capture_signals():
            try:
                yield
            finally:
                self._captured_signals.clear()

    def _listen(self) -> socket.socket:
        host, port = self._settings.host, self._settings.port
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            return socket.create_server((host, port), family=family, backlog=_BACKLOG)
        except OSError as error:
            raise Misconfigured(
                "cannot-listen", f"cannot listen on {host} port {port}: {error}", "collector.port"
            ) from error


def collector_server(app: Asgi, settings: CollectorSettings) -> CollectorServer:
    """A server for `app`; serve it with `await server.serve()`. Raises `Misconfigured` (TLS)."""
    watch = Watch(settings, unreadable_status)
    context = _tls_context(settings)
    config = uvicorn.Config(
        app=app,
        http=cast("type[asyncio.Protocol]", partial(GuardedProtocol, watch=watch)),
        ws="none",
        loop="uvloop",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_S,
        ssl_context_factory=(lambda _config, _default: context) if context is not None else None,
    )
    return CollectorServer(config, settings)


def _tls_context(settings: CollectorSettings) -> ssl.SSLContext | None:
    if settings.tls_certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(settings.tls_certificate, settings.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(
            "bad-certificate", f"cannot use the certificate: {error}", "collector.tls_certificate"
        ) from error
    return context
