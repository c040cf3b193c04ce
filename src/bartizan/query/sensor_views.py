"""What the questions about sensors are answered with; encoded by msgspec as they stand."""

from datetime import datetime
from enum import StrEnum

from bartizan.domain.delivery import Verdict
from bartizan.domain.sighting import Refusal
from bartizan.kit.struct import Struct
from bartizan.query.views import PositionKind


class SensorState(StrEnum):
    """`silent` is what used to send and stopped: see docs/sensors.md for when."""

    DISABLED = "disabled"
    WAITING = "waiting"  # nothing was ever stored of it
    SENDING = "sending"
    SILENT = "silent"


class ClockState(StrEnum):
    """What the lag says about the sensor's clock."""

    RIGHT = "right"
    AHEAD = "ahead"
    BEHIND = "behind"  # or everything it sends is old
    UNKNOWN = "unknown"  # nothing came in the last hour whose time is known


class Lag(Struct, frozen=True, kw_only=True):
    """From when it occurred until it was received, over the last hour."""

    mean_ms: int
    least_ms: int
    most_ms: int


class RefusalView(Struct, frozen=True, kw_only=True):
    """The last time that somebody who claimed to be the sensor was not believed."""

    reason: Refusal
    at: datetime
    peer: str | None
    count: int


class TurnedAway(Struct, frozen=True, kw_only=True):
    """The last delivery of the sensor that was not taken."""

    verdict: Verdict
    at: datetime
    peer: str | None
    count: int


class SensorHealth(Struct, frozen=True, kw_only=True):
    """How a sensor does. Counts of transactions are of those stored, by the minute of receipt.

    `per_minute` are the last 60 minutes, the oldest first. `usual_per_hour` is the mean of the last
    seven days, null in a sensor's first two hours. `refusal` is null unless it is newer than the
    last acceptance. `defects` and `transactions` are of the last 24 hours; `dead_letters` is null
    where this console cannot see the spool.
    """

    name: str
    label: str
    is_demo: bool
    state: SensorState
    last_entry_at: datetime | None
    per_minute: tuple[int, ...]
    usual_per_hour: float | None
    transactions: int
    with_defects: int
    lag: Lag | None
    clock: ClockState
    formats: tuple[str, ...]
    producer: str | None
    ruleset: str | None
    dead_letters: int | None
    refusal: RefusalView | None
    turned_away: TurnedAway | None


class StrangerView(Struct, frozen=True, kw_only=True):
    """Who was refused lately and is no sensor; `name` is what it called itself."""

    name: str
    reason: Refusal
    peer: str | None
    first_seen_at: datetime
    last_seen_at: datetime
    count: int


class SensorHealthList(Struct, frozen=True, kw_only=True):
    """`collector_seen_at` is when this node's collector last told what it saw; null if it never
    did, as where it runs elsewhere: then refusals and strangers are not known here.
    """

    sensors: tuple[SensorHealth, ...]
    strangers: tuple[StrangerView, ...]
    collector_seen_at: datetime | None


class SensorSettings(Struct, frozen=True, kw_only=True):
    """A sensor as registered; without its secret, which nobody can look up."""

    name: str
    label: str
    latitude: float | None
    longitude: float | None
    position: PositionKind
    zone: str | None
    allowed_sources: tuple[str, ...]
    trusted_proxies: tuple[str, ...]
    is_demo: bool
    is_enabled: bool
    has_generated_secret: bool
    created_at: datetime
    rotated_at: datetime | None


class TraitView(Struct, frozen=True, kw_only=True):
    """`trait` is `format`, `producer` or `ruleset`; times are of receipt, to the minute."""

    trait: str
    value: str
    first_seen_at: datetime
    last_seen_at: datetime


class CountedReason(Struct, frozen=True, kw_only=True):
    code: str
    count: int
    last_at: datetime


class HourCount(Struct, frozen=True, kw_only=True):
    at: datetime
    transactions: int


class SensorDetail(Struct, frozen=True, kw_only=True):
    """`defects` are of the last seven days, `last_at` their day; `hours` likewise, empty ones left
    out. `dead_letters` are those there now.
    """

    settings: SensorSettings
    health: SensorHealth
    traits: tuple[TraitView, ...]
    defects: tuple[CountedReason, ...]
    dead_letters: tuple[CountedReason, ...]
    hours: tuple[HourCount, ...]


class Step(StrEnum):
    """From a new sensor to its first transaction on the screen."""

    CONNECTED = "connected"
    AUTHENTICATED = "authenticated"
    ACCEPTED = "accepted"
    DECODED = "decoded"
    STORED = "stored"


class StepState(StrEnum):
    DONE = "done"
    WAITING = "waiting"
    FAILED = "failed"


class StepView(Struct, frozen=True, kw_only=True):
    """`reason` is a code: a refusal, a verdict, or why an entry is a dead letter."""

    step: Step
    state: StepState
    at: datetime | None = None
    peer: str | None = None
    reason: str | None = None


class ConfigurationFile(Struct, frozen=True, kw_only=True):
    """What to put where on the web server. `note` says whose file it is, if it is not new."""

    path: str
    content: str
    note: str = ""
    is_secret: bool = False


class Configuration(Struct, frozen=True, kw_only=True):
    """One way for a web server to deliver: `commands` are run once, after the files are there."""

    kind: str
    title: str
    summary: str
    warnings: tuple[str, ...]
    files: tuple[ConfigurationFile, ...]
    commands: tuple[str, ...]


class Configurations(Struct, frozen=True, kw_only=True):
    """`placeholder` stands wherever the secret belongs, which is not known any more."""

    collector: str
    placeholder: str
    configurations: tuple[Configuration, ...]


class Checklist(Struct, frozen=True, kw_only=True):
    """`strangers` were seen in the last fifteen minutes: one may be this sensor, misspelled."""

    sensor: str
    steps: tuple[StepView, ...]
    strangers: tuple[StrangerView, ...]
    is_collector_seen: bool
    server_time: datetime
