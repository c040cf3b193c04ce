"""A connection that does not wait for ever, and inserts rows by COPY."""

from collections.abc import Sequence
from typing import Any, Final

import psycopg
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus

from bartizan.store.sql.dialects.contract import Values
from bartizan.store.sql.dialects.postgresql_text import adapt

_INTERVAL_S: Final = 0.1


class BinaryCursor(psycopg.Cursor[Any]):
    """Results come in binary: bytes as they are, and not in hexadecimal.

    Not for what describes a schema: some of its types are not known to the driver in binary.
    """

    def __init__(self, connection: "psycopg.Connection[Any]", **options: Any) -> None:
        super().__init__(connection, **options)
        self.format = psycopg.pq.Format.BINARY


class Connection(psycopg.Connection[Any]):
    """A server that hangs keeps its connections open, and the driver would wait for it."""

    answer_s: float | None = None

    def wait(
        self,
        gen: PQGen[Any],
        interval: float = _INTERVAL_S,
        timeout: float | None = None,
    ) -> Any:
        try:
            return super().wait(gen, interval, self.answer_s if timeout is None else timeout)
        except psycopg.OperationalError:
            if self.info.transaction_status == TransactionStatus.ACTIVE:
                self.close()  # whatever comes over it later would be taken for another answer
            raise


def connect(
    answer_s: float, cursors: "type[psycopg.Cursor[Any]]", options: dict[str, Any]
) -> Connection:
    connection = Connection.connect(cursor_factory=cursors, prepare_threshold=None, **options)
    connection.answer_s = answer_s
    adapt(connection)
    return connection


class Copier:
    """Inserts of plain rows. What the columns are of is asked once for each statement."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, list[int]]] = {}
        self._merging: dict[str, str] = {}

    def copy(self, cursor: "psycopg.Cursor[Any]", compiled: str, rows: Sequence[Values]) -> bool:
        """False for a statement that is no INSERT of plain rows.

        COPY cannot say what to make of rows that are there: an INSERT that does gets its columns
        as arrays, in one statement.
        """
        opening, _, rest = compiled.partition(" VALUES (")
        _, conflict, ending = rest.partition(" ON CONFLICT ")
        if conflict and len(rows) > 1:
            self._merge(cursor, compiled, opening, conflict + ending, rows)
            return True
        if conflict or not rest.endswith(")"):
            return False
        statement, types = self._known.get(compiled) or self._ask(cursor, compiled, opening)
        with cursor.copy(statement) as copy:
            copy.set_types(types)
            for row in rows:
                copy.write_row(row)
        return True

    def _ask(
        self, cursor: "psycopg.Cursor[Any]", compiled: str, opening: str
    ) -> tuple[str, list[int]]:
        target = opening.removeprefix("INSERT INTO ")
        table, _, columns = target.partition(" ")
        question = f"SELECT {columns.strip('()')} FROM {table} WHERE false"  # noqa: S608 - of ours
        cursor.execute(question.encode())
        types = [column.type_code for column in cursor.description or ()]
        known = f"COPY {target} FROM STDIN (FORMAT BINARY)", types
        self._known[compiled] = known
        return known

    def _merge(
        self,
        cursor: "psycopg.Cursor[Any]",
        compiled: str,
        opening: str,
        ending: str,
        rows: Sequence[Values],
    ) -> None:
        statement = self._merging.get(compiled)
        if statement is None:
            _, types = self._ask(cursor, compiled, opening)
            arrays = ", ".join(f"%s::{psycopg.postgres.types[one].regtype}[]" for one in types)
            statement = f"{opening} SELECT * FROM unnest({arrays}){ending}"  # noqa: S608 - of ours
            self._merging[compiled] = statement
        cursor.execute(statement.encode(), [list(column) for column in zip(*rows, strict=True)])
