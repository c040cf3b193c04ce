"""The contract in the most obvious way: a list, and a loop for every question.

The model that the other stores are compared with, so it shares nothing with them but the bounds of
values. Forgets everything when it goes.
"""

import ipaddress
import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec

from bartizan.domain.delivery import AuditLogEntry, Record, Row, TimeBasis
from bartizan.domain.expression import Field
from bartizan.domain.retention import Preserved, StoreRoom, StoreSize
from bartizan.domain.search import (
    SCORE_BANDS,
    Bar,
    Count,
    Cursor,
    Facet,
    MapCell,
    Page,
    Search,
)
from bartizan.domain.sensor_health import (
    SensorActivity,
    SensorDefects,
    SensorTrait,
    Slice,
    Trait,
)
from bartizan.domain.transaction import (
    Anomaly,
    Category,
    Defect,
    Endpoint,
    Format,
    Place,
    Request,
    Response,
    RuleMatch,
    Transaction,
    Zone,
)
from bartizan.domain.triage import NOTHING, State, Triage, effective
from bartizan.kit.clock import NowUs, from_us, now_us, to_us
from bartizan.kit.ids import IdSource
from bartizan.kit.struct import Struct
from bartizan.store import limits, statistics
from bartizan.store.contract import (
    Appended,
    CheckedHour,
    Expired,
    Fault,
    FieldChange,
    KeptEntry,
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
from bartizan.store.evaluation import fits
from bartizan.store.lifting import lifted
from bartizan.store.limits import big, cut, small

_R = TypeVar("_R")
_T = TypeVar("_T")
_MOST_LAG_MS = 3660 * 24 * 3600 * 1000
_PART_LETTERS = "ABCEFHIJK"
_WIDTHS = {Slice.MINUTE: timedelta(minutes=1), Slice.HOUR: timedelta(hours=1)}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Kept(Struct, frozen=True, kw_only=True):
    row: Row
    digest: bytes
    raw: bytes
    format: str
    matches: tuple[RuleMatch, ...]
    place: Place | None
    origin: str | None
    origin_offset: int | None
    occurred_at: datetime | None
    defects: tuple[str, ...]
    traits: tuple[tuple[Trait, str], ...]
    engine_mode: str | None
    ruleset: str | None
    parts: dict[str, str]
    claimed_hash: str | None
    size_bytes: int
    kept_digest: bytes | None = None
    has_payload: bool = True
    payload_removed_at: datetime | None = None
    preserved: Preserved | None = None
    triage: Triage = NOTHING

    @property
    def lag_ms(self) -> int | None:
        if self.occurred_at is None:
            return None
        lag = (self.row.received_at - self.occurred_at) // timedelta(milliseconds=1)
        return max(-_MOST_LAG_MS, min(lag, _MOST_LAG_MS))


class MemoryStore:
    """A `Store` for tests; every method holds one lock."""

    keeps_parts = True

    def __init__(self, now: NowUs = now_us) -> None:
        self._ids = IdSource(now)
        self._lock = threading.RLock()
        self._kept: dict[int, _Kept] = {}
        self._heard: dict[int, _Kept] = {}  # of those replaced since, what they were at first
        self._told: dict[str, SensorCounts] = {}
        self._gone: dict[int, _Kept] = {}  # removed for their age: what their sensors had sent
        self._removed: dict[int, _Kept] = {}  # the same as they were when they went
        self._forgotten: set[int] = set()  # ids of those whose sensor was removed since
        self._restored: set[int] = set()  # ids of those that are not counted of their sensor
        self._covered: set[int] = set()  # ids of those that `_told` covers

    def append(self, records: Sequence[Record]) -> Appended:
        with self._lock:
            known = {(kept.row.sensor, kept.digest) for kept in self._kept.values()}
            ids = []
            for record in records:
                identity = (record.sensor[: limits.SENSOR], record.digest)
                if identity not in known:
                    known.add(identity)
                    kept = _keep(self._ids.take(1)[0], record)
                    self._kept[kept.row.id] = kept
                    ids.append(kept.row.id)
            return Appended(ids=tuple(ids), duplicates=len(records) - len(ids))

    def get(self, transaction_id: int) -> Stored | None:
        with self._lock:
            kept = self._kept.get(transaction_id)
            if kept is None:
                return None
            return Stored(
                row=kept.row,
                format=kept.format,
                digest=kept.digest,
                size_bytes=kept.size_bytes,
                matches=kept.matches,
                place=kept.place,
                variants=tuple(
                    other.row.id
                    for other in self._kept.values()
                    if kept.row.unique_id is not None
                    and other.row.unique_id == kept.row.unique_id
                    and other.row.sensor == kept.row.sensor
                    and other.row.id != kept.row.id
                ),
                origin=kept.origin,
                origin_offset=kept.origin_offset,
                occurred_at=kept.occurred_at,
                claimed_hash=kept.claimed_hash,
                kept_digest=kept.kept_digest,
                preserved=kept.preserved,
                payload_removed_at=kept.payload_removed_at,
                triage=kept.triage,
                engine_mode=kept.engine_mode,
                ruleset=kept.ruleset,
            )

    def raw(self, transaction_id: int) -> bytes | None:
        with self._lock:
            kept = self._kept.get(transaction_id)
            return kept.raw if kept is not None and kept.has_payload else None

    def page(self, search: Search, *, before: Cursor | None = None, limit: int = 50) -> Page:
        rows = sorted(self._matching(search), key=lambda row: (row.at, row.id), reverse=True)
        if before is not None:
            rows = [row for row in rows if (to_us(row.at), row.id) < (before.at_us, before.id)]
        last = rows[limit - 1] if len(rows) > limit else None
        return Page(
            rows=tuple(rows[:limit]),
            next=None if last is None else Cursor(at_us=to_us(last.at), id=last.id),
        )

    def newer(self, after_id: int, *, limit: int = 500) -> tuple[Row, ...]:
        with self._lock:
            return tuple(self._kept[key].row for key in sorted(self._kept) if key > after_id)[
                :limit
            ]

    def last_id(self) -> int:
        with self._lock:
            return max(self._kept, default=0)

    def count(
        self, search: Search, *, limit: int | None = None, with_removed: bool = False
    ) -> Count:
        found = self._counted(search, with_removed=with_removed)
        found.sort(key=lambda kept: (kept.row.at, kept.row.id), reverse=True)
        some = found[:limit]
        return Count(
            value="",
            transactions=len(some),
            intercepted=_intercepted(kept.row for kept in some),
            is_at_least=len(some) < len(found),
        )

    def facet(
        self, search: Search, facet: Facet, *, limit: int = 20, with_removed: bool = False
    ) -> tuple[Count, ...]:
        return _counts(self._counted(search, facet, with_removed=with_removed), facet)[:limit]

    def sample_since(self, search: Search, facet: Facet, *, size: int) -> datetime | None:  # noqa: ARG002
        """As a store that keeps no counts of anything."""
        newest = sorted((row.at for row in self._matching(search)), reverse=True)
        return newest[size - 1] if len(newest) > size else None

    def histogram(
        self,
        search: Search,
        *,
        width: timedelta,
        split: Facet | None = None,
        with_removed: bool = False,
    ) -> tuple[Bar, ...]:
        since = search.since
        if since is None:
            raise ValueError("a histogram needs search.since")
        found = self._counted(search, split, width, with_removed=with_removed)
        groups = _group(found, lambda kept: [since + (kept.row.at - since) // width * width])
        return tuple(
            Bar(
                at=at,
                transactions=len(some),
                intercepted=_intercepted(kept.row for kept in some),
                parts=() if split is None else _counts(some, split),
            )
            for at, some in sorted(groups.items())
        )

    def tells_removed(
        self, search: Search, *, facet: Facet | None = None, width: timedelta | None = None
    ) -> bool:
        return statistics.tells_removed(search, facet=facet, width=width)

    def map_cells(self, search: Search, *, limit: int = 2000) -> tuple[MapCell, ...]:
        groups = _group(self._matching(search), _cells)
        ordered = sorted(
            groups.items(), key=lambda item: (-len(item[1]), [(v is not None, v) for v in item[0]])
        )
        return tuple(
            MapCell(
                latitude=cell[0],
                longitude=cell[1],
                country=cell[2],
                sensor=cell[3],
                category=cell[4],
                transactions=len(rows),
                intercepted=_intercepted(rows),
            )
            for cell, rows in ordered[:limit]
        )

    def last_seen(self) -> dict[str, datetime]:
        with self._lock:
            seen = {
                told.sensor: told.last_received_at
                for told in self._told.values()
                if told.last_received_at is not None
            }
            for number, kept in (*self._kept.items(), *self._gone.items()):
                if number in self._covered:
                    continue
                newest = seen.get(kept.row.sensor, kept.row.received_at)
                seen[kept.row.sensor] = max(newest, kept.row.received_at)
            return seen

    def sensor_activity(
        self, since: datetime, slices: Slice, *, sensor: str | None = None
    ) -> tuple[SensorActivity, ...]:
        width = _WIDTHS[slices]
        groups = _group(
            self._of(sensor), lambda kept: [(_begin(kept.row.received_at, width), kept.row.sensor)]
        )
        found = {key: _activity(*key, kept) for key, kept in groups.items()}
        for told in self._told_of(sensor):
            for one in told.minutes if slices is Slice.MINUTE else told.hours:
                key = (one.at, one.sensor)
                found[key] = _sum(one, found[key]) if key in found else one
        return tuple(one for (at, _), one in sorted(found.items()) if at >= since)

    def sensor_traits(self, *, sensor: str | None = None) -> tuple[SensorTrait, ...]:
        groups = _group(
            self._of(sensor),
            lambda kept: [(kept.row.sensor, trait, value) for trait, value in kept.traits],
        )
        minute = timedelta(minutes=1)
        times = {
            key: [_begin(kept.row.received_at, minute) for kept in some]
            for key, some in groups.items()
        }
        for told in self._told_of(sensor):
            for one in told.traits:
                seen = times.setdefault((one.sensor, one.trait, one.value), [])
                seen += [one.first_seen_at, one.last_seen_at]
        found = []
        for (name, trait, value), seen in times.items():
            found.append(
                SensorTrait(
                    sensor=name,
                    trait=trait,
                    value=value,
                    first_seen_at=min(seen),
                    last_seen_at=max(seen),
                )
            )
        found.sort(key=lambda one: one.value)
        found.sort(key=lambda one: one.last_seen_at, reverse=True)
        found.sort(key=lambda one: (one.sensor, one.trait))
        return tuple(found)

    def sensor_defects(
        self, since: datetime, *, sensor: str | None = None
    ) -> tuple[SensorDefects, ...]:
        day = timedelta(days=1)
        groups = _group(
            self._of(sensor),
            lambda kept: [
                (_begin(kept.row.received_at, day), kept.row.sensor, code) for code in kept.defects
            ],
        )
        counts = {key: len(some) for key, some in groups.items()}
        for told in self._told_of(sensor):
            for one in told.defects:
                key = (one.day, one.sensor, one.code)
                counts[key] = counts.get(key, 0) + one.transactions
        return tuple(
            SensorDefects(sensor=name, day=at, code=code, transactions=count)
            for (at, name, code), count in sorted(counts.items())
            if at >= since
        )

    def entries(self, search: Search, *, after_id: int, limit: int) -> KeptPage:
        with self._lock:
            some: list[_Kept] = []
            for key in sorted(self._kept):
                size = sum(len(kept.raw) for kept in (*some, self._kept[key]))
                if len(some) == limit or (some and size > limits.ENTRIES_BYTES):
                    break
                if key > after_id:
                    some.append(self._kept[key])
            return KeptPage(
                entries=tuple(
                    KeptEntry(id=kept.row.id, entry=_entry(kept))
                    for kept in some
                    if kept.has_payload and _is_wanted(search, kept)
                ),
                damaged=(),
                looked_at=len(some),
                position=some[-1].row.id if some else after_id,
                without_payload=tuple(
                    kept.row.id
                    for kept in some
                    if not kept.has_payload and _is_wanted(search, kept)
                ),
            )

    def replace(
        self, records: Sequence[tuple[int, Record]], *, is_rehearsal: bool = False
    ) -> tuple[Replaced, ...]:
        replaced = []
        with self._lock:
            for number, record in records:
                before = self._kept.get(number)
                if before is None:
                    continue
                after = _anew(before, record)
                changes = _changes(before, after)
                if changes:
                    replaced.append(Replaced(id=number, fields=changes))
                if changes and not is_rehearsal:
                    self._heard.setdefault(number, before)
                    self._kept[number] = after
        return tuple(replaced)

    def records(self, *, after_id: int, limit: int, until_id: int | None = None) -> RecordPage:
        with self._lock:
            asked = [
                kept
                for key, kept in sorted(self._kept.items())
                if key > after_id and (until_id is None or key <= until_id)
            ]
            some: list[_Kept] = []
            size = 0
            for kept in asked[:limit]:
                size += kept.size_bytes
                if some and size > limits.ENTRIES_BYTES:
                    break
                some.append(kept)
            return RecordPage(
                records=tuple(map(_kept_record, some)),
                damaged=(),
                position=some[-1].row.id if some else after_id,
            )

    def restore(self, records: Sequence[KeptRecord]) -> Restored:
        stored = present = 0
        elsewhere = []
        with self._lock:
            for one in records:
                identity = (one.record.sensor[: limits.SENSOR], one.record.digest)
                number = self._id_of(identity)
                if number is None:
                    number = self._ids.take(1)[0] if one.id in self._kept else one.id
                    kept = _triaged(_keep(number, one.record), one.triage)
                    self._kept[number] = msgspec.structs.replace(
                        kept,
                        size_bytes=one.size_bytes,
                        has_payload=one.has_payload,
                        payload_removed_at=one.payload_removed_at,
                        preserved=one.preserved,
                    )
                    self._restored.add(number)
                    stored += 1
                elif number == one.id:
                    present += 1
                if number != one.id:
                    elsewhere.append((one.id, number))
        return Restored(stored=stored, present=present, elsewhere=tuple(elsewhere))

    def set_counts(self, counts: SensorCounts) -> None:
        with self._lock:
            name = counts.sensor[: limits.SENSOR]
            self._told[name] = counts
            self._covered |= {
                number for number, kept in self._kept.items() if kept.row.sensor == name
            }

    def forget_payloads(
        self,
        expired: Expired,
        *,
        after_id: int,
        limit: int,
        at: datetime,
        is_rehearsal: bool = False,
    ) -> RetentionStep:
        with self._lock:
            some = [kept for kept in self._before(expired, after_id) if kept.has_payload][:limit]
            gone = [kept for kept in some if _is_expired(expired, kept)]
            if not is_rehearsal:
                for kept in gone:
                    self._kept[kept.row.id] = msgspec.structs.replace(
                        kept, raw=b"", parts={}, has_payload=False, payload_removed_at=at
                    )
            return _step(some, gone, after_id)

    def remove_transactions(
        self, expired: Expired, *, after_id: int, limit: int, is_rehearsal: bool = False
    ) -> RetentionStep:
        with self._lock:
            some = self._before(expired, after_id)[:limit]
            gone = [kept for kept in some if _is_expired(expired, kept)]
            if not is_rehearsal:
                for kept in gone:
                    del self._kept[kept.row.id]
                    self._gone[kept.row.id] = self._heard.pop(kept.row.id, kept)
                    self._removed[kept.row.id] = kept
            return _step(some, gone, after_id)

    def remove_statistics(self, before: datetime, *, limit: int) -> int:
        """Each of the removed is a count by itself; whole days go."""
        with self._lock:
            oldest = min((kept.row.at for kept in self._kept.values()), default=before)
            until = _begin(min(before, oldest), timedelta(days=1))
            old = sorted(key for key, kept in self._removed.items() if kept.row.at < until)
            for key in old[:limit]:
                del self._removed[key]
            return len(old[:limit])

    def preserve(self, ids: Sequence[int], mark: Preserved | None) -> int:
        with self._lock:
            found = {number for number in ids if number in self._kept}
            for number in found:
                kept = self._kept[number]
                preserved = None if mark is None else kept.preserved or mark
                self._kept[number] = msgspec.structs.replace(kept, preserved=preserved)
            return len(found)

    def triage(self, ids: Sequence[int], change: Callable[[Triage], Triage]) -> Triaged:
        with self._lock:
            found = [self._kept[number] for number in set(ids) if number in self._kept]
            new = [(kept, change(kept.triage)) for kept in found]
            changed = [(kept, triage) for kept, triage in new if triage != kept.triage]
            for kept, triage in changed:
                self._kept[kept.row.id] = _triaged(kept, triage)
            return Triaged(there=len(found), changed=len(changed))

    def room(self) -> StoreRoom:
        with self._lock:
            used = sum(len(kept.raw) for kept in self._kept.values())
            return StoreRoom(used_bytes=used, reusable_bytes=0, free_bytes=None)

    def size(self) -> StoreSize:
        with self._lock:
            sizes = {key: len(kept.raw) for key, kept in self._kept.items() if kept.has_payload}
            return StoreSize(
                room=self.room(),
                transactions=len(self._kept),
                payloads=len(sizes),
                payload_bytes=sum(sizes.values()),
                statistics_bytes=0,
                first_id=min(self._kept, default=None),
                first_payload_id=min(sizes, default=None),
            )

    def give_back(self, limit_bytes: int) -> int:  # noqa: ARG002
        """Nothing to give."""
        return 0

    def faults(self, *, after_id: int | None, until_id: int | None) -> tuple[Fault, ...]:  # noqa: ARG002
        """A list has no parts that could not fit."""
        return ()

    def check_hour(self, after: datetime | None) -> CheckedHour | None:  # noqa: ARG002
        """All counts are made when they are asked for."""
        return None

    def remove_sensor(self, sensor: str) -> int:
        with self._lock:
            name = sensor[: limits.SENSOR]
            self._told.pop(name, None)
            self._gone = {key: one for key, one in self._gone.items() if one.row.sensor != name}
            self._forgotten |= {key for key, one in self._removed.items() if one.row.sensor == name}
            gone = [key for key, kept in self._kept.items() if kept.row.sensor == name]
            for key in gone:
                del self._kept[key]
            return len(gone)

    def close(self) -> None:
        """Nothing to release."""

    def _before(self, expired: Expired, after_id: int) -> list[_Kept]:
        return [
            kept for key, kept in sorted(self._kept.items()) if after_id < key < expired.before_id
        ]

    def _of(self, sensor: str | None) -> list[_Kept]:
        with self._lock:
            everything = [
                self._heard.get(key, kept)
                for key, kept in (*self._kept.items(), *self._gone.items())
                if key not in self._restored and key not in self._covered
            ]
        name = None if sensor is None else sensor[: limits.SENSOR]
        return [kept for kept in everything if name is None or kept.row.sensor == name]

    def _told_of(self, sensor: str | None) -> list[SensorCounts]:
        with self._lock:
            name = None if sensor is None else sensor[: limits.SENSOR]
            return [told for key, told in self._told.items() if name in (None, key)]

    def _id_of(self, identity: tuple[str, bytes]) -> int | None:
        for number, kept in self._kept.items():
            if (kept.row.sensor, kept.digest) == identity:
                return number
        return None

    def _matching(self, search: Search) -> list[Row]:
        with self._lock:
            return [kept.row for kept in self._kept.values() if _is_wanted(search, kept)]

    def _counted(
        self,
        search: Search,
        facet: Facet | None = None,
        width: timedelta | None = None,
        *,
        with_removed: bool,
    ) -> list[_Kept]:
        """What matches, and of the removed what statistics tell."""
        with self._lock:
            found = [kept for kept in self._kept.values() if _is_wanted(search, kept)]
            if with_removed and self.tells_removed(search, facet=facet, width=width):
                # Clients and hosts are counted without their sensors.
                of_all = facet in _OF_ALL_SENSORS or statistics.is_of_all_sensors(search)
                found += [
                    kept
                    for number, kept in self._removed.items()
                    if (of_all or number not in self._forgotten)
                    and _is_wanted(search, kept)
                    and _has_whole_hour(search, kept.row.at)
                ]
            return found


def _keep(number: int, record: Record) -> _Kept:
    transaction = record.transaction
    place = _place(transaction.place)
    occurred, received = transaction.occurred_at, from_us(record.received_at_us)
    is_skewed = occurred is not None and occurred > received + timedelta(minutes=5)
    matches = tuple(map(limits.kept_match, transaction.matches))
    anomaly = transaction.anomaly
    scores = [] if anomaly is None else [anomaly.inbound, anomaly.outbound]
    row = Row(
        id=number,
        sensor=record.sensor[: limits.SENSOR],
        at=received if occurred is None or is_skewed else occurred,
        received_at=received,
        is_skewed=is_skewed,
        unique_id=cut(transaction.unique_id, limits.UNIQUE_ID),
        client_address=cut(transaction.client.address, limits.CLIENT),
        client_port=small(transaction.client.port),
        place_kind=None if place is None else place.kind.value,
        country=None if place is None else place.country,
        city=None if place is None else place.city,
        latitude=None if place is None else place.latitude,
        longitude=None if place is None else place.longitude,
        method=cut(transaction.request.method, limits.METHOD),
        host=cut(transaction.host, limits.HOST),
        uri=cut(transaction.request.uri, limits.URI),
        status=small(transaction.response.status),
        category=None if transaction.category is None else transaction.category.value,
        severity=small(transaction.severity),
        score=next((small(score) for score in scores if score is not None), None),
        intercepted=transaction.intercepted,
        verdict=cut(transaction.verdict, limits.VERDICT),
        rule_ids=tuple(dict.fromkeys(m.rule_id for m in matches if m.rule_id is not None)),
        defect_count=len(transaction.defects),
        time_basis=TimeBasis.UNKNOWN if occurred is None else TimeBasis(transaction.zone.value),
    )
    return _Kept(
        row=row,
        digest=record.digest,
        raw=record.raw,
        format=transaction.format.value,
        matches=matches,
        place=place,
        origin=cut(record.origin, limits.ORIGIN),
        origin_offset=big(record.origin_offset),
        occurred_at=occurred,
        defects=tuple({defect.code[: limits.DEFECT_CODE] for defect in transaction.defects}),
        traits=_traits(transaction),
        engine_mode=cut(transaction.engine_mode, limits.ENGINE_MODE),
        ruleset=cut(transaction.ruleset, limits.RULESET),
        parts={
            letter: content[: limits.PART_BYTES].decode("utf-8", "replace")
            for letter, content in record.parts
            if letter in _PART_LETTERS
        },
        claimed_hash=cut(record.claimed_hash, limits.CLAIMED_HASH),
        size_bytes=len(record.raw),
        kept_digest=record.kept_digest,
    )


def _kept_record(kept: _Kept) -> KeptRecord:
    row = kept.row
    transaction = Transaction(
        format=Format(kept.format),
        unique_id=row.unique_id,
        occurred_at=kept.occurred_at,
        zone=Zone.ASSUMED if row.time_basis is TimeBasis.ASSUMED else Zone.STATED,
        client=Endpoint(address=row.client_address, port=row.client_port),
        request=Request(
            method=row.method,
            uri=row.uri,
            headers=() if row.host is None else (("Host", row.host),),
        ),
        response=Response(status=row.status),
        matches=kept.matches,
        intercepted=row.intercepted,
        engine_mode=kept.engine_mode,
        ruleset=kept.ruleset,
        anomaly=None if row.score is None else Anomaly(inbound=row.score),
        defects=(Defect(code=""),) * row.defect_count,
        place=kept.place,
        category=None if row.category is None else Category(row.category),
        severity=row.severity,
        verdict=row.verdict,
    )
    record = Record(
        sensor=row.sensor,
        received_at_us=to_us(row.received_at),
        digest=kept.digest,
        raw=kept.raw,
        transaction=transaction,
        origin=kept.origin,
        origin_offset=kept.origin_offset,
        claimed_hash=kept.claimed_hash,
        kept_digest=kept.kept_digest,
    )
    return KeptRecord(
        id=row.id,
        record=record,
        size_bytes=kept.size_bytes,
        has_payload=kept.has_payload,
        payload_removed_at=kept.payload_removed_at,
        preserved=kept.preserved,
        triage=kept.triage,
    )


def _triaged(kept: _Kept, triage: Triage) -> _Kept:
    row = msgspec.structs.replace(
        kept.row,
        state=triage.state,
        ignored_until=triage.ignored_until,
        labels=triage.labels,
    )
    return msgspec.structs.replace(kept, row=row, triage=triage)


def _entry(kept: _Kept) -> AuditLogEntry:
    return AuditLogEntry(
        sensor=kept.row.sensor,
        received_at_us=to_us(kept.row.received_at),
        raw=kept.raw,
        origin=kept.origin,
        origin_offset=kept.origin_offset,
        claimed_hash=kept.claimed_hash,
    )


def _anew(before: _Kept, record: Record) -> _Kept:
    """What is kept of the record now, where it is the same entry."""
    entry = _entry(before)
    is_anew = _is_anew(before, record)
    same = Record(
        sensor=entry.sensor,
        received_at_us=entry.received_at_us,
        digest=before.digest,
        raw=record.raw if is_anew else before.raw,
        transaction=record.transaction,
        parts=record.parts,
        origin=entry.origin,
        origin_offset=entry.origin_offset,
        claimed_hash=entry.claimed_hash,
        kept_digest=record.kept_digest if is_anew else before.kept_digest,
    )
    return msgspec.structs.replace(
        _triaged(_keep(before.row.id, same), before.triage),
        size_bytes=len(record.raw) if is_anew else before.size_bytes,
        has_payload=before.has_payload,
        payload_removed_at=before.payload_removed_at,
        preserved=before.preserved,
    )


def _is_anew(before: _Kept, record: Record) -> bool:
    """Whether the record wants another entry to be kept than there is."""
    wanted = record.kept_digest
    return wanted is not None and before.has_payload and wanted != _digest_of(before)


def _digest_of(kept: _Kept) -> bytes:
    return kept.kept_digest or kept.digest


def _changes(before: _Kept, after: _Kept) -> tuple[FieldChange, ...]:
    pairs = zip(_fields(before).items(), _fields(after).values(), strict=True)
    changes = [
        FieldChange(name=name, before=old, after=new) for (name, old), new in pairs if old != new
    ]
    if before.parts != after.parts:
        old, new = "".join(sorted(before.parts)), "".join(sorted(after.parts))
        changes.append(FieldChange(name="parts", before=old, after=new))
    digests = _digest_of(before).hex(), _digest_of(after).hex()
    if digests[0] != digests[1]:
        changes.append(FieldChange(name="entry", before=digests[0], after=digests[1]))
    return tuple(changes)


def _fields(kept: _Kept) -> dict[str, Any]:
    fields = {name: getattr(kept.row, name) for name in Row.__struct_fields__}
    for name in ("id", "sensor", "received_at", "rule_ids"):
        del fields[name]
    fields["occurred_at"] = kept.occurred_at
    fields["format"] = kept.format
    fields["engine_mode"] = kept.engine_mode
    fields["ruleset"] = kept.ruleset
    fields["place_source"] = None if kept.place is None else kept.place.source
    fields["matches"] = kept.matches
    return fields


def _traits(transaction: Transaction) -> tuple[tuple[Trait, str], ...]:
    told = (
        (Trait.FORMAT, transaction.format.value),
        (Trait.PRODUCER, transaction.producer),
        (Trait.RULESET, transaction.ruleset),
    )
    return tuple((trait, value[: limits.TRAIT]) for trait, value in told if value)


def _place(place: Place | None) -> Place | None:
    if place is None:
        return None
    latitude, longitude = limits.position(place)
    return Place(
        kind=place.kind,
        country=cut(place.country, limits.PLACE),
        city=cut(place.city, limits.PLACE),
        latitude=latitude,
        longitude=longitude,
        source=cut(place.source, limits.PLACE),
    )


def _is_wanted(search: Search, kept: _Kept) -> bool:
    return (
        _any(search.formats, lambda value: value == kept.format)
        and _any(search.rulesets, lambda value: value[: limits.RULESET] == kept.ruleset)
        and (search.preserved is None or search.preserved is (kept.preserved is not None))
        and _any(search.states, lambda one: one.state is effective(*_standing(kept), one.at))
        and _any(search.labels, lambda value: value.lower() in kept.triage.labels)
        and _has_text(search.text, kept)
        and (search.expression is None or fits(search.expression, lambda field: _of(kept, field)))
        and _is_match(search, kept.row)
    )


def _is_expired(expired: Expired, kept: _Kept) -> bool:
    return (
        kept.preserved is None
        and _is_wanted(expired.search, kept)
        and not any(_is_wanted(search, kept) for search in expired.kept)
    )


def _step(some: Sequence[_Kept], gone: Sequence[_Kept], after_id: int) -> RetentionStep:
    return RetentionStep(
        looked_at=len(some),
        removed=len(gone),
        raw_bytes=sum(len(kept.raw) for kept in gone),
        position=some[-1].row.id if some else after_id,
    )


def _has_text(text: str, kept: _Kept) -> bool:
    expression = re.compile(re.escape(text), re.IGNORECASE | re.ASCII)
    texts = (kept.row.uri, *(match.data for match in kept.matches))
    return not text or any(expression.search(one) for one in texts if one is not None)


def _standing(kept: _Kept) -> tuple[State, datetime | None]:
    return kept.triage.state, kept.triage.ignored_until


def _of(kept: _Kept, field: Field) -> list[Any]:
    """The values of a field, as a search text asks for it."""
    row, matches = kept.row, kept.matches
    everything: dict[Field, list[Any]] = {
        Field.ID: [row.id],
        Field.AT: [row.at],
        Field.RECEIVED: [row.received_at],
        Field.SENSOR: [row.sensor],
        Field.CLIENT: [row.client_address],
        Field.COUNTRY: [row.country],
        Field.CITY: [row.city],
        Field.PLACE: [row.place_kind],
        Field.METHOD: [row.method],
        Field.HOST: [_lower(row.host)],
        Field.PATH: [_path(row)],
        Field.URI: [row.uri],
        Field.STATUS: [row.status],
        Field.CATEGORY: [row.category],
        Field.SEVERITY: [row.severity],
        Field.SCORE: [row.score],
        Field.BLOCKED: [row.intercepted],
        Field.VERDICT: [row.verdict],
        Field.RULE: [match.rule_id for match in matches],
        Field.MESSAGE: [match.message for match in matches],
        Field.DATA: [match.data for match in matches],
        Field.TARGET: [match.target for match in matches],
        Field.PARAMETER: [match.target for match in matches],
        Field.TAG: [tag for match in matches for tag in match.tags],
        Field.UNIQUE_ID: [row.unique_id],
        Field.FORMAT: [kept.format],
        Field.RULESET: [kept.ruleset],
        Field.DEFECTS: [row.defect_count],
        Field.SIZE: [kept.size_bytes],
        Field.PRESERVED: [kept.preserved is not None],
        Field.STATE: [_standing(kept)],
        Field.LABEL: list(kept.triage.labels),
        Field.NOTE: [note.text for note in kept.triage.notes],
    }
    return [value for value in everything[field] if value is not None]


def _is_match(search: Search, row: Row) -> bool:
    return (
        _any(search.sensors, lambda value: value[: limits.SENSOR] == row.sensor)
        and _any(search.clients, lambda value: _is_inside(row.client_address, value))
        and _any(search.countries, lambda value: value == row.country)
        and _any(search.rule_ids, lambda value: value in row.rule_ids)
        and _any(search.categories, lambda value: value == row.category)
        and _any(search.hosts, lambda value: _lower(value) == _lower(row.host))
        and _any(search.paths, lambda value: _is_path(value, row))
        and _any(search.statuses, lambda value: value == row.status)
        and _any(search.severities, lambda value: value == row.severity)
        and _any(search.methods, lambda value: value[: limits.METHOD] == row.method)
        and _any(search.networks, lambda value: _is_inside(row.client_address, value))
        and _any(search.scores, lambda band: row.score is not None and band.holds(row.score))
        and (search.intercepted is None or row.intercepted is search.intercepted)
        and (search.unique_id is None or search.unique_id[: limits.UNIQUE_ID] == row.unique_id)
        and (search.since is None or row.at >= search.since)
        and (search.until is None or row.at < search.until)
    )


def _any(values: tuple[_T, ...], is_true: Callable[[_T], bool]) -> bool:
    return not values or any(map(is_true, values))


def _lower(host: str | None) -> str | None:
    return None if host is None else host[: limits.HOST].lower()[: limits.HOST]


def _path(row: Row) -> str | None:
    return None if row.uri is None else row.uri.partition("?")[0][: limits.PATH]


def _is_path(pattern: str, row: Row) -> bool:
    path = _path(row)
    if path is None:
        return False
    if "*" not in pattern:
        return path == pattern[: limits.PATH]
    expression = ".*".join(re.escape(piece) for piece in pattern.split("*"))
    return re.fullmatch(expression, path, re.DOTALL) is not None


def _is_inside(address: str | None, block: str) -> bool:
    """Addresses are compared as IPv6, IPv4 ones as IPv4-mapped."""
    try:
        network = ipaddress.ip_network(block, strict=False)
    except ValueError:
        return address is not None and address == block
    try:
        client = ipaddress.ip_address(address or "")
    except ValueError:
        return False
    shift = 0xFFFF << 32
    first = int(network.network_address) + (shift if network.version == 4 else 0)
    last = int(network.broadcast_address) + (shift if network.version == 4 else 0)
    return first <= int(client) + (shift if client.version == 4 else 0) <= last


def _cells(row: Row) -> Iterable[tuple[float, float, str | None, str, str | None]]:
    latitude, longitude = limits.cell(row.latitude), limits.cell(row.longitude)
    if latitude is not None and longitude is not None:
        yield latitude, longitude, row.country, row.sensor, row.category


def _value(value: Any) -> Iterator[Any]:
    if value is not None:
        yield value


def _network(address: str | None) -> Iterator[Any]:
    """Networks of which others begin stand before them, as bytes of different lengths do."""
    try:
        client = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return
    if isinstance(client, ipaddress.IPv6Address):
        client = client.ipv4_mapped or client
    network = ipaddress.ip_network((client, 24 if client.version == 4 else 48), strict=False)
    first = network.network_address.packed
    yield (b"\x00" * 10 + b"\xff\xff" + first[:3] if client.version == 4 else first[:6]), network


def _band(score: int | None) -> Iterator[Any]:
    for place, band in enumerate(SCORE_BANDS):
        if score is not None and band.holds(score):
            yield place, band


_FACETS: dict[Facet, Callable[[_Kept], Iterable[Any]]] = {
    Facet.SENSOR: lambda kept: [kept.row.sensor],
    Facet.COUNTRY: lambda kept: _value(kept.row.country),
    Facet.CATEGORY: lambda kept: _value(kept.row.category),
    Facet.CLIENT: lambda kept: _value(kept.row.client_address),
    Facet.HOST: lambda kept: _value(_lower(kept.row.host)),
    Facet.PATH: lambda kept: _value(_path(kept.row)),
    Facet.STATUS: lambda kept: _value(kept.row.status),
    Facet.RULE: lambda kept: kept.row.rule_ids,
    Facet.INTERCEPTED: lambda kept: _value(
        None if kept.row.intercepted is None else json.dumps(kept.row.intercepted)
    ),
    Facet.SEVERITY: lambda kept: _value(kept.row.severity),
    Facet.METHOD: lambda kept: _value(kept.row.method),
    Facet.FORMAT: lambda kept: [kept.format],
    Facet.NETWORK: lambda kept: _network(kept.row.client_address),
    Facet.SCORE: lambda kept: _band(kept.row.score),
    Facet.RULESET: lambda kept: _value(kept.ruleset),
    Facet.STATE: lambda kept: [one for one in [kept.triage.state] if one is not State.OPEN],
    Facet.LABEL: lambda kept: kept.triage.labels,
}
_OF_ALL_SENSORS = frozenset((Facet.CLIENT, Facet.HOST, Facet.NETWORK))


def _counts(found: Iterable[_Kept], facet: Facet) -> tuple[Count, ...]:
    """Most frequent first; those with a place in an order come with it."""
    groups = _group(found, _FACETS[facet])
    ordered = sorted(groups.items(), key=lambda item: (-len(item[1]), _place_of(item[0])))
    return tuple(
        Count(
            value=str(value[1] if isinstance(value, tuple) else value),
            transactions=len(some),
            intercepted=_intercepted(kept.row for kept in some),
        )
        for value, some in ordered
    )


def _place_of(value: Any) -> Any:
    return value[0] if isinstance(value, tuple) else value


def _has_whole_hour(search: Search, at: datetime) -> bool:
    """Whether the span has all of the hour."""
    hour = timedelta(hours=1)
    begin = _begin(at, hour)
    search = lifted(search)
    return (search.since is None or search.since <= begin) and (
        search.until is None or begin + hour <= search.until
    )


def _begin(moment: datetime, width: timedelta) -> datetime:
    return _EPOCH + (moment - _EPOCH) // width * width


def _activity(at: datetime, sensor: str, some: list[_Kept]) -> SensorActivity:
    lags = [kept.lag_ms for kept in some if kept.lag_ms is not None]
    return SensorActivity(
        sensor=sensor,
        at=at,
        transactions=len(some),
        with_defects=sum(1 for kept in some if kept.defects),
        timed=len(lags),
        lag_total_ms=sum(lags),
        lag_least_ms=min(lags, default=None),
        lag_most_ms=max(lags, default=None),
    )


def _sum(one: SensorActivity, other: SensorActivity) -> SensorActivity:
    least = [lag for lag in (one.lag_least_ms, other.lag_least_ms) if lag is not None]
    most = [lag for lag in (one.lag_most_ms, other.lag_most_ms) if lag is not None]
    return SensorActivity(
        sensor=one.sensor,
        at=one.at,
        transactions=one.transactions + other.transactions,
        with_defects=one.with_defects + other.with_defects,
        timed=one.timed + other.timed,
        lag_total_ms=one.lag_total_ms + other.lag_total_ms,
        lag_least_ms=min(least, default=None),
        lag_most_ms=max(most, default=None),
    )


def _group(rows: Iterable[_R], keys: Callable[[_R], Iterable[_T]]) -> dict[_T, list[_R]]:
    groups: dict[_T, list[_R]] = {}
    for row in rows:
        for key in keys(row):
            groups.setdefault(key, []).append(row)
    return groups


def _intercepted(rows: Iterable[Row]) -> int:
    return Counter(row.intercepted for row in rows)[True]
