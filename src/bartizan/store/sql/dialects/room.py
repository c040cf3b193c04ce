"""What the tables take of their disk, in each kind of database."""

import os
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, bindparam, inspect, text

from bartizan.domain.errors import Unavailable
from bartizan.kit.struct import Struct

_ALONE_S: Final = 5.0
_SMALL_BYTES: Final = 8 * 1024 * 1024
_SAMPLE: Final = 200
_TUPLE_BYTES: Final = 28  # header and pointer of a row of PostgreSQL


class Room(Struct, frozen=True, kw_only=True):
    """`used_bytes` by tables and indexes, `reusable_bytes` that they leave to what comes next.

    None is what the database does not know without reading everything. Rows are estimates.
    """

    used_bytes: int
    reusable_bytes: int
    free_bytes: int | None = None
    table_bytes: Mapping[str, int] | None = None
    rows: Mapping[str, int] | None = None


def sqlite_room(connection: Connection, path: Path) -> Room:
    pages, free, size = (
        int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())
        for name in ("page_count", "freelist_count", "page_size")
    )
    try:
        disk = os.statvfs(path.parent)
    except OSError as error:
        raise Unavailable("store-unavailable", f"{error.strerror}", str(path)) from error
    return Room(
        used_bytes=(pages - free) * size,
        reusable_bytes=free * size,
        free_bytes=disk.f_bavail * disk.f_frsize,
    )


def sqlite_give_back(connection: Connection, limit_bytes: int) -> int:
    """Moves pages from the end of the file to free ones, in a transaction of the caller's.

    Nothing in a file that was made before files could shrink: `bartizan retention compact`.
    """
    size = int(connection.exec_driver_sql("PRAGMA page_size").scalar_one())
    before = int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())
    driver: Any = connection.connection.driver_connection
    # One step of the statement gives one page back, so it has to be fetched to its end.
    driver.execute(f"PRAGMA incremental_vacuum({max(1, limit_bytes // size)})").fetchall()
    after = int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())
    return (before - after) * size


def compact_sqlite(path: Path) -> int:
    """Rewrite the file as small as it can be, able to shrink from then on; bytes given back.

    Nobody else may have it open. Killed at any point the file is as it was.
    """
    before = path.stat().st_size
    try:
        with closing(sqlite3.connect(path, timeout=_ALONE_S, isolation_level=None)) as connection:
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except sqlite3.OperationalError as error:
        reason = f"{error}; is the service stopped, and as much disk free as the store uses?"
        raise Unavailable("store-unavailable", reason, str(path)) from error
    return before - path.stat().st_size


_MYSQL_TABLES: Final = text(
    "SELECT table_name, data_length + index_length, data_free, table_rows"
    " FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name IN :names"
).bindparams(bindparam("names", expanding=True))


def mysql_room(connection: Connection, names: Sequence[str]) -> Room:
    """As the server last looked: InnoDB does so whenever a tenth of a table has changed."""
    found = connection.execute(_MYSQL_TABLES, {"names": list(names)}).all()
    return Room(
        used_bytes=sum(int(used or 0) for _, used, _, _ in found),
        reusable_bytes=sum(int(free or 0) for _, _, free, _ in found),
        table_bytes={name: int(used or 0) for name, used, _, _ in found},
        rows={name: int(rows or 0) for name, _, _, rows in found},
    )


_POSTGRESQL_TABLES: Final = text(
    "SELECT c.relname, pg_total_relation_size(c.oid), pg_table_size(c.oid),"
    " greatest(coalesce(nullif(s.n_live_tup, 0), c.reltuples::bigint), 0)"
    " FROM pg_class c LEFT JOIN pg_stat_user_tables s ON s.relid = c.oid"
    " WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace"
    " AND c.relname IN :names"
).bindparams(bindparam("names", expanding=True))


def postgresql_room(connection: Connection, names: Sequence[str]) -> Room:
    """A table never shrinks by deleting, so what is used is told from its rows and their size."""
    used: dict[str, int] = {}
    rows: dict[str, int] = {}
    everything = 0
    for name, total, heap, live in connection.execute(_POSTGRESQL_TABLES, {"names": list(names)}):
        everything += total
        rows[name] = live
        used[name] = total
        if heap > _SMALL_BYTES:
            part = min(1.0, live * _postgresql_row_bytes(connection, name) / heap)
            used[name] = round(total * part)
    return Room(
        used_bytes=sum(used.values()),
        reusable_bytes=everything - sum(used.values()),
        table_bytes=used,
        rows=rows,
    )


def _postgresql_row_bytes(connection: Connection, name: str) -> float:
    """Of the oldest and the newest rows, as they are on the disk."""
    described = inspect(connection)
    columns = [column["name"] for column in described.get_columns(name)]
    keys = described.get_pk_constraint(name)["constrained_columns"]
    lengths = " + ".join(f"coalesce(pg_column_size({column}), 0)" for column in columns)
    ends = [
        f"(SELECT {lengths} AS n FROM {name} ORDER BY {_ordered(keys, order)} LIMIT {_SAMPLE})"  # noqa: S608 - names of ours
        for order in ("ASC", "DESC")
    ]
    query = f"SELECT coalesce(avg(n), 0) FROM ({' UNION ALL '.join(ends)}) AS ends"  # noqa: S608
    return _TUPLE_BYTES + float(connection.exec_driver_sql(query).scalar_one())


def _ordered(keys: Iterable[str], order: str) -> str:
    return ", ".join(f"{key} {order}" for key in keys)
