"""Opening files that may be hostile, and unpacking them on the way: gzip, zstd, bzip2 and xz.

Only regular files are read: a FIFO or a device would wait or never end. Packed files are told by
their first bytes, not by their names, and unpacked in a stream of bounded memory. What all layers
of one file may expand to together is bounded too (`Allowance`).
"""

import bz2
import gzip
import io
import lzma
import os
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from typing import Protocol, Self

import zstandard

from bartizan.acquire.found import Problem

OnProgress = Callable[[int], None]
_LARGEST_WINDOW = 128 * 1024 * 1024
_FREE_BYTES = 1024**3
_MOST_TIMES = 1000  # real logs shrink 5 to 200 times
_CHUNK_BYTES = 64 * 1024


class NotAFile(Exception):  # noqa: N818 - caught where it is raised from, in this folder
    """What the path names is neither a regular file nor a directory."""


class ExpandsTooMuch(OSError):  # noqa: N818
    """What is being unpacked has become larger than any log would."""


READ_ERRORS = (
    OSError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    zstandard.ZstdError,
    tarfile.TarError,
    zipfile.BadZipFile,
)


def problem_of(error: Exception, *, is_packed: bool) -> Problem:
    """What to call one of `READ_ERRORS`."""
    if isinstance(error, ExpandsTooMuch):
        return Problem.EXPANDS_TOO_MUCH
    return Problem.DAMAGED_ARCHIVE if is_packed else Problem.UNREADABLE


def words_of(error: Exception) -> str:
    """What an error says, for people."""
    said = error.strerror if isinstance(error, OSError) else None
    return said or str(error) or type(error).__name__


class Source(Protocol):
    """Where bytes come from: `read` gives at least one and at most `size`, or none at the end."""

    def read(self, size: int, /) -> bytes: ...

    def close(self) -> None: ...


class Allowance:
    """How many bytes may still come out of one file: 1 GiB, and 1,000 for each that is in it."""

    def __init__(self, size: int = 0) -> None:
        self._left = _FREE_BYTES + _MOST_TIMES * size

    def earn(self, count: int) -> None:
        """For a stream, whose size is not known before its end."""
        self._left += _MOST_TIMES * count

    def spend(self, count: int) -> None:
        """Raises `ExpandsTooMuch`, from then on always."""
        self._left -= count
        if self._left < 0:
            raise ExpandsTooMuch(f"more than {_MOST_TIMES} times its size and a GiB came out")


class Stream:
    """Bytes read once from a source, with a look at what comes next."""

    def __init__(self, source: Source, *, can_seek: bool = False) -> None:
        self._source = source
        self._can_seek = can_seek
        self._ahead = b""
        self._begin = 0  # of what is left of _ahead
        self._at = 0

    def look(self, size: int) -> bytes:
        """The next `size` bytes, fewer only at the end; `read` gives them again."""
        while len(self._ahead) - self._begin < size:
            more = self._source.read(max(size, _CHUNK_BYTES))
            if not more:
                break
            self._ahead = self._ahead[self._begin :] + more
            self._begin = 0
        return self._ahead[self._begin : self._begin + size]

    def read(self, size: int, /) -> bytes:
        """At least one byte and at most `size`, or none at the end; all of less than 64 KiB."""
        if size >= _CHUNK_BYTES and self._begin == len(self._ahead):
            self._ahead, self._begin = b"", 0
            piece = self._source.read(size)
        else:
            piece = self._ahead[self._begin : self._begin + size]
            if len(piece) < size < _CHUNK_BYTES:
                piece = self.look(size)
            self._begin += len(piece)
        self._at += len(piece)
        return piece

    def read_fully(self, size: int) -> bytes:
        """`size` bytes, fewer only at the end."""
        pieces = []
        while size > 0 and (piece := self.read(size)):
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int) -> None:
        """Go to `offset`, if the source can; also behind the end."""
        self._source.seek(offset)  # type: ignore[attr-defined]
        self._ahead, self._begin = b"", 0
        self._at = offset

    def skip(self, count: int) -> None:
        """Pass `count` bytes, or what there is."""
        if self._can_seek and count > len(self._ahead) - self._begin:
            self.seek(self._at + count)
            return
        while count > 0 and (piece := self.read(min(count, 1024 * 1024))):
            count -= len(piece)

    def close(self) -> None:
        self._source.close()


class Opened:
    """A stream of (unpacked) bytes. `can_rewind`: seeking back is possible. Close it.

    `file` is the file itself, if it can be read from any place.
    """

    def __init__(
        self,
        stream: Stream,
        allowance: Allowance,
        *,
        is_packed: bool = False,
        file: "Counted | None" = None,
    ) -> None:
        self.stream = stream
        self.allowance = allowance
        self.is_packed = is_packed
        self.file = file
        self.can_rewind = file is not None

    def status(self) -> os.stat_result:
        """Of the file. Raises OSError if there is none."""
        if self.file is None:
            raise OSError("this is no file")
        return self.file.status()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stream.close()


