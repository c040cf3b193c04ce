"""Which files of a concurrent audit log are new: cheap to ask again, however large the tree is.

A directory that holds only files, all of which were read, and that has not changed since, is
settled: it is not listed again. Nothing is followed out of the root, and nothing is opened by path.
"""

import os
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from bartizan.acquire.ship.checkpoint import Checkpoint, below_path

_DEEPEST = 16
# libmodsecurity appends to a file if an id comes again, which does not change its directory.
_SETTLED_AFTER_S = 90.0
_NEWEST = 3
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class NewFile(NamedTuple):
    """A regular file that was not read as it is now. `path` is its directory's, below the root."""

    path: bytes
    name: bytes
    size: int
    modified_ns: int


class TreeWalk:
    """One walk over a tree.

    `settled` are the directories done with so far: path, name and time of change; whoever walks
    tells the checkpoint once their files are remembered. `postponed` is for him to set when a file
    cannot be read yet: its directory is then not done with.
    """

    def __init__(self, root: bytes, checkpoint: Checkpoint, *, only_newest: bool) -> None:
        """`only_newest`: only the directories that time goes through now."""
        self._root = root
        self._checkpoint = checkpoint
        self._only_newest = only_newest
        self.settled: list[tuple[bytes, bytes, int]] = []
        self.postponed = False

    def files(self) -> Iterator[tuple[int, NewFile]]:
        """New files, and the open directory that each is in, which stays open until the next.

        Raises `OSError` if the root cannot be listed. Close the iterator.
        """
        root = os.open(self._root, _DIRECTORY)
        try:
            yield from self._directory(root, b"", 0)
        finally:
            os.close(root)

    def _directory(self, directory: int, path: bytes, depth: int) -> Iterator[tuple[int, NewFile]]:
        """New files of an open directory, then those of the directories in it."""
        files, folders = _list(directory)
        yield from self._new(directory, path, files)
        settled = self._checkpoint.settled(self._root, path)
        for gone in settled.keys() - set(folders):
            self._checkpoint.forget_directory(self._root, path, gone)
        if depth == _DEEPEST:
            return
        for name in folders[-_NEWEST:] if self._only_newest else folders:
            with suppress(FileNotFoundError):
                status = os.stat(name, dir_fd=directory, follow_symlinks=False)
                if settled.get(name) == status.st_mtime_ns:
                    continue
                below = os.open(name, _DIRECTORY | os.O_NOFOLLOW, dir_fd=directory)
                try:
                    self.postponed = False
                    yield from self._directory(below, below_path(path, name), depth + 1)
                    self._settle(below, path, name, status)
                finally:
                    os.close(below)

    def _new(
        self, directory: int, path: bytes, names: list[bytes]
    ) -> Iterator[tuple[int, NewFile]]:
        known = self._checkpoint.files(self._root, path)
        if gone := known.keys() - set(names):
            self._checkpoint.forget_files(self._root, [(path, name) for name in gone])
        for name in names:
            with suppress(FileNotFoundError):
                status = os.stat(name, dir_fd=directory, follow_symlinks=False)
                now = (status.st_size, status.st_mtime_ns)
                if stat.S_ISREG(status.st_mode) and known.get(name) != now:
                    yield directory, NewFile(path, name, *now)

    def _settle(self, directory: int, path: bytes, name: bytes, before: os.stat_result) -> None:
        """Unless it is young, was changed meanwhile, holds directories or something postponed."""
        after = os.fstat(directory)
        is_old = time.time() - after.st_mtime > _SETTLED_AFTER_S
        is_same = after.st_mtime_ns == before.st_mtime_ns
        if is_old and is_same and not self.postponed and not _list(directory)[1]:
            self.settled.append((path, name, after.st_mtime_ns))


def _list(directory: int) -> tuple[list[bytes], list[bytes]]:
    """Names of what is not a directory, and of what is, each sorted."""
    files: list[bytes] = []
    folders: list[bytes] = []
    with os.scandir(directory) as entries:
        for entry in entries:
            is_folder = entry.is_dir(follow_symlinks=False)
            (folders if is_folder else files).append(os.fsencode(entry.name))
    return sorted(files), sorted(folders)
