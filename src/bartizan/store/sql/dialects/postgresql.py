"""PostgreSQL."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from sqlalchemy import ColumnElement, Connection, Engine, String, Text, create_engine, event, func
from sqlalchemy import false as never
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

from bartizan.domain.errors import Misconfigured, Unavailable
from bartizan.store import limits, wildcard
from bartizan.store.sql.dialects.contract import (
    BUSY_S,
    READ_POOL,
    ROWS,
    SEARCH_S,
    UPGRADE_S,
    UPGRADE_WAIT_S,
    WRITE_S,
    Keep,
    Values,
    change,
)
from bartizan.store.sql.dialects.postgresql_connection import BinaryCursor, Copier, connect
from bartizan.store.sql.dialects.room import Room, postgresql_room
from bartizan.store.sql.errors import driver_code, translated

_OLDEST: Final = 140000
_UPGRADE_LOCK: Final = int.from_bytes(b"bartizan")
_LOCK_NOT_AVAILABLE: Final = "55P03"
_EVERYWHERE: Final = {
    "application_name": "bartizan",
    "client_encoding": "utf8",
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}
# The server's own: a node that lost its power must not keep its locks for hours.
_KEPT_ALIVE: Final = {
    "tcp_keepalives_idle": 30,
    "tcp_keepalives_interval": 10,
    "tcp_keepalives_count": 3,
}


class Postgresql:
    """PostgreSQL through psycopg 3: texts compared byte by byte, rows inserted by COPY."""

    def __init__(self, url: URL) -> None:
        self._url = url.set(drivername="postgresql+psycopg")

    def write_engine(self) -> Engine:
        engine = self._engine(
            pool_size=2,
            answer_s=WRITE_S,
            settings={
                **_KEPT_ALIVE,
                "synchronous_commit": "on",
                "lock_timeout": f"{BUSY_S}s",
                "idle_in_transaction_session_timeout": "60s",
            },
        )
        copier = Copier()

        @event.listens_for(engine, "do_execute")
        def _insert_row(cursor: Any, compiled: str, row: Values, context: Any) -> bool:
            wants_rows = context.execution_options.get(ROWS)
            return bool(wants_rows) and copier.copy(cursor, compiled, [row])

        @event.listens_for(engine, "do_executemany")
        def _insert_rows(cursor: Any, compiled: str, rows: Sequence[Values], context: Any) -> bool:
            wants_rows = context.execution_options.get(ROWS)
            return bool(wants_rows) and copier.copy(cursor, compiled, rows)

        return engine

    def read_engine(self) -> Engine:
        engine = self._engine(
            pool_size=READ_POOL,
            answer_s=SEARCH_S + 5,
            settings={
                # An answer may take several statements, and is of one moment.
                "default_transaction_isolation": "repeatable\\ read",
                "statement_timeout": f"{int(SEARCH_S * 1000)}ms",
                "idle_in_transaction_session_timeout": "60s",
                "jit": "off",  # compiling takes longer than any search that is quick enough
            },
        )

        @event.listens_for(engine, "connect")
        def _forbid_writing(connection: Any, _: Any) -> None:
            # Not a setting of the session: target_session_attrs would take us for a standby's.
            connection.read_only = True

        return engine

    def upgrade_engine(self) -> Engine:
        return self._engine(
            pool_size=1,
            answer_s=UPGRADE_S,
            settings={**_KEPT_ALIVE, "lock_timeout": f"{UPGRADE_WAIT_S}s"},
            cursors=psycopg.Cursor,
        )

    def _engine(
        self,
        pool_size: int,
        answer_s: float,
        settings: Mapping[str, Any],
        cursors: "type[psycopg.Cursor[Any]]" = BinaryCursor,
    ) -> Engine:
        engine = create_engine(
            self._url,
            hide_parameters=True,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=BUSY_S,
            pool_pre_ping=True,
            pool_recycle=3600,
            paramstyle="format",  # so that compiled inserts take tuples
            use_native_hstore=False,
        )
        server_settings = " ".join(f"-c {name}={value}" for name, value in settings.items())

        @event.listens_for(engine, "do_connect")
        def _connect(_: Any, __: Any, ___: Any, options: dict[str, Any]) -> Any:
            return connect(
                answer_s, cursors, {**options, **_EVERYWHERE, "options": server_settings}
            )

        return engine

    def insert_missing(self, key: str) -> str:
        return f"ON CONFLICT ({key}) DO NOTHING"

    def keep_greatest(self, table: str, key: str, column: str, /) -> str:
        return (
            f"ON CONFLICT ({key}) DO UPDATE SET {column} = excluded.{column} "
            f"WHERE excluded.{column} > {table}.{column}"
        )

    def accumulate(self, table: str, key: Sequence[str], columns: Mapping[str, Keep], /) -> str:
        functions = {Keep.LEAST: "LEAST", Keep.GREATEST: "GREATEST"}
        changes = [
            change(name, f"{table}.{name}", f"excluded.{name}", keep, functions)
            for name, keep in columns.items()
        ]
        return f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {', '.join(changes)}"

    def path_matches(self, column: ColumnElement[str], pattern: str) -> ColumnElement[bool]:
        if wildcard.literal_length(pattern) > limits.PATH:
            return never()
        return column.like(wildcard.as_like(pattern), escape="|")

    def contains(self, column: ColumnElement[Any], lower: str, /) -> ColumnElement[bool]:
        """In the collation C lower() knows the letters of ASCII only."""
        return func.strpos(func.lower(column.collate("C")), lower) > 0

    def contains_in_order(
        self, column: ColumnElement[Any], lower: Sequence[str], /
    ) -> ColumnElement[bool]:
        pattern = wildcard.as_like(wildcard.around(lower))
        return func.lower(column.collate("C")).like(pattern, escape="|")

    def table_options(self, _connection: Connection, /) -> dict[str, Any]:
        return {}

    def column_type(self, declared: TypeEngine[Any], /) -> TypeEngine[Any]:
        """Texts are compared by their bytes, and have no length, which is counted as written."""
        return Text(collation="C") if isinstance(declared, String) else declared

    def room(self, connection: Connection, tables: Sequence[str], /) -> Room:
        return postgresql_room(connection, tables)

    def give_back(self, _connection: Connection, _limit_bytes: int, /) -> int:
        """Its own autovacuum makes room again; the files keep their size."""
        return 0

    @contextmanager
    def upgrade_lock(self, connection: Connection) -> Iterator[None]:
        """One transaction, DDL included; the lock of the server ends with it."""
        with connection.begin():
            with translated():
                _require_server(connection)
                _lock(connection)
            yield


def _require_server(connection: Connection) -> None:
    driver: Any = connection.connection.driver_connection
    if driver.info.server_version < _OLDEST:
        raise Misconfigured("old-server", "PostgreSQL must be version 14 or newer", "store.url")
    if driver.info.parameter_status("server_encoding") != "UTF8":
        raise Misconfigured("wrong-encoding", "the database's encoding must be UTF8", "store.url")


def _lock(connection: Connection) -> None:
    try:
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_UPGRADE_LOCK,))
    except DBAPIError as error:
        if driver_code(error) != _LOCK_NOT_AVAILABLE:
            raise
        raise Unavailable(
            "store-unavailable", "another process is upgrading the database"
        ) from error
