"""One JSON entry to a transaction, whatever happened to it on its way.

A dialect's `build` decodes with the strict and fast decoder and raises where it refuses. Then the
entry is given to it again, mended: bytes that are not UTF-8 go through as private characters and
come out as what they were, anything else is repaired to the dialect's shape.
"""

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
# Private characters U+10FF80 to U+10FFFF, the marks, stand for the bytes 80 to FF. In UTF-8 they
# are as what Python makes of such bytes, the surrogates U+DC80 to U+DCFF, but for the beginning.
_SURROGATES = b"\xed\xb2", b"\xed\xb3"
_MARKS = b"\xf4\x8f\xbe", b"\xf4\x8f\xbf"
_UPPER_HALF = {bytes([last]): bytes([last + 64]) for last in range(0x80, 0xC0)}
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
        clean, is_marked = _marked(raw)
        decoded = _read_clean(clean, build, shape)
        return _unmarked(decoded) if is_marked else decoded
    return _read_repaired(text, build, shape)


def _read_clean(raw: bytes, build: Build, shape: Shape) -> Decoded:
    try:
        return build(raw)
    except _REFUSALS:
        return _read_repaired(raw.decode("utf-8"), build, shape)


def _read_repaired(text: str, build: Build, shape: Shape) -> Decoded:
    clean, defects = json_repair.repaired(text, shape)
    decoded = build(clean)
    transaction = decoded.transaction
    told = replace(transaction, defects=(*transaction.defects, *defects))
    return decoded.with_transaction(told)


def _marked(raw: bytes) -> tuple[bytes, bool]:
    """The entry with a private character for each byte that is not UTF-8.

    If such characters are in it already, the bytes are replaced as everywhere else.
    """
    marked = raw.decode("utf-8", "surrogateescape").encode("utf-8", "surrogatepass")
    if any(mark in marked for mark in _MARKS):
        return raw.decode("utf-8", "replace").encode("utf-8"), False
    for surrogate, mark in zip(_SURROGATES, _MARKS, strict=True):
        marked = marked.replace(surrogate, mark)
    return marked, True


def _unmarked(decoded: Decoded) -> Decoded:
    """The same with the bytes: exact in the parts, as U+FFFD where they are still no UTF-8."""
    written = _with_bytes(msgspec.json.encode(decoded.transaction))
    transaction = _transaction.decode(written.decode("utf-8", "replace"))
    parts = tuple([(letter, _with_bytes(part)) for letter, part in decoded.parts])
    sizes = {letter: len(part) for letter, part in parts}
    request, response = transaction.request, transaction.response
    transaction = replace(
        transaction,
        request=replace(request, body=_sized(request.body, sizes.get("C"))),
        response=replace(response, body=_sized(response.body, sizes.get("E"))),
    )
    return Decoded(transaction, parts)


def _with_bytes(data: bytes) -> bytes:
    """The data with the bytes that the marks stand for.

    The last byte of a mark's UTF-8 is, in the lower half, the one that it stands for.
    """
    lower, upper = _MARKS
    first, *pieces = data.replace(lower, b"").split(upper)
    return first + b"".join([_UPPER_HALF[piece[:1]] + piece[1:] for piece in pieces])


def _sized(body: Body | None, size: int | None) -> Body | None:
    return body if body is None or size is None else replace(body, size=size)
