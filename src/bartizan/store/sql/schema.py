"""Brings a database to this program's schema, by Alembic, and refuses one that is newer.

Each set of tables has its own line of revisions and its own version table, so that both may live in
one database.
"""

from importlib.resources import as_file, files
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from bartizan.domain.errors import Misconfigured
from bartizan.kit.struct import Struct
from bartizan.store.sql.dialects import Dialect
from bartizan.store.sql.errors import translated


class TableSet(Struct, frozen=True, kw_only=True):
    """`folder` of migrations, and the table that says which were applied."""

    folder: str
    version_table: str
    setting: str


TRANSACTIONS: Final = TableSet(
    folder="transactions", version_table="bartizan_transactions_version", setting="store.url"
)
CONTROL: Final = TableSet(
    folder="control", version_table="bartizan_control_version", setting="store.control_url"
)


def upgrade(dialect: Dialect, tables: TableSet) -> None:
    """Apply what is missing. Killed at any point, it goes on from there the next time."""
    engine = dialect.write_engine()
    try:
        with translated(), engine.connect() as connection, dialect.upgrade_lock(connection):
            if not _is_current(connection, tables):
                config = _config(tables)
                config.attributes.update(
                    connection=connection,
                    version_table=tables.version_table,
                    table_options=dialect.table_options(connection),
                )
                command.upgrade(config, "head")
    finally:
        engine.dispose()


def require_current(dialect: Dialect, tables: TableSet) -> None:
    """Raise `Misconfigured` unless the schema is exactly this program's."""
    engine = dialect.write_engine()
    try:
        with translated(), engine.connect() as connection:
            is_current = _is_current(connection, tables)
    finally:
        engine.dispose()
    if not is_current:
        raise Misconfigured("old-schema", "the database has not been upgraded yet", tables.setting)


def _is_current(connection: Connection, tables: TableSet) -> bool:
    script = ScriptDirectory.from_config(_config(tables))
    context = MigrationContext.configure(connection, opts={"version_table": tables.version_table})
    applied = set(context.get_current_heads())
    if applied - {revision.revision for revision in script.walk_revisions()}:
        raise Misconfigured(
            "newer-schema",
            "the database was upgraded by a newer version of Bartizan; use that one",
            tables.setting,
        )
    return applied == set(script.get_heads())


def _config(tables: TableSet) -> Config:
    with as_file(files("bartizan.store").joinpath("migrations")) as directory:
        config = Config()
        config.set_main_option("script_location", str(directory).replace("%", "%%"))
        config.set_main_option("path_separator", "newline")
        versions = str(directory / tables.folder).replace("%", "%%")
        config.set_main_option("version_locations", versions)
        return config
