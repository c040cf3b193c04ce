"""What else there is like one transaction."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.domain.errors import Refused
from bartizan.domain.transaction import Category, RuleMatch
from bartizan.query.filters import read_filters
from bartizan.query.similar import ROWS, Likeness, Similar, read_likeness, shape, similar

_AT = datetime(2026, 11, 23, 7, 0, 0, 250_000, tzinfo=UTC)


@pytest.fixture
def ask(store, rows):
    def ask(number: int, likeness: Likeness) -> Similar:
        stored = store.get(number)
        assert stored is not None
        found = similar(store, rows, stored, likeness)
        assert str(number) not in [row.id for row in found.rows]
        return found

    return ask


def _rule(*rule_ids: int) -> tuple[RuleMatch, ...]:
    return tuple(RuleMatch(rule_id=each, severity=2) for each in rule_ids)


def test_the_same_client_is_looked_for_five_minutes_around(store, make_record, ask):
    minutes = [0, -6, -4, 4, 6]
    records = [make_record(at=_AT + timedelta(minutes=each)) for each in minutes]
    records.append(make_record(at=_AT, client="198.51.100.9"))
    first, _, before, after, *_ = store.append(records).ids
    found = ask(first, Likeness.CLIENT)
    assert [row.id for row in found.rows] == [str(after), str(before)]
    assert (found.transactions, found.value) == (2, "203.0.113.7")


def test_the_filters_of_an_answer_are_the_search_that_was_asked(store, make_record, ask):
    records = [
        make_record(uri=f"/order/{number}/item?q=1", matches=_rule(942100, 941100))
        for number in range(ROWS + 4)
    ]
    first, *_ = store.append(records).ids
    for likeness, alike in zip(Likeness, (ROWS + 3, 0, ROWS + 3, ROWS + 3), strict=True):
        found = ask(first, likeness)
        assert (found.transactions, len(found.rows)) == (alike, min(alike, ROWS))
        search = read_filters(found.filters, _AT)
        assert store.count(search).transactions == alike + 1


def test_the_rule_is_the_one_that_the_verdict_names(store, make_record, ask):
    matches = (
        RuleMatch(rule_id=920350, severity=4, tags=("attack-protocol",)),
        RuleMatch(rule_id=942100, severity=2, tags=("attack-sqli",)),
        RuleMatch(rule_id=949110, severity=2),
    )
    (number,) = store.append([make_record(matches=matches, category=Category.SQLI)]).ids
    assert ask(number, Likeness.RULE).value == "942100"


def test_a_fingerprint_is_every_rule_that_scored_on_a_path_of_the_same_shape(
    store, make_record, ask
):
    alike = make_record(uri="/user/4711/edit", matches=_rule(942100, 941100, 949110))
    records = [
        make_record(uri="/user/12/edit?x=1", matches=_rule(942100, 941100)),
        alike,
        make_record(uri="/user/13/edit", matches=_rule(942100)),
        make_record(uri="/user/14/delete", matches=_rule(942100, 941100)),
    ]
    first, second, *_ = store.append(records).ids
    found = ask(first, Likeness.FINGERPRINT)
    assert [row.id for row in found.rows] == [str(second)]
    assert found.value == "/user/*/edit with 941100, 942100"


def test_what_is_not_there_has_nothing_alike(store, make_record, ask):
    unix = make_record(client="unix:/run/x", uri=None, matches=_rule(949110))
    (number,) = store.append([unix]).ids
    for likeness in Likeness:
        assert (ask(number, likeness).value, ask(number, likeness).filters) == (None, ())


def test_a_likeness_that_there_is_not_is_refused():
    with pytest.raises(Refused):
        read_likeness("colour")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/order/17/item", "/order/*/item"),
        ("/a/6f1ed002ab5595859014ebf0951522d9", "/a/*"),
        ("/a/123e4567-e89b-12d3-a456-426614174000/b", "/a/*/b"),
        ("/t/eyJhbGciOiJIUzI1NiJ9_aGVsbG8", "/t/*"),
        ("/index.php", "/index.php"),
        ("/v2/users", "/v2/users"),
        ("/a-long-but-telling-name-of-an-article", "/a-long-but-telling-name-of-an-article"),
        ("", ""),
    ],
)
def test_the_shape_of_a_path_leaves_open_what_looks_like_an_identifier(path, expected):
    assert shape(path) == expected


@given(st.text(max_size=300))
def test_a_path_always_fits_its_own_shape(path):
    pieces = path.split("/")
    assert all(want in ("*", got) for want, got in zip(shape(path).split("/"), pieces, strict=True))
