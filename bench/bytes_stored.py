"""How many bytes a store takes on disk, by table and index where the database tells."""

import sqlite3
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

_MYSQL = """
SELECT table_name, data_length + index_length FROM information_schema.tables
WHERE table_schema = DATABASE()
"""
_POSTGRESQL = """
SELECT relname, pg_relation_size(oid) FROM pg_class
WHERE relkind IN ('r', 'i', 't') AND relnamespace IN
    ('public'::regnamespace, 'pg_toast'::regnamespace)
"""


def bytes_stored(url: str, count: int) -> dict[str, object]:
    """`all`, and `each`: bytes per transaction of each table or index, the greatest first."""
    kind = url.partition(":")[0]
    if kind == "sqlite":
        sizes = _sqlite(Path(url.removeprefix("sqlite:///")))
    elif kind in ("mysql", "mariadb"):
        sizes = _asked(url, "mysql+pymysql", "ANALYZE TABLE transactions", _MYSQL)
    elif kind.startswith("postgres"):
        sizes = _asked(url, "postgresql+psycopg", "SELECT 1", _POSTGRESQL)
    else:
        return {}
    ordered = sorted(sizes.items(), key=lambda item: -item[1])
    each = {name: round(size / count, 1) for name, size in ordered if size / count >= 0.1}
    return {"all": sum(sizes.values()), "each": each}


def _sqlite(path: Path) -> dict[str, int]:
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        try:
            found = database.execute(
                "SELECT name, sum(pgsize) FROM dbstat WHERE aggregate = TRUE GROUP BY name"
            )
            sizes = dict(found.fetchall())
        except sqlite3.OperationalError:  # built without dbstat
            sizes = {"file": path.stat().st_size}
    database.close()
    return sizes


def _asked(url: str, driver: str, first: str, statement: str) -> dict[str, int]:
    engine = create_engine(make_url(url).set(drivername=driver))
    with engine.connect() as connection:
        connection.execute(text(first))
        sizes = {name: int(size or 0) for name, size in connection.execute(text(statement))}
    engine.dispose()
    return sizes
