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
    status: os.stat_result | None = None


class Folder:
    """A directory that is open while it is the walk's turn: its `names`, in order."""

    def __init__(self, path: str, directory: int, names: list[str]) -> None:
        self.path = path
        self.directory = directory
        self.names = names
        self.folders: list[str] = []

    def files(self) -> Iterator[TreeFile]:
        """Its files; must be asked for to the end, or the walk misses what is below."""
        for name in self.names:
            file = self.file(name)
            if file is None:
                self.folders.append(name)
            else:
                yield file

    def file(self, name: str) -> TreeFile | None:
        """What has this name, unless that is a directory. With a `status` it is a regular file."""
        where = str(Path(self.path, name))
        try:
            status = os.stat(name, dir_fd=self.directory, follow_symlinks=False)
        except OSError as error:
            words = error.strerror or ""
            return TreeFile(where, self.directory, name, Problem.UNREADABLE, words)
        if stat.S_ISDIR(status.st_mode):
            return None
        if stat.S_ISREG(status.st_mode):
            return TreeFile(where, self.directory, name, status=status)
        is_link = stat.S_ISLNK(status.st_mode)
        problem = Problem.SYMBOLIC_LINK if is_link else Problem.NOT_A_FILE
        return TreeFile(where, self.directory, name, problem)


def walk(root: str) -> Iterator[Folder | TreeFile]:
    """Yield directories in the order of their names, each before those in it.

    Raises OSError if the root cannot be opened; below it trouble is yielded as a file with a
    problem.
    """
    top = os.open(root, _DIRECTORY)
    try:
        waiting: list[tuple[str, ...]] = [()]
        while waiting:
            below = waiting.pop()
            path = str(Path(root, *below))
            try:
                folder = _open(top, below, path)
            except OSError as error:
                yield TreeFile(path, top, "", Problem.UNREADABLE, error.strerror or str(error))
                continue
            try:
                yield folder
            finally:
                os.close(folder.directory)
            if len(below) < _DEEPEST:
                waiting += [(*below, name) for name in reversed(folder.folders)]
            else:
                for name in folder.folders:
                    yield TreeFile(str(Path(path, name)), top, name, Problem.TOO_DEEP)
    finally:
        os.close(top)


def _open(top: int, below: tuple[str, ...], path: str) -> Folder:
    directory: int = _descend(top, below)
    try:
        return Folder(path, directory, sorted(os.listdir(directory)))
    except BaseException:
        os.close(directory)
        raise


def _descend(top: int, below: tuple[str, ...]) -> int:
    directory = os.dup(top)
    for name in below:
        try:
            deeper = os.open(name, _DIRECTORY | os.O_NOFOLLOW, dir_fd=directory)
        finally:
            os.close(directory)
        directory = deeper
    return directory
