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
from typing import Protocol

from bartizan.domain.delivery import Record, Row
from bartizan.domain.search import Bar, Count, Cursor, Facet, MapCell, Page, Search
from bartizan.domain.transaction import Place, RuleMatch
from bartizan.kit.struct import Struct


class Appended(Struct, frozen=True, kw_only=True):
    """What became of a batch: `ids` of the new transactions, and how many were there already."""

    ids: tuple[int, ...]
    duplicates: int


class Stored(Struct, frozen=True, kw_only=True):
    """One transaction as kept: its row, its matches in log order, and what was known at the time.

    `variants` are the ids of other transactions with the same sensor and unique id but other bytes.
    """

    row: Row
    format: str
    digest: bytes
    size_bytes: int
    matches: tuple[RuleMatch, ...]
    place: Place | None
    variants: tuple[int, ...]


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

    def remove_sensor(self, sensor: str) -> int:
        """Remove all transactions of a sensor (demo removal). Returns how many went."""
        ...

    def close(self) -> None: ...
