"""What the SQL code asks of a kind of database: everything in which they differ."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, Protocol

from sqlalchemy import ColumnElement, Connection, Engine
from sqlalchemy.types import TypeEngine

from bartizan.store.sql.dialects.room import Room

Values = tuple[Any, ...]
# Execution option of an INSERT of rows of plain values: the dialect's quickest way may be taken.
ROWS: Final = "bartizan_rows"
BUSY_S: Final = 10
READ_POOL: Final = 8
SEARCH_S: Final = 10.0
WRITE_S: Final = 15
UPGRADE_S: Final = 6 * 3600  # of one statement: an index over all there is
UPGRADE_WAIT_S: Final = 10


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

    def upgrade_engine(self) -> Engine:
        """Connections whose statements may take hours."""
        ...

    def insert_missing(self, key: str) -> str:
        """The end of an INSERT that leaves a row with the same primary key as it is."""
        ...

    def keep_greatest(self, table: str, key: str, column: str, /) -> str:
        """The end of an INSERT that raises `column` of an existing row."""
        ...

    def accumulate(self, table: str, key: Sequence[str], columns: Mapping[str, Keep], /) -> str:
        """The end of an INSERT that adds to the columns of an existing row."""
        ...

    def path_matches(self, column: ColumnElement[str], pattern: str) -> ColumnElement[bool]: ...

    def contains(self, column: ColumnElement[Any], lower: str, /) -> ColumnElement[bool]:
        """Whether a text contains another, of which the letters A to Z are in lower case already;
        those of the column compare without case, everything else exactly.
        """
        ...

    def contains_in_order(
        self, column: ColumnElement[Any], lower: Sequence[str], /
    ) -> ColumnElement[bool]:
        """As `contains`, of several texts one after the other; none of them has a star in it."""
        ...

    def table_options(self, connection: Connection, /) -> dict[str, Any]: ...

    def column_type(self, declared: TypeEngine[Any], /) -> TypeEngine[Any]:
        """What a column that a migration declares so is here."""
        ...

    def room(self, connection: Connection, tables: Sequence[str], /) -> Room:
        """What these tables take."""
        ...

    def give_back(self, connection: Connection, limit_bytes: int, /) -> int:
        """Give about so much room to the disk, in a transaction of the caller's; 0 if none."""
        ...

    def upgrade_lock(self, connection: Connection) -> Any:
        """A context in which no other process upgrades the same database."""
        ...


def change(name: str, old: str, new: str, keep: Keep, functions: Mapping[Keep, str]) -> str:
    """An assignment; both functions may be NULL if either value is."""
    if keep is Keep.SUM:
        return f"{name} = {old} + {new}"
    return f"{name} = COALESCE({functions[keep]}({old}, {new}), {old}, {new})"
