"""Stored entries in the order of their ids, to be decoded again: a window of ids at a time.

The window bounds what a question costs, however few transactions match, and what it holds.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from bartizan.domain.delivery import AuditLogEntry
from bartizan.domain.errors import Corrupt
from bartizan.store import limits
from bartizan.store.compression import Compression
from bartizan.store.contract import KeptEntry, KeptPage
from bartizan.store.sql.tables import raw_entries, raw_pieces, transactions

_t, _raw, _pieces = transactions.c, raw_entries.c, raw_pieces.c


def fetch_entries(
    connection: Connection,
    compression: Compression,
    matching: Sequence[ColumnElement[bool]],
    after_id: int,
    limit: int,
) -> KeptPage:
    window = connection.execute(
        select(_t.id, _t.size_bytes).where(_t.id > after_id).order_by(_t.id).limit(limit)
    ).all()
    looked_at, position = within(window, after_id)
    query = (
        select(
            _t.id,
            _t.sensor,
            _t.received_at_us,
            _t.origin,
            _t.origin_offset,
            _t.claimed_hash,
            _raw.data,
            _raw.more_pieces,
        )
        .outerjoin(raw_entries, _raw.transaction_id == _t.id)
        .where(_t.id > after_id, _t.id <= position, *matching)
        .order_by(_t.id)
    )
    found = connection.execute(query).all() if looked_at else []
    pieces = fetch_pieces(connection, [values.id for values in found if values.more_pieces])
    entries: list[KeptEntry] = []
    damaged: list[int] = []
    without: list[int] = []
    for values in found:
        if values.data is None:
            without.append(values.id)
            continue
        try:
            raw = compression.restore(b"".join((values.data, *pieces.get(values.id, ()))))
        except Corrupt:
            damaged.append(values.id)
        else:
            entries.append(KeptEntry(id=values.id, entry=_entry(values, raw)))
    return KeptPage(
        entries=tuple(entries),
        damaged=tuple(damaged),
        looked_at=looked_at,
        position=position,
        without_payload=tuple(without),
    )


def within(window: Iterable[Any], after_id: int) -> tuple[int, int]:
    """How many of the window are small enough together, one at least; and the last one's id."""
    looked_at, size, position = 0, 0, after_id
    for number, size_bytes in window:
        if looked_at and size + size_bytes > limits.ENTRIES_BYTES:
            break
        looked_at, size, position = looked_at + 1, size + size_bytes, number
    return looked_at, position


def fetch_pieces(connection: Connection, ids: Sequence[int]) -> dict[int, list[bytes]]:
    found: dict[int, list[bytes]] = {}
    if ids:
        query = select(_pieces.transaction_id, _pieces.data).where(_pieces.transaction_id.in_(ids))
        ordered = query.order_by(_pieces.transaction_id, _pieces.position)
        for transaction_id, data in connection.execute(ordered):
            found.setdefault(transaction_id, []).append(data)
    return found


def _entry(values: Any, raw: bytes) -> AuditLogEntry:
    return AuditLogEntry(
        sensor=values.sensor,
        received_at_us=values.received_at_us,
        raw=raw,
        origin=values.origin,
        origin_offset=values.origin_offset,
        claimed_hash=values.claimed_hash,
    )
