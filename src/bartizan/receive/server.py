"""The listener: one socket, its connections, and a stop that loses nothing.

HTTP/1 only, also over TLS: a client that may choose h2 would (mlogc's libcurl does), and nothing
here speaks it. TLS 1.2 is the oldest: mlogc's `TLSProtocol` is a minimum and goes up by itself.
"""

import asyncio
import signal
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial

from bartizan.domain.errors import Misconfigured
from bartizan.receive.connection import Application, Connection
from bartizan.receive.registry import unreadable_status
from bartizan.receive.settings import CollectorSettings
from bartizan.receive.watch import Watch

_BACKLOG = 2048
_GRACE_S = 3.0
_LAST_WORD_S = 1.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class CollectorServer:
    """Serves once, until a signal or `stop`."""

    def __init__(
        self, application: Application, settings: CollectorSettings, tls: ssl.SSLContext | None
    ) -> None:
        self._application = application
        self._settings = settings
        self._tls = tls
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()
        self._is_stopped = False
        self.watch = Watch(settings, unreadable_status)

    async def serve(self, sockets: Sequence[socket.socket] | None = None) -> None:
        """Listen on `sockets`, or on the settings' address. Raises `Misconfigured`.

        Returns when every connection is closed: what was begun had a few seconds to end.
        """
        loop = self._loop = asyncio.get_running_loop()
        connection = partial(Connection, self._application, self.watch, loop)
        listeners = [
            await loop.create_server(
                connection,
                sock=listener,
                ssl=self._tls,
                backlog=_BACKLOG,
                ssl_handshake_timeout=self._settings.head_timeout_s if self._tls else None,
                ssl_shutdown_timeout=_GRACE_S if self._tls else None,
            )
            for listener in sockets or [self._listen()]
        ]
        with self._signals(loop):
            if not self._is_stopped:
                await self._stopping.wait()
            for listener in listeners:
                listener.close()
            await self._close_connections()

    def stop(self) -> None:
        """Make `serve` end; from any thread, at any time."""
        self._is_stopped = True
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed: it has ended
                self._loop.call_soon_threadsafe(self._stopping.set)

    async def _close_connections(self) -> None:
        for connection in self.watch:
            connection.shut_down()
        if await self._are_gone_within(_GRACE_S):
            return
        for connection in self.watch:
            connection.cancel()
        await self._are_gone_within(_LAST_WORD_S)
        for connection in self.watch:
            connection.abort()

    async def _are_gone_within(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            await asyncio.wait_for(self.watch.is_empty.wait(), seconds)
        return len(self.watch) == 0

    @contextmanager
    def _signals(self, loop: asyncio.AbstractEventLoop) -> Iterator[None]:
        """A signal is obeyed, not raised: the caller still has the spool to close."""
        is_main = threading.current_thread() is threading.main_thread()
        for number in _SIGNALS if is_main else ():
            loop.add_signal_handler(number, self.stop)
        try:
            yield
        finally:
            for number in _SIGNALS if is_main else ():
                loop.remove_signal_handler(number)

    def _listen(self) -> socket.socket:
        host, port = self._settings.host, self._settings.port
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            return socket.create_server((host, port), family=family, backlog=_BACKLOG)
        except OSError as error:
            raise Misconfigured(
                "cannot-listen", f"cannot listen on {host} port {port}: {error}", "collector.port"
            ) from error


def collector_server(application: Application, settings: CollectorSettings) -> CollectorServer:
    """A server; serve it with `await server.serve()`. Raises `Misconfigured` (TLS)."""
    return CollectorServer(application, settings, _tls_context(settings))


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