class Counted:
    """Tells how many bytes are read from a file."""

    def __init__(self, below: io.RawIOBase, on_progress: OnProgress) -> None:
        self._below = below
        self._on_progress = on_progress

    def read(self, size: int, /) -> bytes:
        data = self._below.read(size) or b""
        self._on_progress(len(data))
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._below.seek(offset, whence)

    def tell(self) -> int:
        return self._below.tell()

    def status(self) -> os.stat_result:
        return os.fstat(self._below.fileno())

    def close(self) -> None:
        self._below.close()


def open_file(name: str, on_progress: OnProgress, *, directory: int | None = None) -> Opened:
    """Open a regular file, unpacked if it is packed (one layer). Raises as `open_plain` does."""
    return unpacked(open_plain(name, on_progress, directory=directory))


def open_plain(name: str, on_progress: OnProgress, *, directory: int | None = None) -> Opened:
    """Open a regular file; inside `directory` (a descriptor) a symbolic link is not followed.

    Raises OSError, or `NotAFile`.
    """
    descriptor = _open_regular(name, directory=directory)
    return plain(io.FileIO(descriptor, "rb"), on_progress, size=os.fstat(descriptor).st_size)


def _open_regular(name: str, *, directory: int | None) -> int:
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
    if directory is not None:
        flags |= os.O_NOFOLLOW
    descriptor = os.open(name, flags, dir_fd=directory)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise NotAFile(name)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def plain(raw: io.RawIOBase, on_progress: OnProgress, *, size: int | None = None) -> Opened:
    """Wrap a raw stream (a file, standard input) as it is. Without a `size` it only goes forward.

    Whoever gives the size has opened a file: it can be read again from any place.
    """
    if size is not None:
        file = Counted(raw, on_progress)
        return Opened(Stream(file, can_seek=True), Allowance(size), file=file)
    allowance = Allowance()

    def told(count: int) -> None:
        on_progress(count)
        allowance.earn(count)

    return Opened(Stream(Counted(raw, told)), allowance)


def is_packed(head: bytes) -> bool:
    """Whether a file that begins with `head` is packed in a way we know."""
    return any(begins(head) for begins, _ in _UNPACKERS)


def unpacked(opened: Opened) -> Opened:
    """The same with one layer less if it is packed. Raises `READ_ERRORS`."""
    head = opened.stream.look(10)
    for begins, unpacker in _UNPACKERS:
        if begins(head):
            source = _Bounded(unpacker(opened.stream), opened)
            return Opened(Stream(source), opened.allowance, is_packed=True)
    return opened


class _Bounded:
    """Unpacked bytes, charged to the allowance."""

    def __init__(self, read: Callable[[int], bytes], below: Opened) -> None:
        self._read = read
        self._below = below

    def read(self, size: int, /) -> bytes:
        data = self._read(size)
        self._below.allowance.spend(len(data))
        return data

    def close(self) -> None:
        self._below.stream.close()


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _OneAfterTheOther:
    """Packed streams that follow each other in one file, as `cat` makes them."""

    def __init__(self, below: Stream, make: Callable[[], _Decompressor]) -> None:
        self._below = below
        self._make = make
        self._current = make()

    def read(self, size: int, /) -> bytes:
        while True:
            data = b""
            if self._current.eof:
                data = self._current.unused_data or self._below.read(_CHUNK_BYTES)
                data = data.lstrip(b"\0")  # padding
                if not data:
                    return b""
                self._current = self._make()
            elif self._current.needs_input:
                data = self._below.read(_CHUNK_BYTES)
                if not data:
                    raise EOFError("it ends in the middle")
            if piece := self._current.decompress(data, size):
                return piece


def _gzip(below: Stream) -> Callable[[int], bytes]:
    """`read1`, so that of a damaged file all that comes before the damage is given out."""
    return gzip.GzipFile(fileobj=below, mode="rb").read1


def _zstd(below: Stream) -> Callable[[int], bytes]:
    decompressor = zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW)
    return decompressor.stream_reader(below, read_across_frames=True).read1  # type: ignore[arg-type]


def _bzip2(below: Stream) -> Callable[[int], bytes]:
    return _OneAfterTheOther(below, bz2.BZ2Decompressor).read


def _xz(below: Stream) -> Callable[[int], bytes]:
    def make() -> lzma.LZMADecompressor:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_LARGEST_WINDOW)

    return _OneAfterTheOther(below, make).read


_Is = Callable[[bytes], bool]
_UNPACKERS: tuple[tuple[_Is, Callable[[Stream], Callable[[int], bytes]]], ...] = (
    (lambda head: head.startswith(b"\x1f\x8b"), _gzip),
    (lambda head: head.startswith(b"\x28\xb5\x2f\xfd"), _zstd),
    (lambda head: head[:3] == b"BZh" and head[4:10] == b"1AY&SY", _bzip2),
    (lambda head: head.startswith(b"\xfd7zXZ\0"), _xz),
)
