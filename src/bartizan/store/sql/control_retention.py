"""Holds, leases and runs of retention, as questions on one connection of the control store."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, delete, insert, or_, select, update

from bartizan.domain.errors import Refused
from bartizan.domain.retention import Hold, RetentionRun, RunCause, RunOutcome
from bartizan.domain.search import Search
from bartizan.kit.clock import from_us, to_us
from bartizan.store.sql import control_tables as tables

_holds, _leases, _runs = tables.holds.c, tables.leases.c, tables.retention_runs.c
_KEPT_RUNS: Final = 500


def fetch_holds(connection: Connection) -> Sequence[Hold]:
    query = select(tables.holds).where(_holds.released_at_us.is_(None))
    return tuple(map(_hold, connection.execute(query.order_by(_holds.name, _holds.id))))


def fetch_released_holds(connection: Connection, limit: int) -> Sequence[Hold]:
    query = select(tables.holds).where(_holds.released_at_us.is_not(None))
    query = query.order_by(_holds.released_at_us.desc(), _holds.id.desc()).limit(limit)
    return tuple(map(_hold, connection.execute(query)))


def add_hold(connection: Connection, hold: Hold) -> Hold:
    """`hold.id` is given here. In a transaction in which nobody else adds one."""
    query = select(_holds.id).where(_holds.name == hold.name, _holds.released_at_us.is_(None))
    if connection.execute(query).first() is not None:
        raise Refused("name-taken", "there is a hold of this name already", hold.name)
    values = {
        "name": hold.name,
        "search": msgspec.json.encode(hold.search).decode(),
        "reason": hold.reason[: tables.REASON_LENGTH],
        "added_at_us": to_us(hold.added_at),
        "added_by": hold.added_by[: tables.NAME_LENGTH],
    }
    result = connection.execute(insert(tables.holds), values)
    (number,) = result.inserted_primary_key or (0,)
    return _fetch_hold(connection, number)


def release_hold(connection: Connection, hold_id: int, at: datetime, by: str) -> Hold:
    query = select(tables.holds).where(_holds.id == hold_id, _holds.released_at_us.is_(None))
    if connection.execute(query.with_for_update()).first() is None:
        raise Refused("no-such-hold", "there is no hold with this id (any more)")
    connection.execute(
        update(tables.holds)
        .where(_holds.id == hold_id)
        .values(released_at_us=to_us(at), released_by=by[: tables.NAME_LENGTH])
    )
    return _fetch_hold(connection, hold_id)


def _fetch_hold(connection: Connection, number: int) -> Hold:
    return _hold(connection.execute(select(tables.holds).where(_holds.id == number)).one())


def _hold(values: Row[Any]) -> Hold:
    released_us = values.released_at_us
    return Hold(
        id=values.id,
        name=values.name,
        search=msgspec.json.decode(values.search, type=Search),
        reason=values.reason,
        added_at=from_us(values.added_at_us),
        added_by=values.added_by,
        released_at=None if released_us is None else from_us(released_us),
        released_by=values.released_by,
    )


def take_lease(
    connection: Connection, name: str, holder: str, now: datetime, until: datetime
) -> bool:
    """The row of this name must be there; the update locks it until the commit."""
    is_free = or_(_leases.holder == holder, _leases.until_us <= to_us(now))
    connection.execute(
        update(tables.leases)
        .where(_leases.name == name, is_free)
        .values(holder=holder, until_us=to_us(until))
    )
    # Not by the row count: MySQL leaves out what was equal.
    found = connection.execute(select(_leases.holder).where(_leases.name == name)).scalar_one()
    return bool(found == holder)


def drop_lease(connection: Connection, name: str, holder: str) -> None:
    mine = (_leases.name == name, _leases.holder == holder)
    connection.execute(update(tables.leases).where(*mine).values(holder="", until_us=0))


def add_run(connection: Connection, cause: RunCause, began_at: datetime) -> RetentionRun:
    run = RetentionRun(
        id=0, began_at=began_at, ended_at=None, cause=cause, outcome=RunOutcome.RUNNING
    )
    result = connection.execute(insert(tables.retention_runs), _run_values(run))
    (number,) = result.inserted_primary_key or (0,)
    connection.execute(delete(tables.retention_runs).where(_runs.id <= number - _KEPT_RUNS))
    return msgspec.structs.replace(run, id=number)


def update_run(connection: Connection, run: RetentionRun) -> None:
    connection.execute(
        update(tables.retention_runs).where(_runs.id == run.id).values(**_run_values(run))
    )


def fetch_runs(connection: Connection, limit: int) -> Sequence[RetentionRun]:
    query = select(tables.retention_runs).order_by(_runs.id.desc()).limit(limit)
    return tuple(map(_run, connection.execute(query)))


def _run_values(run: RetentionRun) -> dict[str, Any]:
    """All columns but the id."""
    return {
        "began_at_us": to_us(run.began_at),
        "ended_at_us": None if run.ended_at is None else to_us(run.ended_at),
        "cause": run.cause.value,
        "outcome": run.outcome.value,
        "payloads": run.payloads,
        "transactions": run.transactions,
        "statistics": run.statistics,
        "raw_bytes": run.raw_bytes,
        "given_back_bytes": run.given_back_bytes,
        "note": run.note[: tables.REASON_LENGTH],
    }


def _run(values: Row[Any]) -> RetentionRun:
    return RetentionRun(
        id=values.id,
        began_at=from_us(values.began_at_us),
        ended_at=None if values.ended_at_us is None else from_us(values.ended_at_us),
        cause=RunCause(values.cause),
        outcome=RunOutcome(values.outcome),
        payloads=values.payloads,
        transactions=values.transactions,
        statistics=values.statistics,
        raw_bytes=values.raw_bytes,
        given_back_bytes=values.given_back_bytes,
        note=values.note,
    )
