"""The regular files below a directory, never leaving it.

Every directory is opened from the root on, name by name, without following symbolic links, so a
link that appears while we walk leads nowhere either. Nothing is opened by a path from a log.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bartizan.acquire.found import Problem

_DEEPEST = 64
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class TreeFile(NamedTuple):
    """A file `name` in the open `directory`; `path` is for people. With a problem: do not open."""

    path: str
    directory: int
    name: str
    problem: Problem | None = None
    detail: str = ""


def walk(root: str) -> Iterator[TreeFile]:
    """Yield files in the order of their names. `directory` stays open until the next is asked for.

    Raises OSError if the root cannot be opened; below it trouble is yielded as a problem.
    """
    top = os.open(root, _DIRECTORY)
    try:
        waiting: list[tuple[str, ...]] = [()]
        while waiting:
            below = waiting.pop()
            path = str(Path(root, *below))
            try:
                directory = _descend(top, below)
            except OSError as error:
                yield TreeFile(path, top, "", Problem.UNREADABLE, error.strerror or str(error))
                continue
            try:
                folders: list[str] = []
                yield from _files(directory, path, folders)
            finally:
                os.close(directory)
            if len(below) < _DEEPEST:
                waiting += [(*below, name) for name in reversed(folders)]
            else:
                for name in folders:
                    yield TreeFile(str(Path(path, name)), top, name, Problem.TOO_DEEP)
    finally:
        os.close(top)


def _descend(top: int, below: tuple[str, ...]) -> int:
    directory = os.dup(top)
    for name in below:
        try:
            deeper = os.open(name, _DIRECTORY | os.O_NOFOLLOW, dir_fd=directory)
        finally:
            os.close(directory)
        directory = deeper
    return directory


def _files(directory: int, path: str, folders: list[str]) -> Iterator[TreeFile]:
    """The files of one directory; its folders are appended to `folders`."""
    for name in sorted(os.listdir(directory)):
        where = str(Path(path, name))
        try:
            mode = os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode
        except OSError as error:
            yield TreeFile(where, directory, name, Problem.UNREADABLE, error.strerror or "")
            continue
        if stat.S_ISDIR(mode):
            folders.append(name)
        elif stat.S_ISREG(mode):
            yield TreeFile(where, directory, name)
        else:
            is_link = stat.S_ISLNK(mode)
            problem = Problem.SYMBOLIC_LINK if is_link else Problem.NOT_A_FILE
            yield TreeFile(where, directory, name, problem)
