"""Part A of the native formats: `[time] unique_id client_ip client_port server_ip server_port`."""

from bartizan.decode import apache_time, wall_clock
from bartizan.decode.apache_time import LogTime
from bartizan.domain.transaction import Endpoint
from bartizan.kit.struct import Struct
from bartizan.kit.text import text

_FIELDS = 5
_LAST_PORT = 65535


class PartA(Struct, frozen=True):
    """`logged` is the time in the entry; what it is the time of differs between sensors."""

    logged: LogTime | None
    unique_id: str | None
    client: Endpoint
    server: Endpoint


def read(line: bytes) -> PartA | None:
    """Read ModSecurity 2's line without its newline; None if it does not have this shape.

    `logged` is when the entry was written, later than the request by its duration.
    """
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


def read_modsecurity3(line: bytes) -> PartA | None:
    """ModSecurity 3's. A connector may have set an id with spaces. `logged` is the request's start.

    Behind nginx's realip the client's port is not known and written as 0.
    """
    stamp, bracket, rest = line.partition(b"] ")
    fields = rest.rsplit(b" ", _FIELDS - 1)
    if not bracket or len(fields) != _FIELDS:
        return None
    logged = apache_time.read(stamp[1:])
    return _read_fields(line, logged, fields)


def read_coraza(line: bytes) -> PartA | None:
    """Coraza's. The time has no zone, the server's address may be empty: two spaces then.

    Behind a careless proxy the client may be a list with spaces.
    """
    stamp, bracket, rest = line.partition(b"] ")
    unique_id, _, rest = rest.partition(b" ")
    fields = [unique_id, *rest.rsplit(b" ", _FIELDS - 2)]
    if not bracket or len(fields) != _FIELDS:
        return None
    at_us = wall_clock.slashed(stamp[1:])
    logged = None if at_us is None else LogTime(at_us, has_zone=False)
    return _read_fields(line, logged, fields)


def _read_fields(line: bytes, logged: LogTime | None, fields: list[bytes]) -> PartA | None:
    unique_id, client, client_port, server, server_port = fields
    ports = port(client_port), port(server_port)
    if not (line.startswith(b"[") and unique_id and client) or None in ports or b"\n" in line:
        return None
    return PartA(
        logged,
        text(unique_id),
        Endpoint(address=address(client), port=ports[0] or None),
        Endpoint(address=address(server), port=ports[1] or None),
    )


def port(value: bytes) -> int | None:
    if not value.isdigit() or len(value) > 5 or int(value) > _LAST_PORT:
        return None
    return int(value)


def address(value: bytes) -> str | None:
    """IPv6 without brackets; what is no address (`unix:`) is kept as text."""
    if value in (b"-", b""):
        return None
    if value.startswith(b"[") and value.endswith(b"]"):
        value = value[1:-1]
    return text(value)
