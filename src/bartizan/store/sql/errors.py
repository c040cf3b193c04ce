"""Errors of the drivers, told in our families. No text of an entry, no password gets into them."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pymysql
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError, StatementError

from bartizan.domain.errors import Refused, Unavailable

# MySQL: lock wait timeout, deadlock. Trying the whole batch again at once is right.
_CONFLICTS: Final = {1205, 1213}
# MySQL: packet too large, incorrect string value, row too large.
_CONTENT: Final = {1118, 1153, 1366}
# MySQL: query execution was interrupted by max_execution_time / max_statement_time.
_TOO_SLOW: Final = {1969, 3024}


def driver_code(error: DBAPIError) -> int | None:
    """MySQL's error number, or SQLite's extended code."""
    if isinstance(error.orig, sqlite3.Error):
        return getattr(error.orig, "sqlite_errorcode", None)
    if isinstance(error.orig, pymysql.MySQLError) and error.orig.args:
        code = error.orig.args[0]
        return code if isinstance(code, int) else None
    return None


def is_conflict(error: DBAPIError) -> bool:
    """Whether another writer was quicker, so that the batch should be looked at afresh."""
    if isinstance(error, IntegrityError):
        return True
    return isinstance(error.orig, pymysql.MySQLError) and driver_code(error) in _CONFLICTS


@contextmanager
def translated() -> Iterator[None]:
    """Raise `Refused` for values that the database cannot take, else `Unavailable`."""
    try:
        yield
    except DBAPIError as error:
        raise _told(error) from error
    except (StatementError, UnicodeEncodeError, OverflowError) as error:
        raise Refused("store-refused", _named(error)) from error
    except SQLAlchemyError as error:  # the pool is exhausted, for one
        raise Unavailable("store-unavailable", _named(error)) from error


def _told(error: DBAPIError) -> Refused | Unavailable:
    code = driver_code(error)
    if code in _TOO_SLOW or code == sqlite3.SQLITE_INTERRUPT:
        return Unavailable("search-too-slow", "the search took too long and was stopped")
    if code == sqlite3.SQLITE_TOOBIG or code in _CONTENT or isinstance(error, DataError):
        return Refused("store-refused", _named(error))
    return Unavailable("store-unavailable", _named(error))


def _named(error: Exception) -> str:
    """The kind and number of an error, and the driver's words only where they cannot hold data."""
    if not isinstance(error, DBAPIError):
        return f"{type(error).__name__} from the database driver"
    name = type(error.orig).__name__
    code = driver_code(error)
    if isinstance(error.orig, sqlite3.OperationalError):
        return f"{name} {code}: {error.orig}"
    reason = _CONNECTION.get(code or 0)
    return f"{name} {code}: {reason}" if reason else f"{name} {code}"


_CONNECTION: Final = {
    1040: "the server has too many connections",
    1044: "access to the database denied",
    1045: "access denied: user or password is wrong",
    1049: "no such database",
    1053: "the server shuts down",
    1205: "a lock was not free in time",
    1213: "deadlock",
    2002: "cannot connect to the server",
    2003: "cannot connect to the server",
    2006: "the server has gone away",
    2013: "the connection was lost",
}
