"""Steps that may be repeated: where DDL commits by itself (MySQL), a killed upgrade runs again."""

from typing import Any, TypeVar

from alembic import context, op
from sqlalchemy import Column, inspect
from sqlalchemy.sql.schema import SchemaItem

_Item = TypeVar("_Item", bound=SchemaItem)


def create_table(name: str, *items: SchemaItem, **options: Any) -> None:
    """Create a table with its unique constraints, unless it is there."""
    if not inspect(op.get_bind()).has_table(name):
        declared = map(_as_here, items)
        op.create_table(name, *declared, **options, **context.config.attributes["table_options"])


def create_index(name: str, table: str, *columns: str) -> None:
    """Create an index, unless it is there."""
    if name not in {index["name"] for index in inspect(op.get_bind()).get_indexes(table)}:
        op.create_index(name, table, list(columns))


def drop_index(name: str, table: str) -> None:
    """Drop an index, unless it is gone."""
    if name in {index["name"] for index in inspect(op.get_bind()).get_indexes(table)}:
        op.drop_index(name, table)


def add_column(table: str, column: Column[Any]) -> None:
    """Add a column, unless it is there."""
    if column.name not in {one["name"] for one in inspect(op.get_bind()).get_columns(table)}:
        op.add_column(table, _as_here(column))


def _as_here(item: _Item) -> _Item:
    """A column with the type that it has in this kind of database."""
    if isinstance(item, Column):
        item.type = context.config.attributes["column_type"](item.type)
    return item
