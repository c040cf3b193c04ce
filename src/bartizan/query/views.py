"""What the queries answer with: the shapes of docs/api.md, encoded by msgspec as they stand.

The OpenAPI document is generated from these same types, so it cannot say something else. Ids are
strings here because they exceed the 2^53 that JavaScript can count to.
"""

from datetime import datetime
from enum import StrEnum

from bartizan.domain.attribution import Attribution
from bartizan.domain.delivery import TimeBasis
from bartizan.domain.search import MapCell
from bartizan.domain.transaction import Endpoint, Transaction
from bartizan.domain.triage import State
from bartizan.kit.struct import Struct
from bartizan.query.scoring import RuleNote, WorkedOut


class PlaceView(Struct, frozen=True, kw_only=True):
    kind: str
    country: str | None
    country_name: str | None
    city: str | None
    latitude: float | None
    longitude: float | None


class RowView(Struct, frozen=True, kw_only=True):
    """A stored transaction in a list, on the map and in the live feed. `state` as it is now."""

    id: str
    sensor: str
    at: datetime
    received_at: datetime
    is_skewed: bool
    unique_id: str | None
    client: Endpoint
    place: PlaceView | None
    method: str | None
    host: str | None
    uri: str | None
    status: int | None
    category: str | None
    severity: int | None
    score: int | None
    intercepted: bool | None
    verdict: str | None
    rule_ids: tuple[int, ...]
    defect_count: int
    time_basis: TimeBasis
    is_demo: bool
    state: State = State.OPEN
    labels: tuple[str, ...] = ()


class Totals(Struct, frozen=True, kw_only=True):
    """With `is_at_least` there may be more: telling exactly would take long."""

    transactions: int
    intercepted: int
    is_at_least: bool = False


class EmptyReason(StrEnum):
    """Why there is nothing to see."""

    NO_SENSOR = "no-sensor"
    SILENT_SENSOR = "silent-sensor"
    FILTER_TOO_NARROW = "filter-too-narrow"
    NOTHING_IN_RANGE = "nothing-in-range"
    NOTHING_IN_SCOPE = "nothing-in-scope"  # there may be something, but not for whoever asks


class Emptiness(Struct, frozen=True, kw_only=True):
    """`newest_at` is the newest match outside the time range, where there is one.

    `filters` are the parameters that are to blame: removing any one of them shows something, or,
    if no single one does, all that were given.
    """

    reason: EmptyReason
    newest_at: datetime | None = None
    filters: tuple[str, ...] = ()


class TransactionList(Struct, frozen=True, kw_only=True):
    transactions: tuple[RowView, ...]
    next: str | None
    total: Totals
    empty: Emptiness | None


class PartView(Struct, frozen=True, kw_only=True):
    """One part of an entry; `text` is cut at 64 KiB of bytes, `size` is the whole part's."""

    letter: str
    name: str
    size: int
    text: str
    truncated: bool


class OpenedTransaction(Struct, frozen=True, kw_only=True):
    """`peer` is who connected to the sensor, if that is not the client but a trusted proxy.

    `zone_offset_s` is what the sensor's clock was taken to be ahead of UTC by, if the entry says
    no time zone. Without `has_payload` the entry was removed on purpose, at `payload_removed_at` if
    that is known: then there are no parts, and of the transaction what is kept beside them.
    `was_redacted`: the entry is not kept as it was received, but without what the rules of
    redaction named then; `has_original`: it is, and more is in it than is shown.
    `rules` stand beside `transaction.matches`, one for each; `worked_out` is what their severities
    add up to, which is not what the ruleset stated.
    """

    row: RowView
    transaction: Transaction
    parts: tuple[PartView, ...]
    variants: tuple[str, ...]
    size_bytes: int
    digest: str
    newer: str | None
    older: str | None
    peer: Endpoint | None
    zone_offset_s: int | None
    has_payload: bool = True
    payload_removed_at: datetime | None = None
    may_see_payload: bool = True
    was_redacted: bool = False
    has_original: bool = False
    rules: tuple[RuleNote, ...] = ()
    worked_out: WorkedOut | None = None


class Neighbours(Struct, frozen=True, kw_only=True):
    """The next in the list that a search makes."""

    newer: str | None
    older: str | None


class EntryWindow(Struct, frozen=True, kw_only=True):
    """`content` is 64 KiB of the entry from `offset` on, in base64; `next` is where more begins."""

    size_bytes: int
    offset: int
    content: bytes
    next: int | None


class FacetValue(Struct, frozen=True, kw_only=True):
    value: str
    name: str
    transactions: int
    intercepted: int


class FacetCounts(Struct, frozen=True, kw_only=True):
    """With `includes_removed` transactions count too that retention removed.

    With `sampled_since` only transactions since then were counted: counting all takes long.
    """

    facet: str
    values: tuple[FacetValue, ...]
    includes_removed: bool = False
    sampled_since: datetime | None = None


class BarPart(Struct, frozen=True, kw_only=True):
    """`value` is null for the transactions that have none."""

    value: str | None
    transactions: int
    intercepted: int


class BarView(Struct, frozen=True, kw_only=True):
    """A slice of time from `at` on. Its `parts` together are the whole; none without a split."""

    at: datetime
    transactions: int
    intercepted: int
    parts: tuple[BarPart, ...]


class HistogramView(Struct, frozen=True, kw_only=True):
    """Every slice of `width_s` seconds, empty ones too. The first may begin before `since`.

    With `includes_removed` transactions count too that retention removed.
    """

    since: datetime
    until: datetime
    width_s: int
    split: str | None
    bars: tuple[BarView, ...]
    includes_removed: bool


class CountryCount(Struct, frozen=True, kw_only=True):
    country: str
    name: str
    transactions: int
    intercepted: int


class CategoryCount(Struct, frozen=True, kw_only=True):
    category: str
    transactions: int
    intercepted: int


class PositionKind(StrEnum):
    """Whether somebody set where the sensor is drawn."""

    SET = "set"
    ASSUMED = "assumed"


class SensorView(Struct, frozen=True, kw_only=True):
    name: str
    label: str
    latitude: float
    longitude: float
    position: PositionKind
    is_demo: bool
    is_enabled: bool
    last_entry_at: datetime | None


class SensorList(Struct, frozen=True, kw_only=True):
    sensors: tuple[SensorView, ...]


class MapSummary(Struct, frozen=True, kw_only=True):
    total: Totals
    countries: tuple[CountryCount, ...]
    categories: tuple[CategoryCount, ...]
    cells: tuple[MapCell, ...]
    sensors: tuple[SensorView, ...]
    recent: tuple[RowView, ...]
    attribution: Attribution
    empty: Emptiness | None
    server_time: datetime
    build: str


class Removed(Struct, frozen=True, kw_only=True):
    transactions: int
