"""What is let go of, when, and what never is."""

from datetime import datetime
from enum import StrEnum

from bartizan.domain.search import Search
from bartizan.kit.struct import Struct


class RetentionClass(StrEnum):
    """What is kept for times of its own."""

    PAYLOADS = "payloads"  # raw entries, and their parts as text
    TRANSACTIONS = "transactions"  # with their rule matches, and whatever payload is left
    STATISTICS = "statistics"  # counts by minute and hour


class Preserved(Struct, frozen=True, kw_only=True):
    """Who wanted a transaction to be kept for good, when, and why."""

    at: datetime
    by: str
    reason: str = ""


class Hold(Struct, frozen=True, kw_only=True):
    """A named search: whatever matches, now or later, is kept until the hold is released."""

    id: int
    name: str
    search: Search
    reason: str
    added_at: datetime
    added_by: str
    released_at: datetime | None = None
    released_by: str | None = None


class StoreRoom(Struct, frozen=True, kw_only=True):
    """What a store takes of its disk.

    `used_bytes` is what everything in it takes, `reusable_bytes` beside that what the database
    keeps for what comes next. `free_bytes` is of the disk, None where the store cannot see that.
    """

    used_bytes: int
    reusable_bytes: int
    free_bytes: int | None


class StoreSize(Struct, frozen=True, kw_only=True):
    """How much there is in a store. Counts of many, and the bytes of a class, may be estimates.

    `payload_bytes` and `statistics_bytes` are of `room.used_bytes`. `first_id` and
    `first_payload_id` are the oldest that are there.
    """

    room: StoreRoom
    transactions: int
    payloads: int
    payload_bytes: int
    statistics_bytes: int
    first_id: int | None
    first_payload_id: int | None
    statistics_since: datetime | None = None


class RunCause(StrEnum):
    """Why something was removed."""

    SCHEDULE = "schedule"
    REQUEST = "request"
    EMERGENCY = "emergency"


class RunOutcome(StrEnum):
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"  # its process ended; what was left is for the next run
    FAILED = "failed"


class RetentionRun(Struct, frozen=True, kw_only=True):
    """What one run removed. `note` is a sentence for people, where there is something to say."""

    id: int
    began_at: datetime
    ended_at: datetime | None
    cause: RunCause
    outcome: RunOutcome
    payloads: int = 0
    transactions: int = 0
    statistics: int = 0
    raw_bytes: int = 0  # of the entries as received
    given_back_bytes: int = 0  # to the disk
    note: str = ""


class Measurement(Struct, frozen=True, kw_only=True):
    """What a store took at a time; one a day is kept."""

    at: datetime
    used_bytes: int
    free_bytes: int | None


class RetentionState(Struct, frozen=True, kw_only=True):
    """What whoever does the removing last knew, for everybody to see.

    `node` is the machine. The clock is doubted `clock_doubted_since` it was found `clock_ahead_s`
    ahead of the last look.
    """

    node: str
    looked_at: datetime
    size: StoreSize
    next_run_at: datetime | None
    is_emergency: bool = False
    emergency_since: datetime | None = None
    clock_doubted_since: datetime | None = None
    clock_ahead_s: int = 0
    history: tuple[Measurement, ...] = ()


class RunRequest(Struct, frozen=True, kw_only=True):
    """Somebody wants a run now. `trusts_clock`: whoever asks says that the clock is right."""

    at: datetime
    by: str
    trusts_clock: bool = False


class KeptFor(Struct, frozen=True, kw_only=True):
    """How long the transactions of `of` are kept: all, only detected ones, or one sensor's.

    In hours; None is for good.
    """

    of: str  # "all", "detected" or "sensor"
    sensor: str | None
    payloads_hours: int | None
    transactions_hours: int | None


class RetentionLimits(Struct, frozen=True, kw_only=True):
    """What the settings say. The more particular of `ages` come first."""

    ages: tuple[KeptFor, ...]
    statistics_hours: int | None
    max_store_bytes: int | None
    min_free_bytes: int
    interval_s: int


class Doomed(Struct, frozen=True, kw_only=True):
    """What the setting `rule` would remove of a class: `count` of what was stored before then.

    `staying` is what is as old and stays, for a hold or a mark; None where the rule is only about
    some, since what it is not about stays too. Not `is_complete` where time was up: then there is
    more of both.
    """

    rule: str
    of: RetentionClass
    count: int
    staying: int | None
    raw_bytes: int
    stored_before: datetime
    is_complete: bool


class RetentionPreview(Struct, frozen=True, kw_only=True):
    """What would go if a run began now. What two rules would both remove is told with both.

    `statistics_before`: counts of times before then would go.
    """

    at: datetime
    doomed: tuple[Doomed, ...]
    statistics_before: datetime | None
