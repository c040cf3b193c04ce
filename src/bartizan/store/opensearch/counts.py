"""Counting what a search matches: totals, facets, histogram and map."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from bartizan.domain.errors import Unavailable
from bartizan.domain.search import SCORE_BANDS, Bar, Count, Facet, MapCell, Search
from bartizan.store.addresses import network_bytes, network_text, packed
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
    Facet.SEVERITY: "event.severity",
    Facet.METHOD: "http.request.method",
    Facet.FORMAT: "bartizan.format",
    Facet.RULESET: "rule.ruleset",
    Facet.STATE: "bartizan.state",
    Facet.LABEL: "bartizan.label",
}
_INTERCEPTED: Final = {"intercepted": {"filter": {"term": {"bartizan.intercepted": True}}}}
# Each shard names its most frequent values; so many that none of the asked is missed in practice.
_FROM_EACH_SHARD: Final = 5000
_NOTHING: Final = {"buckets": [], "doc_count": 0}
_MICROSECOND: Final = timedelta(microseconds=1)
_BOUNDED_S: Final = 1
_PARTS: Final = 1000  # of one bar, more than there are
_ADDRESSES: Final = 10_000  # of one question
_ADDRESS_PAGES: Final = 50


def count(cluster: Cluster, pattern: str, search: Search, limit: int | None) -> Count:
    if limit is not None:
        return _at_least(cluster, pattern, search, limit)
    answer = _ask(cluster, pattern, query(search), _INTERCEPTED, track_total_hits=True)
    return Count(
        value="",
        transactions=answer["hits"]["total"]["value"],
        intercepted=answer["aggregations"]["intercepted"]["doc_count"],
    )


def _at_least(cluster: Cluster, pattern: str, search: Search, limit: int) -> Count:
    """Without an aggregation the cluster stops where it has found enough."""
    found, is_all = [], True
    for also in ((), ({"term": {"bartizan.intercepted": True}},)):
        body = {
            "size": 0,
            "query": query(search, *also),
            "track_total_hits": limit,
            "timeout": f"{_BOUNDED_S}s",
        }
        answer, is_whole = cluster.search_some(pattern, body)
        total = answer["hits"]["total"]
        found.append(total["value"])
        is_all = is_all and is_whole and total["relation"] == "eq"
    transactions, intercepted = found
    return Count(
        value="",
        transactions=transactions,
        intercepted=min(intercepted, transactions),
        is_at_least=not is_all,
    )


def facet(
    cluster: Cluster, pattern: str, search: Search, facet: Facet, limit: int
) -> tuple[Count, ...]:
    if facet is Facet.SCORE:
        return _bands(cluster, pattern, search)[:limit]
    if facet is Facet.NETWORK:
        return _networks(cluster, pattern, search)[:limit]
    return tuple(map(_count, _frequent(cluster, pattern, search, _FIELDS[facet], limit)))


def _count(bucket: Document) -> Count:
    return Count(
        value=bucket.get("key_as_string", str(bucket["key"])),
        transactions=bucket["doc_count"],
        intercepted=bucket["intercepted"]["doc_count"],
    )


def _bands(cluster: Cluster, pattern: str, search: Search) -> tuple[Count, ...]:
    ranges = []
    for band in SCORE_BANDS:
        ends = {} if band.least is None else {"from": band.least}
        ranges.append({**ends} if band.most is None else {**ends, "to": band.most + 1})
    values = {"range": {"field": "event.risk_score", "ranges": ranges}, "aggs": _INTERCEPTED}
    answer = _ask(cluster, pattern, query(search), {"values": values})
    buckets = answer["aggregations"]["values"]["buckets"]
    found = [
        Count(
            value=str(band),
            transactions=bucket["doc_count"],
            intercepted=bucket["intercepted"]["doc_count"],
        )
        for band, bucket in zip(SCORE_BANDS, buckets, strict=False)
        if bucket["doc_count"]
    ]
    return tuple(sorted(found, key=lambda count: -count.transactions))


def _networks(cluster: Cluster, pattern: str, search: Search) -> tuple[Count, ...]:
    """From every address there is: no index tells of networks."""
    transactions: Counter[bytes] = Counter()
    intercepted: Counter[bytes] = Counter()
    for bucket in _addresses(cluster, pattern, search):
        address = packed(bucket["key"]["address"])
        if address is not None:
            transactions[network_bytes(address)] += bucket["doc_count"]
            intercepted[network_bytes(address)] += bucket["intercepted"]["doc_count"]
    ordered = sorted(transactions.items(), key=lambda item: (-item[1], item[0]))
    return tuple(
        Count(value=network_text(network), transactions=times, intercepted=intercepted[network])
        for network, times in ordered
    )


def _addresses(cluster: Cluster, pattern: str, search: Search) -> Iterator[Document]:
    after: Document = {}
    for _ in range(_ADDRESS_PAGES):
        pages = {
            "size": _ADDRESSES,
            "sources": [{"address": {"terms": {"field": "source.ip"}}}],
            **after,
        }
        values = {"values": {"composite": pages, "aggs": _INTERCEPTED}}
        found = _ask(cluster, pattern, query(search), values)["aggregations"]["values"]
        yield from found["buckets"]
        if "after_key" not in found:
            return
        after = {"after": found["after_key"]}
    raise Unavailable("search-too-slow", "there are too many addresses to count their networks")


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
    cluster: Cluster,
    pattern: str,
    search: Search,
    since: datetime,
    width: timedelta,
    *,
    split: Facet | None,
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
        "aggs": _INTERCEPTED | ({} if split is None else {"parts": _terms(_FIELDS[split], _PARTS)}),
    }
    answer = _ask(cluster, pattern, query(search), {"bars": bars})
    return tuple(
        Bar(
            at=from_us(int(bucket["key"])),
            transactions=bucket["doc_count"],
            intercepted=bucket["intercepted"]["doc_count"],
            parts=() if split is None else tuple(map(_count, bucket["parts"]["buckets"])),
        )
        for bucket in answer["aggregations"]["bars"]["buckets"]
    )


def _frequent(
    cluster: Cluster, pattern: str, search: Search, field: str, limit: int
) -> list[Document]:
    answer = _ask(cluster, pattern, query(search), {"values": _terms(field, limit)})
    buckets: list[Document] = answer["aggregations"]["values"]["buckets"]
    return buckets


def _terms(field: str, limit: int) -> Document:
    return {
        "terms": {
            "field": field,
            "size": limit,
            "shard_size": max(_FROM_EACH_SHARD, 2 * limit),
            "order": [{"_count": "desc"}, {"_key": "asc"}],
        },
        "aggs": _INTERCEPTED,
    }


def _ask(
    cluster: Cluster, pattern: str, matching: Document, aggregations: Document, **more: Any
) -> Document:
    body = {"size": 0, "query": matching, "aggs": aggregations, **more}
    answer = cluster.search(pattern, body)
    # An index that is not there yet: nothing was counted.
    answer.setdefault("aggregations", dict.fromkeys(aggregations, _NOTHING))
    return answer
