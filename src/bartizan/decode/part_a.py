"""Part A of ModSecurity 2: `[time] unique_id client_ip client_port server_ip server_port`."""

from bartizan.decode import apache_time
from bartizan.decode.apache_time import LogTime
from bartizan.domain.transaction import Endpoint
from bartizan.kit.struct import Struct
from bartizan.kit.text import text

_FIELDS = 5
_LAST_PORT = 65535


class PartA(Struct, frozen=True):
    """`logged` is when the entry was written, later than the request by its duration."""

    logged: LogTime | None
    unique_id: str | None
    client: Endpoint
    server: Endpoint


def read(line: bytes) -> PartA | None:
    """Read the line without its newline; None if it does not have this shape."""
    stamp, bracket, rest = line.partition(b"] ")
    fields = rest.split(b" ")
    if not bracket or not stamp.startswith(b"[") or len(fields) != _FIELDS or b"\n" in line:
        return None
    unique_id, client, client_port, server, server_port = fields
    ports = port(client_port), port(server_port)
    if not (unique_id and client and server) or None in ports:
        return None
    return PartA(
        apache_time.read(stamp[1:]),
        None if unique_id == b"-" else text(unique_id),
        Endpoint(address=address(client), port=ports[0]),
        Endpoint(address=address(server), port=ports[1]),
    )


def port(value: bytes) -> int | None:
    if not value.isdigit() or len(value) > 5 or int(value) > _LAST_PORT:
        return None
    return int(value)


def address(value: bytes) -> str | None:
    """IPv6 without brackets; what is no address (`unix:`) is kept as text."""
    if value == b"-":
        return None
    if value.startswith(b"[") and value.endswith(b"]"):
        value = value[1:-1]
    return text(value)
