"""Letting go of what is too old, a window of ids at a time; and the marks that keep some of it.

Ids grow with time, so the oldest are at the low end of every table's primary key, and no index is
needed to find them. A window is one transaction: after a kill it is gone or it is whole. The rows
of a window are locked before they are judged, and so are those that a mark is put on: a mark that
was told of as set is seen by every later step.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
)

from bartizan.domain.retention import Preserved
from bartizan.domain.search import Search
from bartizan.kit.clock import from_us, to_us
from bartizan.store import limits
from bartizan.store.contract import Expired, RetentionStep
from bartizan.store.limits import cut
from bartizan.store.sql import tables
from bartizan.store.sql.dialects import Dialect
from bartizan.store.sql.erase import erase, erase_payloads
from bartizan.store.sql.filters import conditions
from bartizan.store.sql.rollups import Rollups, fetch_facts

_t, _raw = tables.transactions.c, tables.raw_entries.c
_preserved, _removed = tables.preserved_transactions.c, tables.removed_payloads.c


class Remover:
    """`writer` for steps, `reader` for rehearsals."""

    def __init__(self, writer: Engine, reader: Engine, dialect: Dialect) -> None:
        self._writer = writer
        self._reader = reader
        self._dialect = dialect
        self._rollups = Rollups(writer, dialect)

    def forget_payloads(
        self, expired: Expired, after_id: int, limit: int, *, at: datetime, is_rehearsal: bool
    ) -> RetentionStep:
        column = _raw.transaction_id
        window = _window(select(column), column, expired, after_id, limit)
        if is_rehearsal:
            with self._reader.connect() as connection:
                return self._look(connection, expired, window, after_id)
        with self._writer.begin() as connection:
            step, gone = self._judge(connection, expired, window, after_id)
            if gone:
                _note_removed(connection, gone, at)
                erase_payloads(connection, gone)
        return step

    def remove_transactions(
        self, expired: Expired, after_id: int, limit: int, *, is_rehearsal: bool
    ) -> RetentionStep:
        window = _window(select(_t.id), _t.id, expired, after_id, limit)
        if is_rehearsal:
            with self._reader.connect() as connection:
                return self._look(connection, expired, window, after_id)
        with self._writer.begin() as connection:
            step, gone = self._judge(connection, expired, window, after_id)
            facts = fetch_facts(connection, gone)
            erase(connection, gone)
            self._rollups.retire(connection, facts)
        return step

    def _judge(
        self, connection: Connection, expired: Expired, window: Select[Any], after_id: int
    ) -> tuple[RetentionStep, list[int]]:
        ids = connection.execute(window).scalars().all()
        if ids:
            lock = select(_t.id).where(_t.id.in_(ids)).order_by(_t.id).with_for_update()
            connection.execute(lock).all()
        gone = self._gone(connection, expired, ids)
        return _step(connection, ids, gone, after_id), gone

    def _look(
        self, connection: Connection, expired: Expired, window: Select[Any], after_id: int
    ) -> RetentionStep:
        ids = connection.execute(window).scalars().all()
        return _step(connection, ids, self._gone(connection, expired, ids), after_id)

    def _gone(self, connection: Connection, expired: Expired, ids: Sequence[int]) -> list[int]:
        """Those of the ids that may go."""
        if not ids:
            return []
        these = _t.id.in_(ids)
        found: Sequence[int] = ids
        if expired.search != Search():
            wanted = conditions(expired.search, self._dialect)
            found = connection.execute(select(_t.id).where(these, *wanted)).scalars().all()
        # Not as a NOT: for a value that is not known a condition is neither true nor false.
        stays = [_t.id.in_(select(_preserved.transaction_id)), *map(self._all_of, expired.kept)]
        stay = set(connection.execute(select(_t.id).where(these, or_(*stays))).scalars())
        return sorted(number for number in found if number not in stay)

    def _all_of(self, search: Search) -> ColumnElement[bool]:
        of_anything = _t.id.is_not(None)
        found: ColumnElement[bool] = of_anything
        for condition in conditions(search, self._dialect):
            found = found & condition
        return found


def _window(
    query: Select[Any], column: ColumnElement[int], expired: Expired, after_id: int, limit: int
) -> Select[Any]:
    bounded = query.where(column > after_id, column < min(expired.before_id, limits.BIG))
    return bounded.order_by(column).limit(limit)


def _step(
    connection: Connection, ids: Sequence[int], gone: Sequence[int], after_id: int
) -> RetentionStep:
    raw_bytes = 0
    if gone:
        entries = select(func.sum(_t.size_bytes)).join_from(
            tables.transactions, tables.raw_entries, _raw.transaction_id == _t.id
        )
        raw_bytes = int(connection.execute(entries.where(_t.id.in_(gone))).scalar_one() or 0)
    return RetentionStep(
        looked_at=len(ids),
        removed=len(gone),
        raw_bytes=raw_bytes,
        position=ids[-1] if ids else after_id,
    )


def _note_removed(connection: Connection, ids: Sequence[int], at: datetime) -> None:
    told = select(_t.id, literal(to_us(at))).where(_t.id.in_(ids))
    connection.execute(
        insert(tables.removed_payloads).from_select(["transaction_id", "removed_at_us"], told)
    )


def preserve(connection: Connection, ids: Sequence[int], mark: Preserved | None) -> int:
    """In a transaction of the caller's."""
    if not ids:
        return 0
    lock = select(_t.id).where(_t.id.in_(ids)).order_by(_t.id).with_for_update()
    there = connection.execute(lock).scalars().all()
    if there and mark is None:
        connection.execute(
            delete(tables.preserved_transactions).where(_preserved.transaction_id.in_(there))
        )
    elif there and mark is not None:
        query = select(_preserved.transaction_id).where(_preserved.transaction_id.in_(there))
        known = set(connection.execute(query).scalars())
        rows = [_mark_values(number, mark) for number in there if number not in known]
        if rows:
            connection.execute(insert(tables.preserved_transactions), rows)
    return len(there)


def _mark_values(number: int, mark: Preserved) -> dict[str, Any]:
    return {
        "transaction_id": number,
        "preserved_at_us": to_us(mark.at),
        "preserved_by": cut(mark.by, limits.PERSON),
        "reason": cut(mark.reason, limits.REASON),
    }


def fetch_mark(connection: Connection, number: int) -> Preserved | None:
    query = select(tables.preserved_transactions).where(_preserved.transaction_id == number)
    values = connection.execute(query).one_or_none()
    if values is None:
        return None
    return Preserved(
        at=from_us(values.preserved_at_us), by=values.preserved_by, reason=values.reason
    )


def fetch_payload_removal(connection: Connection, number: int) -> datetime | None:
    query = select(_removed.removed_at_us).where(_removed.transaction_id == number)
    removed_us = connection.execute(query).scalar_one_or_none()
    return None if removed_us is None else from_us(removed_us)
