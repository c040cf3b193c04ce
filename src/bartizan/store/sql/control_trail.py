"""The access trail, as questions on one connection of the control store. There is no update."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, or_, select

from bartizan.domain.trail import Deed, Means, Trace, TrailQuestion
from bartizan.kit.clock import from_us, to_us
from bartizan.store.sql import control_tables as tables

_trail = tables.access_trail.c


def append(connection: Connection, deeds: Sequence[Deed]) -> None:
    if deeds:
        connection.execute(insert(tables.access_trail), [_values(deed) for deed in deeds])


def fetch(connection: Connection, question: TrailQuestion, limit: int) -> Sequence[Trace]:
    query = select(tables.access_trail).where(*_conditions(question))
    found = connection.execute(query.order_by(_trail.id.desc()).limit(limit))
    return tuple(_trace(values) for values in found)


def forget(connection: Connection, before: datetime, limit: int) -> int:
    query = select(_trail.id).where(_trail.at_us < to_us(before)).order_by(_trail.at_us)
    numbers = connection.execute(query.limit(limit)).scalars().all()
    if numbers:
        connection.execute(delete(tables.access_trail).where(_trail.id.in_(numbers)))
    return len(numbers)


def _conditions(question: TrailQuestion) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if question.person is not None:
        conditions.append(_trail.person == question.person)
    if question.subject is not None:
        conditions.append(_trail.subject == question.subject)
    if question.actions:
        conditions.append(or_(*(_is_action(action) for action in question.actions)))
    if question.since is not None:
        conditions.append(_trail.at_us >= to_us(question.since))
    if question.until is not None:
        conditions.append(_trail.at_us < to_us(question.until))
    if question.before_id is not None:
        conditions.append(_trail.id < question.before_id)
    return conditions


def _is_action(action: str) -> ColumnElement[bool]:
    if action.endswith("."):
        return _trail.action.startswith(action, autoescape=True)
    return _trail.action == action


def _values(deed: Deed) -> dict[str, Any]:
    return {
        "at_us": to_us(deed.at),
        "action": deed.action[: tables.ACTION_LENGTH],
        "person": deed.person[: tables.NAME_LENGTH],
        "means": deed.means.value,
        "peer_address": deed.peer_address[: tables.PEER_LENGTH],
        "subject": deed.subject[: tables.SUBJECT_LENGTH],
        "detail": deed.detail[: tables.DETAIL_LENGTH],
    }


def _trace(values: Row[Any]) -> Trace:
    return Trace(
        id=values.id,
        deed=Deed(
            at=from_us(values.at_us),
            action=values.action,
            person=values.person,
            means=Means(values.means),
            peer_address=values.peer_address,
            subject=values.subject,
            detail=values.detail,
        ),
    )
