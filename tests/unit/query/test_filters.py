"""From request parameters to a search."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.domain.errors import Refused
from bartizan.domain.expression import Between, Field, InState
from bartizan.domain.search import Band, Search
from bartizan.domain.triage import State
from bartizan.query.filters import (
    FILTERS,
    MAX_VALUES,
    filter_values,
    given_filters,
    read_filters,
    without,
)

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def read(*pairs: tuple[str, str]) -> Search:
    return read_filters(pairs, NOW)


def test_nothing_given_is_the_search_for_everything():
    assert read() == Search()


def test_every_filter_arrives_in_its_field():
    search = read(
        ("sensor", "edge"),
        ("sensor", "core"),
        ("client", "2001:DB8::1"),
        ("client", "198.51.100.9/24"),
        ("country", "fr"),
        ("rule", "942100"),
        ("category", "sqli"),
        ("host", "shop.example"),
        ("path", "/wp-*"),
        ("status", "403"),
        ("severity", "2"),
        ("method", "GET"),
        ("format", "coraza-json"),
        ("network", "198.51.100.9/24"),
        ("score", "5..9"),
        ("score", "..-1"),
        ("score", "7"),
        ("ruleset", "OWASP_CRS/4"),
        ("blocked", "true"),
        ("preserved", "false"),
        ("state", "ignored"),
        ("label", "Shop"),
        ("unique_id", "aaaa"),
        ("q", "score:>4"),
        ("since", "2026-11-23T08:00:00+01:00"),
        ("until", "now"),
    )
    assert search == Search(
        sensors=("edge", "core"),
        clients=("2001:db8::1", "198.51.100.0/24"),
        countries=("FR",),
        rule_ids=(942100,),
        categories=("sqli",),
        hosts=("shop.example",),
        paths=("/wp-*",),
        statuses=(403,),
        severities=(2,),
        methods=("GET",),
        formats=("coraza-json",),
        networks=("198.51.100.0/24",),
        scores=(Band(least=5, most=9), Band(most=-1), Band(least=7, most=7)),
        rulesets=("OWASP_CRS/4",),
        intercepted=True,
        preserved=False,
        states=(InState(state=State.IGNORED, at=NOW),),
        labels=("shop",),
        unique_id="aaaa",
        expression=Between(field=Field.SCORE, least=5),
        since=datetime(2026, 11, 23, 7, 0, tzinfo=UTC),
        until=NOW,
    )
    assert given_filters(search) == tuple(each.name for each in FILTERS)
    assert read(*filter_values(search)) == search


@pytest.mark.parametrize(
    ("text", "back"),
    [
        ("now-90s", timedelta(seconds=90)),
        ("now-15m", timedelta(minutes=15)),
        ("now-24h", timedelta(hours=24)),
        ("now-7d", timedelta(days=7)),
        ("now-2w", timedelta(weeks=2)),
    ],
)
def test_relative_times_count_back_from_now(text, back):
    assert read(("since", text)).since == NOW - back


def test_a_time_without_a_zone_is_utc():
    assert read(("since", "2026-11-23")).since == datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sensor", ""),
        ("client", "10.0.0.0/33"),
        ("client", "fe80::1%eth0"),
        ("client", "example.com"),
        ("country", "FRA"),
        ("country", "F1"),
        ("rule", "-1"),
        ("rule", "9" * 11),
        ("rule", "٣"),
        ("category", "evil"),
        ("status", "42"),
        ("status", "200 OR 1=1"),
        ("blocked", "yes"),
        ("since", "yesterday"),
        ("since", "now-999999w"),
        ("since", "0001-01-01T00:00:00+23:59"),
        ("until", "now+1h"),
        ("host", "x" * 1025),
    ],
)
def test_a_bad_value_is_refused_by_the_name_of_its_parameter(name, value):
    with pytest.raises(Refused) as refused:
        read((name, value))
    assert (refused.value.code, refused.value.where) == ("bad-parameter", name)


def test_an_unknown_parameter_is_refused_by_name():
    with pytest.raises(Refused) as refused:
        read(("contry", "FR"))
    assert (refused.value.code, refused.value.where) == ("unknown-parameter", "contry")
    assert "country" in refused.value.message


def test_what_may_be_given_once_may_not_be_given_twice():
    with pytest.raises(Refused) as refused:
        read(("blocked", "true"), ("blocked", "false"))
    assert refused.value.where == "blocked"


def test_the_number_of_values_is_bounded():
    pairs = [("rule", str(number)) for number in range(MAX_VALUES)]
    assert len(read(*pairs).rule_ids) == MAX_VALUES
    with pytest.raises(Refused) as refused:
        read(*pairs, ("rule", "1"))
    assert refused.value.where == "rule"


def test_an_empty_time_range_is_refused():
    with pytest.raises(Refused) as refused:
        read(("since", "now"), ("until", "now-1h"))
    assert refused.value.where == "until"


def test_a_search_can_be_widened_by_one_filter():
    search = read(("country", "FR"), ("since", "now-1h"))
    assert without(search, "country") == read(("since", "now-1h"))


@pytest.mark.promise("S8")
@given(
    st.lists(
        st.tuples(st.sampled_from([each.name for each in FILTERS]) | st.text(), st.text()),
        max_size=8,
    )
)
def test_any_parameters_give_a_search_or_a_refusal_that_names_one_of_them(pairs):
    try:
        search = read(*pairs)
    except Refused as refused:
        assert any(name.startswith(refused.where) for name, _ in pairs)  # noqa: PT017
    else:
        assert set(given_filters(search)) <= {name for name, _ in pairs}


@pytest.mark.promise("S8")
@pytest.mark.parametrize("name", ["sensor", "host", "path", "unique_id"])
def test_text_is_only_ever_data(name):
    for value in ("' OR 1=1 --", "%_[]\\", "<script>", "${jndi:ldap://x}", "a\x00b", "\u202e"):
        search = read((name, value))
        field = next(each.field for each in FILTERS if each.name == name)
        found = getattr(search, field)
        assert found in (value, (value,))
