"""What is saved of a page finds the same again, as filters and as a scope."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bartizan.domain.errors import Refused
from bartizan.domain.expression import Ago, During, Field
from bartizan.domain.search import Search
from bartizan.domain.transaction import Category
from bartizan.domain.triage import State
from bartizan.query.filters import FILTERS, read_filters
from bartizan.query.page_query import expression_of, search_of, spelled_query
from bartizan.query.scopes import narrowed
from bartizan.store.memory import MemoryStore

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
_VALUES = {
    "sensor": ["edge", "web-2", "EDGE"],
    "client": ["203.0.113.7", "203.0.113.0/24", "2001:db8::/32", "::ffff:203.0.113.7"],
    "country": ["fr", "DE"],
    "rule": ["942100", "0000942100", "1"],
    "category": [*map(str, Category)][:4],
    "host": ["shop.example", "SHOP.example", "other.example"],
    "path": ["/search", "/se*h", "*", "/*/x*", "/search*"],
    "status": ["403", "200"],
    "severity": ["2", "7"],
    "method": ["GET", "POST"],
    "format": ["modsecurity2-native", "error-log"],
    "network": ["203.0.113.0/24", "2001:db8::/48"],
    "score": ["5", "..9", "5..", "1..7"],
    "ruleset": ["OWASP_CRS/4.0.0", "x"],
    "blocked": ["true", "false"],
    "preserved": ["true", "false"],
    "state": [*map(str, State)],
    "label": ["Case-7", "x"],
    "unique_id": ["unique-1", "none"],
    "q": ["status:403 NOT host:other.example", "sqlmap", "at:>-24h OR rule:942100"],
    "since": ["now-1h", "2026-11-23T07:00:02Z", "now-5w"],
    "until": ["now", "2026-11-23T07:00:05+00:00", "now-1m"],
}
_PAIRS = st.lists(
    st.sampled_from(sorted(_VALUES)).flatmap(
        lambda name: st.tuples(st.just(name), st.sampled_from(_VALUES[name]))
    ),
    max_size=5,
)


@pytest.fixture(scope="module")
def store():
    return MemoryStore()


@pytest.fixture
def filled(store, make_record):
    if not store.newer(0):
        hosts = ("shop.example", "other.example", "SHOP.example")
        store.append(
            [
                make_record(
                    host=hosts[number % 3],
                    sensor=("edge", "web-2")[number % 2],
                    client=("203.0.113.7", "2001:db8::9")[number % 2],
                    country=("FR", "DE", None)[number % 3],
                    status=(403, 200)[number % 2],
                    category=[*Category][number % 4],
                    intercepted=number % 2 == 0,
                    at=NOW - timedelta(minutes=number * 7),
                )
                for number in range(12)
            ]
        )
    return store


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pairs=_PAIRS)
def test_a_saved_query_finds_as_a_scope_what_its_filters_find(filled, pairs) -> None:
    single = {each.name for each in FILTERS if not each.is_repeatable}
    kept = list(
        {name if name in single else (name, value): (name, value) for name, value in pairs}.values()
    )
    try:
        asked = read_filters(kept, NOW)
        query = spelled_query(urlencode(kept))
    except Refused:
        return  # such as an end before its beginning
    expected = filled.page(asked, limit=100).rows
    scope = narrowed(Search(), [search_of(query)], NOW)
    assert scope is not None
    assert filled.page(scope, limit=100).rows == expected
    whole = expression_of(search_of(query))
    found = narrowed(Search(), [Search(expression=whole)], NOW)
    assert found is not None
    assert filled.page(found, limit=100).rows == expected
    assert spelled_query(query) == query


@pytest.mark.parametrize("known", FILTERS, ids=lambda each: each.name)
def test_no_filter_is_left_out_of_a_scope(known) -> None:
    """A new filter has to be understood there: left out, a scope would show more than it says."""
    value = _VALUES[known.name][0]
    assert search_of(urlencode({known.name: value})) != Search()


def test_times_stay_relative() -> None:
    assert search_of("since=now-24h").expression == During(field=Field.AT, since=Ago(seconds=86400))
    assert spelled_query("until=now&since=now-1w") == "until=now&since=now-1w"


def test_a_text_is_kept_in_its_usual_spelling_and_the_pages_own_as_they_are() -> None:
    query = (
        "q=++status%3A%28403+406%29+AND+x&columns=time%2Cclient&cursor=abc&limit=9&host=&window=7d"
    )
    spelled = "q=status%3A%28403+OR+406%29+x&columns=time%2Cclient&window=7d"
    assert spelled_query(query) == spelled
    assert spelled_query("") == ""


@pytest.mark.parametrize(
    "query",
    [
        "q=rule:x",
        "status=4",
        "since=then",
        "since=now&until=now-1h",
        "client=%ff",
        "blocked=true&blocked=false",
        "Columns=x",
        f"columns={'x' * 501}",
        "x" * 9000,
        "&".join(f"p{number}=1" for number in range(41)),
        "&".join("status=403" for _ in range(201)),
    ],
)
def test_what_no_page_can_show_is_not_saved(query) -> None:
    with pytest.raises(Refused):
        spelled_query(query)
