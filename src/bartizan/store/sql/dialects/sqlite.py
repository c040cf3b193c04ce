"""SQLite: one file, the default."""

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    and_,
    create_engine,
    event,
    func,
    or_,
)
from sqlalchemy import false as never
from sqlalchemy.engine import URL
from sqlalchemy.types import TypeEngine

from bartizan.domain.errors import Unavailable
from bartizan.store import limits, wildcard
from bartizan.store.sql.dialects.contract import BUSY_S, READ_POOL, SEARCH_S, Keep, change
from bartizan.store.sql.dialects.room import Room, sqlite_give_back, sqlite_room

_PAGE_BYTES: Final = 8192  # fewer, fuller pages: 1.3 times the rate at batches of 1,000
_WRITE_CACHE_KIB: Final = 64 * 1024
_READ_CACHE_KIB: Final = 16 * 1024
_CHECKPOINT_PAGES: Final = 4000
_INTERRUPT_STEPS: Final = 50_000


class Sqlite:
    """One file, WAL, durable at every commit; readers never block the writer."""

    def __init__(self, path: Path) -> None:
        self._url = URL.create("sqlite", database=str(path))
        self._path = path

    def write_engine(self) -> Engine:
        self._make_file()
        engine = self._engine(pool_size=2)

        @event.listens_for(engine, "connect")
        def _prepare(connection: Any, _: Any) -> None:
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
            # So that a file can shrink. Later it changes nothing, and yet it would be written.
            vacuum = () if pages else ("auto_vacuum = INCREMENTAL",)
            for pragma in (
                f"page_size = {_PAGE_BYTES}",
                *vacuum,
                "journal_mode = WAL",
                "synchronous = FULL",
                f"cache_size = -{_WRITE_CACHE_KIB}",
                f"wal_autocheckpoint = {_CHECKPOINT_PAGES}",
            ):
                connection.execute(f"PRAGMA {pragma}").close()
            connection.create_function("path_matches", 2, wildcard.matches, deterministic=True)

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

        return engine

    def read_engine(self) -> Engine:
        engine = self._engine(pool_size=READ_POOL)

        @event.listens_for(engine, "connect")
        def _prepare(connection: Any, _: Any) -> None:
            for pragma in ("query_only = ON", f"cache_size = -{_READ_CACHE_KIB}"):
                connection.execute(f"PRAGMA {pragma}").close()
            connection.create_function("path_matches", 2, wildcard.matches, deterministic=True)

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            deadline = time.monotonic() + SEARCH_S
            driver: Any = connection.connection.driver_connection
            driver.set_progress_handler(lambda: time.monotonic() > deadline, _INTERRUPT_STEPS)
            connection.exec_driver_sql("BEGIN")

        return engine

    def _engine(self, pool_size: int) -> Engine:
        return create_engine(
            self._url,
            hide_parameters=True,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=BUSY_S,
            connect_args={"timeout": BUSY_S, "isolation_level": None, "check_same_thread": False},
        )

    def _make_file(self) -> None:
        """Entries hold passwords: nobody but us may read the file, its WAL or the directory."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        except OSError as error:
            raise Unavailable("store-unavailable", f"{error.strerror}", str(self._path)) from error

    def insert_missing(self, key: str) -> str:
        return f"ON CONFLICT ({key}) DO NOTHING"

    def keep_greatest(self, _table: str, key: str, column: str, /) -> str:
        return (
            f"ON CONFLICT ({key}) DO UPDATE SET {column} = excluded.{column} "
            f"WHERE excluded.{column} > {column}"
        )

    def accumulate(self, _table: str, key: Sequence[str], columns: Mapping[str, Keep], /) -> str:
        functions = {Keep.LEAST: "min", Keep.GREATEST: "max"}
        changes = [
            change(name, name, f"excluded.{name}", keep, functions)
            for name, keep in columns.items()
        ]
        return f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {', '.join(changes)}"

    def path_matches(self, column: ColumnElement[str], pattern: str) -> ColumnElement[bool]:
        """GLOB stops at a NUL, so the few paths that hold one are matched by our own function."""
        if wildcard.literal_length(pattern) > limits.PATH:
            return never()
        has_nul = func.instr(column, func.char(0)) > 0
        with_nul = and_(has_nul, func.path_matches(pattern, column) == 1)
        if "\x00" in pattern:
            return with_nul
        return or_(and_(~has_nul, column.op("GLOB")(wildcard.as_glob(pattern))), with_nul)

    def contains(self, column: ColumnElement[Any], lower: str, /) -> ColumnElement[bool]:
        """SQLite's lower() knows the letters of ASCII only."""
        return func.instr(func.lower(column), lower) > 0

    def contains_in_order(
        self, column: ColumnElement[Any], lower: Sequence[str], /
    ) -> ColumnElement[bool]:
        return self.path_matches(func.lower(column), wildcard.around(lower))

    def upgrade_engine(self) -> Engine:
        return self.write_engine()

    def table_options(self, _connection: Connection, /) -> dict[str, Any]:
        return {}

    def column_type(self, declared: TypeEngine[Any], /) -> TypeEngine[Any]:
        return declared

    def room(self, connection: Connection, _tables: Sequence[str], /) -> Room:
        return sqlite_room(connection, self._path)

    def give_back(self, connection: Connection, limit_bytes: int, /) -> int:
        return sqlite_give_back(connection, limit_bytes)

    @contextmanager
    def upgrade_lock(self, connection: Connection) -> Iterator[None]:
        """One transaction: BEGIN IMMEDIATE keeps others out, and a half upgrade rolls back."""
        with connection.begin():
            yield
