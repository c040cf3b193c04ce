"""One JSON entry to a transaction, whatever happened to it on its way.

A dialect's `build` decodes with the strict and fast decoder and raises where it refuses. Then the
entry is given to it again, mended: bytes that are not UTF-8 go through as private characters and
come out as what they were, anything else is repaired to the dialect's shape.
"""

import re
from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from bartizan.decode import json_repair
from bartizan.decode.contract import Decoded
from bartizan.decode.json_repair import Shape
from bartizan.domain.transaction import Body, Transaction

Build = Callable[[bytes], Decoded]
# What the strict decoder raises: not JSON or not this shape, not UTF-8, nested too deep.
_REFUSALS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_NOT_UTF8 = re.compile("[\udc80-\udcff]+")
# Private characters U+10FF80 to U+10FFFF, four bytes each, for the bytes 80 to FF.
_MARK = 0x10FF00
# Its beginning is literal, so that it is searched for quickly.
_MARKS = re.compile(rb"\xf4\x8f[\xbe\xbf][\x80-\xbf](?:\xf4\x8f[\xbe\xbf][\x80-\xbf])*+")
_MARKS_BEGIN = re.compile(rb"\xf4\x8f[\xbe\xbf]")
_transaction = msgspec.json.Decoder(Transaction)


def read(raw: bytes, build: Build, shape: Shape) -> Decoded:
    """Decode an entry. Total, if `build` is so for clean JSON of `shape`."""
    try:
        return build(raw)
    except _REFUSALS:
        return _read_mended(raw, build, shape)


def _read_mended(raw: bytes, build: Build, shape: Shape) -> Decoded:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text, is_marked = _marked(raw)
        decoded = _read_text(text, build, shape)
        return _unmarked(decoded) if is_marked else decoded
    return _read_repaired(text, build, shape)


def _read_text(text: str, build: Build, shape: Shape) -> Decoded:
    try:
        return build(text.encode("utf-8"))
    except _REFUSALS:
        return _read_repaired(text, build, shape)


def _read_repaired(text: str, build: Build, shape: Shape) -> Decoded:
    clean, defects = json_repair.repaired(text, shape)
    decoded = build(clean)
    transaction = decoded.transaction
    told = replace(transaction, defects=(*transaction.defects, *defects))
    return Decoded(told, decoded.parts)


def _marked(raw: bytes) -> tuple[str, bool]:
    """The text with a private character for each byte that is not UTF-8.

    If such characters are in it already, the bytes are replaced as everywhere else.
    """
    if _MARKS_BEGIN.search(raw):
        return raw.decode("utf-8", "replace"), False
    return _NOT_UTF8.sub(_mark, raw.decode("utf-8", "surrogateescape")), True


def _mark(bad: "re.Match[str]") -> str:
    return "".join(chr(_MARK + ord(one) - 0xDC00) for one in bad[0])


def _unmarked(decoded: Decoded) -> Decoded:
    """The same with the bytes: exact in the parts, as U+FFFD where they are still no UTF-8."""
    encoded = msgspec.json.encode(decoded.transaction)
    shown = _MARKS.sub(lambda run: _bytes(run).decode("utf-8", "replace").encode(), encoded)
    transaction = _transaction.decode(shown)
    parts = tuple((letter, _MARKS.sub(_bytes, part)) for letter, part in decoded.parts)
    sizes = {letter: len(part) for letter, part in parts}
    request, response = transaction.request, transaction.response
    transaction = replace(
        transaction,
        request=replace(request, body=_sized(request.body, sizes.get("C"))),
        response=replace(response, body=_sized(response.body, sizes.get("E"))),
    )
    return Decoded(transaction, parts)


def _sized(body: Body | None, size: int | None) -> Body | None:
    return body if body is None or size is None else replace(body, size=size)


def _bytes(run: "re.Match[bytes]") -> bytes:
    return bytes(ord(one) - _MARK for one in run[0].decode("utf-8"))
