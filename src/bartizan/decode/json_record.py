"""One JSON entry to a transaction, whatever happened to it on its way.

A dialect's `build` decodes with the strict and fast decoder and raises where it refuses. Then the
entry is given to it again, mended: bytes that are not UTF-8 go through as private characters and
come out as what they were, anything else is repaired to the dialect's shape.
"""

import codecs
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
# Private characters U+10FF80 to U+10FFFF for the bytes 80 to FF; all begin with the same two bytes.
_MARK = 0x10FF00
_LEAD = b"\xf4\x8f"
_BYTE_OF = {chr(_MARK + byte).encode()[2:]: byte for byte in range(0x80, 0x100)}
_TO_MARK = _MARK - 0xDC00  # from what "surrogateescape" makes of a byte
_NOT_ASCII = re.compile(rb"[\x80-\xff]++")
_ERRORS = "bartizan-marked"
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
    if any(piece[:2] in _BYTE_OF for piece in raw.split(_LEAD)[1:]):
        return raw.decode("utf-8", "replace"), False
    return raw.decode("utf-8", _ERRORS), True


def _mark(error: UnicodeError) -> tuple[str, int]:
    """For a codec: marks for the bytes that are no UTF-8 up to the next ASCII character."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    found = _NOT_ASCII.match(error.object, error.start)
    run = found[0] if found else error.object[error.start : error.end]
    text = run.decode("utf-8", "surrogateescape")
    marked = [chr(ord(one) + _TO_MARK) if "\udc80" <= one <= "\udcff" else one for one in text]
    return "".join(marked), error.start + len(run)


codecs.register_error(_ERRORS, _mark)


def _unmarked(decoded: Decoded) -> Decoded:
    """The same with the bytes: exact in the parts, as U+FFFD where they are still no UTF-8."""
    transaction = _transaction.decode(_shown(msgspec.json.encode(decoded.transaction)))
    parts = tuple([(letter, _with_bytes(part, bytes)) for letter, part in decoded.parts])
    sizes = {letter: len(part) for letter, part in parts}
    request, response = transaction.request, transaction.response
    transaction = replace(
        transaction,
        request=replace(request, body=_sized(request.body, sizes.get("C"))),
        response=replace(response, body=_sized(response.body, sizes.get("E"))),
    )
    return Decoded(transaction, parts)


def _shown(data: bytes) -> bytes:
    return _with_bytes(data, lambda run: run.decode("utf-8", "replace").encode())


def _with_bytes(data: bytes, form: Callable[[bytearray], bytes]) -> bytes:
    """The data with each run of marks in the form that is made of its bytes."""
    first, *pieces = data.split(_LEAD)
    if not pieces:
        return data
    restored = [first]
    run = bytearray()
    for piece in pieces:
        byte = _BYTE_OF.get(piece[:2])
        if byte is not None:
            run.append(byte)
            rest = piece[2:]
        else:
            rest = _LEAD + piece
        if rest:
            restored += (form(run), rest)
            run = bytearray()
    return b"".join([*restored, form(run)])


def _sized(body: Body | None, size: int | None) -> Body | None:
    return body if body is None or size is None else replace(body, size=size)
