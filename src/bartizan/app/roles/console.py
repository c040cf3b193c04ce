"""The console role: pages, API and live feed for people."""

import ssl
import sys
import threading

import uvicorn

from bartizan.app import wiring
from bartizan.app.settings import Settings
from bartizan.domain.errors import Misconfigured, Unavailable
from bartizan.kit import log
from bartizan.present.app import console
from bartizan.present.cookies import is_https
from bartizan.present.server import ConsoleServer

_RETRY_S = 1.0
_GRACE_S = 4
_MAX_CONNECTIONS = 1000
_log = log.get("console")


def run(settings: Settings) -> None:
    """Serve until a signal. Stores that are away at start are waited for."""
    while True:
        try:
            parts, setup_code = wiring.console_parts(settings)
            break
        except Unavailable as error:
            _log.warning("store.unavailable", code=error.code, reason=error.message)
            threading.Event().wait(_RETRY_S)
    app = console(settings.console, parts)
    server = ConsoleServer(_configuration(settings, app), parts.live)
    _greet(settings, setup_code)
    server.run()


def _configuration(settings: Settings, app: object) -> uvicorn.Config:
    context = _tls_context(settings)
    return uvicorn.Config(
        app=app,  # type: ignore[arg-type]
        host=settings.console.host,
        port=settings.console.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=_MAX_CONNECTIONS,
        timeout_graceful_shutdown=_GRACE_S,
        ssl_context_factory=(lambda _config, _default: context) if context is not None else None,
    )


def _tls_context(settings: Settings) -> ssl.SSLContext | None:
    if settings.console.tls_certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(settings.console.tls_certificate, settings.console.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(
            "bad-certificate", f"cannot use the certificate: {error}", "console.tls_certificate"
        ) from error
    return context


def _greet(settings: Settings, setup_code: str | None) -> None:
    """Say where the console is, and how the first person gets in."""
    host = settings.console.host
    host = f"[{host}]" if ":" in host else host
    scheme = "https" if is_https(settings.console) else "http"
    url = settings.console.public_url or f"{scheme}://{host}:{settings.console.port}"
    lines = ["", f"  Bartizan's console:  {url}/"]
    if setup_code is not None:
        lines += [
            f"  Set-up code:         {setup_code}",
            f"  or open directly:    {url}/setup#code={setup_code}",
        ]
    sys.stdout.write("\n".join([*lines, "", ""]))
    sys.stdout.flush()
