"""What does not fit together in the tables: rows that belong to nothing, and rows that are missing.

A window of ids at a time, and each question reads one index or primary key. A batch is stored, and
removed, in one transaction, so nothing here is ever true of a sound store, also while it is used.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, Table, exists, func, select

from bartizan.store.contract import Fault, FaultKind
from bartizan.store.sql import tables
from bartizan.store.sql.tables import raw_entries, raw_pieces, rule_matches, rule_texts

_EXAMPLES: Final = 10
_t = tables.transactions.c
_m, _raw, _pieces = rule_matches.c, raw_entries.c, raw_pieces.c
_OWNED: Final = (
    (rule_matches, FaultKind.ORPHANED_MATCH),
    (raw_entries, FaultKind.ORPHANED_ENTRY),
    (raw_pieces, FaultKind.ORPHANED_ENTRY),
    (tables.transaction_parts, FaultKind.ORPHANED_PARTS),
    (tables.preserved_transactions, FaultKind.ORPHANED_MARK),
    (tables.removed_payloads, FaultKind.ORPHANED_MARK),
    (tables.triaged_transactions, FaultKind.ORPHANED_MARK),
    (tables.transaction_labels, FaultKind.ORPHANED_MARK),
    (tables.transaction_notes, FaultKind.ORPHANED_MARK),
)


def find_faults(
    connection: Connection, after_id: int | None, until_id: int | None
) -> tuple[Fault, ...]:
    found: dict[FaultKind, Fault] = {}
    for kind, query in _questions(after_id, until_id):
        ids: Sequence[int] = connection.execute(query).scalars().all()
        if ids:
            known = found.get(kind, Fault(kind=kind, count=0))
            examples = tuple(dict.fromkeys((*known.examples, *ids)))[:_EXAMPLES]
            found[kind] = Fault(kind=kind, count=known.count + len(ids), examples=examples)
    return tuple(found.values())


def _questions(
    after_id: int | None, until_id: int | None
) -> Iterator[tuple[FaultKind, Select[Any]]]:
    """Each asks for the ids at fault."""

    def of(table: Table) -> list[ColumnElement[bool]]:
        return _within(table.c.transaction_id, after_id, until_id)

    for table, kind in _OWNED:
        number = table.c.transaction_id
        yield (
            kind,
            select(number).where(*of(table), ~exists().where(_t.id == number)).distinct(),
        )
    yield (
        FaultKind.MATCH_WITHOUT_TEXT,
        select(_m.transaction_id)
        .where(*of(rule_matches), ~exists().where(rule_texts.c.text_key == _m.text_key))
        .distinct(),
    )
    yield (
        FaultKind.MATCH_MISSING,
        select(_m.transaction_id)
        .where(*of(rule_matches))
        .group_by(_m.transaction_id)
        .having(func.max(_m.position) + 1 != func.count()),
    )
    pieces = (
        select(func.count())
        .select_from(raw_pieces)
        .where(_pieces.transaction_id == _raw.transaction_id)
        .scalar_subquery()
    )
    yield (
        FaultKind.ENTRY_DAMAGED,
        select(_raw.transaction_id).where(*of(raw_entries), pieces != _raw.more_pieces),
    )


def _within(
    column: ColumnElement[Any], after_id: int | None, until_id: int | None
) -> list[ColumnElement[bool]]:
    bounds: list[ColumnElement[bool]] = []
    if after_id is not None:
        bounds.append(column > after_id)
    if until_id is not None:
        bounds.append(column <= until_id)
    return bounds
