"""Opens stores by URL and brings their schemas up to date. A new store is one more line here.

`sqlite:///relative/path`, `sqlite:////absolute/path`, `mysql://user:password@host:3306/database`
(`mariadb://` is the same), `postgresql://user:password@host:5432/database` (`postgres://` too),
for transactions only `opensearch+https://user:password@host:9200,host:9200/prefix` (also `+http`,
and `elasticsearch` instead of `opensearch`).
`Misconfigured` for what cannot be a URL of ours, `Unavailable` for a database that does not answer.
A password never gets into an error or a log.
"""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Final

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from bartizan.domain.errors import Misconfigured
from bartizan.store.backup.contract import Dumper
from bartizan.store.backup.mysql import MysqlDumper
from bartizan.store.backup.postgresql import PostgresqlDumper
from bartizan.store.backup.sqlite import SqliteDumper
from bartizan.store.contract import Store
from bartizan.store.control import ControlStore
from bartizan.store.opensearch.opening import (
    KNOWN,
    is_cluster,
    missing_in_cluster,
    open_cluster,
    upgrade_cluster,
)
from bartizan.store.sql import control_tables
from bartizan.store.sql import tables as transaction_tables
from bartizan.store.sql.control import SqlControlStore
from bartizan.store.sql.control_copy import copy_tables
from bartizan.store.sql.dialects import Dialect, Mysql, Postgresql, Sqlite
from bartizan.store.sql.dialects.room import compact_sqlite
from bartizan.store.sql.schema import (
    CONTROL,
    TRANSACTIONS,
    Migration,
    TableSet,
    drop,
    migrations,
    missing,
    require_current,
    upgrade,
)
from bartizan.store.sql.transactions import SqlStore

_KNOWN: Final = (
    "sqlite:///path, mysql://user:password@host/database, mariadb://..., "
    "postgresql://user:password@host/database"
)
_KNOWN_CLUSTERS: Final = f"{KNOWN}, elasticsearch+https://..."
_MYSQL_OPTIONS: Final = {"unix_socket", "ssl_ca", "ssl_cert", "ssl_key", "ssl_verify_identity"}
_SSL_MODES: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_POSTGRESQL_OPTIONS: Final = {
    "host",
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "target_session_attrs",
}


def upgrade_store(url: str, on_applied: Callable[[str], None] = lambda _: None) -> None:
    """Create or migrate the tables of transactions. Safe when two processes do it at once."""
    if is_cluster(url):
        upgrade_cluster(url, on_applied)
    else:
        upgrade(_dialect(url, "store.url"), TRANSACTIONS, on_applied)


def upgrade_control(url: str, on_applied: Callable[[str], None] = lambda _: None) -> None:
    """Create or migrate the tables of the control store; may be the same database."""
    upgrade(_dialect(url, "store.control_url"), CONTROL, on_applied)


def missing_in_store(url: str) -> tuple[Migration, ...]:
    """What `upgrade_store` would apply."""
    if is_cluster(url):
        return tuple(
            Migration(revision=step.revision, summary=step.summary)
            for step in missing_in_cluster(url)
        )
    return _missing(url, "store.url", TRANSACTIONS)


def missing_in_control(url: str) -> tuple[Migration, ...]:
    """What `upgrade_control` would apply."""
    return _missing(url, "store.control_url", CONTROL)


def compact_store(url: str) -> int:
    """Make the file of a SQLite store as small as it can be; bytes given back to the disk."""
    path = sqlite_file(url)
    if path is None or not path.exists():
        raise Misconfigured("no-file", "only a SQLite store is a file of ours", "store.url")
    return compact_sqlite(path)


def open_store(url: str, *, sql_parts: bool = True) -> Store:
    """Open a store whose schema is current. `sql_parts` keeps parts readable with plain SQL."""
    if is_cluster(url):
        return open_cluster(url)
    dialect = _dialect(url, "store.url")
    require_current(dialect, TRANSACTIONS)
    return SqlStore(dialect, sql_parts=sql_parts)


