"""Counting what a search matches: totals, facets, histogram and map."""

from datetime import datetime, timedelta
from typing import Any, Final

from bartizan.domain.search import Bar, Count, Facet, MapCell, Search
from bartizan.store.opensearch.cells import read_cell
from bartizan.store.opensearch.cluster import Cluster
from bartizan.store.opensearch.filters import query
from bartizan.store.opensearch.writes import Document
from bartizan.store.times import from_us, search_us

_FIELDS: Final = {
    Facet.SENSOR: "observer.name",
    Facet.COUNTRY: "source.geo.country_iso_code",
    Facet.CATEGORY: "rule.category",
    Facet.CLIENT: "source.address",
    Facet.HOST: "url.domain",
    Facet.PATH: "url.path",
    Facet.STATUS: "http.response.status_code",
    Facet.RULE: "rule.id.number",
    Facet.INTERCEPTED: "bartizan.intercepted",
}
_INTERCEPTED: Final = {"intercepted": {"filter": {"term": {"bartizan.intercepted": True}}}}
# Each shard names its most frequent values; so many that none of the asked is missed in practice.
_FROM_EACH_SHARD: Final = 5000
_NOTHING: Final = {"buckets": [], "doc_count": 0}
_MICROSECOND: Final = timedelta(microseconds=1)


def count(cluster: Cluster, pattern: str, search: Search) -> Count:
    answer = _ask(cluster, pattern, query(search), _INTERCEPTED, track_total_hits=True)
    return Count(
        value="",
        transactions=answer["hits"]["total"]["value"],
        intercepted=answer["aggregations"]["intercepted"]["doc_count"],
    )


def facet(
    cluster: Cluster, pattern: str, search: Search, facet: Facet, limit: int
) -> tuple[Count, ...]:
    buckets = _frequent(cluster, pattern, search, _FIELDS[facet], limit)
    return tuple(
        Count(
            value=bucket.get("key_as_string", str(bucket["key"])),
            transactions=bucket["doc_count"],
            intercepted=bucket["intercepted"]["doc_count"],
        )
        for bucket in buckets
    )


def map_cells(cluster: Cluster, pattern: str, search: Search, limit: int) -> tuple[MapCell, ...]:
    found = []
    for bucket in _frequent(cluster, pattern, search, "bartizan.cell", limit):
        latitude, longitude, country, sensor, category = read_cell(bucket["key"])
        found.append(
            MapCell(
                latitude=latitude,
                longitude=longitude,
                country=country,
                sensor=sensor,
                category=category,
                transactions=bucket["doc_count"],
                intercepted=bucket["intercepted"]["doc_count"],
            )
        )
    return tuple(found)


def histogram(
    cluster: Cluster, pattern: str, search: Search, since: datetime, width: timedelta
) -> tuple[Bar, ...]:
    """Slices begin at `since`."""
    since_us, width_us = search_us(since), width // _MICROSECOND
    bars = {
        "histogram": {
            "field": "bartizan.at_us",
            "interval": width_us,
            "offset": since_us % width_us,
            "min_doc_count": 1,
        },
        "aggs": _INTERCEPTED,
    }
    answer = _ask(cluster, pattern, query(search), {"bars": bars})
    return tuple(
        Bar(
            at=from_us(int(bucket["key"])),
            transactions=bucket["doc_count"],
            intercepted=bucket["intercepted"]["doc_count"],
        )
        for bucket in answer["aggregations"]["bars"]["buckets"]
    )


def _frequent(
    cluster: Cluster, pattern: str, search: Search, field: str, limit: int
) -> list[Document]:
    values = {
        "terms": {
            "field": field,
            "size": limit,
            "shard_size": max(_FROM_EACH_SHARD, 2 * limit),
            "order": [{"_count": "desc"}, {"_key": "asc"}],
        },
        "aggs": _INTERCEPTED,
    }
    answer = _ask(cluster, pattern, query(search), {"values": values})
    buckets: list[Document] = answer["aggregations"]["values"]["buckets"]
    return buckets


def _ask(
    cluster: Cluster, pattern: str, matching: Document, aggregations: Document, **more: Any
) -> Document:
    body = {"size": 0, "query": matching, "aggs": aggregations, **more}
    answer = cluster.search(pattern, body)
    # An index that is not there yet: nothing was counted.
    answer.setdefault("aggregations", dict.fromkeys(aggregations, _NOTHING))
    return answer
