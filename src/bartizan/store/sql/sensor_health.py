"""Counts kept beside the transactions, so that no question about sensors reads transactions.

Written in the transaction that stores a batch, so they are exact whatever is killed; one row per
sensor and slice, trait or defect of the batch, not per entry.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Table, delete, func, insert, select

from bartizan.domain.delivery import Record
from bartizan.domain.sensor_health import (
    SensorActivity,
    SensorDefects,
    SensorTrait,
    Slice,
    Trait,
)
from bartizan.kit.clock import from_us, to_us
from bartizan.store import limits
from bartizan.store.contract import SensorCounts
from bartizan.store.sql import tables
from bartizan.store.sql.dialects import Dialect, Keep
from bartizan.store.times import lag_ms

Values = tuple[Any, ...]
_SECOND_US: Final = 1_000_000
_DAY_US: Final = 24 * 3600 * _SECOND_US
_MINUTE_US: Final = 60 * _SECOND_US
_WIDTHS: Final = {Slice.MINUTE: 60, Slice.HOUR: 3600}
_KEPT_US: Final = {Slice.MINUTE: 2 * _DAY_US, Slice.HOUR: 35 * _DAY_US}
TABLES: Final = (tables.sensor_counts, tables.sensor_traits, tables.sensor_defects)

_counts, _traits, _defects = (table.c for table in TABLES)


def endings(dialect: Dialect) -> dict[str, str]:
    """What the INSERTs into these tables end in: rows that are there grow."""
    return {
        "sensor_counts": dialect.accumulate(
            "sensor_counts",
            ("width_s", "start_us", "sensor"),
            {
                "transactions": Keep.SUM,
                "with_defects": Keep.SUM,
                "timed": Keep.SUM,
                "lag_total_ms": Keep.SUM,
                "lag_least_ms": Keep.LEAST,
                "lag_most_ms": Keep.GREATEST,
            },
        ),
        "sensor_traits": dialect.accumulate(
            "sensor_traits",
            ("sensor", "trait", "value"),
            {"first_seen_us": Keep.LEAST, "last_seen_us": Keep.GREATEST},
        ),
        "sensor_defects": dialect.accumulate(
            "sensor_defects", ("day_us", "sensor", "code"), {"transactions": Keep.SUM}
        ),
    }


def rows(records: Iterable[Record]) -> Iterator[tuple[Table, list[Values]]]:
    """What a batch of new transactions adds. Sorted, so that two writers lock in one order."""
    minutes: dict[tuple[int, str], list[Any]] = {}
    traits: dict[tuple[str, str, str], tuple[int, int]] = {}
    defects: dict[tuple[int, str, str], int] = {}
    for record in records:
        sensor = record.sensor[: limits.SENSOR]
        transaction, received_us = record.transaction, record.received_at_us
        minute_us = received_us - received_us % _MINUTE_US
        count = minutes.get((minute_us, sensor))
        if count is None:
            count = minutes[minute_us, sensor] = [0, 0, 0, 0, None, None]
        count[0] += 1
        lag = lag_ms(transaction.occurred_at, received_us)
        if lag is not None:
            count[2] += 1
            count[3] += lag
            count[4] = lag if count[4] is None or lag < count[4] else count[4]
            count[5] = lag if count[5] is None or lag > count[5] else count[5]
        if transaction.defects:
            count[1] += 1
            day_us = received_us - received_us % _DAY_US
            for code in {defect.code[: limits.DEFECT_CODE] for defect in transaction.defects}:
                key = (day_us, sensor, code)
                defects[key] = defects.get(key, 0) + 1
        _note(traits, sensor, Trait.FORMAT, transaction.format.value, minute_us)
        _note(traits, sensor, Trait.PRODUCER, transaction.producer, minute_us)
        _note(traits, sensor, Trait.RULESET, transaction.ruleset, minute_us)
    yield tables.sensor_counts, _slices(minutes)
    yield tables.sensor_traits, sorted((*key, *seen) for key, seen in _newest(traits).items())
    yield tables.sensor_defects, sorted((*key, count) for key, count in defects.items())


def _note(
    traits: dict[tuple[str, str, str], tuple[int, int]],
    sensor: str,
    trait: Trait,
    value: str | None,
    minute_us: int,
) -> None:
    if not value:
        return
    key = (sensor, trait.value, value[: limits.TRAIT])
    seen = traits.get(key)
    if seen is None:
        traits[key] = (minute_us, minute_us)
    elif not seen[0] <= minute_us <= seen[1]:
        traits[key] = (min(seen[0], minute_us), max(seen[1], minute_us))


def _newest(
    traits: dict[tuple[str, str, str], tuple[int, int]],
) -> dict[tuple[str, str, str], tuple[int, int]]:
    """At most as many values as are kept: a sensor that invents them fills nothing."""
    if len(traits) <= limits.TRAIT_VALUES:
        return traits
    kept: dict[tuple[str, str], int] = {}
    newest = {}
    for key in sorted(traits, key=lambda one: (traits[one][1], one), reverse=True):
        kept[key[:2]] = kept.get(key[:2], 0) + 1
        if kept[key[:2]] <= limits.TRAIT_VALUES:
            newest[key] = traits[key]
    return newest


def _slices(minutes: dict[tuple[int, str], list[Any]]) -> list[Values]:
    """The minutes, and the same again by hours."""
    hour_us = _WIDTHS[Slice.HOUR] * _SECOND_US
    hours: dict[tuple[int, str], list[Any]] = {}
    for (minute_us, sensor), count in minutes.items():
        key = (minute_us - minute_us % hour_us, sensor)
        known = hours.get(key)
        hours[key] = count if known is None else _together(known, count)
    return sorted(
        (
            *((_WIDTHS[Slice.MINUTE], *key, *count) for key, count in minutes.items()),
            *((_WIDTHS[Slice.HOUR], *key, *count) for key, count in hours.items()),
        ),
        key=lambda values: values[:3],
    )


def _together(one: Sequence[Any], other: Sequence[Any]) -> list[Any]:
    least = [lag for lag in (one[4], other[4]) if lag is not None]
    most = [lag for lag in (one[5], other[5]) if lag is not None]
    sums = [one[index] + other[index] for index in range(4)]
    return [*sums, min(least, default=None), max(most, default=None)]


def clean(connection: Connection, now_us: int) -> None:
    """Let go of what is too old, and of the values of a trait beyond those seen last."""
    for kind, width_s in _WIDTHS.items():
        oldest_us = now_us - _KEPT_US[kind]
        connection.execute(
            delete(tables.sensor_counts).where(
                _counts.width_s == width_s, _counts.start_us < oldest_us
            )
        )
    oldest_us = now_us - _KEPT_US[Slice.HOUR]
    connection.execute(delete(tables.sensor_defects).where(_defects.day_us < oldest_us))
    many = select(_traits.sensor, _traits.trait).group_by(_traits.sensor, _traits.trait)
    found = connection.execute(many.having(func.count() > limits.TRAIT_VALUES)).all()
    for sensor, trait in found:
        _drop_oldest(connection, sensor, trait)


def _drop_oldest(connection: Connection, sensor: str, trait: str) -> None:
    is_this = (_traits.sensor == sensor, _traits.trait == trait)
    newest = select(_traits.value).where(*is_this)
    newest = newest.order_by(_traits.last_seen_us.desc(), _traits.value.desc())
    kept = connection.execute(newest.limit(limits.TRAIT_VALUES)).scalars().all()
    connection.execute(delete(tables.sensor_traits).where(*is_this, _traits.value.not_in(kept)))


def forget(connection: Connection, sensor: str) -> None:
    for table in TABLES:
        connection.execute(delete(table).where(table.c.sensor == sensor))


def put(connection: Connection, counts: SensorCounts) -> None:
    """Make what is counted of the sensor exactly this."""
    sensor = counts.sensor[: limits.SENSOR]
    forget(connection, sensor)
    slices = [_activity_values(Slice.MINUTE, sensor, one) for one in counts.minutes] + [
        _activity_values(Slice.HOUR, sensor, one) for one in counts.hours
    ]
    traits = [
        {
            "sensor": sensor,
            "trait": one.trait.value,
            "value": one.value,
            "first_seen_us": to_us(one.first_seen_at),
            "last_seen_us": to_us(one.last_seen_at),
        }
        for one in counts.traits
    ]
    defects = [
        {
            "day_us": to_us(one.day),
            "sensor": sensor,
            "code": one.code,
            "transactions": one.transactions,
        }
        for one in counts.defects
    ]
    rows: tuple[list[dict[str, Any]], ...] = (slices, traits, defects)
    for table, values in zip(TABLES, rows, strict=True):
        if values:
            connection.execute(insert(table), values)
    heard = tables.sensor_activity
    connection.execute(delete(heard).where(heard.c.sensor == sensor))
    if counts.last_received_at is not None:
        received_us = to_us(counts.last_received_at)
        connection.execute(insert(heard), [{"sensor": sensor, "last_received_at_us": received_us}])


def _activity_values(slices: Slice, sensor: str, one: SensorActivity) -> dict[str, Any]:
    return {
        "width_s": _WIDTHS[slices],
        "start_us": to_us(one.at),
        "sensor": sensor,
        "transactions": one.transactions,
        "with_defects": one.with_defects,
        "timed": one.timed,
        "lag_total_ms": one.lag_total_ms,
        "lag_least_ms": one.lag_least_ms,
        "lag_most_ms": one.lag_most_ms,
    }


def activity(
    connection: Connection, since: datetime, slices: Slice, sensor: str | None
) -> tuple[SensorActivity, ...]:
    query = select(tables.sensor_counts).where(
        _counts.width_s == _WIDTHS[slices], _counts.start_us >= to_us(since)
    )
    if sensor is not None:
        query = query.where(_counts.sensor == sensor[: limits.SENSOR])
    return tuple(
        SensorActivity(
            sensor=values.sensor,
            at=from_us(values.start_us),
            transactions=values.transactions,
            with_defects=values.with_defects,
            timed=values.timed,
            lag_total_ms=values.lag_total_ms,
            lag_least_ms=values.lag_least_ms,
            lag_most_ms=values.lag_most_ms,
        )
        for values in connection.execute(query.order_by(_counts.start_us, _counts.sensor))
    )


def traits(connection: Connection, sensor: str | None) -> tuple[SensorTrait, ...]:
    query = select(tables.sensor_traits)
    if sensor is not None:
        query = query.where(_traits.sensor == sensor[: limits.SENSOR])
    query = query.order_by(_traits.sensor, _traits.trait, _traits.last_seen_us.desc())
    return tuple(
        SensorTrait(
            sensor=values.sensor,
            trait=Trait(values.trait),
            value=values.value,
            first_seen_at=from_us(values.first_seen_us),
            last_seen_at=from_us(values.last_seen_us),
        )
        for values in connection.execute(query.order_by(_traits.value))
    )


def defects(
    connection: Connection, since: datetime, sensor: str | None
) -> tuple[SensorDefects, ...]:
    query = select(tables.sensor_defects).where(_defects.day_us >= to_us(since))
    if sensor is not None:
        query = query.where(_defects.sensor == sensor[: limits.SENSOR])
    query = query.order_by(_defects.day_us, _defects.sensor, _defects.code)
    return tuple(
        SensorDefects(
            sensor=values.sensor,
            day=from_us(values.day_us),
            code=values.code,
            transactions=values.transactions,
        )
        for values in connection.execute(query)
    )
