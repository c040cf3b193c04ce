"""Hypothesis strategies for expressions that often fit some of the records of `records.py`."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from bartizan.domain.expression import (
    Between,
    Contains,
    During,
    Expression,
    Field,
    Has,
    Inside,
    InState,
    Is,
    Matches,
    either,
    every,
    negated,
)
from bartizan.domain.transaction import Category, Format, PlaceKind
from bartizan.domain.triage import State
from tests.contract.records import HOSTILE, NOON, names, near, rule_ids

WHOLE = {
    Field.SENSOR: names,
    Field.CLIENT: st.sampled_from(["unix:", "not an address", "192.0.2.1", "2001:db8::7"]),
    Field.COUNTRY: st.sampled_from(["DE", "US", "de"]),
    Field.PLACE: st.sampled_from([one.value for one in PlaceKind]),
    Field.METHOD: st.sampled_from(["GET", "POST", "get"]),
    Field.HOST: st.sampled_from(["shop.example", "Shop.Example", "", "i̇stanbul ß å"]),
    Field.PATH: st.sampled_from(["/", "/a", "/a/b", "/A/b", "/a*b", "/a\x00b"]),
    Field.CATEGORY: st.sampled_from([one.value for one in Category]),
    Field.UNIQUE_ID: st.sampled_from(["id-1", "id-2", "id-2 "]),
    Field.FORMAT: st.sampled_from([one.value for one in Format]),
    Field.RULESET: st.sampled_from(HOSTILE),
    Field.PARAMETER: st.sampled_from(HOSTILE),
    Field.LABEL: st.sampled_from(["shop", "Shop", "shop/cart", "ß", "nobody"]),
}
PIECES = (
    Field.TEXT,
    Field.CITY,
    Field.URI,
    Field.VERDICT,
    Field.MESSAGE,
    Field.DATA,
    Field.TARGET,
    Field.NOTE,
)
NUMBERS = (Field.STATUS, Field.SEVERITY, Field.SCORE, Field.RULE, Field.DEFECTS, Field.SIZE)
TIMES = (Field.AT, Field.RECEIVED)
TRUTHS = (Field.BLOCKED, Field.PRESERVED)

hostile = st.sampled_from([text for text in HOSTILE if text])
some_text = st.one_of(
    hostile,
    hostile.map(str.upper),
    st.sampled_from(["a", "B", "/", "script", "İ", "ß", "å", "?", "%", "_", "table", "%0"]),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=3),
)
starless = some_text.map(lambda text: text.replace("*", "")).filter(bool)
numbers = st.one_of(
    st.integers(-3, 10),
    st.sampled_from([200, 403, 2**40, 2**63 - 1, -(2**63), 2**80, -(2**80)]),
    rule_ids,
)
tags = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='"\\,*'), min_size=1
)
known_tags = st.sampled_from(
    [text for text in HOSTILE if text and not set(text) & set('"\\,*\x00')]
)


def _pieces(value: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, ...]]:
    """A value with stars in it, some of them in the place of its text."""
    started = value.map(lambda text: (text[:2].replace("*", ""), ""))
    ended = value.map(lambda text: ("", text[-2:].replace("*", "")))
    free = st.tuples(st.sampled_from(["", "/", "a"]), st.sampled_from(["", "b", "e"]))
    middle = st.tuples(st.just(""), starless, st.just(""))
    return st.one_of(started, ended, free, middle)


def _conditions() -> st.SearchStrategy[Any]:
    whole = [
        st.one_of(
            st.builds(Is, field=st.just(field), value=values),
            st.builds(Matches, field=st.just(field), pieces=_pieces(values)),
        )
        for field, values in WHOLE.items()
    ]
    contains = st.builds(
        Contains,
        field=st.sampled_from(PIECES),
        pieces=st.one_of(
            st.tuples(some_text),
            st.lists(starless, min_size=2, max_size=3).map(tuple),
        ),
    )
    between = st.one_of(
        st.builds(Is, field=st.sampled_from(NUMBERS), value=numbers),
        st.builds(
            Between,
            field=st.sampled_from(NUMBERS),
            least=st.none() | numbers,
            most=st.none() | numbers,
        ),
    )
    during = st.builds(
        During,
        field=st.sampled_from(TIMES),
        since=st.none() | near,
        until=st.none() | near | st.just(NOON + timedelta(microseconds=1)),
    )
    return st.one_of(
        *whole,
        contains,
        contains,
        between,
        during,
        st.builds(Is, field=st.sampled_from(TRUTHS), value=st.booleans()),
        st.builds(InState, state=st.sampled_from(State), at=st.none() | near),
        st.builds(
            Inside,
            network=st.sampled_from(
                ["192.0.2.0/24", "192.0.2.1", "::/0", "0.0.0.0/0", "2001:db8::/32", "fe80::1"]
            ),
        ),
        st.builds(
            Has, field=st.sampled_from([field for field in Field if field is not Field.TEXT])
        ),
        st.builds(Is, field=st.just(Field.TAG), value=known_tags | tags),
        st.builds(
            Matches,
            field=st.just(Field.TAG),
            pieces=(known_tags | tags).map(lambda text: (text[:3], "")),
        ),
    )


conditions = _conditions()


def _combined(parts: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    several = st.lists(parts, min_size=1, max_size=3)
    return st.one_of(
        several.map(lambda some: every(*some)),
        several.map(lambda some: either(*some)),
        parts.map(negated),
    )


expressions: st.SearchStrategy[Expression] = st.recursive(conditions, _combined, max_leaves=6)
