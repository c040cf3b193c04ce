"""What people ask of a store, with values from the records themselves: each question in variants.

Every variant of a question is timed once per round, so that p95 is over values that are frequent
and rare, and over pages of the database that were read lately and that were not.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from bartizan.domain.delivery import Record
from bartizan.domain.search import Cursor, Facet, Search
from bartizan.store.contract import Store
from bench.volume import SHARES, Volume

PAGE: Final = 50
NEWEST_MS, ROLLED_MS, ANY_MS = 20.0, 50.0, 200.0
TOTAL_MS: Final = 300.0  # it stops after a quarter of a second
_VARIANTS: Final = 12
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_TOP: Final = (
    Facet.RULE,
    Facet.CLIENT,
    Facet.NETWORK,
    Facet.COUNTRY,
    Facet.CATEGORY,
    Facet.HOST,
    Facet.STATUS,
    Facet.SEVERITY,
    Facet.SCORE,
    Facet.METHOD,
)
_ABSENT: Final = ("zzqqxxjj", "/no/such/path/anywhere", "union all select 4711", "q%j", "..;/..;/")


@dataclass(frozen=True)
class Question:
    """`goal_ms` is what its p95 must be under."""

    name: str
    goal_ms: float
    asked: tuple[Callable[[], Any], ...]


def questions(store: Store, volume: Volume, count: int, until: datetime) -> list[Question]:
    """For a store that holds the records 0 to `count` of the volume."""
    samples = [
        volume.record(int((number + 0.5) / _VARIANTS * count)) for number in range(_VARIANTS)
    ]
    return [
        *_pages(store, samples),
        *_counts(store, samples, until),
        *_totals(store, samples),
        *_texts(store, samples),
    ]


def _pages(store: Store, samples: list[Record]) -> Iterator[Question]:
    def page(search: Search) -> Callable[[], Any]:
        return partial(store.page, search, limit=PAGE)

    def pages(name: str, searches: list[Search]) -> Question:
        return Question(f"newest page, {name}", NEWEST_MS, tuple(map(page, searches)))

    transactions = [one.transaction for one in samples]
    rules = [match.rule_id for one in transactions for match in one.matches if match.rule_id]
    uris = [one.request.uri for one in transactions if one.request.uri]
    paths = [uri.partition("?")[0] for uri in uris]
    yield pages("no filter", [Search()])
    yield pages("sensor", [Search(sensors=(one.sensor,)) for one in samples])
    yield pages("client", [Search(clients=(one.client.address or "",)) for one in transactions])
    yield pages(
        "country",
        [Search(countries=(one.place.country or "",)) for one in transactions if one.place],
    )
    yield pages("rule", [Search(rule_ids=(rule,)) for rule in dict.fromkeys(rules)])
    yield pages(
        "category", [Search(categories=(one.category,)) for one in transactions if one.category]
    )
    yield pages("host", [Search(hosts=(one.host or "",)) for one in transactions])
    yield pages("path", [Search(paths=(path,)) for path in paths])
    yield pages(
        "path with *", [Search(paths=(path[: len(path) // 2 + 1] + "*",)) for path in paths]
    )
    yield pages(
        "status",
        [Search(statuses=(one.response.status,)) for one in transactions if one.response.status],
    )
    yield pages("format", [Search(formats=(name,)) for name in SHARES])
    yield pages("blocked", [Search(intercepted=True), Search(intercepted=False)])
    yield pages(
        "sensor and rule",
        [
            Search(sensors=(one.sensor,), rule_ids=(one.transaction.matches[0].rule_id or 0,))
            for one in samples
            if one.transaction.matches
        ],
    )
    yield Question(
        "look-up of a unique id",
        NEWEST_MS,
        tuple(page(Search(unique_id=one.unique_id)) for one in transactions),
    )
    yield Question("one transaction and its raw entry", NEWEST_MS, tuple(_openings(store, samples)))
    cursor = _thousandth(store)
    yield Question(
        "page 1,000 by cursor",
        NEWEST_MS,
        (partial(store.page, Search(), before=cursor, limit=PAGE),) * 4,
    )


def _openings(store: Store, samples: list[Record]) -> Iterator[Callable[[], Any]]:
    for one in samples:
        rows = store.page(Search(unique_id=one.transaction.unique_id), limit=1).rows
        for row in rows:
            yield partial(_open, store, row.id)


def _open(store: Store, number: int) -> None:
    store.get(number)
    store.raw(number)


def _thousandth(store: Store) -> Cursor | None:
    cursor = None
    for _ in range(999 * PAGE // 185):
        cursor = store.page(Search(), before=cursor, limit=185).next or cursor
    return cursor


def _counts(store: Store, samples: list[Record], until: datetime) -> Iterator[Question]:
    for name, span, goal in (("24 h", _DAY, ANY_MS), ("30 d", 30 * _DAY, ROLLED_MS)):
        # Dashboards ask at any moment.
        spans = [
            Search(
                since=until - span - shift, until=until - shift + _HOUR * 24 * (shift == 0 * _DAY)
            )
            for shift in (timedelta(minutes=minutes) for minutes in (0, 7, 29, 48))
        ]
        for facet in _TOP:
            yield Question(
                f"top 20 {facet} of {name}",
                goal,
                tuple(partial(store.facet, search, facet, limit=20) for search in spans),
            )
        yield Question(
            f"count of {name}", goal, tuple(partial(store.count, search) for search in spans)
        )
        yield Question(
            f"count of {name}, one sensor",
            goal,
            tuple(
                partial(store.count, Search(since=spans[0].since, sensors=(one.sensor,)))
                for one in samples
            ),
        )
    hour = until.replace(minute=0, second=0, microsecond=0)
    yield Question(
        "histogram of 30 d by 6 hours",
        ROLLED_MS,
        (partial(store.histogram, Search(since=hour - 30 * _DAY), width=6 * _HOUR),) * 4,
    )
    yield Question(
        "histogram of 30 d by 12 hours and category",
        ROLLED_MS,
        (
            partial(
                store.histogram,
                Search(since=hour - 30 * _DAY),
                width=12 * _HOUR,
                split=Facet.CATEGORY,
            ),
        )
        * 4,
    )
    yield Question(
        "histogram of 24 h by 30 minutes",
        ANY_MS,
        (partial(store.histogram, Search(since=hour - _DAY), width=timedelta(minutes=30)),) * 4,
    )
    for name, days in (("24 h", 1), ("7 d", 7)):
        yield Question(
            f"map of {name}",
            ANY_MS,
            (partial(store.map_cells, Search(since=until - days * _DAY)),) * 4,
        )


def _totals(store: Store, samples: list[Record]) -> Iterator[Question]:
    """Of a page: at least so many."""
    transactions = [one.transaction for one in samples]
    uris = [one.request.uri for one in transactions if one.request.uri]
    searches = {
        "path": [Search(paths=(uri.partition("?")[0],)) for uri in uris],
        "country and category": [
            Search(countries=(one.place.country or "",), categories=(one.category,))
            for one in transactions
            if one.place and one.category
        ],
        "text": [Search(text=uri[-12:]) for uri in uris],
    }
    for name, asked in searches.items():
        total = tuple(partial(store.count, search, limit=100_000) for search in asked)
        yield Question(f"total of a page, {name}", TOTAL_MS, total)


def _texts(store: Store, samples: list[Record]) -> Iterator[Question]:
    def page(text: str) -> Callable[[], Any]:
        return partial(store.page, Search(text=text), limit=PAGE)

    transactions = [one.transaction for one in samples]
    uris = [one.request.uri for one in transactions if one.request.uri]
    data = [match.data for one in transactions for match in one.matches[:1] if match.data]
    yield Question("text in the URI", ANY_MS, tuple(page(uri[-12:]) for uri in uris))
    yield Question("text in matched data", ANY_MS, tuple(page(one[-16:]) for one in data))
    yield Question(
        "text of three letters", ANY_MS, tuple(page(one[5:8]) for one in uris if one[5:8])
    )
    yield Question("text of two letters", ANY_MS, tuple(page(text) for text in ("sq", "zj", "/.")))
    yield Question("text that is nowhere", ANY_MS, tuple(map(page, _ABSENT)))
