"""What is counted of sensors beside their transactions, from one store into another."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from bartizan.domain.sensor_health import SensorActivity, SensorDefects, SensorTrait, Slice
from bartizan.store.contract import SensorCounts, Store

_EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


def counts_of(store: Store, sensor: str) -> SensorCounts:
    return SensorCounts(
        sensor=sensor,
        last_received_at=store.last_seen().get(sensor),
        minutes=store.sensor_activity(_EVER, Slice.MINUTE, sensor=sensor),
        hours=store.sensor_activity(_EVER, Slice.HOUR, sensor=sensor),
        traits=store.sensor_traits(sensor=sensor),
        defects=store.sensor_defects(_EVER, sensor=sensor),
    )


def joined(one: SensorCounts, other: SensorCounts) -> SensorCounts:
    """What both know. Where both counted the same slice, the one that counted more knows better.

    So a repeat changes nothing, and a target that went on by itself loses nothing.
    """
    seen = [at for at in (one.last_received_at, other.last_received_at) if at is not None]
    return SensorCounts(
        sensor=one.sensor,
        last_received_at=max(seen, default=None),
        minutes=_joined_slices(one.minutes, other.minutes),
        hours=_joined_slices(one.hours, other.hours),
        traits=_joined_traits(one.traits, other.traits),
        defects=_joined_defects(one.defects, other.defects),
    )


def _joined_slices(
    one: Sequence[SensorActivity], other: Sequence[SensorActivity]
) -> tuple[SensorActivity, ...]:
    found = {activity.at: activity for activity in other}
    for activity in one:
        known = found.get(activity.at)
        if known is None or known.transactions < activity.transactions:
            found[activity.at] = activity
    return tuple(found[at] for at in sorted(found))


def _joined_traits(
    one: Sequence[SensorTrait], other: Sequence[SensorTrait]
) -> tuple[SensorTrait, ...]:
    found = {(trait.trait, trait.value): trait for trait in other}
    for trait in one:
        key = (trait.trait, trait.value)
        known = found.get(key, trait)
        found[key] = msgspec.structs.replace(
            trait,
            first_seen_at=min(trait.first_seen_at, known.first_seen_at),
            last_seen_at=max(trait.last_seen_at, known.last_seen_at),
        )
    traits = sorted(found.values(), key=lambda trait: trait.value)
    traits.sort(key=lambda trait: trait.last_seen_at, reverse=True)
    return tuple(sorted(traits, key=lambda trait: trait.trait))


def _joined_defects(
    one: Sequence[SensorDefects], other: Sequence[SensorDefects]
) -> tuple[SensorDefects, ...]:
    found = {(defects.day, defects.code): defects for defects in other}
    for defects in one:
        known = found.get((defects.day, defects.code))
        if known is None or known.transactions < defects.transactions:
            found[defects.day, defects.code] = defects
    return tuple(found[key] for key in sorted(found))
