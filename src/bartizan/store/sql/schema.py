"""Brings a database to this program's schema, by Alembic, and refuses one that is newer.

Each set of tables has its own line of revisions and its own version table, so that both may live in
one database.
"""

from collections.abc import Callable
from functools import cache
from importlib.resources import as_file, files
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, Table

from bartizan.domain.errors import Misconfigured
from bartizan.kit.struct import Struct
from bartizan.store.sql.dialects import Dialect
from bartizan.store.sql.errors import translated


class TableSet(Struct, frozen=True, kw_only=True):
    """`folder` of migrations, and the table that says which were applied."""

    folder: str
    version_table: str
    setting: str


class Migration(Struct, frozen=True, kw_only=True):
    """One step of a schema."""

    revision: str
    summary: str


TRANSACTIONS: Final = TableSet(
    folder="transactions", version_table="bartizan_transactions_version", setting="store.url"
)
CONTROL: Final = TableSet(
    folder="control", version_table="bartizan_control_version", setting="store.control_url"
)


def missing(dialect: Dialect, tables: TableSet) -> tuple[Migration, ...]:
    """What an upgrade would apply, in order."""
    engine = dialect.write_engine()
    try:
        with translated(), engine.connect() as connection:
            applied = _applied(connection, tables)
    finally:
        engine.dispose()
    return tuple(one for one in migrations(tables) if one.revision not in applied)


@cache
def migrations(tables: TableSet) -> tuple[Migration, ...]:
    """All there are, oldest first. Read once: each is a file to compile."""
    script = ScriptDirectory.from_config(_config(tables))
    return tuple(
        Migration(revision=one.revision, summary=one.doc)
        for one in reversed(list(script.walk_revisions()))
    )


def upgrade(
    dialect: Dialect, tables: TableSet, on_applied: Callable[[str], None] = lambda _: None
) -> None:
    """Apply what is missing. Killed at any point, it goes on from there the next time.

    `on_applied` hears the revision of each.
    """
    engine = dialect.upgrade_engine()
    try:
        with translated(), engine.connect() as connection, dialect.upgrade_lock(connection):
            if not _is_current(connection, tables):
                config = _config(tables)
                config.attributes.update(
                    connection=connection,
                    version_table=tables.version_table,
                    table_options=dialect.table_options(connection),
                    column_type=dialect.column_type,
                    on_version_apply=lambda step, **_: on_applied(step.up_revision_id),
                )
                command.upgrade(config, "head")
    finally:
        engine.dispose()


def drop(dialect: Dialect, tables: TableSet, metadata: MetaData) -> None:
    """Remove all tables of the set; those of the other stay."""
    engine = dialect.upgrade_engine()
    try:
        with translated(), engine.connect() as connection, dialect.upgrade_lock(connection):
            metadata.drop_all(connection)
            Table(tables.version_table, MetaData()).drop(connection, checkfirst=True)
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
    return len(_applied(connection, tables)) == len(migrations(tables))


def _applied(connection: Connection, tables: TableSet) -> set[str]:
    """The revisions there; `Misconfigured` if this program does not know the newest."""
    context = MigrationContext.configure(connection, opts={"version_table": tables.version_table})
    head = context.get_current_revision()
    if head is None:
        return set()
    revisions = [one.revision for one in migrations(tables)]
    if head not in revisions:
        raise Misconfigured(
            "newer-schema",
            "the database was upgraded by a newer version of Bartizan; use that one",
            tables.setting,
        )
    return set(revisions[: revisions.index(head) + 1])


def _config(tables: TableSet) -> Config:
    with as_file(files("bartizan.store").joinpath("migrations")) as directory:
        config = Config()
        config.set_main_option("script_location", str(directory).replace("%", "%%"))
        config.set_main_option("path_separator", "newline")
        versions = str(directory / tables.folder).replace("%", "%%")
        config.set_main_option("version_locations", versions)
        return config
