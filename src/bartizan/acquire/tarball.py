"""The files in a tar, in the order in which they stand, without keeping any of them.

`tarfile` reads the headers. What it reads for one member is bounded, and it can only go forward, so
that neither a name of gigabytes nor an offset that leads back can hold it up; what it remembers is
forgotten after each member. Names are never used to open anything.
"""

import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Self, cast

from bartizan.acquire.found import Problem
from bartizan.acquire.member import Member
from bartizan.acquire.opened import READ_ERRORS, Stream, problem_of, words_of

_MOST_HEADER_BYTES: Final = 64 * 1024
_MOST_HEADERS: Final = 16
_ERRORS_OF_HEADERS: Final = (ValueError, ArithmeticError, LookupError)  # which tarfile lets through


def is_tar(head: bytes) -> bool:
    """Whether a stream that begins with these 512 bytes is a tar, by the checksum of a header."""
    try:
        tarfile.TarInfo.frombuf(head, tarfile.ENCODING, "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def members(stream: Stream) -> Iterator[Member]:
    """Each member; its source must be read before the next one is asked for.

    Damage is yielded as a member with a problem, and what follows it is looked for. Ends when the
    archive does, or with what makes it unreadable.
    """
    headers = _Headers(stream)
    try:
        archive = tarfile.TarFile(
            fileobj=headers,  # type: ignore[arg-type]
            tarinfo=_Info,
            ignore_zeros=True,
            encoding="utf-8",
        )
        while True:
            info = archive.next()
            begin = headers.at if info is None else info.offset
            if headers.first_odd is not None and headers.first_odd < begin:
                detail = f"at byte {headers.first_odd}"
                yield Member("", problem=Problem.DAMAGED_ARCHIVE, detail=detail)
            headers.first_odd = None
            if info is None:
                return
            archive.members.clear()  # type: ignore[attr-defined]
            archive.pax_headers.clear()  # type: ignore[attr-defined]
            yield _member(info, headers)
    except (*READ_ERRORS, *_ERRORS_OF_HEADERS) as error:
        yield Member("", problem=problem_of(error, is_packed=True), detail=words_of(error))


def _member(info: tarfile.TarInfo, headers: "_Headers") -> Member:
    if info.issym():
        return Member(info.name, problem=Problem.SYMBOLIC_LINK)
    if info.islnk():
        return Member(info.name, problem=Problem.HARD_LINK)
    if info.isdir():
        return Member(info.name)
    if not info.isfile():
        return Member(info.name, problem=Problem.NOT_A_FILE)
    # Of a sparse file only what is stored of it is read: the holes may be as large as they like.
    sparse = cast("list[tuple[int, int]] | None", info.sparse)
    stored = int(info.size) if sparse is None else sum(size for _, size in sparse)
    return Member(info.name, source=_Section(headers, stored))


class _Info(tarfile.TarInfo):
    """Tells `_Headers` where the headers of a member begin; they may describe each other."""

    @classmethod
    def fromtarfile(cls, tarfile: tarfile.TarFile) -> Self:
        with cast("_Headers", tarfile.fileobj).one_header():
            return super().fromtarfile(tarfile)


class _Headers:
    """What `tarfile` takes for a file: forward only, and a bounded number of bytes for a member."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.at = 0
        self.first_odd: int | None = None  # where a block of a header stands that is not empty
        self._left = 0
        self._depth = 0

    @contextmanager
    def one_header(self) -> Iterator[None]:
        if self._depth == 0:
            self._left = _MOST_HEADER_BYTES
        if self._depth == _MOST_HEADERS:
            raise tarfile.ReadError("too many headers for one file")
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1

    def tell(self) -> int:
        return self.at

    def seek(self, offset: int) -> None:
        if offset < self.at:
            raise tarfile.ReadError("a header leads back")
        self._stream.skip(offset - self.at)
        self.at = offset

    def read(self, size: int) -> bytes:
        at = self.at
        if self._depth:
            self._left -= size
            if self._left < 0 or size < 0:
                raise tarfile.ReadError("a header is larger than any name needs")
        data = self._stream.read_fully(size)
        self.at += len(data)
        if self._depth == 1 and self.first_odd is None and data.strip(b"\0"):
            self.first_odd = at
        return data

    def read_some(self, size: int) -> bytes:
        """Of a member's content."""
        data = self._stream.read(size)
        self.at += len(data)
        return data


class _Section:
    """The stored bytes of one member."""

    def __init__(self, headers: _Headers, size: int) -> None:
        self._headers = headers
        self._left = size

    def read(self, size: int, /) -> bytes:
        if self._left <= 0:
            return b""
        data = self._headers.read_some(min(size, self._left))
        if not data:
            raise EOFError("the archive ends in this file")
        self._left -= len(data)
        return data

    def close(self) -> None:
        """What is left is passed when the next member is asked for."""
