"""Opening files that may be hostile, and unpacking `.gz` and `.zst` on the way.

Only regular files are read: a FIFO or a device would wait or never end. Packed files are told by
their first bytes, not by their names; one layer is unpacked, in a stream, so a bomb costs time in
proportion to what comes out and no memory.
"""

import gzip
import io
import os
import stat
import zlib
from collections.abc import Callable
from typing import BinaryIO, Self, cast

import zstandard

OnProgress = Callable[[int], None]
READ_ERRORS = (OSError, EOFError, zlib.error, zstandard.ZstdError)
_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_LARGEST_WINDOW = 128 * 1024 * 1024
_BUFFER_BYTES = 256 * 1024


class NotAFile(Exception):  # noqa: N818 - caught where it is raised from, in this folder
    """What the path names is neither a regular file nor a directory."""


class Opened:
    """A stream of (unpacked) bytes. `can_rewind`: seeking back is cheap. Close it."""

    def __init__(self, stream: BinaryIO, *, is_packed: bool, can_rewind: bool) -> None:
        self.stream = stream
        self.is_packed = is_packed
        self.can_rewind = can_rewind

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stream.close()


class _Counted(io.RawIOBase):
    """Tells how many bytes are read from below."""

    def __init__(self, below: io.RawIOBase, on_progress: OnProgress) -> None:
        super().__init__()
        self._below = below
        self._on_progress = on_progress

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._below.seekable()

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        return self._below.seek(offset, whence)

    def readinto(self, buffer: "memoryview", /) -> int | None:  # type: ignore[override]
        count = self._below.readinto(buffer)
        if count:
            self._on_progress(count)
        return count

    def close(self) -> None:
        self._below.close()
        super().close()


def open_file(path: str, on_progress: OnProgress, *, directory: int | None = None) -> Opened:
    """Open a regular file; inside `directory` (a descriptor) a symbolic link is not followed.

    Raises OSError, or `NotAFile`.
    """
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
    if directory is not None:
        flags |= os.O_NOFOLLOW
    descriptor = os.open(path, flags, dir_fd=directory)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise NotAFile(path)
    except BaseException:
        os.close(descriptor)
        raise
    return unpacked(io.FileIO(descriptor, "rb"), on_progress)


def unpacked(raw: io.RawIOBase, on_progress: OnProgress) -> Opened:
    """Wrap a raw stream (a file, standard input), unpacking it if it is packed."""
    plain = io.BufferedReader(_Counted(raw, on_progress), _BUFFER_BYTES)
    head = plain.peek(len(_ZSTD))
    if head.startswith(_GZIP):
        stream = cast("BinaryIO", gzip.GzipFile(fileobj=plain, mode="rb"))
        return Opened(stream, is_packed=True, can_rewind=False)
    if head.startswith(_ZSTD):
        reader = zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW).stream_reader(
            plain, read_across_frames=True
        )
        return Opened(cast("BinaryIO", reader), is_packed=True, can_rewind=False)
    return Opened(plain, is_packed=False, can_rewind=plain.seekable())
