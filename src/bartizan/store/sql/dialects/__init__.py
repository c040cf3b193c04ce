"""The kinds of SQL database. All they differ in is here."""

from bartizan.store.sql.dialects.contract import ROWS, Dialect, Keep, Values
from bartizan.store.sql.dialects.mysql import Mysql
from bartizan.store.sql.dialects.postgresql import Postgresql
from bartizan.store.sql.dialects.sqlite import Sqlite

__all__ = ["ROWS", "Dialect", "Keep", "Mysql", "Postgresql", "Sqlite", "Values"]
