"""The files that rotation makes of a log: `audit.log.1`, `audit.log.2.gz`, `audit-20261123.log`."""

import re
import stat
from pathlib import Path
from typing import NamedTuple


class Candidate(NamedTuple):
    """A regular file that may hold what was written to a path."""

    path: Path
    device: int
    inode: int
    size: int
    modified_ns: int
    is_current: bool  # it is at the path itself

    @property
    def identity(self) -> tuple[int, int]:
        return self.device, self.inode


def is_rotation(name: str, of: str) -> bool:
    """Whether `name` is what logrotate, savelog or newsyslog call an old file of `of`."""
    stem, dot, extension = of.rpartition(".")
    behind = rf"{re.escape(of)}[._-](?:\d[\w.:+-]*|old)"
    inside = rf"{re.escape(stem)}[._-]\d{{6}}[\w:+-]*\.{re.escape(extension)}(?:\.\w+)?"
    pattern = f"{behind}|{inside}" if stem and dot else behind
    return name != of and re.fullmatch(pattern, name) is not None


def candidates(path: Path) -> list[Candidate]:
    """The rotated files of `path`, oldest first, then the one at `path` itself, if there is one.

    Symbolic links are not followed, but `path` may be one. Raises `OSError` if the directory cannot
    be read.
    """
    names = [one for one in path.parent.iterdir() if is_rotation(one.name, path.name)]
    found = [_candidate(one, is_current=False) for one in names]
    rotated = [one for one in found if one is not None]
    current = _candidate(path, is_current=True)
    # With `SecAuditLog` on a symbolic link the current file may itself be named like a rotated one.
    rotated = [one for one in rotated if current is None or one.identity != current.identity]
    rotated.sort(key=lambda one: (one.modified_ns, one.path))
    return [*rotated, current] if current else rotated


def _candidate(path: Path, *, is_current: bool) -> Candidate | None:
    try:
        status = path.stat(follow_symlinks=is_current)
    except OSError:
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return Candidate(
        path, status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, is_current
    )
