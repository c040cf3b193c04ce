"""Everything in which the databases differ, in one place. PostgreSQL will be one more class."""

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Protocol

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

from bartizan.domain.errors import Misconfigured, Unavailable
from bartizan.store import limits, wildcard
from bartizan.store.sql import mysql_insert
from bartizan.store.sql.errors import translated

Values = tuple[Any, ...]
# Execution option of an INSERT of rows of plain values: the dialect's quickest way may be taken.
ROWS: Final = "bartizan_rows"
_BUSY_S: Final = 10
_READ_POOL: Final = 8
_SEARCH_S: Final = 10.0
_PAGE_BYTES: Final = 8192  # fewer, fuller pages: 1.3 times the rate at batches of 1,000
_WRITE_CACHE_KIB: Final = 64 * 1024
_READ_CACHE_KIB: Final = 16 * 1024
_CHECKPOINT_PAGES: Final = 4000
_INTERRUPT_STEPS: Final = 50_000
_MIN_PACKET_BYTES: Final = 4 * 1024 * 1024
_WRITE_TIMEOUT_S: Final = 15
_UPGRADE_WAIT_S: Final = 10  # less than the time-out of the connection that waits


class Keep(StrEnum):
    """What a row that is there makes of a new value of a column. NULL counts as no value."""

    SUM = "sum"
    LEAST = "least"
    GREATEST = "greatest"


class Dialect(Protocol):
    """One kind of database behind a URL."""

    def write_engine(self) -> Engine: ...

    def read_engine(self) -> Engine:
        """Connections that cannot write, do not hinder a writer, and stop a search after 10 s."""
        ...

    def insert_missing(self, key: str) -> str:
        """The end of an INSERT that leaves a row with the same primary key as it is."""
        ...

    def keep_greatest(self, key: str, column: str, /) -> str:
        """The end of an INSERT that raises `column` of an existing row."""
        ...

    def accumulate(self, key: Sequence[str], columns: Mapping[str, Keep], /) -> str:
        """The end of an INSERT that adds to the columns of an existing row."""
        ...

    def path_matches(self, column: ColumnElement[str], pattern: str) -> ColumnElement[bool]: ...

    def table_options(self, connection: Connection, /) -> dict[str, Any]: ...

    def upgrade_lock(self, connection: Connection) -> Any:
        """A context in which no other process upgrades the same database."""
        ...


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
            for pragma in (
                f"page_size = {_PAGE_BYTES}",
                "journal_mode = WAL",
                "synchronous = FULL",
                f"cache_size = -{_WRITE_CACHE_KIB}",
                f"wal_autocheckpoint = {_CHECKPOINT_PAGES}",
            ):
                connection.execute(f"PRAGMA {pragma}").close()

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

        return engine

    def read_engine(self) -> Engine:
        engine = self._engine(pool_size=_READ_POOL)

        @event.listens_for(engine, "connect")
        def _prepare(connection: Any, _: Any) -> None:
            for pragma in ("query_only = ON", f"cache_size = -{_READ_CACHE_KIB}"):
                connection.execute(f"PRAGMA {pragma}").close()
            connection.create_function("path_matches", 2, wildcard.matches, deterministic=True)

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            deadline = time.monotonic() + _SEARCH_S
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
            pool_timeout=_BUSY_S,
            connect_args={"timeout": _BUSY_S, "isolation_level": None, "check_same_thread": False},
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

    def keep_greatest(self, key: str, column: str, /) -> str:
        return (
            f"ON CONFLICT ({key}) DO UPDATE SET {column} = excluded.{column} "
            f"WHERE excluded.{column} > {column}"
        )

    def accumulate(self, key: Sequence[str], columns: Mapping[str, Keep], /) -> str:
        functions = {Keep.LEAST: "min", Keep.GREATEST: "max"}
        changes = [
            _change(name, f"excluded.{name}", keep, functions) for name, keep in columns.items()
        ]
        return f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {', '.join(changes)}"

    def path_matches(self, column: ColumnElement[str], pattern: str) -> ColumnElement[bool]:
        """GLOB stops at a NUL, so the few paths that hold one are matched by our own function."""
        if wildcard.literal_length(pattern) > limits.PATH:
            return never()
        has_nul = func.instr(column, func.char(0)) > 0
        return or_(
            and_(~has_nul, column.op("GLOB")(wildcard.as_glob(pattern))),
            and_(has_nul, func.path_matches(pattern, column) == 1),
        )

    def table_options(self, _connection: Connection, /) -> dict[str, Any]:
        return {}

    @contextmanager
    def upgrade_lock(self, connection: Connection) -> Iterator[None]:
        """One transaction: BEGIN IMMEDIATE keeps others out, and a half upgrade rolls back."""
        with connection.begin():
            yield


