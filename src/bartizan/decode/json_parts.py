"""The parts of an entry that was written as JSON, under the letters of the native formats.

So that parts can be read, searched and selected in the same way whatever the sensor writes: A, B
and F are laid out as in the native formats, C and E are the bodies themselves, and what has no
native layout (H, J, K) is the JSON as it was written.
"""

from bartizan.decode.json_headers import Headers
from bartizan.domain.transaction import Request, Response

Parts = tuple[tuple[str, bytes], ...]
PartList = list[tuple[str, bytes]]
_UNKNOWN = (None, "")


def line_a(time: object, unique_id: str | None, *ends: object) -> bytes:
    """`[time] unique_id client_ip client_port server_ip server_port`, `-` for what is not there."""
    client, client_port, server, server_port = ends
    return (
        f"[{time or '-'}] {unique_id or '-'}"
        f" {client or '-'} {'-' if client_port in _UNKNOWN else client_port}"
        f" {server or '-'} {'-' if server_port in _UNKNOWN else server_port}"
    ).encode()


def exchange(
    request: Request, sent: bytes | None, response: Response, answered: bytes | None
) -> PartList:
    """B, C, E and F, as far as they are there; `sent` and `answered` are the bodies."""
    parts = []
    if request.method or request.uri or request.headers:
        line = f"{request.method or '-'} {request.uri or '-'} {request.protocol or ''}".rstrip()
        parts.append(("B", _head(line, request.headers)))
    if sent is not None:
        parts.append(("C", sent))
    if answered is not None:
        parts.append(("E", answered))
    if response.headers or response.protocol:
        line = f"{response.protocol or '-'} {response.status or '-'}"
        parts.append(("F", _head(line, response.headers)))
    return parts


def _head(line: str, headers: Headers) -> bytes:
    return "\n".join([line, *map(": ".join, headers), ""]).encode()


def members(*named: tuple[str, bytes]) -> bytes:
    """An object of those members that are there, each as it was written."""
    written = [b'"%s":%s' % (name.encode("ascii"), value) for name, value in named if value]
    return b"{" + b",".join(written) + b"}"
