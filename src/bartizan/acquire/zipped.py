"""The files in a zip, as its directory lists them.

`zipfile` reads it. The directory is held in memory, so its size is bounded; members are unpacked in
a stream. A zip that comes out of another archive is put into a temporary file without a name first,
since its directory stands at its end. Names are never used to open anything.
"""

import stat
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final, Self, cast

from bartizan.acquire.found import Problem
from bartizan.acquire.member import Member
from bartizan.acquire.opened import (
    READ_ERRORS,
    Allowance,
    Opened,
    Source,
    Stream,
    problem_of,
    words_of,
)

_LARGEST_DIRECTORY: Final = 24 * 1024 * 1024  # some 200,000 files
_LARGEST_END: Final = 128 * 1024
_LARGEST_COPY: Final = 2 * 1024**3
_CHUNK_BYTES: Final = 1024 * 1024
_ENCRYPTED: Final = 0x1
# LZMA in a zip may ask for any amount of memory.
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)
_ERRORS_OF_DIRECTORY: Final = (ValueError, NotImplementedError, LookupError)


def is_zip(head: bytes) -> bool:
    """Whether a stream that begins with `head` is a zip."""
    return head.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def members(opened: Opened) -> Iterator[Member]:
    """Each member; its source must be read before the next one is asked for."""
    try:
        with _as_file(opened) as file, zipfile.ZipFile(cast("IO[bytes]", file)) as archive:
            for info in archive.infolist():
                yield _member(archive, info, opened.allowance)
    except (*READ_ERRORS, *_ERRORS_OF_DIRECTORY) as error:
        yield Member("", problem=problem_of(error, is_packed=True), detail=words_of(error))


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, allowance: Allowance) -> Member:
    if info.is_dir():
        return Member(info.filename)
    problem, detail = _why_not(info)
    if problem is not None:
        return Member(info.filename, problem=problem, detail=detail)
    try:
        content = cast("zipfile.ZipExtFile", archive.open(info))
    except (*READ_ERRORS, *_ERRORS_OF_DIRECTORY, RuntimeError) as error:
        detail = words_of(error)
        return Member(info.filename, problem=Problem.DAMAGED_ARCHIVE, detail=detail)
    return Member(info.filename, source=_Content(content, allowance))


def _why_not(info: zipfile.ZipInfo) -> tuple[Problem | None, str]:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return Problem.SYMBOLIC_LINK, ""
    if kind not in (0, stat.S_IFREG):
        return Problem.NOT_A_FILE, ""
    if info.flag_bits & _ENCRYPTED:
        return Problem.ENCRYPTED, ""
    if info.compress_type not in _METHODS:
        return Problem.UNREADABLE, f"compression method {info.compress_type}"
    return None, ""


class _Content:
    """The unpacked bytes of one member, charged to the allowance."""

    def __init__(self, content: zipfile.ZipExtFile, allowance: Allowance) -> None:
        self._content = content
        self._allowance = allowance

    def read(self, size: int, /) -> bytes:
        data = self._content.read1(size)
        self._allowance.spend(len(data))
        return data

    def close(self) -> None:
        self._content.close()


class _File:
    """What `zipfile` takes for a file; it asks for the whole directory in one read."""

    def __init__(self, below: "Source | IO[bytes]") -> None:
        self._below = cast("IO[bytes]", below)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._below.close()

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._below.seek(offset, whence)

    def tell(self) -> int:
        return self._below.tell()

    def read(self, size: int = -1) -> bytes:
        if size < 0:  # to the end, where the directory is said to begin
            size = _LARGEST_END
        if size > _LARGEST_DIRECTORY:
            raise zipfile.BadZipFile("its directory is too large to be held")
        return self._below.read(size)


def _as_file(opened: Opened) -> _File:
    return _File(opened.file if opened.file is not None else _copy(opened.stream))


def _copy(stream: Stream) -> IO[bytes]:
    """On a disk: /tmp may be memory."""
    directory = "/var/tmp"  # noqa: S108 - the file has no name
    place = directory if Path(directory).is_dir() else None
    copy = tempfile.TemporaryFile(dir=place)  # noqa: SIM115 - closed by whoever reads it
    try:
        while data := stream.read(_CHUNK_BYTES):
            if copy.tell() + len(data) > _LARGEST_COPY:
                raise zipfile.BadZipFile("it is in another archive, and larger than 2 GiB")
            copy.write(data)
    except BaseException:
        copy.close()
        raise
    return copy
