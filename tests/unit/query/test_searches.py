"""Help with a search text: its parts, and what could follow."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.domain.clearance import Clearance
from bartizan.domain.search import Search
from bartizan.domain.transaction import Category, Endpoint, Request, Response
from bartizan.query.language.cursor import typing_at
from bartizan.query.searches import Searches, check
from bartizan.store.memory import MemoryStore
from tests.contract.records import match, record

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def searches():
    store = MemoryStore()
    hosts = ["shop.example", "shop.example", "a b.example", "www.example"]
    store.append(
        [
            record(
                bytes([number]),
                sensor="web-1" if number else "web-2",
                client=Endpoint(address=f"192.0.2.{number}"),
                request=Request(uri=f"/p{number}?x", headers=(("host", host),)),
                response=Response(status=403 if number else 200),
                category=Category.SQLI,
                matches=(match(942100 + number),),
            )
            for number, host in enumerate(hosts)
        ]
    )
    return Searches(store)


def proposed(searches, text, at=None, **search):
    place = len(text) if at is None else at
    found = searches.complete(text, place, Search(**search), NOON)
    return [one.text for one in found.proposals], text[found.start : found.end]


def test_a_check_tells_the_usual_spelling_and_the_parts():
    checked = check("status:403 AND NOT (a OR host:b) sql")
    assert checked.error is None
    assert checked.text == "status:403 NOT (a OR host:b) sql"
    first, second, third = checked.chips
    assert (first.field, first.value, first.is_negated) == ("status", "403", False)
    assert first.without == "NOT (a OR host:b) sql"
    assert first.turned == "NOT status:403 NOT (a OR host:b) sql"
    assert (second.field, second.value, second.is_negated) == (None, "a OR host:b", True)
    assert second.turned == "status:403 (a OR host:b) sql"
    assert (third.field, third.value) == (None, "sql")


def test_the_only_part_leaves_nothing():
    (chip,) = check("NOT status:(403 406)").chips
    assert (chip.field, chip.value) == ("status", "(403 OR 406)")
    assert (chip.without, chip.turned) == ("", "status:(403 OR 406)")
    assert check("  ").chips == ()


def test_a_check_tells_the_mistake():
    checked = check("a hosst:x")
    assert (checked.text, checked.chips) == (None, ())
    assert checked.error is not None
    assert (checked.error.position, checked.error.length) == (2, 5)
    assert checked.error.suggestion == "a host:x"


@pytest.mark.parametrize(
    ("text", "first", "replaced"),
    [
        ("ho", "host:", "ho"),
        ("a ho", "host:", "ho"),
        ("-ho", "host:", "ho"),
        ("(ho", "host:", "ho"),
        ("host:sh", "shop.example", "sh"),
        ("host:SH", "shop.example", "SH"),
        ("host:(x OR sh", "shop.example", "sh"),
        ('host:"a', '"a b.example"', '"a'),
        ("category:", "sqli", ""),
        ("category:x", "xss", "x"),
        ("NOT category:x", "xss", "x"),
        ("blocked:", "true", ""),
        ("severity:cr", "critical", "cr"),
        ("has:co", "country", "co"),
        ("status:4", "403", "4"),
        ("rule:94210", "942100", "94210"),
        ("403", "status:403", "403"),
        ("942100", "rule:942100", "942100"),
        ("192.0.2.1", "client:192.0.2.1", "192.0.2.1"),
        ("/p", "path:/p*", "/p"),
        ("sql", "category:sqli", "sql"),
        ("source.i", "client:", "source.i"),
    ],
)
def test_what_is_typed_is_completed(searches, text, first, replaced):
    proposals, typed = proposed(searches, text)
    assert proposals[0] == first
    assert typed == replaced


def test_values_are_counted_within_the_rest_of_the_search(searches):
    found = searches.complete("status:403 host:", 16, Search(), NOON).proposals
    assert [(one.text, one.transactions) for one in found] == [
        ('"a b.example"', 1),
        ("shop.example", 1),
        ("www.example", 1),
    ]
    assert proposed(searches, "host:", sensors=("web-2",))[0] == ["shop.example"]
    assert proposed(searches, "sensor: status:200", at=7)[0] == ["web-2"]


def test_the_word_around_the_cursor_is_replaced(searches):
    found = searches.complete("host:shXX status:403", 7, Search(), NOON)
    assert (found.start, found.end) == (5, 9)
    assert found.proposals[0].text == "shop.example"


def test_operators_are_proposed_where_they_may_be_meant(searches):
    assert "AND" in proposed(searches, "a an")[0]
    assert "OR" in proposed(searches, "a O")[0]


def test_a_scope_holds_for_proposals_too(searches):
    narrow = searches.within(Clearance(scopes=(Search(sensors=("web-2",)),)))
    assert proposed(narrow, "host:")[0] == ["shop.example"]
    assert proposed(narrow, "client:192")[0] == ["192.0.2.0"]


def test_values_of_payloads_are_not_counted_without_the_right_to_see_them(searches):
    narrow = searches.within(Clearance(sees_payloads=False))
    assert proposed(narrow, "uri:x host:")[0] == []
    assert "shop.example" in proposed(narrow, "x OR status:403 host:")[0]


@given(st.text(st.sampled_from('ahost:"() \\-*ANDOR4.\U0001f5dd'), max_size=20), st.integers(0, 25))
def test_the_cursor_may_stand_anywhere_in_anything(text, at):
    typing = typing_at(text, at)
    assert 0 <= typing.start <= typing.end <= len(text)
    assert typing.typed == text[typing.start : min(at, len(text))]
