"""What is counted of sensors beside their transactions.

A cluster cannot count in the transaction that stores, so each transaction carries what its sensor
showed of itself (`bartizan.heard`), and that is added up: once and for all for ids up to the
sensor's `covered_id`, and anew for the few above it whenever somebody asks. One document per sensor
holds the sums and how far they go, and is written whole and only if it still is what was read. So
nothing is counted twice or forgotten by whoever is killed, and sums outlive the transactions.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from bartizan.domain.sensor_health import (
    SensorActivity,
    SensorDefects,
    SensorTrait,
    Slice,
    Trait,
)
from bartizan.kit.clock import from_us, to_us
from bartizan.store import limits
from bartizan.store.contract import SensorCounts
from bartizan.store.opensearch.cluster import Cluster
from bartizan.store.opensearch.documents import identity_key
from bartizan.store.opensearch.filters import between, terms
from bartizan.store.opensearch.names import Names
from bartizan.store.opensearch.sums import Sums
from bartizan.store.opensearch.writes import CREATED, Document, Found, Write, encode

_MOST_SENSORS: Final = 10_000
_PAGE: Final = 5000
_DAY_US: Final = 24 * 3600 * 1_000_000
_ACTIVITY: Final[Document] = {
    "with_defects": {"filter": {"term": {"bartizan.heard.has_defects": True}}},
    "timed": {"value_count": {"field": "bartizan.heard.lag_ms"}},
    "lag_total_ms": {"sum": {"field": "bartizan.heard.lag_ms"}},
    "lag_least_ms": {"min": {"field": "bartizan.heard.lag_ms"}},
    "lag_most_ms": {"max": {"field": "bartizan.heard.lag_ms"}},
}
_SEEN: Final[Document] = {
    "first": {"min": {"field": "bartizan.heard.minute_us"}},
    "last": {"max": {"field": "bartizan.heard.minute_us"}},
}
_NEWEST: Final[Document] = {"newest": {"max": {"field": "bartizan.received_us"}}}
_IS_HEARD: Final[Document] = {"term": {"bartizan.heard.is_counted": True}}


class Covered:
    """The document of one sensor, as it was read; `found` is None if there is none yet."""

    def __init__(self, sensor: str, found: Found | None) -> None:
        self.sensor = sensor
        self.found = found
        self.id: int = -1 if found is None else found.source["covered_id"]
        self.sums = Sums(sensor) if found is None else Sums.read(sensor, found.source["counts"])


class SensorTally:
    """Thread-safe; remembers nothing."""

    def __init__(self, cluster: Cluster, names: Names) -> None:
        self._cluster = cluster
        self._names = names

    def last_seen(self) -> dict[str, datetime]:
        known = self._covered(None)
        self._add_newest(known, [_uncovered(known)])
        found = {sensor: one.sums.last_us for sensor, one in known.items()}
        return {sensor: from_us(last) for sensor, last in found.items() if last is not None}

    def activity(
        self, since: datetime, slices: Slice, sensor: str | None
    ) -> tuple[SensorActivity, ...]:
        known = self._covered(sensor)
        least_us = to_us(since)
        recent = between("bartizan.heard.minute_us", gte=least_us - least_us % 3_600_000_000)
        self._add_activity(known, [_uncovered(known), recent, *_only(sensor)])
        found = [row for one in known.values() for row in one.sums.activity(slices)]
        asked = [row for row in found if row.at >= since]
        return tuple(sorted(asked, key=lambda row: (row.at, row.sensor)))

    def traits(self, sensor: str | None) -> tuple[SensorTrait, ...]:
        known = self._covered(sensor)
        self._add_traits(known, [_uncovered(known), *_only(sensor)])
        found = [row for one in known.values() for row in one.sums.newest_traits()]
        found.sort(key=lambda row: row.value)
        found.sort(key=lambda row: row.last_seen_at, reverse=True)
        found.sort(key=lambda row: (row.sensor, row.trait))
        return tuple(found)

    def defects(self, since: datetime, sensor: str | None) -> tuple[SensorDefects, ...]:
        known = self._covered(sensor)
        recent = between("bartizan.heard.minute_us", gte=to_us(since))
        self._add_defects(known, [_uncovered(known), recent, *_only(sensor)])
        found = [row for one in known.values() for row in one.sums.all_defects()]
        asked = [row for row in found if row.day >= since]
        return tuple(sorted(asked, key=lambda row: (row.day, row.sensor, row.code)))

    def cover(self, until_id: int) -> None:
        """Add up everything to that id. Searches must see what is to be counted."""
        known = self._covered(None)
        asked = [_uncovered(known), between("bartizan.id", lte=until_id)]
        self._add_newest(known, asked)
        self._add_activity(known, asked)
        self._add_traits(known, asked)
        self._add_defects(known, asked)
        writes = []
        for one in known.values():
            if one.id < until_id:
                one.sums.forget_old()
                writes.append(self._write(one.sensor, one.found, one.sums, until_id))
        self._cluster.write(writes, refresh="true")  # whoever was quicker has counted the same

    def set(self, counts: SensorCounts) -> None:
        """These are the counts now; what is there of its transactions is in them already."""
        sensor = counts.sensor[: limits.SENSOR]
        self._write_until_done(sensor, lambda: (Sums.of(sensor, counts), self._last_id(sensor)))

    def forget(self, sensor: str) -> None:
        key = _key(sensor)
        delete = Write(kind="delete", index=self._names.sensors, id=key)
        self._cluster.write([delete], refresh="true")

    def remove_old(self, before: datetime, limit: int) -> int:
        """Let go of slices that end before then; how many."""
        removed = 0
        for one in self._covered(None).values():
            gone = one.sums.remove_before(to_us(before), limit - removed)
            if gone and one.found is not None:
                write = self._write(one.sensor, one.found, one.sums, one.id)
                if self._cluster.write([write], refresh="true")[0] in CREATED:
                    removed += gone
        return removed

    def _write_until_done(self, sensor: str, make: Any) -> None:
        while True:
            (found,) = self._cluster.look_up([(self._names.sensors, _key(sensor))], fields=True)
            sums, covered_id = make()
            write = self._write(sensor, found, sums, covered_id)
            if self._cluster.write([write], refresh="true")[0] in CREATED:
                return

    def _write(self, sensor: str, found: Found | None, sums: Sums, covered_id: int) -> Write:
        source = {"sensor": sensor, "covered_id": covered_id, "counts": sums.written()}
        return Write(
            kind="create" if found is None else "index",
            index=self._names.sensors,
            id=_key(sensor),
            source=encode(source),
            if_seen=None if found is None else found.seen,
        )

    def _covered(self, sensor: str | None) -> dict[str, Covered]:
        asked: Document = (
            {"match_all": {}} if sensor is None else {"ids": {"values": [_key(sensor)]}}
        )
        answer = self._cluster.search(
            self._names.sensors,
            {"query": asked, "size": _MOST_SENSORS, "seq_no_primary_term": True},
        )
        found = {}
        for hit in answer["hits"]["hits"]:
            seen = (hit["_seq_no"], hit["_primary_term"])
            source = hit["_source"]
            found[source["sensor"]] = Covered(source["sensor"], Found(source=source, seen=seen))
        return found

    def _last_id(self, sensor: str) -> int:
        answer = self._cluster.search(
            self._names.transactions,
            {
                "size": 1,
                "query": terms("observer.name", [sensor]),
                "sort": [{"bartizan.id": "desc"}],
                "_source": ["bartizan.id"],
            },
        )
        hits = answer["hits"]["hits"]
        number: int = hits[0]["_source"]["bartizan"]["id"] if hits else 0
        return number

    def _add_newest(self, known: dict[str, Covered], asked: Sequence[Document]) -> None:
        for key, bucket in self._groups(asked, {}, _NEWEST):
            _sums(known, key).hear(int(bucket["newest"]["value"]))

    def _add_activity(self, known: dict[str, Covered], asked: Sequence[Document]) -> None:
        minute = {"histogram": {"field": "bartizan.heard.minute_us", "interval": 60_000_000}}
        for key, bucket in self._groups([*asked, _IS_HEARD], {"minute": minute}, _ACTIVITY):
            least, most = bucket["lag_least_ms"]["value"], bucket["lag_most_ms"]["value"]
            _sums(known, key).add_minute(
                int(key["minute"]),
                transactions=bucket["doc_count"],
                with_defects=bucket["with_defects"]["doc_count"],
                timed=bucket["timed"]["value"],
                lag_total_ms=int(bucket["lag_total_ms"]["value"]),
                lag_least_ms=None if least is None else int(least),
                lag_most_ms=None if most is None else int(most),
            )

    def _add_traits(self, known: dict[str, Covered], asked: Sequence[Document]) -> None:
        for trait in Trait:
            value = {"terms": {"field": f"bartizan.heard.{trait.value}"}}
            for key, bucket in self._groups([*asked, _IS_HEARD], {"value": value}, _SEEN):
                first, last = int(bucket["first"]["value"]), int(bucket["last"]["value"])
                _sums(known, key).see(trait, key["value"], first, last)

    def _add_defects(self, known: dict[str, Covered], asked: Sequence[Document]) -> None:
        day = {"histogram": {"field": "bartizan.heard.minute_us", "interval": _DAY_US}}
        code = {"terms": {"field": "bartizan.heard.defects"}}
        for key, bucket in self._groups([*asked, _IS_HEARD], {"day": day, "code": code}, {}):
            _sums(known, key).add_defects(int(key["day"]), key["code"], bucket["doc_count"])

    def _groups(
        self, asked: Sequence[Document], by: Document, aggregations: Document
    ) -> Iterator[tuple[Document, Document]]:
        """Groups by sensor and something, as (key, bucket), a page of them at a time."""
        sources = [{"sensor": {"terms": {"field": "observer.name"}}}]
        sources += [{name: source} for name, source in by.items()]
        after: Document = {}
        while True:
            groups: Document = {"composite": {"sources": sources, "size": _PAGE, **after}}
            if aggregations:
                groups["aggs"] = aggregations
            body = {"size": 0, "query": {"bool": {"filter": list(asked)}}, "aggs": {"by": groups}}
            answer = self._cluster.search(self._names.transactions, body)
            found = answer.get("aggregations", {}).get("by", {"buckets": []})
            for bucket in found["buckets"]:
                yield bucket["key"], bucket
            if "after_key" not in found:
                return
            after = {"after": found["after_key"]}


def _key(sensor: str) -> str:
    return identity_key(sensor, b"")


def _sums(known: dict[str, Covered], key: Document) -> Sums:
    sensor = key["sensor"]
    if sensor not in known:
        known[sensor] = Covered(sensor, None)
    return known[sensor].sums


def _only(sensor: str | None) -> list[Document]:
    return [] if sensor is None else [terms("observer.name", [sensor[: limits.SENSOR]])]


def _uncovered(known: dict[str, Covered]) -> Document:
    """Transactions that are in nobody's sums: nearly always one line for all sensors."""
    if not known:
        return {"match_all": {}}
    by_id: dict[int, list[str]] = {}
    for one in known.values():
        by_id.setdefault(one.id, []).append(one.sensor)
    later: list[Document] = [
        {"bool": {"filter": [terms("observer.name", sensors), between("bartizan.id", gt=number)]}}
        for number, sensors in by_id.items()
    ]
    unknown = {"bool": {"must_not": [terms("observer.name", known)]}}
    return {"bool": {"should": [*later, unknown], "minimum_should_match": 1}}
