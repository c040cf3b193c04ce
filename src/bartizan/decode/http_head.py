"""Request and response heads as parts B and F log them: unescaped, one line each, LF at the end."""

from bartizan.kit.struct import Struct
from bartizan.kit.text import text

Headers = tuple[tuple[str, str], ...]


class RequestHead(Struct, frozen=True):
    """`is_malformed` speaks of the request line; `nameless` counts lines that are no header."""

    method: str | None
    uri: str | None
    protocol: str | None
    headers: Headers
    is_malformed: bool
    nameless: int


class ResponseHead(Struct, frozen=True):
    protocol: str | None
    status: int | None
    headers: Headers
    is_malformed: bool
    nameless: int


def read_request(part: bytes) -> RequestHead:
    """The URI may hold spaces and quotes; a request line may lack the protocol (`GET /old`)."""
    line, *lines = text(part).rstrip("\n").split("\n")
    headers, nameless = _headers(lines)
    method, uri, protocol, is_malformed = request_line(line)
    return RequestHead(method, uri, protocol, headers, is_malformed, nameless)


def request_line(line: str) -> tuple[str | None, str | None, str | None, bool]:
    """Method, URI and protocol of `METHOD URI [PROTOCOL]`, and whether it is malformed."""
    method, space, rest = line.partition(" ")
    uri, separator, protocol = rest.rpartition(" ")
    if not separator or not protocol.startswith("HTTP/"):
        uri, protocol = rest, ""
    is_malformed = not (method and space and uri)
    return method or None, uri or None, protocol or None, is_malformed


def read_response(part: bytes) -> ResponseHead:
    """An empty part is right: no response head was sent (HTTP/0.9, a dropped connection).

    Coraza then writes a status of 0.
    """
    line, *lines = text(part).rstrip("\n").split("\n")
    if not line and not lines:
        return ResponseHead(None, None, (), False, 0)
    headers, nameless = _headers(lines)
    protocol, _, rest = line.partition(" ")
    code = rest[:3]
    is_status = code.isascii() and code.isdigit() and len(code) == 3 and rest[3:4] in ("", " ")
    is_malformed = not is_status and rest.rstrip(" ") != "0"
    return ResponseHead(
        protocol or None, int(code) if is_status else None, headers, is_malformed, nameless
    )


def _headers(lines: list[str]) -> tuple[Headers, int]:
    found = [line.partition(": ") for line in lines]
    headers = [(name, value) for name, separator, value in found if separator]
    if len(headers) == len(lines):
        return tuple(headers), 0
    return _odd_headers(lines)


def _odd_headers(lines: list[str]) -> tuple[Headers, int]:
    headers = []
    nameless = 0
    for line in lines:
        name, separator, value = line.partition(": ")
        if not separator:
            name, separator, value = line.partition(":")
        if separator:
            headers.append((name, value))
        else:
            nameless += 1
    return tuple(headers), nameless
