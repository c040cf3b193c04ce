"""Totals that may stop, bars by their parts, values in bands, and statistics of the removed."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bartizan.domain.delivery import Record
from bartizan.domain.expression import Field, Is
from bartizan.domain.search import SCORE_BANDS, Band, Facet, Search
from bartizan.domain.transaction import (
    Anomaly,
    Category,
    Endpoint,
    Format,
    Request,
    Response,
)
from bartizan.store.contract import Expired, Store
from bartizan.store.memory import MemoryStore
from bartizan.store.opensearch.transactions import OpenSearchStore
from bartizan.store.sql import bounded
from tests.contract.numbered import empty
from tests.contract.records import NOON, names, record, records, searches

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def _values(counts: Any) -> list[tuple[str, int, int]]:
    return [(one.value, one.transactions, one.intercepted) for one in counts]


def test_bars_are_told_by_their_parts(store: Store) -> None:
    begin = NOON - 2 * HOUR
    kinds = [Category.SQLI, Category.XSS, Category.XSS, None]
    store.append(
        [
            record(
                b"%d" % number,
                occurred_at=begin + timedelta(minutes=20 * number),
                category=category,
                intercepted=category is Category.XSS,
                response=Response(status=403 if number else 200),
                severity=2,
            )
            for number, category in enumerate(kinds)
        ]
    )
    since = Search(since=begin)
    first, second = store.histogram(since, width=HOUR, split=Facet.CATEGORY)
    assert (first.at, first.transactions, first.intercepted) == (begin, 3, 2)
    assert _values(first.parts) == [("xss", 2, 2), ("sqli", 1, 0)]
    assert (second.transactions, second.parts) == (1, ())
    (bar,) = store.histogram(since, width=DAY, split=Facet.STATUS)
    assert _values(bar.parts) == [("403", 3, 2), ("200", 1, 0)]
    (bar,) = store.histogram(
        Search(since=begin, categories=("sqli",)), width=DAY, split=Facet.STATUS
    )
    assert _values(bar.parts) == [("200", 1, 0)]
    (bar,) = store.histogram(
        Search(since=begin, categories=("xss", "rce")), width=DAY, split=Facet.CATEGORY
    )
    assert _values(bar.parts) == [("xss", 2, 2)]
    (bar,) = store.histogram(since, width=DAY, split=Facet.SENSOR)
    assert _values(bar.parts) == [("web1", 4, 2)]
    assert store.histogram(since, width=DAY)[0].parts == ()


def test_clients_are_counted_by_network(store: Store) -> None:
    addresses = [
        "192.0.2.1", "192.0.2.254", "::ffff:192.0.2.9", "192.0.3.1", "2001:db8:1::1",
        "2001:db8:1:ffff::2", "2001:db8:2::1", "fe80::1%eth0", "unix:", None,
    ]  # fmt: skip
    store.append(
        [
            record(b"%d" % number, client=Endpoint(address=address), intercepted=number == 0)
            for number, address in enumerate(addresses)
        ]
    )
    found = _values(store.facet(Search(), Facet.NETWORK))
    assert found[:2] == [("192.0.2.0/24", 3, 1), ("2001:db8:1::/48", 2, 0)]
    assert sorted(found[2:]) == [
        ("192.0.3.0/24", 1, 0), ("2001:db8:2::/48", 1, 0), ("fe80::/48", 1, 0),
    ]  # fmt: skip
    for value, transactions, _ in found:
        assert store.count(Search(networks=(value,))).transactions == transactions
        assert store.count(Search(clients=(value,))).transactions == transactions


def test_scores_are_counted_by_bands_that_are_searched_as_they_are_called(store: Store) -> None:
    scores = [-3, 0, 1, 4, 5, 5, 9, 10, 99, 100, 2**31 - 1, None]
    store.append(
        [
            record(b"%d" % number, anomaly=None if score is None else Anomaly(inbound=score))
            for number, score in enumerate(scores)
        ]
    )
    found = store.facet(Search(), Facet.SCORE)
    assert _values(found) == [
        ("5..9", 3, 0), ("..0", 2, 0), ("1..4", 2, 0), ("100..", 2, 0), ("10..14", 1, 0),
        ("50..99", 1, 0),
    ]  # fmt: skip
    by_name = {str(band): band for band in SCORE_BANDS}
    for one in found:
        assert store.count(Search(scores=(by_name[one.value],))).transactions == one.transactions
    assert store.count(Search(scores=(Band(least=5, most=5), Band(most=-1)))).transactions == 3


def test_few_values_are_counted_by_themselves(store: Store) -> None:
    store.append(
        [
            record(
                b"%d" % number,
                format=Format.MODSECURITY3_JSON if number else Format.CORAZA_JSON,
                request=Request(method="GET" if number else "get"),
                severity=number or None,
                ruleset="OWASP_CRS/4" if number else None,
            )
            for number in range(3)
        ]
    )
    assert _values(store.facet(Search(), Facet.FORMAT)) == [
        ("modsecurity3-json", 2, 0),
        ("coraza-json", 1, 0),
    ]
    assert _values(store.facet(Search(), Facet.METHOD)) == [("GET", 2, 0), ("get", 1, 0)]
    assert _values(store.facet(Search(), Facet.SEVERITY)) == [("1", 1, 0), ("2", 1, 0)]
    assert _values(store.facet(Search(), Facet.RULESET)) == [("OWASP_CRS/4", 2, 0)]


def _many(store: Store, count: int = 300) -> None:
    store.append(
        [
            record(
                b"%d" % number,
                occurred_at=NOON - timedelta(minutes=number),
                intercepted=number < 100,
                request=Request(uri=f"/page/{number % 3}?q={number}"),
                client=Endpoint(address=f"192.0.2.{number % 4}"),
            )
            for number in range(count)
        ]
    )


@pytest.mark.parametrize(
    "search",
    [
        Search(paths=("/page/*",)),
        Search(paths=("/page/1",)),
        Search(clients=("192.0.2.0/30",)),
        Search(text="q=", since=NOON - timedelta(minutes=250)),
        Search(expression=Is(field=Field.PATH, value="/page/2"), intercepted=True),
        Search(formats=("coraza-json",)),
        Search(preserved=True),
    ],
)
@pytest.mark.parametrize("limit", [1, 40, 100, 1000])
def test_a_total_with_a_limit_is_exact_or_says_that_it_is_not(
    store: Store, search: Search, limit: int
) -> None:
    _many(store)
    exact, found = store.count(search), store.count(search, limit=limit)
    assert not exact.is_at_least
    if found.is_at_least:
        assert min(limit, exact.transactions) <= found.transactions <= exact.transactions
        assert found.intercepted <= exact.intercepted
    else:
        assert found == exact


@pytest.mark.parametrize(
    "search",
    [
        Search(paths=("/page/*",), intercepted=True),
        Search(clients=("192.0.2.0/30",), since=NOON - timedelta(minutes=250)),
        Search(text="q=", until=NOON - timedelta(minutes=20)),
    ],
)
@pytest.mark.parametrize("size", [1, 40, 1000])
def test_a_sample_is_of_at_least_so_many_of_the_newest(
    store: Store, search: Search, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded, "_FIRST_ROWS", 7)
    monkeypatch.setattr(bounded, "_MOST_ROWS", 11)
    _many(store)
    since = store.sample_since(search, Facet.PATH, size=size)
    exact = store.count(search).transactions
    if since is None:
        assert exact <= size + 11 or isinstance(store, OpenSearchStore)
    else:
        sample = store.count(msgspec.structs.replace(search, since=since)).transactions
        assert size <= sample <= min(exact, size + 11)


def test_a_total_that_is_dear_stops_at_what_was_found(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No time at all, no index that knows, and the smallest steps."""
    monkeypatch.setattr(bounded, "_LONGEST_S", -1.0)
    monkeypatch.setattr(bounded, "_FEW_OF_CLIENTS", 10)
    monkeypatch.setattr(bounded, "_FIRST_ROWS", 50)
    _many(store)
    for search in (Search(clients=("192.0.2.0/31",)), Search(paths=("/page/*",), text="q")):
        found = store.count(search, limit=200)
        exact = store.count(search)
        assert exact.transactions in (150, 300)
        assert 0 < found.transactions <= exact.transactions
        assert found.is_at_least is (found.transactions < exact.transactions)


