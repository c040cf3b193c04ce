"""One layer of gzip or zstd around a body, taken off in steps of bounded size.

A body that unpacks to a thousand times its size is found out after as much as may be held, however
it is built: no step gives out more than `_STEP_BYTES`, or for zstd what 256 bytes can hold.
"""

import zlib
from collections.abc import Iterator

import zstandard

from bartizan.domain.errors import Refused
from bartizan.receive.contract import Headers

_STEP_BYTES = 1024 * 1024
_GZIP_SLICE = 64 * 1024
# A block of zstd has up to 128 KiB and may be packed in 4 bytes.
_ZSTD_SLICE = 256
_ZSTD_WINDOW_BYTES = 8 * 1024 * 1024  # what RFC 9659 allows
_MOST_PIECES = 1024  # members of gzip, frames of zstd
_GZIP = zlib.MAX_WBITS | 16


def packing(headers: Headers) -> str | None:
    """`gzip`, `zstd`, or `""` for none; None for what nobody here can unpack."""
    stated = [value.strip().lower() for name, value in headers if name == b"content-encoding"]
    if len(stated) > 1:
        return None
    return _PACKINGS.get(stated[0] if stated else b"")


def unpack(packed: bytes, how: str) -> Iterator[bytes]:
    """The content, piece by piece. Raises `Refused` for what is damaged or incomplete."""
    if how == "gzip":
        return _gunzip(packed)
    if how == "zstd":
        return _unzstd(packed)
    return iter((packed,))


_PACKINGS = {b"": "", b"identity": "", b"gzip": "gzip", b"x-gzip": "gzip", b"zstd": "zstd"}


def _gunzip(packed: bytes) -> Iterator[bytes]:
    view = memoryview(packed)
    member = zlib.decompressobj(_GZIP)
    members, at = 1, 0
    waiting = b""
    while waiting or at < len(view):
        if not waiting:
            waiting = bytes(view[at : at + _GZIP_SLICE])
            at += len(waiting)
        if member.eof:
            members += 1
            if members > _MOST_PIECES:
                raise _damaged("gzip", "too many members")
            member = zlib.decompressobj(_GZIP)
        try:
            piece = member.decompress(waiting, _STEP_BYTES)
        except zlib.error as error:
            raise _damaged("gzip", str(error)) from None
        waiting = member.unused_data or member.unconsumed_tail
        if piece:
            yield piece
    # What zlib holds back although it took all input.
    while not member.eof:
        try:
            piece = member.decompress(b"", _STEP_BYTES)
        except zlib.error as error:
            raise _damaged("gzip", str(error)) from None
        if not piece:
            raise _damaged("gzip", "it ends too soon")
        yield piece


def _unzstd(packed: bytes) -> Iterator[bytes]:
    view = memoryview(packed)
    opener = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES)
    frame = opener.decompressobj()
    frames, at = 1, 0
    waiting = b""
    pieces: list[bytes] = []
    size = 0
    while waiting or at < len(view):
        if not waiting:
            waiting = bytes(view[at : at + _ZSTD_SLICE])
            at += len(waiting)
        if frame.eof:
            frames += 1
            if frames > _MOST_PIECES:
                raise _damaged("zstd", "too many frames")
            frame = opener.decompressobj()
        try:
            piece = frame.decompress(waiting)
        except zstandard.ZstdError as error:
            raise _damaged("zstd", str(error)) from None
        waiting = frame.unused_data
        pieces.append(piece)
        size += len(piece)
        if size >= _STEP_BYTES:
            yield b"".join(pieces)
            pieces, size = [], 0
    if not frame.eof:
        raise _damaged("zstd", "it ends too soon")
    yield b"".join(pieces)


def _damaged(how: str, why: str) -> Refused:
    return Refused("malformed", f"the body is not what {how} packs: {why}", "body")
