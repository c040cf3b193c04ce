"""What is known of how a sensor does: what it sent, by slices of time, and what it says it is."""

from datetime import datetime
from enum import StrEnum

from bartizan.kit.struct import Struct


class Slice(StrEnum):
    """How finely a store counts what sensors send, by the time of receipt."""

    MINUTE = "minute"  # kept for two days
    HOUR = "hour"  # kept for five weeks


class SensorActivity(Struct, frozen=True, kw_only=True):
    """The newly stored transactions of one sensor in one slice, which begins `at`.

    `lag_*_ms` are from when a transaction occurred until its entry was received, over the `timed`
    ones, those whose time is known. A negative lag is a clock that is ahead of ours.
    """

    sensor: str
    at: datetime
    transactions: int
    with_defects: int
    timed: int
    lag_total_ms: int
    lag_least_ms: int | None
    lag_most_ms: int | None


class Trait(StrEnum):
    """What an entry says about the software that wrote it."""

    FORMAT = "format"
    PRODUCER = "producer"
    RULESET = "ruleset"


class SensorTrait(Struct, frozen=True, kw_only=True):
    """A value of a trait, and when an entry with it was received first and last.

    `last_seen_at` is written at most once a minute.
    """

    sensor: str
    trait: Trait
    value: str
    first_seen_at: datetime
    last_seen_at: datetime


class SensorDefects(Struct, frozen=True, kw_only=True):
    """How many transactions received on `day` (its midnight, UTC) have a defect of this code."""

    sensor: str
    day: datetime
    code: str
    transactions: int
