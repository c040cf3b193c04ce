"""Lines in which a program logs as JSON: `{"level":"error","ts":1795412655.1,"msg":"[client ..."}`.

Caddy (zap) and Coraza's agent for HAProxy (zerolog) do, and so do container runtimes with what a
server writes to its standard error. What was logged is one member of the object, told by its name.
"""

import re

import msgspec

from bartizan.decode import json_dialect
from bartizan.kit.clock import from_us

_HEAD_BYTES = 4096
_MARKS = (b"Coraza: ", b"ModSecurity: ")
# What a client wrote may stand in a message too, but not where it begins.
_BEGINNING = re.compile(r'\[client "|\[?(?:\d{4}[/-]\d\d|[A-Z][a-z]{2} [A-Z][a-z]{2} )')
_LATEST_S = 7_258_118_400  # the year 2200


class _Logged(msgspec.Struct, gc=False):
    msg: msgspec.Raw = msgspec.Raw()
    message: msgspec.Raw = msgspec.Raw()
    log: msgspec.Raw = msgspec.Raw()
    ts: msgspec.Raw = msgspec.Raw()
    time: msgspec.Raw = msgspec.Raw()


_LOGGED = msgspec.json.Decoder(_Logged)
_STRING = msgspec.json.Decoder(str)
_NUMBER = msgspec.json.Decoder(float)


def unwrapped(line: bytes) -> bytes:
    """What the line says, with its time in front if that was a member; a plain line as it is."""
    if not line.startswith(b"{") or not any(mark in line for mark in _MARKS):
        return line
    if json_dialect.of(line[:_HEAD_BYTES]) is not None:
        return line
    try:
        logged = _LOGGED.decode(line)
        said = next((_text(one) for one in (logged.msg, logged.message, logged.log) if one), "")
        stamp = _stamp(logged)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
        return line
    said = said.removesuffix("\n")
    if not _BEGINNING.match(said):
        return line
    return (f"{stamp} {said}" if stamp and said.startswith("[client") else said).encode()


def _text(value: msgspec.Raw) -> str:
    return _STRING.decode(value)


def _stamp(logged: _Logged) -> str:
    """As ISO 8601. A number counts seconds since the epoch and so states its zone."""
    for value in (bytes(logged.ts), bytes(logged.time)):
        if value[:1] == b'"':
            return _STRING.decode(value)
        if value[:1].isdigit():
            seconds = _NUMBER.decode(value)
            if 0 <= seconds < _LATEST_S:
                return f"{from_us(int(seconds * 1_000_000)):%Y-%m-%dT%H:%M:%S.%fZ}"
    return ""
