"""Entries from files as they lie on a disk: serial logs, concurrent trees, packed or not.

A file named like one of a concurrent log is one entry, whatever its body says; in any other file
entries follow each other. Everything that is not an entry is yielded too, with a problem.
"""

import io
import os
import re
import stat
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

from bartizan.acquire import tree
from bartizan.acquire.found import FoundEntry, Problem
from bartizan.acquire.opened import (
    READ_ERRORS,
    NotAFile,
    OnProgress,
    Opened,
    open_file,
    unpacked,
)
from bartizan.acquire.serial import EXCERPT_BYTES, MAX_ENTRY_BYTES, SerialReader
from bartizan.decode import index_line, registry
from bartizan.kit.text import text

STANDARD_INPUT = "-"
# 20261123-054222-awPSPkjIYGR3AUFOTZT5-AAAAA4
_ENTRY_FILE = re.compile(r"\d{8}-\d{6}-[A-Za-z0-9@_.-]{1,128}")
_LONGEST_INDEX_LINE = 80 * 1024


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
    for path in paths:
        if path == STANDARD_INPUT:
            raw = io.FileIO(sys.stdin.fileno(), "rb", closefd=False)
            yield from _serial(unpacked(raw, on_progress), path, max_entry_bytes)
        elif Path(path).is_dir():
            yield from _tree(path, on_progress, max_entry_bytes)
        else:
            yield from _file(path, path, None, on_progress, max_entry_bytes)


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
    total = 0
    for file in tree.walk(root):
        if file.problem is None:
            status = os.stat(file.name, dir_fd=file.directory, follow_symlinks=False)
            total += status.st_size if stat.S_ISREG(status.st_mode) else 0
    return total


def _tree(root: str, on_progress: OnProgress, max_entry_bytes: int) -> Iterator[FoundEntry]:
    try:
        for file in tree.walk(root):
            if file.problem is not None:
                yield _trouble(file.path, file.problem, file.detail)
            else:
                yield from _file(file.path, file.name, file.directory, on_progress, max_entry_bytes)
    except OSError as error:
        yield _trouble(root, Problem.UNREADABLE, error.strerror or str(error))


def _file(
    path: str, name: str, directory: int | None, on_progress: OnProgress, max_entry_bytes: int
) -> Iterator[FoundEntry]:
    try:
        opened = open_file(name, on_progress, directory=directory)
    except NotAFile:
        yield _trouble(path, Problem.NOT_A_FILE)
    except OSError as error:
        yield _trouble(path, Problem.UNREADABLE, error.strerror or str(error))
    else:
        is_entry = _ENTRY_FILE.fullmatch(Path(path).name) is not None
        with opened:
            if is_entry:
                yield _one_entry(opened, shown_path(path), max_entry_bytes)
            else:
                yield from _serial(opened, shown_path(path), max_entry_bytes)


def _one_entry(opened: Opened, path: str, max_entry_bytes: int) -> FoundEntry:
    """A file of a concurrent log: all its bytes are the entry, as mlogc would send them."""
    try:
        raw = opened.stream.read(max_entry_bytes + 1)
    except READ_ERRORS as error:
        problem = Problem.DAMAGED_ARCHIVE if opened.is_packed else Problem.UNREADABLE
        return _trouble(path, problem, str(error))
    decoder = registry.detect(raw[: registry.HEAD_BYTES])
    problem_of_all = None
    if not raw:
        problem_of_all = Problem.EMPTY_ENTRY
    elif len(raw) > max_entry_bytes:
        problem_of_all = Problem.ENTRY_TOO_LARGE
    elif decoder is None:
        problem_of_all = Problem.UNKNOWN_FORMAT
    elif decoder.end_mark(raw[: registry.HEAD_BYTES]) not in raw:
        return FoundEntry(raw=raw, path=path, offset=0, length=len(raw), problem=Problem.TORN_ENTRY)
    shown = raw[:EXCERPT_BYTES] if problem_of_all else raw
    return FoundEntry(raw=shown, path=path, offset=0, length=len(raw), problem=problem_of_all)


def _serial(opened: Opened, path: str, max_entry_bytes: int) -> Iterator[FoundEntry]:
    if not opened.is_packed and _is_index(opened):
        yield _trouble(path, Problem.INDEX_FILE)
        return
    yield from SerialReader(opened, path, max_entry_bytes=max_entry_bytes)


def _is_index(opened: Opened) -> bool:
    peek = getattr(opened.stream, "peek", None)
    head = cast("bytes", peek(_LONGEST_INDEX_LINE)) if peek else b""
    line, newline, _ = head.partition(b"\n")
    return bool(newline) and index_line.read(line + newline) is not None


def _trouble(path: str, problem: Problem, detail: str = "") -> FoundEntry:
    return FoundEntry(
        raw=b"", path=shown_path(path), offset=0, length=0, problem=problem, detail=detail
    )


def shown_path(path: str) -> str:
    """A path that is text: bytes in it that are not UTF-8 become U+FFFD."""
    return text(os.fsencode(path))
