"""MySQL and MariaDB."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    String,
    create_engine,
    event,
    func,
    literal,
    type_coerce,
)
from sqlalchemy import false as never
from sqlalchemy.engine import URL
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from bartizan.domain.errors import Misconfigured, Unavailable
from bartizan.store import limits, wildcard
from bartizan.store.sql import mysql_insert
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
from bartizan.store.sql.dialects.room import Room, mysql_room
from bartizan.store.sql.errors import translated

_MIN_PACKET_BYTES: Final = 4 * 1024 * 1024


class Mysql:
    """MySQL or MariaDB through PyMySQL: InnoDB, utf8mb4 compared byte by byte, strict mode."""

    def __init__(self, url: URL) -> None:
        self._url = url.set(drivername="mysql+pymysql")

    def write_engine(self) -> Engine:
        engine = self._engine(pool_size=2, timeout_s=WRITE_S)

        @event.listens_for(engine, "do_executemany")
        def _insert_rows(cursor: Any, compiled: str, rows: Sequence[Values], context: Any) -> bool:
            return _insert(cursor, compiled, rows, context)

        @event.listens_for(engine, "do_execute")
        def _insert_row(cursor: Any, compiled: str, row: Values, context: Any) -> bool:
            return _insert(cursor, compiled, [row], context)

        return engine

    def read_engine(self) -> Engine:
        engine = self._engine(pool_size=READ_POOL, timeout_s=int(SEARCH_S) + 5)

        @event.listens_for(engine, "connect")
        def _limit(connection: Any, _: Any) -> None:
            with connection.cursor() as cursor:
                cursor.execute(
                    f"SET SESSION max_statement_time = {SEARCH_S}"
                    if "MariaDB" in connection.get_server_info()
                    else f"SET SESSION max_execution_time = {int(SEARCH_S * 1000)}"
                )
                cursor.execute("SET SESSION TRANSACTION READ ONLY")
                # An answer may take several statements, and is of one moment.
                cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")

        return engine

    def upgrade_engine(self) -> Engine:
        return self._engine(pool_size=1, timeout_s=UPGRADE_S)

    def _engine(self, pool_size: int, timeout_s: int) -> Engine:
        return create_engine(
            self._url,
            hide_parameters=True,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=BUSY_S,
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

    def keep_greatest(self, _table: str, _key: str, column: str, /) -> str:
        return f"ON DUPLICATE KEY UPDATE {column} = GREATEST({column}, VALUES({column}))"

    def accumulate(self, _table: str, _key: Sequence[str], columns: Mapping[str, Keep], /) -> str:
        functions = {Keep.LEAST: "LEAST", Keep.GREATEST: "GREATEST"}
        changes = [
            change(name, name, f"VALUES({name})", keep, functions) for name, keep in columns.items()
        ]
        return f"ON DUPLICATE KEY UPDATE {', '.join(changes)}"

    def path_matches(self, column: ColumnElement[str], pattern: str) -> ColumnElement[bool]:
        if wildcard.literal_length(pattern) > limits.PATH:
            return never()
        return column.like(wildcard.as_like(pattern), escape="|")

    def contains(self, column: ColumnElement[Any], lower: str, /) -> ColumnElement[bool]:
        """Bytes taken for Hebrew, which has no case: so LOWER() knows the letters of ASCII only."""
        haystack = func.lower(_as_hebrew(column))
        return func.instr(haystack, _as_hebrew(literal(lower))) > 0

    def contains_in_order(
        self, column: ColumnElement[Any], lower: Sequence[str], /
    ) -> ColumnElement[bool]:
        pattern = wildcard.as_like(wildcard.around(lower))
        return func.lower(_as_hebrew(column)).like(_as_hebrew(literal(pattern)), escape="|")

    def table_options(self, connection: Connection, /) -> dict[str, Any]:
        """Collations that do not ignore trailing spaces, as the plain utf8mb4_bin does."""
        is_mariadb = bool(getattr(connection.dialect, "is_mariadb", False))
        return {
            "mysql_engine": "InnoDB",
            "mysql_charset": "utf8mb4",
            "mysql_collate": "utf8mb4_nopad_bin" if is_mariadb else "utf8mb4_0900_bin",
            "mysql_row_format": "DYNAMIC",
        }

    def column_type(self, declared: TypeEngine[Any], /) -> TypeEngine[Any]:
        return declared

    def room(self, connection: Connection, tables: Sequence[str], /) -> Room:
        return mysql_room(connection, tables)

    def give_back(self, _connection: Connection, _limit_bytes: int, /) -> int:
        """The server keeps what it has for what comes next."""
        return 0

    @contextmanager
    def upgrade_lock(self, connection: Connection) -> Iterator[None]:
        """A named lock of the server, since DDL commits by itself here."""
        with translated():
            packet = connection.exec_driver_sql("SELECT @@max_allowed_packet").scalar_one()
            name = f"bartizan-upgrade-{self._url.database}"[:64]
            lock = connection.exec_driver_sql("SELECT GET_LOCK(%s, %s)", (name, UPGRADE_WAIT_S))
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


def _as_hebrew(text: ColumnElement[Any]) -> ColumnElement[Any]:
    return type_coerce(Hebrew(text), String()).collate("hebrew_bin")


class Hebrew(FunctionElement[str]):
    """The bytes of a text in another character set."""

    inherit_cache = True


@compiles(Hebrew)
def _hebrew(element: Hebrew, compiler: Any, **options: Any) -> str:
    inner = compiler.process(next(iter(element.clauses)), **options)
    return f"CONVERT(CAST({inner} AS BINARY) USING hebrew)"


def _insert(cursor: Any, compiled: str, rows: Sequence[Values], context: Any) -> bool:
    """Insert rows of plain values; False to leave a statement to PyMySQL."""
    if not context.execution_options.get(ROWS):
        return False
    for statement in mysql_insert.statements(compiled, rows):
        cursor.execute(statement)
    return True
