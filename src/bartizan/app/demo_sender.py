"""Sends entries to the collector as mlogc does: the same method, headers and reactions.

One kept-alive connection per sensor. Standard library, because mlogc sends no header that is not
set here, and an HTTP client would.
"""

import ssl
from base64 import b64encode
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

from bartizan.app.demo_entry import content_hash, summary

PATH = "/rpc/auditLogReceiver"
_TIMEOUT_S = 10.0


class SensorLine:
    """The connection of one sensor. Not thread-safe.

    `certificate` is the collector's own: it is what makes this line trust a https collector.
    """

    def __init__(
        self, collector_url: str, name: str, secret: str, certificate: Path | None = None
    ) -> None:
        url = urlsplit(collector_url)
        if url.scheme == "https":
            self._connection: HTTPConnection = HTTPSConnection(
                url.hostname or "", url.port, timeout=_TIMEOUT_S, context=_trusting(certificate)
            )
        else:
            self._connection = HTTPConnection(url.hostname or "", url.port, timeout=_TIMEOUT_S)
        self._host = url.netloc
        self._credentials = b"Basic " + b64encode(f"{name}:{secret}".encode())

    def put(self, entry: bytes) -> int | None:
        """The collector's answer; None if there was none. A repeat after None is harmless."""
        try:
            self._connection.putrequest("PUT", PATH, skip_host=True, skip_accept_encoding=True)
            self._connection.putheader("Host", self._host)
            self._connection.putheader("Authorization", self._credentials)
            self._connection.putheader("Accept", "*/*")
            # With a space at the end, as mlogc sends it.
            self._connection.putheader("X-Content-Hash", content_hash(entry) + b" ")
            self._connection.putheader("X-ForensicLog-Summary", summary(entry))
            self._connection.putheader("Content-Length", str(len(entry)))
            self._connection.endheaders(entry)
            answer = self._connection.getresponse()
            answer.read()
        except (OSError, HTTPException):
            self._connection.close()
            return None
        return answer.status

    def close(self) -> None:
        self._connection.close()


def _trusting(certificate: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=certificate)
    # The collector is this machine's own: it is known by its certificate, whatever name is in it.
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context
