"""Whether values fit: patterns as the obvious regular expressions find them, and missing values."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.domain.expression import Contains, Field, Has, Is, Matches, either, every, negated
from bartizan.store.evaluation import fits

letters = st.text("aAbB*é\x00\n", max_size=6)
starless = st.text("aAbBé\x00\n", max_size=3)


@given(letters, st.lists(starless.filter(bool), min_size=1, max_size=3).map(tuple))
def test_containing_is_finding_the_pieces_in_order(text, pieces):
    pattern = ".*".join(re.escape(piece) for piece in pieces)
    found = re.search(pattern, text, re.DOTALL | re.IGNORECASE | re.ASCII) is not None
    assert fits(Contains(field=Field.URI, pieces=pieces), lambda _: [text]) is found


@given(letters, st.lists(starless, min_size=2, max_size=4).map(tuple))
def test_matching_is_the_whole_text_with_anything_between_the_pieces(text, pieces):
    pattern = ".*".join(re.escape(piece) for piece in pieces)
    found = re.fullmatch(pattern, text, re.DOTALL) is not None
    assert fits(Matches(field=Field.PATH, pieces=pieces), lambda _: [text]) is found


@pytest.mark.parametrize(
    ("values", "fitting"), [([], False), (["DE"], True), (["FR"], False), (["FR", "DE"], True)]
)
def test_a_value_fits_if_any_does_and_what_is_missing_does_not(values, fitting):
    condition = Is(field=Field.COUNTRY, value="DE")
    assert fits(condition, lambda _: values) is fitting
    assert fits(negated(condition), lambda _: values) is not fitting
    assert fits(Has(field=Field.COUNTRY), lambda _: values) is bool(values)
    assert fits(every(condition, negated(condition)), lambda _: values) is False
    assert fits(either(condition, negated(condition)), lambda _: values) is True
