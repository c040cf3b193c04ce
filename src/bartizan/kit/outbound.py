"""The one outbound HTTP client: bounded in time and in what it takes in, never redirected.

Nothing in the environment changes where it connects to (no proxies, no .netrc). Certificates are
verified, against the machine's store or an authority's file of one's own.
"""

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Self

import httpx2

_MOST_ANSWER_BYTES = 4 * 1024 * 1024
_CONNECT_S = 10.0
_WAIT_S = 60.0


class Answered(NamedTuple):
    """What a server said. `headers` are in lower case; of repeated ones the last."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class NoAnswer(NamedTuple):
    """Nobody answered, or not to the end. The request may have arrived or not."""

    reason: str


class Outbound:
    """One server, by kept-alive connections. For one thread at a time."""

    def __init__(
        self,
        *,
        username: str | None = None,
        password: str = "",
        ca_file: Path | None = None,
        verify: bool = True,
        wait_s: float = _WAIT_S,
    ) -> None:
        """Raises `OSError` (`ssl.SSLError` is one) if `ca_file` cannot be used."""
        self._client = httpx2.Client(
            auth=None if username is None else httpx2.BasicAuth(username, password),
            headers={"User-Agent": "bartizan", "Accept-Encoding": "identity"},
            verify=_context(ca_file, verify=verify),
            timeout=httpx2.Timeout(wait_s, connect=min(wait_s, _CONNECT_S)),
            trust_env=False,
        )

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answered | NoAnswer:
        """Raises nothing that the network does."""
        return self._ask("POST", url, body, headers)

    def get(self, url: str, headers: Mapping[str, str]) -> Answered | NoAnswer:
        """Raises nothing that the network does."""
        return self._ask("GET", url, None, headers)

    def _ask(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Answered | NoAnswer:
        try:
            with self._client.stream(method, url, content=body, headers=dict(headers)) as answer:
                content = bytearray()
                for piece in answer.iter_raw():
                    content += piece
                    if len(content) > _MOST_ANSWER_BYTES:
                        return NoAnswer("the answer does not end")
                known = {name.lower(): value for name, value in answer.headers.items()}
                return Answered(answer.status_code, known, bytes(content))
        except (httpx2.TransportError, httpx2.InvalidURL, OSError) as error:
            return NoAnswer(str(error) or type(error).__name__)

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _context(ca_file: Path | None, *, verify: bool) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_file)
    # Also the collector's own certificate, or one between it and the root, may be named.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
