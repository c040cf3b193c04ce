"""Cursors: what we gave out comes back, nothing else does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.domain.errors import Refused
from bartizan.domain.search import Cursor
from bartizan.query import cursors

_MOMENTS = st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999)


@given(_MOMENTS, st.integers(0, 2**63 - 1))
def test_a_cursor_survives_the_way_to_the_client_and_back(at_us, row_id):
    cursor = Cursor(at_us=at_us, id=row_id)
    assert cursors.decode(cursors.encode(cursor)) == cursor


@given(st.text(max_size=60))
def test_any_other_text_is_refused(text):
    try:
        cursor = cursors.decode(text)
    except Refused as refused:
        assert refused.where == "cursor"  # noqa: PT017
    else:
        assert cursors.encode(cursor) == text


@pytest.mark.parametrize("value", [Cursor(at_us=2**62, id=1), Cursor(at_us=0, id=2**63)])
def test_a_place_that_cannot_be_is_refused(value):
    with pytest.raises(Refused):
        cursors.decode(cursors.encode(value))
