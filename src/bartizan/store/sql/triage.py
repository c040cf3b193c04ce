"""What people make of transactions: read for many at once, and changed with their rows locked.

A change is rare and small beside what is stored every second, so the rows of a transaction are
written anew as a whole. There are rows only of what somebody once touched.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Table, and_, delete, insert, not_, select

from bartizan.domain.expression import InState
from bartizan.domain.triage import NOTHING, Change, Note, State, Triage
from bartizan.kit.clock import from_us, to_us
from bartizan.kit.struct import Struct
from bartizan.store import limits
from bartizan.store.contract import KeptRecord, Triaged
from bartizan.store.limits import cut
from bartizan.store.sql.tables import (
    transaction_labels,
    transaction_notes,
    transactions,
    triaged_transactions,
)
from bartizan.store.times import search_us

Values = dict[str, Any]
_AT_ONCE: Final = 500
_t = transactions.c
_s, _l, _n = triaged_transactions.c, transaction_labels.c, transaction_notes.c
_TABLES: Final = (triaged_transactions, transaction_labels, transaction_notes)


class Shown(Struct, frozen=True):
    """What lists show of it."""

    state: State
    ignored_until: datetime | None
    labels: tuple[str, ...]


def in_state(wanted: InState) -> ColumnElement[bool]:
    """Of a row of `transactions`; never NULL. Where nobody looked, it is open."""
    if wanted.state is State.OPEN:
        judged = [state for state in State if state is not State.OPEN]
        return and_(*(not_(in_state(InState(state=state, at=wanted.at))) for state in judged))
    holds = [_s.state == wanted.state.value]
    if wanted.state is State.IGNORED and wanted.at is not None:
        holds.append(_s.ignored_until_us > search_us(wanted.at))
    return _t.id.in_(select(_s.transaction_id).where(*holds))


def labelled(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Of a row of `transactions`: one of its labels fits."""
    return _t.id.in_(select(_l.transaction_id).where(condition))


def noted(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Of a row of `transactions`: one of its notes fits."""
    return _t.id.in_(select(_n.transaction_id).where(condition))


def fetch_shown(connection: Connection, ids: Sequence[int]) -> dict[int, Shown]:
    """Of those of the ids that somebody touched."""
    query = select(_s.transaction_id, _s.state, _s.ignored_until_us)
    touched = connection.execute(query.where(_s.transaction_id.in_(ids))).all() if ids else ()
    labels = _fetch_labels(connection, [number for number, _, _ in touched])
    return {
        number: Shown(
            State(state), None if until_us is None else from_us(until_us), labels.get(number, ())
        )
        for number, state, until_us in touched
    }


def fetch_triage(connection: Connection, ids: Sequence[int]) -> dict[int, Triage]:
    """Of those of the ids that somebody touched."""
    query = select(triaged_transactions).where(_s.transaction_id.in_(ids))
    touched = {values.transaction_id: values for values in connection.execute(query)} if ids else {}
    labels = _fetch_labels(connection, list(touched))
    notes = _fetch_notes(connection, list(touched))
    return {
        number: _triage(values, labels.get(number, ()), tuple(notes.get(number, ())))
        for number, values in touched.items()
    }


def change_triage(
    connection: Connection, ids: Sequence[int], change: Callable[[Triage], Triage]
) -> Triaged:
    """In a transaction of the caller's."""
    there = changed = 0
    ordered = sorted(set(ids))
    for start in range(0, len(ordered), _AT_ONCE):
        lock = select(_t.id).where(_t.id.in_(ordered[start : start + _AT_ONCE]))
        some = connection.execute(lock.order_by(_t.id).with_for_update()).scalars().all()
        before = fetch_triage(connection, some)
        new = {number: change(before.get(number, NOTHING)) for number in some}
        new = {
            number: triage
            for number, triage in new.items()
            if triage != before.get(number, NOTHING)
        }
        _write(connection, new, known=before.keys() & new.keys())
        there, changed = there + len(some), changed + len(new)
    return Triaged(there=there, changed=changed)


def triage_rows(
    numbered: Iterable[tuple[int, KeptRecord]],
) -> Iterator[tuple[Table, list[tuple[Any, ...]]]]:
    """What is to be inserted of transactions that come from another store."""
    touched = [(number, one.triage) for number, one in numbered if one.triage != NOTHING]
    for table, rows in _rows(touched):
        yield table, [tuple(values.values()) for values in rows]


def _write(connection: Connection, new: dict[int, Triage], known: Iterable[int]) -> None:
    stale = list(known)
    if stale:
        for table in _TABLES:
            connection.execute(delete(table).where(table.c.transaction_id.in_(stale)))
    touched = [(number, triage) for number, triage in new.items() if triage != NOTHING]
    for table, rows in _rows(touched):
        if rows:
            connection.execute(insert(table), rows)


def _rows(touched: Sequence[tuple[int, Triage]]) -> Iterator[tuple[Table, list[Values]]]:
    """In the order of the columns."""
    yield triaged_transactions, [_state_values(number, triage) for number, triage in touched]
    yield (
        transaction_labels,
        [
            {"transaction_id": number, "label": label}
            for number, triage in touched
            for label in dict.fromkeys(limits.cut_all(triage.labels, limits.LABEL))
        ],
    )
    yield (
        transaction_notes,
        [_note_values(number, note) for number, triage in touched for note in triage.notes],
    )


def _state_values(number: int, triage: Triage) -> Values:
    until, at = triage.ignored_until, triage.state_at
    return {
        "transaction_id": number,
        "state": triage.state.value,
        "ignored_until_us": None if until is None else to_us(until),
        "reason": cut(triage.reason, limits.TRIAGE_REASON),
        "state_at_us": None if at is None else to_us(at),
        "state_by": cut(triage.state_by, limits.PERSON),
        "history": msgspec.json.encode(triage.history).decode(),
    }


def _note_values(number: int, note: Note) -> Values:
    return {
        "transaction_id": number,
        "note_id": note.id,
        "noted_at_us": to_us(note.at),
        "noted_by": cut(note.by, limits.PERSON),
        "note": cut(note.text, limits.NOTE),
    }


def _fetch_labels(connection: Connection, ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    found: dict[int, list[str]] = {}
    if ids:
        query = select(_l.transaction_id, _l.label).where(_l.transaction_id.in_(ids))
        for number, label in connection.execute(query):
            found.setdefault(number, []).append(label)
    return {number: tuple(sorted(labels)) for number, labels in found.items()}


def _fetch_notes(connection: Connection, ids: Sequence[int]) -> dict[int, list[Note]]:
    found: dict[int, list[Note]] = {}
    if ids:
        query = select(transaction_notes).where(_n.transaction_id.in_(ids))
        for values in connection.execute(query.order_by(_n.transaction_id, _n.note_id)):
            note = Note(
                id=values.note_id,
                at=from_us(values.noted_at_us),
                by=values.noted_by,
                text=values.note,
            )
            found.setdefault(values.transaction_id, []).append(note)
    return found


def _triage(values: Any, labels: tuple[str, ...], notes: tuple[Note, ...]) -> Triage:
    until_us, at_us = values.ignored_until_us, values.state_at_us
    return Triage(
        state=State(values.state),
        ignored_until=None if until_us is None else from_us(until_us),
        reason=values.reason,
        state_at=None if at_us is None else from_us(at_us),
        state_by=values.state_by,
        labels=labels,
        notes=notes,
        history=msgspec.json.decode(values.history, type=tuple[Change, ...]),
    )
