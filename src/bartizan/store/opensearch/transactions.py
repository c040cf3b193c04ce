"""`OpenSearchStore`: the contract of stores in an OpenSearch or Elasticsearch cluster.

Where it promises less than a database does, contract.py and docs/opensearch.md say so. What this
object has written its own questions see at once; others see it within about a second.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from bartizan.domain.delivery import Record, Row
from bartizan.domain.retention import Preserved, StoreRoom, StoreSize
from bartizan.domain.search import Bar, Count, Cursor, Facet, MapCell, Page, Search
from bartizan.domain.sensor_health import SensorActivity, SensorDefects, SensorTrait, Slice
from bartizan.domain.triage import Triage
from bartizan.kit.clock import NowUs, now_us, to_us
from bartizan.kit.ids import IdSource, first_id_at
from bartizan.store import limits
from bartizan.store.contract import (
    Appended,
    CheckedHour,
    Expired,
    Fault,
    KeptPage,
    KeptRecord,
    RecordPage,
    Replaced,
    Restored,
    RetentionStep,
    SensorCounts,
    Stored,
    Triaged,
)
from bartizan.store.opensearch import counts
from bartizan.store.opensearch.address import Address
from bartizan.store.opensearch.append import Appender
from bartizan.store.opensearch.cluster import Cluster
from bartizan.store.opensearch.entries import Entries
from bartizan.store.opensearch.faults import find_faults
from bartizan.store.opensearch.filters import between, query
from bartizan.store.opensearch.names import Names
from bartizan.store.opensearch.records import fetch_records
from bartizan.store.opensearch.removal import Removal
from bartizan.store.opensearch.replace import replace
from bartizan.store.opensearch.retention import Retention
from bartizan.store.opensearch.rows import FACT_FIELDS, ROW_FIELDS, make_row, make_stored
from bartizan.store.opensearch.schema import require_current
from bartizan.store.opensearch.sensor_counts import SensorTally
from bartizan.store.opensearch.size import Sizes
from bartizan.store.opensearch.triage import change_triage
from bartizan.store.opensearch.writes import Document

_NEWEST_FIRST: Final = [{"bartizan.at_us": "desc"}, {"bartizan.id": "desc"}]
_OLDEST_ID_FIRST: Final = [{"bartizan.id": "asc"}]
_CHECK_EVERY_S: Final = 10.0
_COVER_EVERY_S: Final = 300.0
_SETTLED_US: Final = 60 * 1_000_000
_MOST: Final = 10_000  # what one search may give


class OpenSearchStore:
    """A `Store` in a cluster. The schema must be current."""

    keeps_parts = True

    def __init__(self, address: Address, now: NowUs = now_us) -> None:
        self._cluster = Cluster(address)
        self._names = Names(address.prefix, require_current(self._cluster, address))
        self._entries = Entries(self._cluster, self._names)
        self._appender = Appender(self._cluster, self._names, IdSource(now))
        self._tally = SensorTally(self._cluster, self._names)
        self._sizes = Sizes(self._cluster, self._names)
        self._removal = Removal(self._cluster, self._names, self._entries, self._tally)
        self._retention = Retention(
            self._cluster, self._names, self._entries, tally=self._tally, removal=self._removal
        )
        self._unseen = threading.Event()
        self._unseen.set()  # whoever opens a store sees what was stored until then
        self._address = address
        self._check_at = time.monotonic() + _CHECK_EVERY_S
        self._cover_at = 0.0

    def append(self, records: Sequence[Record]) -> Appended:
        self._look_after()
        try:
            appended, is_visible = self._appender.append(records)
        except BaseException:
            self._unseen.set()  # some of them may be there
            raise
        if not is_visible:
            self._unseen.set()
        return appended

    def get(self, transaction_id: int) -> Stored | None:
        source = self._source(transaction_id, FACT_FIELDS)
        return None if source is None else make_stored(source, self._variants(source))

    def raw(self, transaction_id: int) -> bytes | None:
        source = self._source(transaction_id, ["bartizan"])
        return None if source is None else self._entries.raw(source)

    def page(self, search: Search, *, before: Cursor | None = None, limit: int = 50) -> Page:
        after = {} if before is None else {"search_after": [before.at_us, before.id]}
        rows = self._rows(query(search), _NEWEST_FIRST, limit + 1, **after)
        last = rows[limit - 1] if len(rows) > limit else None
        return Page(
            rows=rows[:limit],
            next=None if last is None else Cursor(at_us=to_us(last.at), id=last.id),
        )

    def newer(self, after_id: int, *, limit: int = 500) -> tuple[Row, ...]:
        after = between("bartizan.id", gt=_id(after_id))
        return self._rows({"bool": {"filter": [after]}}, _OLDEST_ID_FIRST, limit)

    def last_id(self) -> int:
        newest = {"size": 1, "sort": [{"bartizan.id": "desc"}], "_source": ["bartizan.id"]}
        hits = self._seeing().search(self._names.transactions, newest)["hits"]["hits"]
        number: int = hits[0]["_source"]["bartizan"]["id"] if hits else 0
        return number

    def count(
        self,
        search: Search,
        *,
        limit: int | None = None,
        with_removed: bool = False,  # noqa: ARG002 - see `tells_removed`
    ) -> Count:
        return counts.count(self._seeing(), self._names.transactions, search, limit)

    def facet(
        self,
        search: Search,
        facet: Facet,
        *,
        limit: int = 20,
        with_removed: bool = False,  # noqa: ARG002
    ) -> tuple[Count, ...]:
        return counts.facet(self._seeing(), self._names.transactions, search, facet, limit)

    def sample_since(
        self,
        search: Search,
        facet: Facet,
        *,
        size: int,
    ) -> None:
        """The cluster's nodes count side by side, in an order made for it."""

    def histogram(
        self,
        search: Search,
        *,
        width: timedelta,
        split: Facet | None = None,
        with_removed: bool = False,  # noqa: ARG002
    ) -> tuple[Bar, ...]:
        if search.since is None:
            raise ValueError("a histogram needs search.since")
        pattern = self._names.transactions
        return counts.histogram(self._seeing(), pattern, search, search.since, width, split=split)

    def tells_removed(
        self,
        search: Search,  # noqa: ARG002
        *,
        facet: Facet | None = None,  # noqa: ARG002
        width: timedelta | None = None,  # noqa: ARG002
    ) -> bool:
        """All counts are made of what is there when they are asked for."""
        return False

    def map_cells(self, search: Search, *, limit: int = 2000) -> tuple[MapCell, ...]:
        return counts.map_cells(self._seeing(), self._names.transactions, search, limit)

    def entries(self, search: Search, *, after_id: int, limit: int) -> KeptPage:
        self._seeing()
        return self._entries.page(search, after_id=_id(after_id), limit=limit)

    def last_seen(self) -> dict[str, datetime]:
        self._seeing()
        return self._tally.last_seen()

    def sensor_activity(
        self, since: datetime, slices: Slice, *, sensor: str | None = None
    ) -> tuple[SensorActivity, ...]:
        self._seeing()
        return self._tally.activity(since, slices, sensor)

    def sensor_traits(self, *, sensor: str | None = None) -> tuple[SensorTrait, ...]:
        self._seeing()
        return self._tally.traits(sensor)

    def sensor_defects(
        self, since: datetime, *, sensor: str | None = None
    ) -> tuple[SensorDefects, ...]:
        self._seeing()
        return self._tally.defects(since, sensor)

    def replace(
        self, records: Sequence[tuple[int, Record]], *, is_rehearsal: bool = False
    ) -> tuple[Replaced, ...]:
        with self._changing():
            return replace(self._cluster, self._names, records, is_rehearsal=is_rehearsal)

    def records(self, *, after_id: int, limit: int, until_id: int | None = None) -> RecordPage:
        self._seeing()
        return fetch_records(self._entries, after_id=after_id, until_id=until_id, limit=limit)

    def restore(self, records: Sequence[KeptRecord]) -> Restored:
        with self._changing():
            return self._appender.restore(records)[0]

    def set_counts(self, counts: SensorCounts) -> None:
        self._seeing()
        self._tally.set(counts)

    def forget_payloads(
        self,
        expired: Expired,
        *,
        after_id: int,
        limit: int,
        at: datetime,
        is_rehearsal: bool = False,
    ) -> RetentionStep:
        self._seeing()
        with self._changing():
            return self._retention.forget_payloads(
                expired, after_id=after_id, limit=limit, at=at, is_rehearsal=is_rehearsal
            )

    def remove_transactions(
        self, expired: Expired, *, after_id: int, limit: int, is_rehearsal: bool = False
    ) -> RetentionStep:
        self._seeing()
        with self._changing():
            return self._retention.remove_transactions(
                expired, after_id=after_id, limit=limit, is_rehearsal=is_rehearsal
            )

    def remove_statistics(self, before: datetime, *, limit: int) -> int:
        return self._tally.remove_old(before, limit)

    def preserve(self, ids: Sequence[int], mark: Preserved | None) -> int:
        with self._changing():
            return self._retention.preserve(ids, mark)

    def triage(self, ids: Sequence[int], change: Callable[[Triage], Triage]) -> Triaged:
        with self._changing():
            return change_triage(self._cluster, self._names, ids, change)

    def room(self) -> StoreRoom:
        return self._sizes.room()

    def size(self) -> StoreSize:
        self._seeing()
        return self._sizes.size()

    def give_back(self, limit_bytes: int) -> int:  # noqa: ARG002 - whole indexes go or stay
        return self._sizes.give_back()

    def faults(self, *, after_id: int | None, until_id: int | None) -> tuple[Fault, ...]:
        self._seeing()
        return find_faults(
            self._cluster, self._names, self._entries, after_id=after_id, until_id=until_id
        )

    def check_hour(self, after: datetime | None) -> CheckedHour | None:  # noqa: ARG002
        """All counts are made when they are asked for."""
        return None

    def remove_sensor(self, sensor: str) -> int:
        self._seeing()
        with self._changing():
            return self._removal.remove_sensor(sensor[: limits.SENSOR])

    def close(self) -> None:
        self._cluster.close()

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Whatever becomes of it, searches of this object shall see it."""
        try:
            yield
        finally:
            self._unseen.set()

    def _look_after(self) -> None:
        """Raise if the schema has become newer; add up what sensors sent until a minute ago."""
        if time.monotonic() >= self._check_at:
            require_current(self._cluster, self._address)
            self._check_at = time.monotonic() + _CHECK_EVERY_S
        if time.monotonic() >= self._cover_at:
            self._cluster.refresh(self._names.transactions)
            self._tally.cover(first_id_at(now_us() - _SETTLED_US))
            self._cover_at = time.monotonic() + _COVER_EVERY_S

    def _seeing(self) -> Cluster:
        """The cluster, where searches see what this object wrote."""
        if self._unseen.is_set():
            self._unseen.clear()
            try:
                self._cluster.refresh(self._names.transactions)
            except BaseException:
                self._unseen.set()
                raise
        return self._cluster

    def _rows(
        self, matching: Document, order: Sequence[Document], limit: int, **more: object
    ) -> tuple[Row, ...]:
        body = {
            "query": matching,
            "sort": order,
            "size": min(limit, _MOST),
            "_source": ROW_FIELDS,
            **more,
        }
        hits = self._seeing().search(self._names.transactions, body)["hits"]["hits"]
        return tuple(make_row(hit["_source"]) for hit in hits)

    def _source(self, number: int, fields: object) -> Document | None:
        """Its document as it is now, whether or not searches see it yet."""
        if not 0 < number <= limits.BIG:
            return None
        key = (self._names.of_transaction(number), str(number))
        (found,) = self._cluster.look_up([key], fields)
        return None if found is None else found.source

    def _variants(self, source: Document) -> tuple[int, ...]:
        unique_id = source["event"].get("id")
        if unique_id is None:
            return ()
        same = Search(sensors=(source["observer"]["name"],), unique_id=unique_id)
        found = self._seeing().search(
            self._names.transactions,
            {
                "query": query(same),
                "sort": _OLDEST_ID_FIRST,
                "size": _MOST,
                "_source": ["bartizan.id"],
            },
        )
        ids = [hit["_source"]["bartizan"]["id"] for hit in found["hits"]["hits"]]
        return tuple(number for number in ids if number != source["bartizan"]["id"])


def _id(number: int) -> int:
    """An id that no field can hold is nobody's."""
    return number if 0 <= number <= limits.BIG else limits.BIG