def copy_control(source_url: str, target_url: str) -> None:
    """People, sensors and all else from one control store into another one that has nobody yet."""
    source = _dialect(source_url, "store.control_url")
    target = _dialect(target_url, "store.control_url")
    require_current(source, CONTROL)
    upgrade(target, CONTROL)
    copy_tables(source, target)


def open_control(url: str) -> ControlStore:
    dialect = _dialect(url, "store.control_url")
    require_current(dialect, CONTROL)
    return SqlControlStore(dialect)


def _missing(url: str, key: str, tables: TableSet) -> tuple[Migration, ...]:
    file = sqlite_file(url)
    if file is not None and not file.exists():  # to look would make it
        return migrations(tables)
    return missing(_dialect(url, key), tables)


def drop_store(url: str) -> None:
    """Remove the tables of transactions, of whatever version they are, with all they hold."""
    drop(_dialect(url, "store.url"), TRANSACTIONS, transaction_tables.METADATA)


def drop_control(url: str) -> None:
    """Remove the tables of the control store."""
    drop(_dialect(url, "store.control_url"), CONTROL, control_tables.METADATA)


def store_dumper(url: str) -> Dumper | None:
    """How the database of transactions backs itself up; None where it cannot do so into a file."""
    if is_cluster(url):
        return None
    names = [*transaction_tables.METADATA.tables, TRANSACTIONS.version_table]
    return _dumper(url, "store.url", names)


def control_dumper(url: str) -> Dumper:
    """How the database of the control store backs itself up."""
    return _dumper(
        url, "store.control_url", [*control_tables.METADATA.tables, CONTROL.version_table]
    )


def _dumper(url: str, key: str, names: Sequence[str]) -> Dumper:
    dialect = _dialect(url, key)  # checks the URL
    file = sqlite_file(url)
    if file is not None:
        return SqliteDumper(file)
    dumper = MysqlDumper if isinstance(dialect, Mysql) else PostgresqlDumper
    return dumper(make_url(url), names)


def sqlite_file(url: str) -> Path | None:
    """The file of a store in SQLite, None for every other kind. `Misconfigured` as above."""
    scheme, separator, rest = url.partition("://")
    return _sqlite_path(rest, "url") if separator and scheme == "sqlite" else None


def _dialect(url: str, key: str) -> Dialect:
    scheme, separator, rest = url.partition("://")
    if separator and scheme == "sqlite":
        return Sqlite(_sqlite_path(rest, key))
    if separator and scheme in ("mysql", "mariadb"):
        return Mysql(_server(url, key, "mysql", _MYSQL_OPTIONS, "unix_socket"))
    if separator and scheme in ("postgresql", "postgres"):
        return _postgresql(f"postgresql://{rest}", key)
    known = f"{_KNOWN}, {_KNOWN_CLUSTERS}" if key == "store.url" else _KNOWN
    raise Misconfigured("unknown-store", f"unknown kind of store; known are {known}", key)


def _sqlite_path(rest: str, key: str) -> Path:
    path = rest.removeprefix("/")
    if path == rest or path in ("", ":memory:") or path.startswith("file:"):
        raise Misconfigured("bad-store-url", "SQLite needs a file: sqlite:///path", key)
    return Path(path)


def _postgresql(url: str, key: str) -> Dialect:
    parsed = _server(url, key, "postgresql", _POSTGRESQL_OPTIONS, "host")
    if parsed.query.get("sslmode", "prefer") not in _SSL_MODES:
        known = ", ".join(_SSL_MODES)
        raise Misconfigured("bad-store-url", f"unknown sslmode in the URL; known: {known}", key)
    return Postgresql(parsed)


def _server(url: str, key: str, scheme: str, options: AbstractSet[str], place: str) -> URL:
    """The URL, checked; `place` is the option that may stand for a host."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        parsed = None
    if parsed is None or not (parsed.host or parsed.query.get(place)):
        raise Misconfigured("bad-store-url", f"not a URL as {scheme}://user:password@host/db", key)
    if not parsed.database:
        raise Misconfigured("bad-store-url", "the URL names no database", key)
    if set(parsed.query) - options:
        known = ", ".join(sorted(options))
        raise Misconfigured("bad-store-url", f"unknown option in the URL; known: {known}", key)
    return parsed
