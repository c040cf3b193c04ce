"""What became of what an import found: counts, and for each reason the first place it was met."""

from datetime import datetime

from bartizan.acquire.found import FoundEntry
from bartizan.acquire.loading import Loaded
from bartizan.kit.struct import Struct


class Reason(Struct, frozen=True, kw_only=True):
    """Why something was not stored, how often, and where first.

    `code` is a dead letter's code or a `Problem`; `is_skipped` if nothing was lost by it.
    """

    code: str
    is_skipped: bool
    count: int
    path: str
    offset: int
    detail: str


class Summary(Struct, frozen=True, kw_only=True):
    """A tally as it is told in the end. Its JSON form is a promise: docs/import.md."""

    entries: int
    stored: int
    duplicates: int
    set_aside: int
    skipped: int
    formats: dict[str, int]
    first_at: datetime | None
    last_at: datetime | None
    zones_assumed: int
    reasons: tuple[Reason, ...]


class Tally:
    """`entries` = `stored` + `duplicates` + those of them that were set aside.

    `set_aside` also counts what is no entry, `skipped` links, FIFOs, index files and the like. In
    a dry run nothing is stored, and what could be is in `formats`.
    """

    def __init__(self) -> None:
        self.entries = 0
        self.stored = 0
        self.duplicates = 0
        self.set_aside = 0
        self.skipped = 0
        self.formats: dict[str, int] = {}
        self.first_at: datetime | None = None
        self.last_at: datetime | None = None
        self.zones_assumed = 0
        self._reasons: dict[str, Reason] = {}

    def add_loaded(self, entries: int, loaded: Loaded) -> None:
        self.entries += entries
        self.stored += loaded.stored
        self.duplicates += loaded.duplicates
        for name, count in loaded.formats.items():
            self.formats[name] = self.formats.get(name, 0) + count
        self.zones_assumed += loaded.zones_assumed
        if loaded.times is not None:
            first, last = loaded.times
            self.first_at = first if self.first_at is None else min(self.first_at, first)
            self.last_at = last if self.last_at is None else max(self.last_at, last)

    def add_set_aside(self, one: FoundEntry, code: str, detail: str) -> None:
        self.set_aside += one.count
        self._add(one, code, detail, is_skipped=False)

    def add_skipped(self, one: FoundEntry) -> None:
        self.skipped += one.count
        self._add(one, str(one.problem), one.detail, is_skipped=True)

    def _add(self, one: FoundEntry, code: str, detail: str, *, is_skipped: bool) -> None:
        known = self._reasons.get(code)
        self._reasons[code] = Reason(
            code=code,
            is_skipped=is_skipped,
            count=one.count + (known.count if known else 0),
            path=known.path if known else one.path,
            offset=known.offset if known else one.offset,
            detail=known.detail if known else detail,
        )

    def summary(self) -> Summary:
        """The most frequent reasons first, those that were skipped last."""
        reasons = sorted(
            self._reasons.values(), key=lambda one: (one.is_skipped, -one.count, one.code)
        )
        return Summary(
            entries=self.entries,
            stored=self.stored,
            duplicates=self.duplicates,
            set_aside=self.set_aside,
            skipped=self.skipped,
            formats=dict(sorted(self.formats.items())),
            first_at=self.first_at,
            last_at=self.last_at,
            zones_assumed=self.zones_assumed,
            reasons=tuple(reasons),
        )
