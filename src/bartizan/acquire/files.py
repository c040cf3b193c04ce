"""Entries from files as they lie on a disk: serial logs, concurrent trees, archives of them.

Everything that is not an entry is yielded too, with a problem.
"""

import hashlib
import io
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from bartizan.acquire import tree
from bartizan.acquire.checkpoint import (
    HEAD_BYTES,
    FileMark,
    FolderMark,
    Identity,
    Mark,
    key_of,
)
from bartizan.acquire.contents import (
    Contents,
    Kind,
    failure,
    is_entry_name,
    kind_of,
    trouble,
    unless_empty,
)
from bartizan.acquire.found import FoundEntry, Problem
from bartizan.acquire.opened import (
    READ_ERRORS,
    NotAFile,
    OnProgress,
    Opened,
    open_plain,
    plain,
)
from bartizan.acquire.serial import MAX_ENTRY_BYTES, SerialReader
from bartizan.kit.text import text

STANDARD_INPUT = "-"
_MARK_EVERY_BYTES = 1024 * 1024
_MARK_EVERY = 64


class Memory(Protocol):
    """How far files were read before; see `acquire.checkpoint`."""

    def file(self, identity: Identity) -> FileMark | None: ...

    def folder(self, key: str) -> FolderMark | None: ...


def entries(
    paths: Sequence[str],
    on_progress: OnProgress = lambda _: None,
    *,
    max_entry_bytes: int = MAX_ENTRY_BYTES,
) -> Iterator[FoundEntry]:
    """Yield what is in the files and trees named, in order; `-` is standard input.

    `on_progress` is told how many more bytes were read from disk (packed ones, if packed). Raises
    nothing for what it finds; memory is bounded by `max_entry_bytes`.
    """
    for one in Files(on_progress, max_entry_bytes=max_entry_bytes).read(paths):
        if isinstance(one, FoundEntry):
            yield one


def total_bytes(paths: Sequence[str]) -> int | None:
    """How many bytes `entries` will read, for a progress bar; None if that cannot be known."""
    total = 0
    for path in paths:
        if path == STANDARD_INPUT:
            return None
        try:
            place = Path(path)
            total += _tree_bytes(path) if place.is_dir() else place.stat().st_size
        except OSError:
            continue
    return total


def _tree_bytes(root: str) -> int:
    return sum(
        file.status.st_size
        for folder in tree.walk(root)
        if isinstance(folder, tree.Folder)
        for file in folder.files()
        if file.status is not None
    )


class Files:
    """Reads files, and tells with marks how far; what `memory` knows is not read again."""

    def __init__(
        self,
        on_progress: OnProgress,
        *,
        max_entry_bytes: int = MAX_ENTRY_BYTES,
        memory: Memory | None = None,
    ) -> None:
        self._on_progress = on_progress
        self._contents = Contents(max_entry_bytes)
        self._memory = memory

    def read(self, paths: Sequence[str]) -> Iterator[FoundEntry | Mark]:
        """A mark covers what was yielded before it."""
        for path in paths:
            if path == STANDARD_INPUT:
                raw = io.FileIO(sys.stdin.fileno(), "rb", closefd=False)
                yield from self._contents.found(plain(raw, self._on_progress), path)
            elif Path(path).is_dir():
                yield from self._tree(path)
            else:
                yield from self._file(path, path, None)

    def _tree(self, root: str) -> Iterator[FoundEntry | Mark]:
        try:
            for one in tree.walk(root):
                if isinstance(one, tree.Folder):
                    yield from self._folder(one)
                else:
                    yield _trouble_with(one)
        except OSError as error:
            yield trouble(shown_path(root), Problem.UNREADABLE, error.strerror or str(error))

    def _folder(self, folder: tree.Folder) -> Iterator[FoundEntry | Mark]:
        course = _Course(folder, self._memory)
        for file in folder.files():
            if file.status is None:
                yield _trouble_with(file)
            elif not is_entry_name(file.name):
                yield from self._file(file.path, file.name, file.directory)
            elif course.is_past(file):
                self._on_progress(file.status.st_size)
                yield trouble(shown_path(file.path), Problem.IMPORTED_BEFORE)
            else:
                yield from self._entry_file(file)
                course.passed(file)
                if course.unmarked == _MARK_EVERY:
                    yield course.mark()
        if course.unmarked:
            yield course.mark()

    def _entry_file(self, file: tree.TreeFile) -> Iterator[FoundEntry]:
        path = shown_path(file.path)
        try:
            opened = open_plain(file.name, self._on_progress, directory=file.directory)
        except NotAFile:
            yield trouble(path, Problem.NOT_A_FILE)
        except OSError as error:
            yield trouble(path, Problem.UNREADABLE, error.strerror or str(error))
        else:
            with opened:
                yield from self._contents.found(opened, path)

    def _file(self, path: str, name: str, directory: int | None) -> Iterator[FoundEntry | Mark]:
        shown = shown_path(path)
        progress = _Progress(self._on_progress)
        try:
            opened = open_plain(name, progress.add, directory=directory)
        except NotAFile:
            yield trouble(shown, Problem.NOT_A_FILE)
        except OSError as error:
            yield trouble(shown, Problem.UNREADABLE, error.strerror or str(error))
        else:
            with opened:
                try:
                    identity = _identity(opened)
                    kind = kind_of(opened, shown)
                except READ_ERRORS as error:
                    yield failure(shown, error, opened)
                else:
                    yield from self._from_mark(opened, shown, kind, identity, progress)
                    progress.is_at(identity.size)

    def _from_mark(
        self, opened: Opened, path: str, kind: Kind, identity: Identity, progress: "_Progress"
    ) -> Iterator[FoundEntry | Mark]:
        mark = self._memory.file(identity) if self._memory is not None else None
        if mark is not None and mark.is_finished and mark.size == identity.size:
            yield trouble(path, Problem.IMPORTED_BEFORE, length=identity.size)
        elif kind is not Kind.SERIAL:
            begin = mark.found if mark is not None and mark.size == identity.size else 0
            found = self._contents.found_in(kind, opened, path)
            yield from _counted(found, identity, begin)
        else:
            if mark is not None and mark.offset:
                opened.stream.seek(mark.offset)
                progress.is_at(mark.offset)
            yield from _placed(self._contents.serial(opened, path), identity, opened)


