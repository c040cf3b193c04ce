"""The parts of an entry that was written as JSON, under the letters of the native formats.

So that parts can be read, searched and selected in the same way whatever the sensor writes: A, B
and F are laid out as in the native formats, C and E are the bodies themselves, and what has no
native layout (H, J, K) is the JSON as it was written.
"""

from functools import partial

from bartizan.decode.contract import Written
from bartizan.decode.json_headers import Headers
from bartizan.domain.transaction import Request, Response

PartList = list[tuple[str, Written]]
_UNKNOWN = (None, "")


def begun(time: object, unique_id: str | None, *ends: object) -> PartList:
    """A, with which every list of parts begins."""
    return [("A", partial(_line_a, time, unique_id, *ends))]


def _line_a(time: object, unique_id: str | None, *ends: object) -> bytes:
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
    parts: PartList = []
    if request.method or request.uri or request.headers:
        parts.append(("B", partial(_request_head, request)))
    if sent is not None:
        parts.append(("C", sent))
    if answered is not None:
        parts.append(("E", answered))
    if response.headers or response.protocol:
        parts.append(("F", partial(_response_head, response)))
    return parts


def _request_head(request: Request) -> bytes:
    line = f"{request.method or '-'} {request.uri or '-'} {request.protocol or ''}".rstrip()
    return _head(line, request.headers)


def _response_head(response: Response) -> bytes:
    return _head(f"{response.protocol or '-'} {response.status or '-'}", response.headers)


def _head(line: str, headers: Headers) -> bytes:
    return "\n".join([line, *map(": ".join, headers), ""]).encode()


def members(*named: tuple[str, bytes]) -> bytes:
    """An object of those members that are there, each as it was written."""
    written = [b'"%s":%s' % (name.encode("ascii"), value) for name, value in named if value]
    return b"{" + b",".join(written) + b"}"
