"""What a batch's body holds: entries one after another, wrapped or not, or exactly as `ship` cut.

Three shapes, told apart by the content type and the first byte:

* `application/vnd.bartizan.entries+msgpack`: an array of maps `{raw, origin, origin_offset}`, which
  says where each entry begins and ends, and where it was read;
* a JSON array, as shippers send it whose unit is the request;
* anything else: lines and entries as they would stand in a file.
"""

import re
from collections.abc import Callable, Iterator
from typing import Annotated

import msgspec

from bartizan.decode import registry
from bartizan.decode.cutting import chunks_of, cut
from bartizan.decode.wrappers import string_bytes
from bartizan.domain.errors import Refused
from bartizan.domain.transaction import Format
from bartizan.kit.struct import Struct
from bartizan.receive.contract import Headers

EXACT_TYPE = b"application/vnd.bartizan.entries+msgpack"
_LONGEST_ORIGIN = 4096
_ARRAY = re.compile(rb"[\n\r\t ]*+\[")


class Shipped(Struct, frozen=True, kw_only=True):
    """An entry, and where it was read if the sender says so."""

    raw: bytes
    origin: Annotated[str, msgspec.Meta(max_length=_LONGEST_ORIGIN)] | None = None
    origin_offset: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] | None = None


_EXACT = msgspec.msgpack.Decoder(list[Shipped])
_ELEMENTS = msgspec.json.Decoder(list[msgspec.Raw])
_BROKEN = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def is_exact(headers: Headers) -> bool:
    for name, value in headers:
        if name == b"content-type":
            return value.partition(b";")[0].strip().lower() == EXACT_TYPE
    return False


def read_exact(body: bytes) -> Iterator[Shipped]:
    """What `ship` sends. Raises `Refused` if it is anything else."""
    try:
        return iter(_EXACT.decode(body))
    except _BROKEN as error:
        raise Refused("malformed", f"not an array of entries: {error}", "body") from None


def read_stream(body: bytes, may_go_on: Callable[[], bool]) -> Iterator[Shipped]:
    """Everything else, whatever it is. Each step is short. `may_go_on`: see `cut`."""
    elements = _elements(body)
    chunks = _whole_lines(body) if elements is None else _lines(elements)
    return (Shipped(raw=raw) for raw in cut(chunks, may_go_on))


def _whole_lines(body: bytes) -> Iterator[bytes]:
    """The body, whose last line many senders do not end: the newline is a part of some entries."""
    yield from chunks_of(body)
    if body.endswith(b"}"):
        yield b"\n"


def _elements(body: bytes) -> list[msgspec.Raw] | None:
    """The elements of a JSON array; None if the body is none. Lines of error logs begin alike."""
    decoder = registry.detect(body[: registry.HEAD_BYTES])
    is_log = decoder is not None and decoder.format is Format.ERROR_LOG
    if is_log or not _ARRAY.match(body):
        return None
    try:
        return _ELEMENTS.decode(body)
    except _BROKEN:
        return None


def _lines(elements: list[msgspec.Raw]) -> Iterator[bytes]:
    for element in elements:
        line = bytes(element)
        if line[:1] == b'"':
            line = string_bytes(line) or line
        elif b"\n" in line:
            line = msgspec.json.format(line, indent=-1)
        yield line if line.endswith(b"\n") else line + b"\n"
