"""The search index never tells too little; the pieces of a span are the span."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bartizan.store.sql import segments
from bartizan.store.sql.rollup_spans import pieces
from bartizan.store.sql.segments import Indexed, Indexer, value_key

texts = st.text(st.sampled_from("abcAB/%é\x00\U0001f5dd"), max_size=9)
transactions = st.lists(
    st.builds(
        Indexed,
        values=st.lists(
            st.tuples(st.sampled_from(["country", "rule"]), st.sampled_from(["DE", "1", ""])),
            max_size=3,
        ).map(tuple),
        texts=st.lists(texts, max_size=3).map(tuple),
    ),
    max_size=80,
)


def _places(blocks: int) -> set[int]:
    return set(segments.members(blocks))


@given(some=transactions, needle=texts)
def test_a_text_is_only_in_blocks_that_the_index_tells_of(some: list[Indexed], needle: str) -> None:
    rows = dict(Indexer().postings(some))
    assert list(rows) == sorted(rows)
    blocks = -1
    for run in segments.runs_of(needle):
        blocks &= segments.blocks_of(run, rows.get(run.key, b""))
    lower = segments.ascii_lower(needle)
    holding = {
        number
        for number, one in enumerate(some)
        if any(lower in segments.ascii_lower(text) for text in one.texts)
    }
    if segments.runs_of(needle):
        assert holding <= _places(blocks)
        assert len(needle) >= 2
    else:
        assert len(needle) < 2


@given(some=transactions)
def test_a_value_is_in_exactly_the_blocks_that_hold_it(some: list[Indexed]) -> None:
    rows = dict(Indexer().postings(some))
    for pair in {pair for one in some for pair in one.values} | {("country", "FR")}:
        blocks = segments.unpacked(rows.get(value_key(*pair), b""))
        holding = {
            number // segments.BLOCK for number, one in enumerate(some) if pair in one.values
        }
        assert {place // segments.BLOCK for place in _places(blocks)} == holding


@given(st.lists(st.integers(0, 2**63 - 1), unique=True).map(sorted))
def test_ids_come_back(ids: list[int]) -> None:
    assert segments.unpacked_ids(segments.packed_ids(ids)) == ids


MOST_BLOCKS = segments.SEGMENT // segments.BLOCK


@given(st.sets(st.integers(0, MOST_BLOCKS - 1)))
def test_blocks_come_back_and_take_at_most_a_bitmap(blocks: set[int]) -> None:
    some = [
        Indexed((("x", "y"),) if number // segments.BLOCK in blocks else (), ())
        for number in range(segments.SEGMENT)
    ]
    rows = dict(Indexer().postings(some))
    packed = rows.get(value_key("x", "y"), b"")
    assert len(packed) <= MOST_BLOCKS // 8
    assert segments.unpacked(packed) == segments.bitmap(blocks)


moments = st.one_of(
    st.none(), st.integers(-(10**13), 10**13), st.integers(-99, 99).map(lambda n: n * 3600 * 10**6)
)


@given(since=moments, until=moments, whole_from=moments)
def test_the_pieces_of_a_span_follow_each_other_and_are_the_span(
    since: int | None, until: int | None, whole_from: int | None
) -> None:
    found = pieces(since, until, (86400, 3600, 60), whole_from)
    if since is not None and until is not None and since >= until:
        assert found == []
        return
    assert found[0].since_us == since
    assert found[-1].until_us == until
    for one, other in pairwise(found):
        assert one.until_us == other.since_us is not None
    for piece in found:
        width_us = piece.width_s * 1_000_000
        for edge in (piece.since_us, piece.until_us):
            assert not width_us or edge is None or edge % width_us == 0
        if piece.width_s == 60 and whole_from is not None:
            assert piece.since_us is not None
            assert piece.since_us >= whole_from
        if not width_us and piece.since_us is not None and piece.until_us is not None:
            is_old = whole_from is not None and piece.since_us < whole_from
            assert is_old or piece.until_us - piece.since_us < 60_000_000
