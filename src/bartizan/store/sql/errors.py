"""Errors of the drivers, told in our families. No text of an entry, no password gets into them."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
import pymysql
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError, StatementError

from bartizan.domain.errors import Refused, Unavailable

# MySQL: lock wait timeout, deadlock. Trying the whole batch again at once is right.
_CONFLICTS: Final = {1205, 1213}
# MySQL: packet too large, incorrect string value, row too large.
_CONTENT: Final = {1118, 1153, 1366}
# MySQL: query execution was interrupted by max_execution_time / max_statement_time.
_TOO_SLOW: Final = {1969, 3024}


# PostgreSQL: serialization failure, deadlock, a lock was not free in time.
_PG_CONFLICTS: Final = {"40001", "40P01", "55P03"}
# PostgreSQL: a limit of the server's (class 54: too large for an index, for a row, for memory).
_PG_LIMITS: Final = "54"
# PostgreSQL: cancelled, which only statement_timeout does here.
_PG_TOO_SLOW: Final = "57014"


def driver_code(error: DBAPIError) -> int | str | None:
    """MySQL's error number, PostgreSQL's SQLSTATE, or SQLite's extended code."""
    if isinstance(error.orig, psycopg.Error):
        return error.orig.sqlstate
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
    code = driver_code(error)
    if isinstance(error.orig, psycopg.Error):
        return code in _PG_CONFLICTS
    return isinstance(error.orig, pymysql.MySQLError) and code in _CONFLICTS


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
    if code in _TOO_SLOW or code in (sqlite3.SQLITE_INTERRUPT, _PG_TOO_SLOW):
        return Unavailable("search-too-slow", "the search took too long and was stopped")
    is_content = code == sqlite3.SQLITE_TOOBIG or code in _CONTENT or isinstance(error, DataError)
    if is_content or (isinstance(code, str) and code.startswith(_PG_LIMITS)):
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
    if isinstance(error.orig, psycopg.OperationalError) and code is None:
        return f"{name}: {_connecting(error.orig)}"
    reason = _CONNECTION.get(code or 0)
    return f"{name} {code}: {reason}" if reason else f"{name} {code}"


def _connecting(error: psycopg.OperationalError) -> str:
    """PostgreSQL says no code before there is a session, only words: ours, or the client's own.

    Those name the server, the user and the database, never a password.
    """
    said = str(error)
    for words, reason in _PG_CONNECTING.items():
        if re.search(words, said):
            return reason
    return said.partition("\n")[0]


_PG_CONNECTING: Final = {
    "password authentication failed": "access denied: user or password is wrong",
    "no password supplied": "access denied: the URL has no password",
    'database ".*" does not exist': "no such database",
    "no pg_hba.conf entry": "the server does not let this user in from here (pg_hba.conf)",
    "too many clients already": "the server has too many connections",
    "remaining connection slots are reserved": "the server has too many connections",
    "the database system is starting up": "the server starts up",
    "the database system is shutting down": "the server shuts down",
    "timeout expired": "the server does not answer",
}
_CONNECTION: Final[dict[int | str, str]] = {
    "25006": "the server only lets us read (is it a standby?)",
    "42501": "the user may not do this; it must own the database",
    "53100": "the server's disk is full",
    "53300": "the server has too many connections",
    "57P01": "the server shuts down",
    "57P02": "the server crashed",
    "57P03": "the server starts up or shuts down",
    "40P01": "deadlock",
    "55P03": "a lock was not free in time",
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
