"""Documents, their terms, and the page that describes them."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.domain.search import Search
from bartizan.domain.transaction import Category, Endpoint, Place, PlaceKind, Request
from bartizan.store.opensearch import mapping
from bartizan.store.opensearch.cells import read_cell
from bartizan.store.opensearch.documents import heard, identity_key, make_document
from bartizan.store.opensearch.entries import with_entry
from bartizan.store.opensearch.filters import query
from bartizan.store.opensearch.rows import make_row
from bartizan.store.opensearch.searchable import written
from tests.contract.records import match, record, records, searches

PAGE = Path(__file__).parents[4] / "docs/opensearch.md"
_TERM_BYTES = 32_766
_SYNTAX = ("script", "query_string", "simple_query_string", "regexp", "runtime_mappings")


def _leaves(fields: dict[str, Any], path: str = "") -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for name, field in fields["properties"].items():
        if "properties" in field:
            found |= _leaves(field, f"{path}{name}.")
        else:
            found[path + name] = field
    return found


def _values(content: Any, path: str = "") -> list[tuple[str, Any]]:
    if path in _LEAVES:
        return [(path, content)]
    assert isinstance(content, dict), path
    return [
        pair
        for name, value in content.items()
        for pair in _values(value, f"{path}.{name}".lstrip("."))
    ]


_LEAVES = _leaves(mapping.TRANSACTIONS)


@given(records())
def test_a_document_has_only_fields_of_the_mapping_and_terms_that_fit(one: Any) -> None:
    document = with_entry(make_document(7, one), b"frame")
    document["bartizan"]["heard"] = heard(one)
    sent = msgspec.json.decode(written(document))
    for path, value in _values(sent):
        for term in value if isinstance(value, list) else [value]:
            if _LEAVES[path].get("type") in ("keyword", "wildcard"):
                assert isinstance(term, str)
                assert len(term.encode()) <= _TERM_BYTES


@pytest.mark.parametrize("letter", ["x", "\U0001f525", "\x00", "\\", "\x01"])
def test_the_longest_text_in_every_field_is_a_term(letter: str) -> None:
    text = letter * 100_000
    fired = match(message=text, data=text, tags=(text,) * 100, target=text, operator=text)
    one = record(
        b"x",
        sensor=text,
        unique_id=text,
        client=Endpoint(address=text),
        request=Request(method=text, uri=text, headers=(("Host", text),)),
        matches=(fired,),
        verdict=text,
        ruleset=text,
        place=Place(
            kind=PlaceKind.CITY, country=text, city=text, latitude=1, longitude=1, source=text
        ),
    )
    for path, value in _values(msgspec.json.decode(written(make_document(1, one)))):
        for term in value if isinstance(value, list) else [value]:
            if _LEAVES[path].get("type") in ("keyword", "wildcard"):
                assert len(term.encode()) <= _TERM_BYTES, path


@given(records())
def test_a_row_survives_being_written(one: Any) -> None:
    document = make_document(7, one)
    assert make_row(msgspec.json.decode(msgspec.json.encode(document))) == make_row(document)


cells = st.tuples(
    st.integers(-180, 180).map(lambda n: n / 2),
    st.integers(-360, 360).map(lambda n: n / 2),
    st.none() | st.text("DEU\x00\x01\x02", max_size=3),
    st.text("web\x00\x01\x02+", min_size=1, max_size=4),
    st.none() | st.sampled_from(Category),
)


def _term(cell: Any) -> str:
    latitude, longitude, country, sensor, category = cell
    place = Place(kind=PlaceKind.CITY, country=country, latitude=latitude, longitude=longitude)
    one = record(b"x", sensor=sensor, place=place, category=category)
    term: str = make_document(1, one)["bartizan"]["cell"]
    return term


@given(cells, cells)
def test_terms_of_the_map_sort_as_their_values_do(one: Any, other: Any) -> None:
    def key(cell: Any) -> list[Any]:
        return [(value is not None, value) for value in cell]

    assert read_cell(_term(one)) == one
    assert (_term(one) < _term(other)) == (key(one) < key(other))


def test_sensor_and_digest_make_the_identity() -> None:
    keys = {
        identity_key(sensor, digest)
        for sensor in ("a", "ab", "", "b" * 255)
        for digest in (b"\0" * 32, b"\1" * 32)
    }
    assert len(keys) == 8
    assert all(re.fullmatch(r"[\w-]{24}", key) for key in keys)
    assert identity_key("b" * 300, b"\0" * 32) in keys


@pytest.mark.promise("S8")
@given(searches)
def test_no_search_becomes_syntax(search: Search) -> None:
    """Names in a query are ours; what a search says is only ever a value."""

    def names(content: Any) -> set[str]:
        if isinstance(content, dict):
            return set(content) | {n for value in content.values() for n in names(value)}
        if isinstance(content, list | tuple):
            return {n for value in content for n in names(value)}
        return set()

    used = names(query(search))
    assert not used & set(_SYNTAX)
    known = {"bool", "filter", "should", "minimum_should_match", "terms", "term", "range", "gte",
             "lt", "lte", "gt", "wildcard", "value", "match_none", "must_not", "exists",
             "field"}  # fmt: skip
    assert used <= known | set(_LEAVES) | {"rule.id.number"}


def test_the_page_has_every_field_and_no_other() -> None:
    table = PAGE.read_text().partition("## Fields")[2].partition("\n## ")[0]
    told = set()
    for line in table.splitlines():
        if line.startswith("| `"):
            told |= set(re.findall(r"`([^`]+)`", line.split("|")[1]))
    assert told == set(_LEAVES)
