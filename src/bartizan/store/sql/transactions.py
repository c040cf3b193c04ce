"""`SqlStore`: the contract of stores in SQL. Writes go to `append.py`, counts to `counts.py`."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, delete, func, select

from bartizan.domain.delivery import Record, Row
from bartizan.domain.retention import Preserved, StoreRoom, StoreSize
from bartizan.domain.search import Bar, Count, Cursor, Facet, MapCell, Page, Search
from bartizan.domain.sensor_health import SensorActivity, SensorDefects, SensorTrait, Slice
from bartizan.domain.triage import NOTHING, Triage
from bartizan.kit.clock import from_us, to_us
from bartizan.store import limits, statistics
from bartizan.store.compression import Compression
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
from bartizan.store.lifting import lifted
from bartizan.store.sql import bounded, counts, rollup_answers, sensor_health, tables
from bartizan.store.sql.append import Appender
from bartizan.store.sql.counts import Conditions
from bartizan.store.sql.dialects import Dialect
from bartizan.store.sql.entries import fetch_entries
from bartizan.store.sql.erase import erase
from bartizan.store.sql.errors import translated
from bartizan.store.sql.faults import find_faults
from bartizan.store.sql.filters import conditions, older
from bartizan.store.sql.records import KnownTexts, fetch_records, optional_bytes
from bartizan.store.sql.recount import check_hour
from bartizan.store.sql.replace import Replacer
from bartizan.store.sql.retention import Remover, fetch_mark, fetch_payload_removal, preserve
from bartizan.store.sql.rollups import Rollups, drop_before, fetch_facts
from bartizan.store.sql.rows import ROW_COLUMNS, fetch_matches, fetch_rows, make_place, make_row
from bartizan.store.sql.segment_search import Position, SegmentSearch
from bartizan.store.sql.size import measure, measure_room
from bartizan.store.sql.triage import change_triage, fetch_triage
from bartizan.store.times import search_us

_t = tables.transactions.c
_FACTS: Final = (
    _t.format,
    _t.digest,
    _t.size_bytes,
    _t.place_source,
    _t.origin,
    _t.origin_offset,
    _t.claimed_hash,
    _t.kept_digest,
    _t.engine_mode,
    _t.ruleset,
)
_FEW: Final = 10_000  # candidates, of which about a tenth match
_REMOVED_AT_ONCE: Final = 1000  # so that a removal does not keep the worker waiting


class SqlStore:
    """A `Store` in SQLite, MySQL or MariaDB. The schema must be current."""

    def __init__(self, dialect: Dialect, *, sql_parts: bool = True) -> None:
        self.keeps_parts = sql_parts
        self._dialect = dialect
        self._writer = dialect.write_engine()
        self._reader = dialect.read_engine()
        self._appender = Appender(self._writer, dialect, sql_parts=sql_parts)
        self._replacer = Replacer(self._writer, dialect, sql_parts=sql_parts)
        self._remover = Remover(self._writer, self._reader, dialect)
        self._rollups = Rollups(self._writer, dialect)
        self._compression = Compression()
        self._texts = KnownTexts()
        self._texts_lock = threading.Lock()

    def append(self, records: Sequence[Record]) -> Appended:
        return self._appender.append(records)

    def get(self, transaction_id: int) -> Stored | None:
        columns = (*ROW_COLUMNS, *_FACTS)
        with self._reading() as connection:
            query = select(*columns).where(_t.id == _id(transaction_id))
            values = connection.execute(query).one_or_none()
            if values is None:
                return None
            matches = fetch_matches(connection, transaction_id)
            rules = dict.fromkeys(m.rule_id for m in matches if m.rule_id is not None)
            triage = fetch_triage(connection, [values.id]).get(values.id, NOTHING)
            return Stored(
                row=make_row(values, rules, triage),
                format=values.format,
                digest=bytes(values.digest),
                size_bytes=values.size_bytes,
                matches=matches,
                place=make_place(values),
                variants=_variants(connection, values),
                origin=values.origin,
                origin_offset=values.origin_offset,
                claimed_hash=values.claimed_hash,
                kept_digest=optional_bytes(values.kept_digest),
                occurred_at=None
                if values.occurred_at_us is None
                else from_us(values.occurred_at_us),
                preserved=fetch_mark(connection, transaction_id),
                payload_removed_at=fetch_payload_removal(connection, transaction_id),
                triage=triage,
                engine_mode=values.engine_mode,
                ruleset=values.ruleset,
            )

    def raw(self, transaction_id: int) -> bytes | None:
        entries, pieces = tables.raw_entries.c, tables.raw_pieces.c
        with self._reading() as connection:
            entry = connection.execute(
                select(entries.data, entries.more_pieces).where(
                    entries.transaction_id == _id(transaction_id)
                )
            ).one_or_none()
            if entry is None:
                return None
            more: Sequence[bytes] = ()
            if entry.more_pieces:
                query = select(pieces.data).where(pieces.transaction_id == transaction_id)
                more = connection.execute(query.order_by(pieces.position)).scalars().all()
        return self._compression.restore(b"".join((entry.data, *more)))

    def page(self, search: Search, *, before: Cursor | None = None, limit: int = 50) -> Page:
        search = lifted(search)
        position = None if before is None else (before.at_us, before.id)
        with self._reading() as connection:
            rows = self._newest(connection, search, position, limit + 1)
        last = rows[limit - 1] if len(rows) > limit else None
        return Page(
            rows=rows[:limit],
            next=None if last is None else Cursor(at_us=to_us(last.at), id=last.id),
        )

    def _newest(
        self, connection: Connection, search: Search, before: Position | None, limit: int
    ) -> tuple[Row, ...]:
        wanted = self._of(search)
        if before is not None:
            # The narrower bound first: of two for one column SQLite uses the first.
            wanted = [older(*before), *wanted]
        query = select(*ROW_COLUMNS).order_by(_t.at_us.desc(), _t.id.desc()).limit(limit)
        index = SegmentSearch(connection, search, self._of(search))
        newest_us = index.newest_first(before) if index.is_worth_it() else None
        if newest_us is None:
            return fetch_rows(connection, query.where(*wanted))
        rows = fetch_rows(connection, query.where(_t.at_us >= newest_us, *wanted))
        if len(rows) == limit:
            return rows
        ids = index.page(before, limit)
        found = fetch_rows(connection, select(*ROW_COLUMNS).where(_t.id.in_(ids)))
        return tuple(sorted(found, key=lambda row: (row.at, row.id), reverse=True))

    def newer(self, after_id: int, *, limit: int = 500) -> tuple[Row, ...]:
        query = select(*ROW_COLUMNS).where(_t.id > _id(after_id)).order_by(_t.id).limit(limit)
        with self._reading() as connection:
            return fetch_rows(connection, query)

    def last_id(self) -> int:
        with self._reading() as connection:
            return connection.execute(select(func.max(_t.id))).scalar_one() or 0

    def count(
        self, search: Search, *, limit: int | None = None, with_removed: bool = False
    ) -> Count:
        with_removed = with_removed and self.tells_removed(search)
        search = lifted(search)
        with self._reading() as connection:
            rolled = rollup_answers.count(connection, search, self._of, with_removed=with_removed)
            if rolled is not None:
                return rolled
            if limit is not None:
                return bounded.count(connection, search, self._of(search), limit)
            return counts.count(connection, self._few(connection, search))

    def facet(
        self, search: Search, facet: Facet, *, limit: int = 20, with_removed: bool = False
    ) -> tuple[Count, ...]:
        with_removed = with_removed and self.tells_removed(search, facet=facet)
        search = lifted(search)
        with self._reading() as connection:
            rolled = rollup_answers.facet(
                connection, search, facet, limit, self._of, with_removed=with_removed
            )
            if rolled is not None:
                return rolled
            return counts.facet(connection, self._few(connection, search), facet, limit)

    def sample_since(self, search: Search, facet: Facet, *, size: int) -> datetime | None:
        search = lifted(search)
        if facet in (Facet.STATE, Facet.LABEL) or rollup_answers.knows(search, facet):
            return None  # few are judged
        with self._reading() as connection:
            since_us = bounded.sample_since(connection, search, self._of(search), size)
        return None if since_us is None else from_us(since_us)

    def histogram(
        self,
        search: Search,
        *,
        width: timedelta,
        split: Facet | None = None,
        with_removed: bool = False,
    ) -> tuple[Bar, ...]:
        if search.since is None:
            raise ValueError("a histogram needs search.since")
        with_removed = with_removed and self.tells_removed(search, facet=split, width=width)
        since, search = search.since, lifted(search)
        with self._reading() as connection:
            rolled = rollup_answers.histogram(
                connection, search, since, width, self._of, split=split, with_removed=with_removed
            )
            if rolled is not None:
                return rolled
            return counts.histogram(connection, self._few(connection, search), since, width, split)

    def tells_removed(
        self, search: Search, *, facet: Facet | None = None, width: timedelta | None = None
    ) -> bool:
        return statistics.tells_removed(search, facet=facet, width=width)

    def map_cells(self, search: Search, *, limit: int = 2000) -> tuple[MapCell, ...]:
        search = lifted(search)
        with self._reading() as connection:
            rolled = rollup_answers.map_cells(connection, search, limit, self._of)
            if rolled is not None:
                return rolled
            return counts.map_cells(connection, self._few(connection, search), limit)

    def last_seen(self) -> dict[str, datetime]:
        activity = tables.sensor_activity.c
        with self._reading() as connection:
            found = connection.execute(select(activity.sensor, activity.last_received_at_us))
            return {sensor: from_us(received_us) for sensor, received_us in found}

    def sensor_activity(
        self, since: datetime, slices: Slice, *, sensor: str | None = None
    ) -> tuple[SensorActivity, ...]:
        with self._reading() as connection:
            return sensor_health.activity(connection, since, slices, sensor)

    def sensor_traits(self, *, sensor: str | None = None) -> tuple[SensorTrait, ...]:
        with self._reading() as connection:
            return sensor_health.traits(connection, sensor)

    def sensor_defects(
        self, since: datetime, *, sensor: str | None = None
    ) -> tuple[SensorDefects, ...]:
        with self._reading() as connection:
            return sensor_health.defects(connection, since, sensor)

    def entries(self, search: Search, *, after_id: int, limit: int) -> KeptPage:
        matching = conditions(search, self._dialect)
        with self._reading() as connection:
            return fetch_entries(connection, self._compression, matching, _id(after_id), limit)

    def replace(
        self, records: Sequence[tuple[int, Record]], *, is_rehearsal: bool = False
    ) -> tuple[Replaced, ...]:
        return self._replacer.replace(records, is_rehearsal=is_rehearsal)

    def records(self, *, after_id: int, limit: int, until_id: int | None = None) -> RecordPage:
        until = None if until_id is None else _id(until_id)
        with self._texts_lock, self._reading() as connection:
            return fetch_records(
                connection,
                self._compression,
                self._texts,
                after_id=_id(after_id),
                until_id=until,
                limit=limit,
            )

    def restore(self, records: Sequence[KeptRecord]) -> Restored:
        return self._appender.restore(records)

    def set_counts(self, counts: SensorCounts) -> None:
        with translated(), self._writer.begin() as connection:
            sensor_health.put(connection, counts)

    def forget_payloads(
        self,
        expired: Expired,
        *,
        after_id: int,
        limit: int,
        at: datetime,
        is_rehearsal: bool = False,
    ) -> RetentionStep:
        with translated():
            return self._remover.forget_payloads(
                expired, _id(after_id), limit, at=at, is_rehearsal=is_rehearsal
            )

    def remove_transactions(
        self, expired: Expired, *, after_id: int, limit: int, is_rehearsal: bool = False
    ) -> RetentionStep:
        with translated():
            return self._remover.remove_transactions(
                expired, _id(after_id), limit, is_rehearsal=is_rehearsal
            )

    def remove_statistics(self, before: datetime, *, limit: int) -> int:
        with translated(), self._writer.begin() as connection:
            return drop_before(connection, search_us(before), limit)

    def preserve(self, ids: Sequence[int], mark: Preserved | None) -> int:
        with translated(), self._writer.begin() as connection:
            return preserve(connection, [_id(number) for number in ids], mark)

    def triage(self, ids: Sequence[int], change: Callable[[Triage], Triage]) -> Triaged:
        with translated(), self._writer.begin() as connection:
            return change_triage(connection, [_id(number) for number in ids], change)

    def room(self) -> StoreRoom:
        with self._reading() as connection:
            return measure_room(connection, self._dialect)

    def size(self) -> StoreSize:
        with self._reading() as connection:
            return measure(connection, self._dialect)

    def give_back(self, limit_bytes: int) -> int:
        with translated(), self._writer.begin() as connection:
            return self._dialect.give_back(connection, limit_bytes)

    def faults(self, *, after_id: int | None, until_id: int | None) -> tuple[Fault, ...]:
        with self._reading() as connection:
            return find_faults(connection, after_id, until_id)

    def check_hour(self, after: datetime | None) -> CheckedHour | None:
        with self._reading() as connection:
            return check_hour(connection, after)

    def remove_sensor(self, sensor: str) -> int:
        """In steps, each of them whole; called again after a failure it goes on."""
        removed = 0
        while step := self._remove_some(sensor[: limits.SENSOR]):
            removed += step
        return removed

    def close(self) -> None:
        self._writer.dispose()
        self._reader.dispose()

    def _of(self, search: Search) -> Conditions:
        return conditions(search, self._dialect)

    def _few(self, connection: Connection, search: Search) -> Conditions:
        """What matches a search that no roll-up knows: its ids where they are few."""
        index = SegmentSearch(connection, search, self._of(search))
        ids = index.ids(_FEW) if index.is_worth_it() else None
        return self._of(search) if ids is None else [_t.id.in_(ids)]

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with translated(), self._reader.connect() as connection:
            yield connection

    def _remove_some(self, sensor: str) -> int:
        some = select(_t.id).where(_t.sensor == sensor).limit(_REMOVED_AT_ONCE)
        with translated(), self._writer.begin() as connection:
            ids = connection.execute(some).scalars().all()
            facts = fetch_facts(connection, ids)
            erase(connection, ids)
            self._rollups.subtract(connection, facts)
            if len(ids) < _REMOVED_AT_ONCE:
                activity = tables.sensor_activity
                connection.execute(delete(activity).where(activity.c.sensor == sensor))
                sensor_health.forget(connection, sensor)
                self._rollups.forget(connection, sensor)
        return len(ids)


def _id(number: int) -> int:
    """An id that no database can hold is nobody's."""
    return number if 0 <= number <= limits.BIG else limits.BIG


def _variants(connection: Connection, values: Any) -> tuple[int, ...]:
    if values.unique_id is None:
        return ()
    query = select(_t.id).where(
        _t.unique_id == values.unique_id, _t.sensor == values.sensor, _t.id != values.id
    )
    return tuple(connection.execute(query.order_by(_t.id)).scalars())