class Mysql:
    """MySQL or MariaDB through PyMySQL: InnoDB, utf8mb4 compared byte by byte, strict mode."""

    def __init__(self, url: URL) -> None:
        self._url = url.set(drivername="mysql+pymysql")

    def write_engine(self) -> Engine:
        engine = self._engine(pool_size=2, timeout_s=_WRITE_TIMEOUT_S)

        @event.listens_for(engine, "do_executemany")
        def _insert_rows(cursor: Any, compiled: str, rows: Sequence[Values], context: Any) -> bool:
            return _insert(cursor, compiled, rows, context)

        @event.listens_for(engine, "do_execute")
        def _insert_row(cursor: Any, compiled: str, row: Values, context: Any) -> bool:
            return _insert(cursor, compiled, [row], context)

        return engine

    def read_engine(self) -> Engine:
        engine = self._engine(pool_size=_READ_POOL, timeout_s=int(_SEARCH_S) + 5)

        @event.listens_for(engine, "connect")
        def _limit(connection: Any, _: Any) -> None:
            with connection.cursor() as cursor:
                cursor.execute(
                    f"SET SESSION max_statement_time = {_SEARCH_S}"
                    if "MariaDB" in connection.get_server_info()
                    else f"SET SESSION max_execution_time = {int(_SEARCH_S * 1000)}"
                )
                cursor.execute("SET SESSION TRANSACTION READ ONLY")

        return engine

    def _engine(self, pool_size: int, timeout_s: int) -> Engine:
        return create_engine(
            self._url,
            hide_parameters=True,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=_BUSY_S,
            pool_pre_ping=True,
            pool_recycle=3600,
            isolation_level="READ COMMITTED",
            paramstyle="format",  # so that compiled inserts take tuples
            connect_args={
                "charset": "utf8mb4",
                "connect_timeout": 5,
                "read_timeout": timeout_s,
                "write_timeout": timeout_s,
                "sql_mode": "STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION",
            },
        )

    def insert_missing(self, key: str) -> str:
        return f"ON DUPLICATE KEY UPDATE {key} = {key}"

    def keep_greatest(self, _key: str, column: str, /) -> str:
        return f"ON DUPLICATE KEY UPDATE {column} = GREATEST({column}, VALUES({column}))"

    def accumulate(self, _key: Sequence[str], columns: Mapping[str, Keep], /) -> str:
        functions = {Keep.LEAST: "LEAST", Keep.GREATEST: "GREATEST"}
        changes = [
            _change(name, f"VALUES({name})", keep, functions) for name, keep in columns.items()
        ]
        return f"ON DUPLICATE KEY UPDATE {', '.join(changes)}"

    def path_matches(self, column: ColumnElement[str], pattern: str) -> ColumnElement[bool]:
        if wildcard.literal_length(pattern) > limits.PATH:
            return never()
        return column.like(wildcard.as_like(pattern), escape="|")

    def table_options(self, connection: Connection, /) -> dict[str, Any]:
        """Collations that do not ignore trailing spaces, as the plain utf8mb4_bin does."""
        is_mariadb = bool(getattr(connection.dialect, "is_mariadb", False))
        return {
            "mysql_engine": "InnoDB",
            "mysql_charset": "utf8mb4",
            "mysql_collate": "utf8mb4_nopad_bin" if is_mariadb else "utf8mb4_0900_bin",
            "mysql_row_format": "DYNAMIC",
        }

    @contextmanager
    def upgrade_lock(self, connection: Connection) -> Iterator[None]:
        """A named lock of the server, since DDL commits by itself here."""
        with translated():
            packet = connection.exec_driver_sql("SELECT @@max_allowed_packet").scalar_one()
            name = f"bartizan-upgrade-{self._url.database}"[:64]
            lock = connection.exec_driver_sql("SELECT GET_LOCK(%s, %s)", (name, _UPGRADE_WAIT_S))
        if int(packet) < _MIN_PACKET_BYTES:
            raise Misconfigured(
                "small-packet", "the server's max_allowed_packet must be at least 4M", "store.url"
            )
        if lock.scalar_one() != 1:
            raise Unavailable("store-unavailable", "another process is upgrading the database")
        try:
            yield
            connection.commit()
        finally:
            connection.exec_driver_sql("SELECT RELEASE_LOCK(%s)", (name,))


def _change(name: str, new: str, keep: Keep, functions: Mapping[Keep, str]) -> str:
    """An assignment; both functions are NULL if either value is."""
    if keep is Keep.SUM:
        return f"{name} = {name} + {new}"
    return f"{name} = COALESCE({functions[keep]}({name}, {new}), {name}, {new})"


def _insert(cursor: Any, compiled: str, rows: Sequence[Values], context: Any) -> bool:
    """Insert rows of plain values; False to leave a statement to PyMySQL."""
    if not context.execution_options.get(ROWS):
        return False
    for statement in mysql_insert.statements(compiled, rows):
        cursor.execute(statement)
    return True
