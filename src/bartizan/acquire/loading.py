"""A batch of entries into the store: the part of an import that takes the time.

Knows nothing of files. Done in one process: two of them take half as much time again for each entry
(what they are told and answer has to travel), while SQLite has one writer at a time.
"""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from bartizan.domain.delivery import AuditLogEntry, Record
from bartizan.domain.errors import Refused, Unavailable
from bartizan.domain.transaction import Zone
from bartizan.ingest.pipeline import Pipeline, Undecodable
from bartizan.ingest.retry import Backoff

STORE_REFUSED: Final = "store-refused"
_TRIES: Final = 20  # in a minute or more


class Loaded(NamedTuple):
    """What became of a batch; `undecodable` also has what the store refused.

    `formats` counts what was decoded, `times` are the first and last of when it occurred, and
    `zones_assumed` counts the entries that do not say in which zone their clock was.
    """

    stored: int
    duplicates: int
    undecodable: tuple[Undecodable, ...]
    formats: dict[str, int]
    times: tuple[datetime, datetime] | None
    zones_assumed: int


class Loader:
    """Decodes, enriches and stores; in a dry run only decodes and enriches."""

    def __init__(self, pipeline: Pipeline, *, is_dry_run: bool = False) -> None:
        self._pipeline = pipeline
        self._is_dry_run = is_dry_run

    def load(self, entries: Sequence[AuditLogEntry]) -> Loaded:
        """All that can be stored is. Raises `Unavailable` when the store is away for a minute."""
        prepared = self._pipeline.prepare(entries)
        stored = duplicates = 0
        refused: list[Undecodable] = []
        if not self._is_dry_run:
            stored, duplicates = self._store(prepared.records, prepared.indexes, refused)
        occurred = [
            record.transaction.occurred_at
            for record in prepared.records
            if record.transaction.occurred_at is not None
        ]
        formats: dict[str, int] = {}
        for record in prepared.records:
            name = record.transaction.format.value
            formats[name] = formats.get(name, 0) + 1
        return Loaded(
            stored=stored,
            duplicates=duplicates,
            undecodable=(*prepared.undecodable, *refused),
            formats=formats,
            times=(min(occurred), max(occurred)) if occurred else None,
            zones_assumed=sum(
                record.transaction.zone is Zone.ASSUMED for record in prepared.records
            ),
        )

    def _store(
        self, records: Sequence[Record], indexes: Sequence[int], refused: list[Undecodable]
    ) -> tuple[int, int]:
        """Halves what the store refuses until the one it means is found."""
        try:
            return self._patiently(records)
        except Refused as error:
            if len(records) == 1:
                bad = Undecodable(index=indexes[0], code=STORE_REFUSED, detail=str(error))
                refused.append(bad)
                return 0, 0
        middle = len(records) // 2
        one = self._store(records[:middle], indexes[:middle], refused)
        two = self._store(records[middle:], indexes[middle:], refused)
        return one[0] + two[0], one[1] + two[1]

    def _patiently(self, records: Sequence[Record]) -> tuple[int, int]:
        backoff = Backoff()
        for _ in range(_TRIES):
            try:
                return self._pipeline.store(records)
            except Unavailable:
                time.sleep(backoff.next_s())
        return self._pipeline.store(records)
