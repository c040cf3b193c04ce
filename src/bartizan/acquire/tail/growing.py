"""The bytes of one log file: one that is being written to, or a packed one that is not any more."""

import os
from pathlib import Path
from typing import NamedTuple

from bartizan.acquire.opened import READ_ERRORS, NotAFile, Opened, open_file
from bartizan.acquire.tail.bookmark import HEAD_BYTES
from bartizan.acquire.tail.rotated import Candidate

CHUNK_BYTES = 128 * 1024
# Packed in a way that cannot be followed here: lz4, zip, compress.
_OTHER_PACKERS = (b'\x04"M\x18', b"PK\x03\x04", b"\x1f\x9d")


class Replaced(Exception):  # noqa: N818 - caught where it is raised from, in this folder
    """The file no longer holds what was read from it: it was truncated, or another has its name."""


class Plain:
    """A file that may grow. Raises `OSError`, and `Replaced` if it is another than it was."""

    is_packed = False

    def __init__(self, candidate: Candidate, head: bytes) -> None:
        """`head` is how the file is known to begin, as far as it was read before."""
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
        flags |= 0 if candidate.is_current else os.O_NOFOLLOW
        self._descriptor = os.open(candidate.path, flags)
        status = os.fstat(self._descriptor)
        if (status.st_dev, status.st_ino) != candidate.identity:
            os.close(self._descriptor)
            raise Replaced
        self._head = head

    def read(self, offset: int) -> bytes:
        """The next bytes at `offset`, b"" if there are none yet.

        Raises `Replaced` if the file was truncated since the first read, also if it has grown
        beyond `offset` again: the head is compared after each read, so what is returned was read
        from the same content as everything before.
        """
        data = os.pread(self._descriptor, CHUNK_BYTES, offset)
        if os.fstat(self._descriptor).st_size < offset + len(data):
            raise Replaced
        head = os.pread(self._descriptor, HEAD_BYTES, 0)
        if not head.startswith(self._head):
            raise Replaced
        self._head = head[: max(len(self._head), min(offset + len(data), HEAD_BYTES))]
        return data

    def head(self) -> bytes:
        """How the file begins, as far as it was read, or could be if nothing was."""
        return self._head or os.pread(self._descriptor, HEAD_BYTES, 0)

    def begin_again(self) -> None:
        self._head = b""

    def close(self) -> None:
        os.close(self._descriptor)


class Packed:
    """A packed file, which is read once from front to back."""

    is_packed = True

    def __init__(self, candidate: Candidate, head: bytes) -> None:
        self._opened = _open(candidate)
        self._at = 0
        self._known_head = head
        self._head = b""
        self.damage = ""

    def read(self, offset: int) -> bytes:
        """The next bytes at `offset`, b"" at the end, also where it is damaged (`damage`)."""
        while (data := self._next()) and self._at <= offset:
            pass
        return data[max(0, offset - (self._at - len(data))) :]

    def _next(self) -> bytes:
        try:
            data = self._opened.stream.read(CHUNK_BYTES)
        except READ_ERRORS as error:
            self.damage = str(error) or type(error).__name__
            return b""
        self._head += data[: HEAD_BYTES - len(self._head)]
        self._at += len(data)
        return data

    def head(self) -> bytes:
        return max(self._known_head, self._head, key=len)

    def begin_again(self) -> None:
        raise Replaced  # nobody writes to it

    def close(self) -> None:
        self._opened.stream.close()


class Beginning(NamedTuple):
    """How a file begins, unpacked. With `trouble` it cannot be read (yet)."""

    head: bytes
    is_packed: bool = False
    trouble: str = ""


def beginning_of(candidate: Candidate) -> Beginning:
    try:
        with _open(candidate) as opened:
            head = opened.stream.look(HEAD_BYTES)
    except OSError as error:
        return Beginning(b"", trouble=error.strerror or str(error))
    except NotAFile:
        return Beginning(b"", trouble="not a regular file")
    except READ_ERRORS as error:
        return Beginning(b"", trouble=f"cannot be unpacked: {error}")
    if not opened.is_packed and head.startswith(_OTHER_PACKERS):
        return Beginning(
            b"", trouble="packed in an unknown way; gzip, zstd, bzip2 and xz are known"
        )
    return Beginning(head, opened.is_packed)


def _open(candidate: Candidate) -> Opened:
    """Only what the candidate names: a link in its place is not followed, unless it is current."""
    if candidate.is_current:
        return open_file(str(candidate.path), lambda _: None)
    directory = _open_directory(candidate.path.parent)
    try:
        return open_file(candidate.path.name, lambda _: None, directory=directory)
    finally:
        os.close(directory)


def _open_directory(path: Path) -> int:
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
