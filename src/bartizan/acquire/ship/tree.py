"""A concurrent or parallel audit log as a source: one file for each entry.

A file is sent when it is complete, or when its writer has let it be for ten seconds. What is one
entry is decided as `import` decides it, so that both mean the same bytes, which for ModSecurity 2
are those that mlogc would send. Files that were delivered whole can be removed.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from bartizan.acquire.contents import Kind, is_entry_name, kind_of
from bartizan.acquire.found import Problem
from bartizan.acquire.opened import READ_ERRORS, NotAFile, open_plain, words_of
from bartizan.acquire.ship.checkpoint import Checkpoint, TreeFile, below_path
from bartizan.acquire.ship.source import Read, shown
from bartizan.acquire.ship.tree_walk import NewFile, TreeWalk
from bartizan.acquire.tail.cutter import Cutter, Ending
from bartizan.decode import registry
from bartizan.domain.transaction import Format
from bartizan.kit import log

# Coraza ends them with no newline: when the object is closed, nothing can follow.
_ENDS_WITH_OBJECT = frozenset((Format.CORAZA_JSON, Format.CORAZA_JSONLEGACY, Format.CORAZA_OCSF))
_BATCH_FILES = 256
_BATCH_BYTES = 512 * 1024
_STALE_S = 10.0
_MOST_REMOVED = 1000
_MOST_TOLD = 1000
# A directory is made just before the first file in it: a new one is never empty for long.
_DIRECTORY_AGE_S = 600.0

_log = log.get("tree")


class TreeSource:
    """Implements `Source`."""

    def __init__(
        self,
        root: Path,
        checkpoint: Checkpoint,
        *,
        max_entry_bytes: int,
        remove_through: Callable[[], int] | None = None,
    ) -> None:
        """Files whose entries have ids up to what `remove_through` says are removed."""
        self._root = root
        self._key = os.fsencode(root)
        self._checkpoint = checkpoint
        self._max_entry_bytes = max_entry_bytes
        self._remove_through = remove_through
        self._walk: TreeWalk | None = None
        self._files: Iterator[tuple[int, NewFile]] = iter(())
        self._taken: list[tuple[NewFile, int]] = []  # a file, and how many reads it gave
        self._told: dict[bytes, str] = {}

    def look(self, *, thoroughly: bool) -> None:
        if self._remove_through is not None:
            self._remove(self._remove_through())
        if self._walk is None:
            self._walk = TreeWalk(self._key, self._checkpoint, only_newest=not thoroughly)
            self._files = self._walk.files()

    def read(self) -> Sequence[Read] | None:
        if self._walk is None:
            return None
        reads: list[Read] = []
        self._taken = []
        try:
            for directory, new in self._files:
                found = self._read(directory, new)
                if found is None:
                    self._walk.postponed = True
                    continue
                reads += found
                self._taken.append((new, len(found)))
                if self._is_batch(reads):
                    return reads
            self._told.pop(b"", None)
        except OSError as error:
            self._tell(b"", "tree.unreadable", reason=words_of(error))
        is_done = not self._taken and not self._walk.settled
        if is_done:
            self._walk = None
        return None if is_done else reads

    def remember(self, ids: Sequence[int | None]) -> None:
        rows = []
        at = 0
        for new, count in self._taken:
            at += count
            is_whole = count > 0 and None not in ids[at - count : at]
            rows.append(TreeFile(*new, entry_id=ids[at - 1] if is_whole else None))
        self._checkpoint.save_files(self._key, rows)
        if self._walk is not None:
            for path, name, modified_ns in self._walk.settled:
                self._checkpoint.settle(self._key, path, name, modified_ns)
            self._walk.settled.clear()

    def held_bytes(self) -> int:
        return 0

    def close(self) -> None:
        self._files = iter(())
        self._walk = None

    def _is_batch(self, reads: Sequence[Read]) -> bool:
        size = sum(len(one.raw) for one in reads)
        return size >= _BATCH_BYTES or len(self._taken) >= _BATCH_FILES

    def _read(self, directory: int, new: NewFile) -> list[Read] | None:
        """What is in a file, [] if nothing is to be sent; None if it must be looked at again."""
        if new.size > 2 * self._max_entry_bytes:
            return self._pass_over(new, "too large", size_bytes=new.size)
        name = os.fsdecode(new.name)
        try:
            with open_plain(name, lambda _: None, directory=directory) as opened:
                kind = kind_of(opened, name)
                raw = opened.stream.read_fully(2 * self._max_entry_bytes)
        except FileNotFoundError:
            return []
        except (*READ_ERRORS, NotAFile) as error:
            self._tell(self._below(new), "tree.file.unreadable", reason=words_of(error))
            return None
        if kind is Kind.INDEX:
            return []
        if kind not in {Kind.ENTRY, Kind.SERIAL}:
            return self._pass_over(new, f"it is {kind.name}: import it")
        is_stale = time.time() - new.modified_ns / 1e9 > _STALE_S
        return self._entries(new, raw, kind, is_stale=is_stale)

    def _entries(
        self, new: NewFile, raw: bytes, kind: Kind, *, is_stale: bool
    ) -> list[Read] | None:
        cutter = Cutter(max_entry_bytes=2 * self._max_entry_bytes)
        cutter.feed(raw)
        cuts = cutter.take(Ending.OPEN)
        if cutter.held_bytes or not raw:
            if not is_stale and not _is_whole(raw):
                return None
            cuts += cutter.take(Ending.LAST)
        origin = shown(self._root / os.fsdecode(self._below(new)))
        if kind is Kind.ENTRY and raw:
            return [Read(raw, origin, 0, cuts[0].problem if len(cuts) == 1 else None)]
        is_log = any(cut.problem is not Problem.UNKNOWN_FORMAT for cut in cuts)
        if not is_log and not is_entry_name(os.fsdecode(new.name)):
            return self._pass_over(new, "no entry in it")
        return [Read(cut.raw, origin, cut.offset, cut.problem) for cut in cuts]

    def _pass_over(self, new: NewFile, why: str, **facts: int) -> list[Read]:
        self._tell(self._below(new), "tree.file.passed-over", reason=why, **facts)
        return []

    def _remove(self, through: int) -> None:
        """Remove files that are delivered and as they were, and directories that are left empty."""
        delivered = self._checkpoint.delivered(self._key, through, _MOST_REMOVED)
        if not delivered:
            return
        folders = set()
        try:
            for file in delivered:
                self._remove_file(file)
                folders.add(file.path)
        except OSError as error:
            self._tell(b"remove", "tree.cannot-remove", reason=words_of(error))
            return
        self._checkpoint.forget_files(self._key, [(one.path, one.name) for one in delivered])
        for folder in folders:
            self._remove_empty(folder)

    def _remove_file(self, file: TreeFile) -> None:
        with suppress(FileNotFoundError, NotADirectoryError), self._folder(file.path) as folder:
            status = os.stat(file.name, dir_fd=folder, follow_symlinks=False)
            if (status.st_size, status.st_mtime_ns) == (file.size, file.modified_ns):
                os.unlink(file.name, dir_fd=folder)

    def _remove_empty(self, path: bytes) -> None:
        """The directory and those around it, unless they are young or the root."""
        while path:
            path, name = os.path.split(path)
            try:
                with self._folder(path) as folder:
                    status = os.stat(name, dir_fd=folder, follow_symlinks=False)
                    born = max(status.st_ctime, status.st_mtime)
                    if time.time() - born < _DIRECTORY_AGE_S:
                        return
                    os.rmdir(name, dir_fd=folder)
            except OSError:
                return  # not empty, or gone

    @contextmanager
    def _folder(self, path: bytes) -> Iterator[int]:
        """A directory below the root, opened without following links."""
        folder = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for name in path.split(b"/") if path else ():
                flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW
                below = os.open(name, flags, dir_fd=folder)
                os.close(folder)
                folder = below
            yield folder
        finally:
            os.close(folder)

    def _below(self, new: NewFile) -> bytes:
        return below_path(new.path, new.name)

    def _tell(self, about: bytes, event: str, reason: str, **facts: int) -> None:
        """Once, until it changes; of the last thousand files."""
        if self._told.get(about) == reason:
            return
        if len(self._told) > _MOST_TOLD:
            self._told.clear()
        self._told[about] = reason
        path = shown(self._root / os.fsdecode(about))
        _log.warning(event, path=path, reason=reason, **facts)


def _is_whole(raw: bytes) -> bool:
    """Whether it is one entry to which nothing will be added."""
    decoder = registry.detect(raw[: registry.HEAD_BYTES])
    if decoder is None or decoder.format not in _ENDS_WITH_OBJECT:
        return False
    spans = decoder.split(raw, 0, is_last=True)
    return len(spans) == 1 and not spans[0].is_torn and spans[0].length == len(raw)
