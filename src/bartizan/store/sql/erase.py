"""Removes transactions with all they have, and what they have without them.

Callers hold the rows of `transactions` locked, so that nobody adds to what goes. The ids are bound
in lists and not as a range: a store that is restored may get older ids at the same time.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, Table, delete

from bartizan.store.sql import tables

_PAYLOAD: Final = (tables.raw_entries, tables.raw_pieces, tables.transaction_parts)
_REST: Final = (
    tables.rule_matches,
    tables.removed_payloads,
    tables.preserved_transactions,
    tables.triaged_transactions,
    tables.transaction_labels,
    tables.transaction_notes,
    tables.search_loose,
)


def erase_payloads(connection: Connection, ids: Sequence[int]) -> None:
    _erase(connection, ids, _PAYLOAD)


def erase(connection: Connection, ids: Sequence[int]) -> None:
    _erase(connection, ids, (*_PAYLOAD, *_REST))
    if ids:
        connection.execute(delete(tables.transactions).where(tables.transactions.c.id.in_(ids)))


def _erase(connection: Connection, ids: Sequence[int], some: Sequence[Table]) -> None:
    if ids:
        for table in some:
            connection.execute(delete(table).where(table.c.transaction_id.in_(ids)))