def test_steps_of_a_total_count_each_row_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded, "_FIRST_ROWS", 7)
    monkeypatch.setattr(bounded, "_MOST_ROWS", 11)
    monkeypatch.setattr(bounded, "_FEW_IDS", 0)
    monkeypatch.setattr(bounded, "_FEW_OF_CLIENTS", 1)
    _many(store)
    store.append(
        [record(b"at once %d" % number, request=Request(uri="/page/")) for number in range(30)]
    )
    for search in (
        Search(paths=("/page/*",)),
        Search(clients=("192.0.2.3",)),
        Search(paths=("/page/*",), since=NOON - timedelta(minutes=20), until=NOON),
    ):
        assert store.count(search, limit=10_000) == store.count(search)


_FACETS = st.sampled_from([facet for facet in Facet if facet is not Facet.PATH])
_HOURS = st.integers(-9, 3).map(lambda hours: NOON + hours * HOUR)
_KNOWN = st.one_of(
    st.builds(Search, since=_HOURS),
    st.builds(Search, since=_HOURS, until=_HOURS, intercepted=st.booleans()),
    st.builds(Search, categories=st.just(("sqli", "xss")), since=st.none() | _HOURS),
    st.builds(Search, rule_ids=st.just((942100,)), sensors=st.just(("web1",))),
    st.builds(Search, hosts=st.just(("Shop.example",)), until=_HOURS),
    st.builds(Search, networks=st.just(("192.0.2.0/24",))),
    st.builds(Search, scores=st.just((SCORE_BANDS[1],)), methods=st.just(())),
    st.builds(Search, expression=st.just(Is(field=Field.METHOD, value="GET"))),
)


