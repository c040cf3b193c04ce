"""One writer appends at a time, whatever the number of nodes, so that ids grow as batches commit.

Who follows a store by its ids then misses nothing that another node commits, however slow that one
is and whatever its clock says. The lock is the row that names the schema: it is held until the
commit, and a program that is older than the schema has become sees so before it writes.
"""

from sqlalchemy import Connection, Engine, column, func, select, table

from bartizan.domain.errors import Misconfigured
from bartizan.store.sql.errors import translated
from bartizan.store.sql.tables import transactions

_version = table("bartizan_transactions_version", column("version_num"))
_this_schema = select(_version.c.version_num)
_greatest = select(func.max(transactions.c.id))


class Turn:
    """Made when the schema is this program's own."""

    def __init__(self, engine: Engine) -> None:
        with translated(), engine.connect() as connection:
            self._schema = connection.execute(_this_schema).scalar_one()

    def take(self, connection: Connection) -> int:
        """Wait until nobody else appends. The greatest id there is: all new ones must be greater.

        Raises `Misconfigured` if the schema was upgraded meanwhile.
        """
        schema = connection.execute(_this_schema.with_for_update()).scalar_one()
        if schema != self._schema:
            raise Misconfigured(
                "newer-schema",
                "the database was upgraded by a newer version of Bartizan; use that one",
                "store.url",
            )
        greatest: int | None = connection.execute(_greatest).scalar_one()
        return greatest or 0
