"""Texts as PostgreSQL keeps them: everything the contract says of texts must hold as written."""

from hypothesis import example, given
from hypothesis import strategies as st

from bartizan.store import wildcard
from bartizan.store.sql.dialects.postgresql_text import meant, written

# Half of all characters are those that are written in another way, or stand in what is written.
TEXTS = st.text(st.one_of(st.sampled_from("\x00\x01\x02\x03\x04ab"), st.characters()), max_size=12)


@given(TEXTS)
@example("\x00")
@example("\x01\x02\x02")
def test_a_text_comes_back_and_has_no_nul_on_the_way(text):
    assert "\x00" not in written(text)
    assert meant(written(text)) == text


@given(TEXTS, TEXTS)
@example("\x00", "")
@example("\x01", "\x00\x00")
@example("\x03", "\x04")
def test_texts_sort_as_written_as_their_bytes_do(one, other):
    as_it_is = one.encode("utf-8", "surrogatepass") < other.encode("utf-8", "surrogatepass")
    one, other = written(one), written(other)
    assert as_it_is == (
        one.encode("utf-8", "surrogatepass") < other.encode("utf-8", "surrogatepass")
    )


@given(TEXTS, TEXTS)
@example("\x00", "\x02")
@example("\x01\x00", "\x02\x01")
def test_a_text_holds_another_exactly_if_it_does_so_as_written(whole, piece):
    assert (piece in whole) == (written(piece) in written(whole))
    assert whole.startswith(piece) == written(whole).startswith(written(piece))
    assert whole.endswith(piece) == written(whole).endswith(written(piece))


@given(TEXTS, TEXTS)
@example("\x00|%", "*\x02|*")
def test_a_pattern_is_written_as_the_texts_that_it_is_compared_with(text, pattern):
    assert wildcard.matches(pattern, text) == wildcard.matches(written(pattern), written(text))
    assert written(wildcard.as_like(pattern)) == wildcard.as_like(written(pattern))


def test_what_was_never_written_so_is_left_as_it_is():
    assert meant("\x01") == "\x01"
    assert meant("\x01\x02") == "\x01\x02"
    assert meant("\x01x\x02") == "\x01x\x02"
