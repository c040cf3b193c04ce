"""What every transaction store promises. One suite, tests/contract/, runs over all of them.

Duties:
* append is atomic per batch and idempotent: identity is (sensor, digest); after any crash the whole
  batch is there or nothing of it; a record already there counts as a duplicate and changes nothing;
* all rule matches are kept, in order; raw bytes come back exactly as the record had them;
* rows are ordered newest first by (`Row.at`, `Row.id`); cursors stay valid while rows arrive or go;
* ids grow with insertion within one writer; in SQL also across several, as they take turns
  (`store/sql/turn.py`); in a cluster those may become visible slightly out of order;
  they are made by `kit/ids.py`, so they also say when a transaction was stored;
* values are data: every text, however hostile, is bound, stored and returned as it is (a text that
  is longer than its column is cut there, never refused; the raw entry has all of it);
* safe for one writer and many reader threads; blocking calls, no event loop;
* raises `Unavailable` when the database cannot be reached or is locked (the caller retries),
  `Misconfigured` for a wrong URL or a schema newer than this program, nothing else of its own.

A store in a cluster has no transactions, and may promise this instead (docs/opensearch.md):
* where a batch is said to be kept or changed "in one transaction", each of its records is, and is
  seen whole or not at all. After a crash or an error any of them may be there; the repeat completes
  the rest and counts as duplicates what was there;
* what one object wrote, or was there when it was opened, its own questions see at once, those of
  others within two seconds;
* several writers commit further out of order: by as much as one batch takes. A record that a killed
  writer had begun gets the id that was meant for it;
* a facet of more than 5,000 values is exact only in what is far more frequent than the rest;
* no statistics tell of removed transactions;
* `Refused` also for a search that the cluster cannot answer, such as one for a long text which
  repeats itself.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from bartizan.domain.delivery import AuditLogEntry, Record, Row
from bartizan.domain.retention import Preserved, StoreRoom, StoreSize
from bartizan.domain.search import Bar, Count, Cursor, Facet, MapCell, Page, Search
from bartizan.domain.sensor_health import SensorActivity, SensorDefects, SensorTrait, Slice
from bartizan.domain.transaction import Place, RuleMatch
from bartizan.domain.triage import NOTHING, Triage
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
    `payload_removed_at` is when `forget_payloads` took its entry. `engine_mode` and `ruleset` are
    as the entry states them. `size_bytes` and `kept_digest` are of the entry as it is kept; there
    is no `kept_digest` where that is as it was received.
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
    preserved: Preserved | None = None
    payload_removed_at: datetime | None = None
    triage: Triage = NOTHING
    engine_mode: str | None = None
    ruleset: str | None = None
    kept_digest: bytes | None = None


class KeptEntry(Struct, frozen=True, kw_only=True):
    """The entry of the transaction `id`, as it is kept."""

    id: int
    entry: AuditLogEntry


class KeptPage(Struct, frozen=True, kw_only=True):
    """`entries` among the `looked_at` transactions up to the id `position`; `damaged` are ids.

    `without_payload` are ids too: of those that match, and whose entry was removed on purpose.
    `looked_at` is 0 at the end.
    """

    entries: tuple[KeptEntry, ...]
    damaged: tuple[int, ...]
    looked_at: int
    position: int
    without_payload: tuple[int, ...] = ()


class KeptRecord(Struct, frozen=True, kw_only=True):
    """The transaction `id` exactly as the store has it.

    `record` is what storing would make the same of: in its transaction only what the stores keep
    (of defects how many, of headers the host, of scores one), and no parts. `has_payload` is false
    where the raw entry was removed on purpose, or cannot be restored; then `record.raw` is empty.
    `size_bytes` is the size of the entry in any case.
    """

    id: int
    record: Record
    size_bytes: int
    has_payload: bool = True
    payload_removed_at: datetime | None = None
    preserved: Preserved | None = None
    triage: Triage = NOTHING


class RecordPage(Struct, frozen=True, kw_only=True):
    """`records` in the order of their ids, all there are up to the id `position`.

    `damaged` are the ids of those whose raw entry cannot be restored. `records` is empty at the end
    only.
    """

    records: tuple[KeptRecord, ...]
    damaged: tuple[int, ...]
    position: int


class Restored(Struct, frozen=True, kw_only=True):
    """What became of records restored: each is `stored`, or `present` under its id already, or
    `elsewhere`: (id it had, id it has here), of entries that the store knew under another id, and
    of ids that it had given to other entries.
    """

    stored: int
    present: int
    elsewhere: tuple[tuple[int, int], ...] = ()


class Triaged(Struct, frozen=True, kw_only=True):
    """Of the ids asked for, `there` are stored, and of these `changed` were changed."""

    there: int
    changed: int


class FaultKind(StrEnum):
    """What can be wrong with what is at rest. docs/store.md says what to do about each."""

    ENTRY_DAMAGED = "entry-damaged"  # the raw entry cannot be restored
    ENTRY_DIFFERS = "entry-differs"  # it can, and is not what its digest or its size says
    ENTRY_MISSING = "entry-missing"  # there is none, and nobody removed it
    ENTRY_NOT_REMOVED = "entry-not-removed"  # it was removed, and is there
    MATCH_MISSING = "match-missing"  # of several rule matches one is gone
    MATCH_WITHOUT_TEXT = "match-without-text"  # what the rule says is gone
    ORPHANED_MATCH = "orphaned-match"  # these four belong to no transaction
    ORPHANED_ENTRY = "orphaned-entry"
    ORPHANED_PARTS = "orphaned-parts"
    ORPHANED_MARK = "orphaned-mark"
    DOUBLED = "doubled"  # one entry, or one id, is there twice
    SENSOR_NOT_COUNTED = "sensor-not-counted"  # it has transactions, and was never heard
    COUNTS_DIFFER = "counts-differ"  # the counts kept by hours are not those of the transactions


class Fault(Struct, frozen=True, kw_only=True):
    """`count` transactions, or rows of none, with which this is wrong; `examples` are first ids."""

    kind: FaultKind
    count: int
    examples: tuple[int, ...] = ()


class CheckedHour(Struct, frozen=True, kw_only=True):
    """How many of the counts of the hour from `start` are not what its transactions say."""

    start: datetime
    wrong: int


class SensorCounts(Struct, frozen=True, kw_only=True):
    """Everything that is counted of one sensor beside its transactions."""

    sensor: str
    last_received_at: datetime | None
    minutes: tuple[SensorActivity, ...] = ()
    hours: tuple[SensorActivity, ...] = ()
    traits: tuple[SensorTrait, ...] = ()
    defects: tuple[SensorDefects, ...] = ()


class FieldChange(Struct, frozen=True, kw_only=True):
    """`name` is a field of `Row`, or `occurred_at`, `format`, `engine_mode`, `ruleset`,
    `place_source`, `matches` (tuples of `RuleMatch`) or `parts` (the letters; also where only
    the text of one differs), or `entry` (its digest in hexadecimal).
    """

    name: str
    before: Any
    after: Any


class Replaced(Struct, frozen=True, kw_only=True):
    """What became different in the transaction `id`; `fields` may be empty for derived columns."""

    id: int
    fields: tuple[FieldChange, ...]


class Expired(Struct, frozen=True, kw_only=True):
    """Transactions whose time is over: ids below `before_id` that match `search`.

    Not those that match one of `kept`, nor those that are preserved: these stay in any case.
    """

    before_id: int
    search: Search = Search()
    kept: tuple[Search, ...] = ()


class RetentionStep(Struct, frozen=True, kw_only=True):
    """`removed` of the `looked_at` transactions up to the id `position`; the others stay.

    `raw_bytes` is what the entries that went had, as they were received. `looked_at` is 0 at the
    end.
    """

    looked_at: int
    removed: int
    raw_bytes: int
    position: int


class Store(Protocol):
    @property
    def keeps_parts(self) -> bool:
        """Whether anything is made of the parts of records; else nobody need cut entries."""
        ...

    def append(self, records: Sequence[Record]) -> Appended:
        """Keep the records (at most a few thousand), durably, in one transaction."""
        ...

    def get(self, transaction_id: int) -> Stored | None: ...

    def raw(self, transaction_id: int) -> bytes | None:
        """The entry byte for byte as it is kept: as received, or what was left of it then."""
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

    def count(
        self, search: Search, *, limit: int | None = None, with_removed: bool = False
    ) -> Count:
        """How many match; `value` is empty. Transactions that are gone do not count.

        So of all that follow: answers are exact, whatever their span, and those of long spans cost
        little where nothing narrows them but `sensors`, `intercepted`, and one of the facets.

        With a `limit` the answer may be at least so many (`is_at_least`), where telling more costs
        more than a moment; and fewer, where even that does. Both numbers are then of the newest
        that were found.

        `with_removed` counts also those that retention removed, wherever `tells_removed` says so;
        of an hour that the span cuts, only what is still there.
        """
        ...

    def facet(
        self, search: Search, facet: Facet, *, limit: int = 20, with_removed: bool = False
    ) -> tuple[Count, ...]:
        """The most frequent values of `facet` among the matching, most frequent first.

        A RULE facet counts a transaction once per distinct rule, a LABEL facet once per label.
        Transactions without a value do not count; those that are open have no STATE, and one that
        was ignored counts as that, also where its time is over: that is for the search to say.
        """
        ...

    def sample_since(self, search: Search, facet: Facet, *, size: int) -> datetime | None:
        """Where to begin counting a facet whose counts over all that match would take long.

        From there on at least `size` match, or as many as a quarter of a second suffices to find.
        None: count all of them. Which stores and searches need this is for each store to say.
        """
        ...

    def histogram(
        self,
        search: Search,
        *,
        width: timedelta,
        split: Facet | None = None,
        with_removed: bool = False,
    ) -> tuple[Bar, ...]:
        """Counts per slice of `width`, oldest first, empty ones left out; needs `search.since`.

        `split` is one of SPLITS.
        """
        ...

    def tells_removed(
        self, search: Search, *, facet: Facet | None = None, width: timedelta | None = None
    ) -> bool:
        """Whether statistics tell this of removed transactions too, with `with_removed`.

        `width` is that of a histogram, `facet` what it is split by. Statistics know `sensors`,
        `intercepted` (true), and one filter or facet of few values; of clients, networks and hosts
        not together with `sensors`; histograms of whole hours only. A store that keeps no
        statistics of transactions, as a cluster does, never.
        """
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

        Only what differs is written, so a repeat changes nothing. Ids, sensor, receiving time and
        origin stay, and so does what is counted of sensors: it tells how they were when they were
        heard. The entry stays too, unless the record has a `kept_digest` that is another one: then
        its `raw` is what is kept from now on; of an entry that was removed, nothing. An id that is
        gone is left out. A rehearsal writes nothing.
        """
        ...

    def records(self, *, after_id: int, limit: int, until_id: int | None = None) -> RecordPage:
        """Transactions with ids after `after_id`, up to `until_id`, to be moved to another store.

        At most `limit`, and fewer where they are large; all of them, whatever they are.
        """
        ...

    def restore(self, records: Sequence[KeptRecord]) -> Restored:
        """Keep transactions of another store under the ids they had there, in one transaction.

        A repeat changes nothing. What an id cannot be kept for gets a new one. All but
        `sensor_activity`, `sensor_traits` and `sensor_defects` then answers as if they had been
        appended here; those are for `set_counts`.
        """
        ...

    def set_counts(self, counts: SensorCounts) -> None:
        """Make what is counted of a sensor exactly this. Its transactions stay as they are."""
        ...

    def forget_payloads(
        self,
        expired: Expired,
        *,
        after_id: int,
        limit: int,
        at: datetime,
        is_rehearsal: bool = False,
    ) -> RetentionStep:
        """Remove raw entries and parts, in id order; `at` is what `payload_removed_at` will say.

        Looks at the next `limit` transactions that still have theirs: one transaction of the
        database, so small ones keep no writer waiting. Everything else about them stays. A
        rehearsal counts what would go, and changes nothing.
        """
        ...

    def remove_transactions(
        self, expired: Expired, *, after_id: int, limit: int, is_rehearsal: bool = False
    ) -> RetentionStep:
        """Remove transactions with all they have, in id order, as `forget_payloads` does.

        What is counted of sensors and in statistics stays: it tells what was.
        """
        ...

    def remove_statistics(self, before: datetime, *, limit: int) -> int:
        """Remove counts of slices of time that end before then, at most `limit` rows of them.

        Those that questions about transactions still here are answered from stay. Returns how many
        rows went; 0 at the end.
        """
        ...

    def preserve(self, ids: Sequence[int], mark: Preserved | None) -> int:
        """Mark transactions to be kept whatever their age; None takes the mark away.

        The first mark stays. Returns how many of the ids are there. From its return on no step
        removes any of them.
        """
        ...

    def triage(self, ids: Sequence[int], change: Callable[[Triage], Triage]) -> Triaged:
        """What people make of these transactions (at most 1,000 at once) becomes what `change`
        makes of it, in one transaction.

        `change` is pure and may be called again for each; what it raises is raised, and changes
        nothing. What comes back as it was is not written. It goes with its transaction, and keeps
        none from going.
        """
        ...

    def room(self) -> StoreRoom:
        """What it takes of its disk; some milliseconds."""
        ...

    def size(self) -> StoreSize:
        """What is in it. May cost a second: for every few minutes, not for every request."""
        ...

    def give_back(self, limit_bytes: int) -> int:
        """Give room that is free to the disk, about so much at once; 0 if there is none to give.

        A small step, as the others. Databases that do this by themselves, or cannot, say 0.
        """
        ...

    def faults(self, *, after_id: int | None, until_id: int | None) -> tuple[Fault, ...]:
        """What does not fit together, of ids after `after_id`, up to `until_id`; None: no bound.

        Never anything in a sound store, also while it is written. `records` tells of raw entries.
        """
        ...

    def check_hour(self, after: datetime | None) -> CheckedHour | None:
        """Count the transactions of the first hour after this one again; None if there is none.

        A store that keeps no counts of transactions has nothing to check.
        """
        ...

    def remove_sensor(self, sensor: str) -> int:
        """Remove all transactions of a sensor (demo removal). Returns how many went."""
        ...

    def close(self) -> None: ...
