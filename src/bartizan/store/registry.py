"""Opens stores by URL and brings their schemas up to date. A new store is one more line here.

`sqlite:///relative/path`, `sqlite:////absolute/path`, `mysql://user:password@host:3306/database`
(`mariadb://` is the same). `Misconfigured` for what cannot be a URL of ours, `Unavailable` for a
database that does not answer. A password never gets into an error or a log.
"""

from pathlib import Path
from typing import Final

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from bartizan.domain.errors import Misconfigured
from bartizan.store.contract import Store
from bartizan.store.control import ControlStore
from bartizan.store.sql.control import SqlControlStore
from bartizan.store.sql.dialects import Dialect, Mysql, Sqlite
from bartizan.store.sql.schema import CONTROL, TRANSACTIONS, require_current, upgrade
from bartizan.store.sql.transactions import SqlStore

_KNOWN: Final = "sqlite:///path, mysql://user:password@host/database, mariadb://..."
_OPTIONS: Final = {"unix_socket", "ssl_ca", "ssl_cert", "ssl_key", "ssl_verify_identity"}


def upgrade_store(url: str) -> None:
    """Create or migrate the tables of transactions. Safe when two processes do it at once."""
    upgrade(_dialect(url, "store.url"), TRANSACTIONS)


def upgrade_control(url: str) -> None:
    """Create or migrate the tables of the control store; may be the same database."""
    upgrade(_dialect(url, "store.control_url"), CONTROL)


def open_store(url: str, *, sql_parts: bool = True) -> Store:
    """Open a store whose schema is current. `sql_parts` keeps parts readable with plain SQL."""
    dialect = _dialect(url, "store.url")
    require_current(dialect, TRANSACTIONS)
    return SqlStore(dialect, sql_parts=sql_parts)


def open_control(url: str) -> ControlStore:
    dialect = _dialect(url, "store.control_url")
    require_current(dialect, CONTROL)
    return SqlControlStore(dialect)


def _dialect(url: str, key: str) -> Dialect:
    scheme, separator, rest = url.partition("://")
    if separator and scheme == "sqlite":
        return Sqlite(_sqlite_path(rest, key))
    if separator and scheme in ("mysql", "mariadb"):
        return _mysql(url, key)
    raise Misconfigured("unknown-store", f"unknown kind of store; known are {_KNOWN}", key)


def _sqlite_path(rest: str, key: str) -> Path:
    path = rest.removeprefix("/")
    if path == rest or path in ("", ":memory:") or path.startswith("file:"):
        raise Misconfigured("bad-store-url", "SQLite needs a file: sqlite:///path", key)
    return Path(path)


def _mysql(url: str, key: str) -> Dialect:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        parsed = None
    if parsed is None or not (parsed.host or parsed.query.get("unix_socket")):
        raise Misconfigured("bad-store-url", "not a URL as mysql://user:password@host/db", key)
    if not parsed.database:
        raise Misconfigured("bad-store-url", "the URL names no database", key)
    unknown = sorted(set(parsed.query) - _OPTIONS)
    if unknown:
        known = ", ".join(sorted(_OPTIONS))
        raise Misconfigured("bad-store-url", f"unknown option in the URL; known: {known}", key)
    return Mysql(parsed)