class _Progress:
    """Bytes read of one file. Archives are not read from front to back, nor each byte once."""

    def __init__(self, on_progress: OnProgress) -> None:
        self._on_progress = on_progress
        self._count = 0

    def add(self, count: int) -> None:
        self._count += count
        self._on_progress(count)

    def is_at(self, offset: int) -> None:
        self.add(offset - self._count)


class _Course:
    """How far the files of a concurrent log in one directory were read, and are now."""

    def __init__(self, folder: tree.Folder, memory: Memory | None) -> None:
        self._key = key_of(os.fstat(folder.directory))
        self._digest = hashlib.blake2b(digest_size=16)
        self._last_name = ""
        self.unmarked = 0
        known = memory.folder(self._key) if memory is not None else None
        if known is not None:
            self._go_on(folder, known)

    def _go_on(self, folder: tree.Folder, known: FolderMark) -> None:
        last_name = os.fsdecode(known.last_name)
        digest = hashlib.blake2b(digest_size=16)
        for name in folder.names:
            file = folder.file(name) if is_entry_name(name) and name <= last_name else None
            if file is not None and file.status is not None:
                digest.update(_fingerprint(file))
        if digest.digest() == known.digest:
            self._digest, self._last_name = digest, last_name

    def is_past(self, file: tree.TreeFile) -> bool:
        return file.name <= self._last_name

    def passed(self, file: tree.TreeFile) -> None:
        self._digest.update(_fingerprint(file))
        self._last_name = file.name
        self.unmarked += 1

    def mark(self) -> FolderMark:
        self.unmarked = 0
        return FolderMark(
            key=self._key, last_name=os.fsencode(self._last_name), digest=self._digest.digest()
        )


def _fingerprint(file: tree.TreeFile) -> bytes:
    status = file.status
    assert status is not None  # noqa: S101 - only files that are there are asked for
    return os.fsencode(f"{file.name}/{status.st_ino}/{status.st_size}/{status.st_mtime_ns}\n")


def _identity(opened: Opened) -> Identity:
    status = opened.status()
    return Identity(
        key=key_of(status), size=status.st_size, head=opened.stream.look(HEAD_BYTES)[:HEAD_BYTES]
    )


def _counted(
    found: Iterator[FoundEntry], identity: Identity, begin: int
) -> Iterator[FoundEntry | Mark]:
    """What comes after the first `begin`, and marks that count."""
    count = 0
    is_finished = True
    for one in found:
        count += 1
        is_finished = is_finished and one.problem is not Problem.UNREADABLE
        if count > begin:
            yield one
            if count % _MARK_EVERY == 0:
                yield identity.mark(found=count)
    yield identity.mark(found=count, is_finished=is_finished)


def _placed(
    reader: SerialReader, identity: Identity, opened: Opened
) -> Iterator[FoundEntry | Mark]:
    """What is found in a serial file, and marks with its offset."""
    marked = opened.stream.tell()
    is_finished = True
    for one in unless_empty(iter(reader)) if marked == 0 else reader:
        yield one
        is_finished = one.problem is not Problem.UNREADABLE
        if reader.settled - marked >= _MARK_EVERY_BYTES:
            marked = reader.settled
            yield identity.mark(offset=marked)
    size = opened.stream.tell()
    yield identity.mark(offset=reader.settled, size=size, is_finished=is_finished)


def _trouble_with(file: tree.TreeFile) -> FoundEntry:
    return trouble(shown_path(file.path), file.problem or Problem.UNREADABLE, file.detail)


def shown_path(path: str) -> str:
    """A path that is text: bytes in it that are not UTF-8 become U+FFFD."""
    return text(os.fsencode(path))
