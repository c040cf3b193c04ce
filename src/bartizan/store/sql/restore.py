"""Which transactions of another store are here already, and under which id the others can be kept.

An id is a permanent link, so it is kept wherever that is possible: only an entry that the store
knows under another id, or an id that it gave to another entry, stands in the way.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Table, bindparam, select

from bartizan.kit.clock import to_us
from bartizan.store import limits
from bartizan.store.contract import KeptRecord
from bartizan.store.sql.tables import preserved_transactions, removed_payloads, transactions
from bartizan.store.sql.triage import triage_rows

Values = tuple[Any, ...]
_T = TypeVar("_T")
_LOOKUP: Final = 500
_t = transactions.c
_by_id = select(_t.id, _t.sensor, _t.digest).where(_t.id.in_(bindparam("ids", expanding=True)))
_by_identity = select(_t.id, _t.digest).where(
    _t.sensor == bindparam("sensor"), _t.digest.in_(bindparam("digests", expanding=True))
)
Identity = tuple[str, bytes]


class Placement:
    """`numbered` are to be inserted; `elsewhere` is as in `Restored`."""

    def __init__(self) -> None:
        self.numbered: list[tuple[int, KeptRecord]] = []
        self.present = 0
        self.elsewhere: list[tuple[int, int]] = []


def as_they_are(records: Iterable[KeptRecord]) -> Placement:
    """Each under its own id: the unique indexes tell if that cannot be."""
    placement = Placement()
    placement.numbered = [(one.id, one) for one in records]
    return placement


def placed(
    connection: Connection, records: Sequence[KeptRecord], take: Callable[[int], range]
) -> Placement:
    """By a look at what is there; `take` gives new ids."""
    placement = Placement()
    owners = _owners(connection, [one.id for one in records])
    ids = _ids(connection, records)
    for one in records:
        identity = _identity(one)
        has = ids.get(identity)
        if has == one.id:
            placement.present += 1
        elif has is not None:
            placement.elsewhere.append((one.id, has))
        else:
            number = take(1)[0] if one.id in owners else one.id
            if number != one.id:
                placement.elsewhere.append((one.id, number))
            placement.numbered.append((number, one))
            ids[identity] = number
            owners[number] = identity
    return placement


def mark_rows(numbered: Sequence[tuple[int, KeptRecord]]) -> Iterator[tuple[Table, list[Values]]]:
    """What is kept of transactions beside what their entries say."""
    preserved: list[Values] = []
    removed: list[Values] = []
    for number, one in numbered:
        if one.preserved is not None:
            mark = one.preserved
            by = mark.by[: limits.PERSON]
            preserved.append((number, to_us(mark.at), by, mark.reason))
        if one.payload_removed_at is not None:
            removed.append((number, to_us(one.payload_removed_at)))
    yield preserved_transactions, preserved
    yield removed_payloads, removed
    yield from triage_rows(numbered)


def _identity(one: KeptRecord) -> Identity:
    return one.record.sensor[: limits.SENSOR], one.record.digest


def _owners(connection: Connection, ids: Sequence[int]) -> dict[int, Identity]:
    found: dict[int, Identity] = {}
    for some in _slices(ids):
        for number, sensor, digest in connection.execute(_by_id, {"ids": some}):
            found[number] = (sensor, bytes(digest))
    return found


def _ids(connection: Connection, records: Iterable[KeptRecord]) -> dict[Identity, int]:
    by_sensor: dict[str, list[bytes]] = {}
    for one in records:
        sensor, digest = _identity(one)
        by_sensor.setdefault(sensor, []).append(digest)
    found: dict[Identity, int] = {}
    for sensor, digests in by_sensor.items():
        for some in _slices(digests):
            values = {"sensor": sensor, "digests": some}
            for number, digest in connection.execute(_by_identity, values):
                found[sensor, bytes(digest)] = number
    return found


def _slices(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for start in range(0, len(values), _LOOKUP):
        yield values[start : start + _LOOKUP]
