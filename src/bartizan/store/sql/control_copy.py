"""All that one control store has, into another one of any kind of SQL.

Row by row and table by table, ids as they are, in one transaction of the target.
"""

from typing import Any, Final

from sqlalchemy import Connection, Table, func, insert, select, text

from bartizan.domain.errors import Refused
from bartizan.store.sql import control_tables
from bartizan.store.sql.dialects import Dialect
from bartizan.store.sql.errors import translated

_SOME: Final = 500
# Kept whole by a target that is new: it locks by this row.
_OWN_ROWS: Final = control_tables.installation_state


def copy_tables(source: Dialect, target: Dialect) -> None:
    """Raises `Refused` (code `not-empty`) if the target knows people or sensors."""
    reader, writer = source.read_engine(), target.write_engine()
    try:
        with translated(), reader.connect() as there, writer.begin() as here:
            for table in (control_tables.people, control_tables.sensors):
                if here.execute(select(func.count()).select_from(table)).scalar_one():
                    raise Refused("not-empty", "there are people or sensors already", table.name)
            here.execute(_OWN_ROWS.delete())
            for table in control_tables.METADATA.sorted_tables:
                _copy_table(there, here, table)
    finally:
        reader.dispose()
        writer.dispose()


def _copy_table(there: Connection, here: Connection, table: Table) -> None:
    rows: list[dict[str, Any]] = [dict(row) for row in there.execute(select(table)).mappings()]
    for start in range(0, len(rows), _SOME):
        here.execute(insert(table), rows[start : start + _SOME])
    number = table.autoincrement_column
    if rows and number is not None and here.dialect.name == "postgresql":
        # Ids that were given do not move the sequence that gives the next.
        here.execute(
            text(
                "SELECT setval(pg_get_serial_sequence(:table, :column), :last)",
            ),
            {
                "table": table.name,
                "column": number.name,
                "last": max(row[number.name] for row in rows),
            },
        )
