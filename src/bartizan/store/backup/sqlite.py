"""SQLite: its online backup. The file is a database like the one it is of, and can be opened."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

from bartizan.domain.errors import Unavailable
from bartizan.store.backup.contract import OnPart

_PAGES: Final = 2048  # 16 MiB at once
_BUSY_S: Final = 10


class SqliteDumper:
    """Copies pages inside one read transaction: writers go on, and what they write is not in it."""

    engine = "sqlite"
    suffix = ".sqlite"

    def __init__(self, path: Path) -> None:
        self._path = path

    def save(self, file: Path, on_part: OnPart = lambda _done, _of: None) -> None:
        with _told(self._path):
            _make(file)
            with closing(_open(self._path, "mode=rw")) as source, closing(_open(file)) as target:
                # The copy begins again whenever the source changes, unless it reads one state.
                source.execute("BEGIN")
                source.execute("SELECT count(*) FROM sqlite_schema").fetchone()
                source.backup(
                    target,
                    pages=_PAGES,
                    sleep=0,
                    progress=lambda _, left, of: on_part(of - left, of),
                )
                source.rollback()
                # As a store has it: opening the file to look at it then changes nothing in it.
                target.execute("PRAGMA journal_mode = WAL").fetchone()
            _sync(file)

    def load(self, file: Path) -> None:
        with _told(self._path):
            if not self._path.exists():
                self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                _make(self._path)
            with (
                closing(_open(file, "mode=ro&immutable=1")) as source,
                closing(_open(self._path, "mode=rw")) as target,
            ):
                source.backup(target, pages=_PAGES, sleep=0)
            _sync(self._path)


def _open(path: Path, how: str = "mode=rwc") -> sqlite3.Connection:
    return sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?{how}", uri=True, isolation_level=None, timeout=_BUSY_S
    )


def _make(file: Path) -> None:
    """Entries hold passwords: nobody but us may read them."""
    os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def _sync(file: Path) -> None:
    with file.open("rb") as opened:
        os.fsync(opened.fileno())


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise Unavailable("backup-failed", f"SQLite: {error}", str(path)) from error
    except OSError as error:
        raise Unavailable("backup-failed", f"{error.strerror}", str(error.filename)) from error
