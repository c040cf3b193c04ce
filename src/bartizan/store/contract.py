"""What every transaction store promises. One suite, tests/contract/, runs over all of them.

Duties:
* append is atomic per batch and idempotent: identity is (sensor, digest); after any crash the whole
  batch is there or nothing of it; a record already there counts as a duplicate and changes nothing;
* all rule matches are kept, in order; raw bytes come back exactly;
* rows are ordered newest first by (`Row.at`, `Row.id`); cursors stay valid while rows arrive or go;
* ids grow with insertion within one writer; several writers may commit slightly out of order;
* values are data: every text, however hostile, is bound, stored and returned as it is (a text that
  is longer than its column is cut there, never refused; the raw entry has all of it);
* safe for one writer and many reader threads; blocking calls, no event loop;
* raises `Unavailable` when the database cannot be reached or is locked (the caller retries),
  `Misconfigured` for a wrong URL or a schema newer than this program, nothing else of its own.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from bartizan.domain.delivery import AuditLogEntry, Record, Row
from bartizan.domain.search import Bar, Count, Cursor, Facet, MapCell, Page, Search
from bartizan.domain.sensor_health import SensorActivity, SensorDefects, SensorTrait, Slice
from bartizan.domain.transaction import Place, RuleMatch
from bartizan.kit.struct import Struct


class Appended(Struct, frozen=True, kw_only=True):
    """What became of a batch: `ids` of the new transactions, and how many were there already."""

    ids: tuple[int, ...]
    duplicates: int


class Stored(Struct, frozen=True, kw_only=True):
    """One transaction as kept: its row, its matches in log order, and what was known at the time.

    `variants` are the ids of other transactions with the same sensor and unique id but other bytes.
    `occurred_at` is when it happened as far as anybody knows, also if that is after its receipt.
    `origin` is the file it was read from, if it came from one, and `origin_offset` the byte in it
    (unpacked) where it began. `claimed_hash` is what the sender said of it, if that is not true.
    """

    row: Row
    format: str
    digest: bytes
    size_bytes: int
    matches: tuple[RuleMatch, ...]
    place: Place | None
    variants: tuple[int, ...]
    origin: str | None = None
    origin_offset: int | None = None
    occurred_at: datetime | None = None
    claimed_hash: str | None = None


class KeptEntry(Struct, frozen=True, kw_only=True):
    """The entry of the transaction `id`, as it was received."""

    id: int
    entry: AuditLogEntry


class KeptPage(Struct, frozen=True, kw_only=True):
    """`entries` among the `looked_at` transactions up to the id `position`; `damaged` are ids.

    `looked_at` is 0 at the end.
    """

    entries: tuple[KeptEntry, ...]
    damaged: tuple[int, ...]
    looked_at: int
    position: int


class FieldChange(Struct, frozen=True, kw_only=True):
    """`name` is a field of `Row`, or `occurred_at`, `format`, `engine_mode`, `ruleset`,
    `place_source`, `matches` (tuples of `RuleMatch`) or `parts` (the letters; also where only
    the text of one differs).
    """

    name: str
    before: Any
    after: Any


class Replaced(Struct, frozen=True, kw_only=True):
    """What became different in the transaction `id`; `fields` may be empty for derived columns."""

    id: int
    fields: tuple[FieldChange, ...]


class Store(Protocol):
    def append(self, records: Sequence[Record]) -> Appended:
        """Keep the records (at most a few thousand), durably, in one transaction."""
        ...

    def get(self, transaction_id: int) -> Stored | None: ...

    def raw(self, transaction_id: int) -> bytes | None:
        """The entry byte for byte as received."""
        ...

    def page(self, search: Search, *, before: Cursor | None = None, limit: int = 50) -> Page:
        """Matching rows, newest first, strictly older than `before`; `next` is None at the end."""
        ...

    def newer(self, after_id: int, *, limit: int = 500) -> tuple[Row, ...]:
        """Rows with a greater id, in id order: the live feed's question."""
        ...

    def last_id(self) -> int:
        """The greatest id, 0 if empty."""
        ...

    def count(self, search: Search) -> Count:
        """How many match; `value` is empty."""
        ...

    def facet(self, search: Search, facet: Facet, *, limit: int = 20) -> tuple[Count, ...]:
        """The most frequent values of `facet` among the matching, most frequent first.

        A RULE facet counts a transaction once per distinct rule. Transactions without a value do
        not count.
        """
        ...

    def histogram(self, search: Search, *, width: timedelta) -> tuple[Bar, ...]:
        """Counts per slice of `width`, oldest first, empty ones left out; needs `search.since`."""
        ...

    def map_cells(self, search: Search, *, limit: int = 2000) -> tuple[MapCell, ...]:
        """Counts by place (0.5 degree cells), sensor and category, most frequent first."""
        ...

    def last_seen(self) -> dict[str, datetime]:
        """When the newest entry of each sensor was received."""
        ...

    def sensor_activity(
        self, since: datetime, slices: Slice, *, sensor: str | None = None
    ) -> tuple[SensorActivity, ...]:
        """Slices of receiving time that begin at `since` or later, oldest first, then by sensor.

        Empty ones are left out. Minutes are kept for two days, hours for five weeks.
        """
        ...

    def sensor_traits(self, *, sensor: str | None = None) -> tuple[SensorTrait, ...]:
        """With what software each sensor wrote, by sensor and trait, seen last first.

        Times are the minute of receipt. At most the 20 values of a trait that were seen last.
        """
        ...

    def sensor_defects(
        self, since: datetime, *, sensor: str | None = None
    ) -> tuple[SensorDefects, ...]:
        """Defects by day of receipt since then, oldest first; kept for five weeks."""
        ...

    def entries(self, search: Search, *, after_id: int, limit: int) -> KeptPage:
        """Entries to be decoded again, in id order: those of the next `limit` ids that match.

        Fewer than `limit` are looked at where they are large. Costs the same, whatever matches.
        """
        ...

    def replace(
        self, records: Sequence[tuple[int, Record]], *, is_rehearsal: bool = False
    ) -> tuple[Replaced, ...]:
        """Make these transactions what storing the records now would make them, in one transaction.

        Only what differs is written, so a repeat changes nothing. Ids, sensor, receiving time,
        origin, and the raw bytes stay, and so does what is counted of sensors: it tells how they
        were when they were heard. An id that is gone is left out. A rehearsal writes nothing.
        """
        ...

    def remove_sensor(self, sensor: str) -> int:
        """Remove all transactions of a sensor (demo removal). Returns how many went."""
        ...

    def close(self) -> None: ...
