"""Stored raw entries through today's decoders and enrichers, and what that changes.

Bounded batches, each one transaction of the store, so it may run beside workers and be stopped or
killed at any point: running it again goes over the same entries and finds them as they should be.
What today's decoder refuses keeps its stored row, and is told.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from bartizan.domain.delivery import Record
from bartizan.domain.errors import Refused
from bartizan.domain.search import Search
from bartizan.ingest.pipeline import Pipeline
from bartizan.ingest.redaction.pseudonyms import is_pseudonym
from bartizan.kit.struct import Struct
from bartizan.store.contract import KeptPage, Replaced, Store

STORE_REFUSED: Final = "store-refused"
_BATCH: Final = 500
_EXAMPLES: Final = 3
_REFUSALS: Final = 20


class Example(Struct, frozen=True, kw_only=True):
    """What became different in the transaction `id`."""

    id: int
    before: Any
    after: Any


class Refusal(Struct, frozen=True, kw_only=True):
    """The transaction `id` was left as it was."""

    id: int
    code: str
    detail: str


class Findings:
    """What a run found: `looked_at` = those that did not match + `unchanged` + `changed` + kept
    + `without_payload`, those whose entry was removed by retention.

    `refused` counts the reasons why rows were kept as they were; `fields` the transactions in which
    a field became different, with the first `examples` of each.
    """

    def __init__(self) -> None:
        self.looked_at = 0
        self.matched = 0
        self.without_payload = 0
        self.changed = 0
        self.fields: Counter[str] = Counter()
        self.examples: dict[str, list[Example]] = {}
        self.refused: Counter[str] = Counter()
        self.refusals: list[Refusal] = []

    @property
    def unchanged(self) -> int:
        return self.matched - self.changed - self.refused.total()

    def note_changes(self, replaced: Sequence[Replaced]) -> None:
        self.changed += len(replaced)
        for one in replaced:
            for change in one.fields:
                self.fields[change.name] += 1
                examples = self.examples.setdefault(change.name, [])
                if len(examples) < _EXAMPLES:
                    examples.append(Example(id=one.id, before=change.before, after=change.after))

    def note_refusal(self, transaction_id: int, code: str, detail: str) -> None:
        self.refused[code] += 1
        if len(self.refusals) < _REFUSALS:
            self.refusals.append(Refusal(id=transaction_id, code=code, detail=detail))


class Reprocess:
    """One run over the stored transactions that match. With `is_rehearsal` nothing is written.

    What the rules of redaction name is taken out of the fields; with `redacts_entries` also out of
    the entries that are kept, for ever. Of a client that has a pseudonym the place stays known.
    """

    def __init__(
        self,
        store: Store,
        pipeline: Pipeline,
        *,
        is_rehearsal: bool = False,
        redacts_entries: bool = False,
        batch: int = _BATCH,
    ) -> None:
        self._store = store
        self._pipeline = pipeline
        self._is_rehearsal = is_rehearsal
        self._redacts_entries = redacts_entries
        self._batch = batch
        self.findings = Findings()

    def run(
        self,
        search: Search,
        *,
        after_id: int = 0,
        until_id: int | None = None,
        on_batch: Callable[[int], None] = lambda _position: None,
    ) -> Findings:
        """Go over the transactions with ids after `after_id`, up to `until_id` or the last one now.

        `on_batch` hears the id up to which everything is done. Raises what the store raises; what
        was done before then stays done.
        """
        until = self._store.last_id() if until_id is None else until_id
        position = after_id
        while position < until:
            page = self._store.entries(search, after_id=position, limit=self._batch)
            if not page.looked_at:
                break
            self._take(page)
            position = page.position
            on_batch(position)
        return self.findings

    def _take(self, page: KeptPage) -> None:
        findings = self.findings
        findings.looked_at += page.looked_at
        dropped = [kept for kept in page.entries if not kept.entry.raw]
        entries = [kept for kept in page.entries if kept.entry.raw]
        findings.without_payload += len(page.without_payload) + len(dropped)
        findings.matched += len(entries) + len(page.damaged)
        for transaction_id in page.damaged:
            findings.note_refusal(transaction_id, "damaged-entry", "the stored bytes are damaged")
        prepared = self._pipeline.prepare([kept.entry for kept in entries])
        for bad in prepared.undecodable:
            findings.note_refusal(entries[bad.index].id, bad.code, bad.detail)
        ids = [entries[index].id for index in prepared.indexes]
        self._replace(list(map(self._as_wanted, ids, prepared.records)))

    def _as_wanted(self, number: int, record: Record) -> tuple[int, Record]:
        if record.kept_digest is not None and not self._redacts_entries:
            record = msgspec.structs.replace(record, kept_digest=None)
        if is_pseudonym(record.transaction.client.address):
            stored = self._store.get(number)
            if stored is not None and is_pseudonym(stored.row.client_address):
                transaction = msgspec.structs.replace(record.transaction, place=stored.place)
                record = msgspec.structs.replace(record, transaction=transaction)
        return number, record

    def _replace(self, records: list[tuple[int, Record]]) -> None:
        """Halve what the store refuses until the one it means is found."""
        try:
            replaced = self._store.replace(records, is_rehearsal=self._is_rehearsal)
        except Refused as error:
            if len(records) == 1:
                self.findings.note_refusal(records[0][0], STORE_REFUSED, str(error))
            else:
                middle = len(records) // 2
                self._replace(records[:middle])
                self._replace(records[middle:])
        else:
            self.findings.note_changes(replaced)