@settings(
    max_examples=25,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    batch=st.lists(records(), min_size=1, max_size=15),
    gone=st.integers(0, 15),
    forgotten=st.none() | names,
    questions=st.lists(st.one_of(searches, _KNOWN), min_size=1, max_size=5),
    facets=st.lists(_FACETS, min_size=1, max_size=4),
    dropped_before=st.none() | _HOURS,
)
def test_statistics_tell_of_the_removed_as_the_model(
    sql: Store,
    batch: list[Record],
    gone: int,
    forgotten: str | None,
    questions: list[Search],
    facets: list[Facet],
    dropped_before: datetime | None,
) -> None:
    _wipe(sql)
    model, tested = MemoryStore(), sql
    for store in (model, tested):
        ids = store.append(batch).ids
        before = ids[gone] if gone < len(ids) else 2**62
        store.remove_transactions(Expired(before_id=before), after_id=0, limit=100)
        if forgotten is not None:
            store.remove_sensor(forgotten)
        while dropped_before is not None and store.remove_statistics(dropped_before, limit=3):
            pass
    for search in (Search(), *questions):
        assert tested.count(search) == model.count(search)
        assert tested.count(search, with_removed=True) == model.count(search, with_removed=True)
        for facet in facets:
            assert tested.tells_removed(search, facet=facet) == model.tells_removed(
                search, facet=facet
            )
            assert tested.facet(search, facet, with_removed=True) == model.facet(
                search, facet, with_removed=True
            )
        dated = msgspec.structs.replace(search, since=search.since or NOON - 5 * HOUR)
        for split in (None, Facet.CATEGORY, Facet.SENSOR):
            for width in (HOUR, DAY, timedelta(minutes=90)):
                told = [
                    store.histogram(dated, width=width, split=split, with_removed=True)
                    for store in (tested, model)
                ]
                assert told[0] == told[1]


def _wipe(store: Store) -> None:
    """Statistics too, and those of clients, which know no sensors."""
    empty(store)
    while store.remove_statistics(NOON + 100_000 * DAY, limit=1000):
        pass


def test_what_was_removed_is_told_by_whole_hours(store: Store) -> None:
    if not store.tells_removed(Search()):
        pytest.skip("keeps no statistics")
    times = [NOON - timedelta(minutes=minutes) for minutes in (1, 30, 61, 90, 121)]
    ids = store.append(
        [record(b"%d" % number, occurred_at=at) for number, at in enumerate(times)]
    ).ids
    store.remove_transactions(Expired(before_id=ids[-1] + 1), after_id=0, limit=100)
    assert store.count(Search()).transactions == 0

    def told(**span: datetime) -> int:
        return store.count(Search(**span), with_removed=True).transactions

    assert told() == 5
    assert told(since=NOON - 3 * HOUR, until=NOON) == 5
    assert told(since=NOON - timedelta(minutes=119)) == 2, "the hour from ten to eleven is cut"
    assert told(until=NOON - timedelta(minutes=20)) == 3
    assert not store.tells_removed(Search(intercepted=False))
    assert not store.tells_removed(Search(paths=("/",)))
    assert not store.tells_removed(Search(since=NOON), width=timedelta(minutes=30))
    assert store.tells_removed(Search(since=NOON), width=DAY, facet=Facet.CATEGORY)
