"""What the tables take, asked of the database where it knows, and estimated where it does not."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, Connection, Table, func, select

from bartizan.domain.retention import StoreRoom, StoreSize
from bartizan.kit.clock import from_us
from bartizan.store.sql import tables
from bartizan.store.sql.dialects import Dialect
from bartizan.store.sql.dialects.room import Room
from bartizan.store.sql.rollups import ALL

_SAMPLE: Final = 100  # rows at each end of a table
_COUNTED: Final = 100_000  # more are estimated, where the database does that
_ROW_BYTES: Final = 12  # around the values of one
_PAYLOAD: Final = (tables.raw_entries, tables.raw_pieces, tables.transaction_parts)
_STATISTICS: Final = (
    tables.rollups,
    tables.rollup_ranks,
    tables.rollup_cells,
    tables.sensor_counts,
    tables.sensor_traits,
    tables.sensor_defects,
)
_DAY_S: Final = 24 * 3600


_NAMES: Final = [table.name for table in tables.METADATA.sorted_tables]


def measure_room(connection: Connection, dialect: Dialect) -> StoreRoom:
    return _told(dialect.room(connection, _NAMES))


def measure(connection: Connection, dialect: Dialect) -> StoreSize:
    room = dialect.room(connection, _NAMES)
    transactions = _count(connection, tables.transactions, room.rows)
    removed = _count(connection, tables.removed_payloads, room.rows)
    payloads = max(0, transactions - removed)
    if room.table_bytes is None:
        payload_bytes = sum(
            payloads * _row_bytes(connection, table)
            for table in (tables.raw_entries, tables.transaction_parts)
        )
        statistics_bytes = sum(
            _count(connection, table, None) * _row_bytes(connection, table) for table in _STATISTICS
        )
    else:
        payload_bytes = sum(room.table_bytes.get(table.name, 0) for table in _PAYLOAD)
        statistics_bytes = sum(room.table_bytes.get(table.name, 0) for table in _STATISTICS)
    return StoreSize(
        room=_told(room),
        transactions=transactions,
        payloads=payloads,
        payload_bytes=min(payload_bytes, room.used_bytes),
        statistics_bytes=min(statistics_bytes, room.used_bytes),
        first_id=_least(connection, tables.transactions.c.id),
        first_payload_id=_least(connection, tables.raw_entries.c.transaction_id),
        statistics_since=_statistics_since(connection),
    )


def _told(room: Room) -> StoreRoom:
    return StoreRoom(
        used_bytes=room.used_bytes, reusable_bytes=room.reusable_bytes, free_bytes=room.free_bytes
    )


def _count(connection: Connection, table: Table, rows: Mapping[str, int] | None) -> int:
    if rows is not None and rows.get(table.name, 0) > _COUNTED:
        return rows[table.name]
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _least(connection: Connection, column: Column[Any]) -> int | None:
    found: int | None = connection.execute(select(func.min(column))).scalar_one()
    return found


def _statistics_since(connection: Connection) -> datetime | None:
    """The first day of which anything is counted."""
    columns = tables.rollups.c
    query = select(func.min(columns.start_us)).where(
        columns.width_s == _DAY_S, columns.facet == ALL
    )
    start_us = connection.execute(query).scalar_one()
    return None if start_us is None else from_us(start_us)


def _row_bytes(connection: Connection, table: Table) -> int:
    """Of the oldest and the newest rows, on the average."""
    keys = list(table.primary_key.columns)
    lengths = [func.coalesce(func.length(column), 0) for column in table.columns]
    sizes: list[int] = []
    for order in (keys, [key.desc() for key in keys]):
        rows = connection.execute(select(*lengths).order_by(*order).limit(_SAMPLE))
        sizes += [_ROW_BYTES + sum(row) for row in rows]
    return sum(sizes) // len(sizes) if sizes else 0
