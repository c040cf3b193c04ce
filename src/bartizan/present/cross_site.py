"""Whether a request that changes something came from our own pages.

No tokens: browsers say where a request comes from, in headers that scripts cannot set. The same
idea as Go's http.CrossOriginProtection and Datasette's csrf.py, but stricter in two ways: a request
that says nothing about its origin is refused, and the Host header is not believed.
"""

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

from bartizan.present.settings import ConsoleSettings

SAFE_METHODS = frozenset({"GET", "HEAD"})
_OWN = frozenset({b"same-origin", b"none"})
_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")

Headers = Iterable[tuple[bytes, bytes]]
Socket = tuple[str, int] | None


class CrossSite:
    """Knows the origins that are our own, from the settings and the listening socket."""

    def __init__(self, settings: ConsoleSettings) -> None:
        self._scheme = "https" if settings.tls_certificate is not None else "http"
        self._fixed = {_origin(settings.public_url)} if settings.public_url else set()
        self._fixed |= self._origins(settings.host, settings.port)

    def why_refused(self, method: str, headers: Headers, server: Socket) -> str | None:
        """The reason to refuse, None if the request is ours. `server`: our end of the socket."""
        if method in SAFE_METHODS:
            return None  # they change nothing, and their answers cannot be read across sites
        found = [(name.lower(), value) for name, value in headers]
        sites = [value for name, value in found if name == b"sec-fetch-site"]
        if sites:
            # Every current browser sends it to https and loopback, and no script can forge it.
            # "none" is the address bar or a bookmark. Two of them is nobody's browser.
            if len(sites) == 1 and sites[0] in _OWN:
                return None
            return "Sec-Fetch-Site says that the request comes from another site"
        origins = [value.decode("latin-1") for name, value in found if name == b"origin"]
        if not origins:
            # Not a browser's request, or one that hides where it comes from. Scripts say it.
            return "send Sec-Fetch-Site: same-origin, or an Origin that is the console's own"
        # Browsers leave Sec-Fetch-Site out on plain http to another machine, but not Origin.
        if len(origins) == 1 and origins[0].lower() in self._own(server):
            return None
        return "Origin is not the console's own; set console.public_url if it should be"

    def _own(self, server: Socket) -> set[str]:
        return self._fixed | self._origins(*server) if server else self._fixed

    def _origins(self, host: str, port: int | None) -> set[str]:
        names = {f"[{host}]" if ":" in host else host}
        if _is_loopback(host):
            names.update(_LOOPBACK_NAMES)
        default = {"http": 80, "https": 443}[self._scheme]
        suffix = "" if port in (default, None) else f":{port}"
        return {f"{self._scheme}://{name.lower()}{suffix}" for name in names}


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _origin(url: str) -> str:
    """Scheme and authority, without the scheme's default port, as browsers write it."""
    split = urlsplit(url.lower())
    host = split.hostname or ""
    name = f"[{host}]" if ":" in host else host
    default = {"http": 80, "https": 443}.get(split.scheme)
    suffix = "" if split.port in (default, None) else f":{split.port}"
    return f"{split.scheme}://{name}{suffix}"
