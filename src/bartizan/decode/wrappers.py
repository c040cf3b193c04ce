"""Lines that log shippers make of log lines: `{"message": "<the line>", "host": ...}`.

Vector, Fluent Bit, Filebeat, rsyslog, journald and container runtimes put a line they read into a
field of an object of their own. Nothing else of that object is an entry's, so only the field counts
here: `message`, `log`, `msg`, `event` or `MESSAGE`. It holds the line as a string, or the object
that somebody parsed it into; journald writes bytes that are no text as an array of numbers, and the
Elastic shippers keep the line in `event.original`.
"""

import json

import msgspec

from bartizan.decode import registry

_NOTHING = msgspec.Raw()
_MOST_LAYERS = 3


class _Wrapper(msgspec.Struct, gc=False):
    message: msgspec.Raw = _NOTHING
    log: msgspec.Raw = _NOTHING
    msg: msgspec.Raw = _NOTHING
    event: msgspec.Raw = _NOTHING
    journal: msgspec.Raw = msgspec.field(name="MESSAGE", default=_NOTHING)


class _Original(msgspec.Struct, gc=False):
    original: msgspec.Raw = _NOTHING


_WRAPPER = msgspec.json.Decoder(_Wrapper)
_ORIGINAL = msgspec.json.Decoder(_Original)
_OCTETS = msgspec.json.Decoder(list[int])
_STRING = msgspec.json.Decoder(str)
_BROKEN = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def unwrap_entry(line: bytes) -> tuple[bytes, int] | None:
    """The line that `line` wraps, if an entry begins with it, and in how many layers; or None."""
    for layers in range(1, _MOST_LAYERS + 1):
        inner = _unwrap(line)
        if inner is None:
            return None
        if registry.detect(inner[: registry.HEAD_BYTES]) is not None:
            return inner, layers
        line = inner
    return None


def unwrap(line: bytes, layers: int) -> bytes | None:
    """The line that `line` wraps in that many layers, whatever it is, or None."""
    inner: bytes | None = line
    for _ in range(layers):
        if inner is not None:
            inner = _unwrap(inner)
    return inner


def _unwrap(line: bytes) -> bytes | None:
    if line[:1] != b"{":
        return None
    try:
        wrapper = _WRAPPER.decode(line)
    except _BROKEN:
        return None
    for field in (wrapper.message, wrapper.log, wrapper.msg, wrapper.event, wrapper.journal):
        content = _content(bytes(field))
        if content is not None:
            return content if content.endswith(b"\n") else content + b"\n"
    return None


def _content(value: bytes) -> bytes | None:
    if value[:1] == b'"':
        return string_bytes(value)
    try:
        if value[:1] == b"[":
            return bytes(_OCTETS.decode(value))
        if value[:1] == b"{":
            original = bytes(_ORIGINAL.decode(value).original)
            return string_bytes(original) if original[:1] == b'"' else value
    except (*_BROKEN, ValueError):
        return None
    return None


def string_bytes(value: bytes) -> bytes | None:
    """The bytes of a JSON string, also if what it holds is no valid UTF-8; None if it is none."""
    try:
        return _STRING.decode(value).encode()
    except _BROKEN:
        pass
    try:
        text = json.loads(value.decode(errors="surrogateescape"))
    except ValueError:
        return None
    try:
        return str(text).encode(errors="surrogateescape")
    except UnicodeEncodeError:  # half of a pair, escaped
        return str(text).encode(errors="surrogatepass")
