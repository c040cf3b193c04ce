"""What people make of transactions: how one becomes the next, and what is asked about it."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.domain.clearance import Clearance
from bartizan.domain.errors import Refused
from bartizan.domain.expression import And, Field, InState, Is, Not, besides, settled
from bartizan.domain.search import Search
from bartizan.domain.triage import (
    MAX_CHANGES,
    MAX_LABELS,
    NOTHING,
    ChangeKind,
    State,
    Triage,
    effective,
    read_label,
    with_labels,
    with_note,
    with_state,
    without_note,
)
from bartizan.query.facets import Facets
from bartizan.query.filters import filter_values, read_filters
from bartizan.query.language.read import read
from bartizan.query.language.write import write
from bartizan.query.live_filter import LiveFilter
from bartizan.query.triage import Author, NewState, TriageDesk, Wish

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
ANNA = Author(name="anna")


@pytest.fixture
def desk(store):
    return TriageDesk(store, now=lambda: NOW)


def _note(before: Triage, text: str = "x") -> Triage:
    return with_note(before, text, at=NOW, by="anna")


def test_notes_of_the_same_microsecond_have_ids_of_their_own():
    one, two, three = _note(_note(_note(NOTHING))).notes
    assert one.id < two.id < three.id
    again = _note(without_note(_note(NOTHING), one.id, at=NOW, by="anna"))
    assert [change.kind for change in again.history] == [
        ChangeKind.NOTE_ADDED,
        ChangeKind.NOTE_REMOVED,
        ChangeKind.NOTE_ADDED,
    ]


def test_the_history_keeps_the_newest_and_the_state_who_gave_it():
    told = with_state(NOTHING, State.CONFIRMED, reason="", until=None, at=NOW, by="anna")
    for number in range(MAX_CHANGES):
        add, remove = ([f"l{number}"], [f"l{number - 1}"]) if number else (["l0"], [])
        told = with_labels(told, add=add, remove=remove, at=NOW, by="ben")
    assert len(told.history) == MAX_CHANGES
    assert told.history[-1].value == f"l{MAX_CHANGES - 1}"
    assert (told.state_by, told.state_at) == ("anna", NOW)
    assert told.labels == (f"l{MAX_CHANGES - 1}",)


@given(
    add=st.lists(st.sampled_from("abcdef"), max_size=4),
    remove=st.lists(st.sampled_from("abcdef"), max_size=4),
    known=st.sets(st.sampled_from("abcdef")),
)
def test_labels_are_a_set_in_order(add, remove, known):
    before = Triage(labels=tuple(sorted(known)))
    after = with_labels(before, add=add, remove=remove, at=NOW, by="anna")
    assert after.labels == tuple(sorted((known - (set(remove) - set(add))) | set(add)))
    assert len(after.history) == len(set(after.labels) ^ known)
    assert (after is before) is (set(after.labels) == known)


def test_too_many_labels_can_always_be_made_fewer():
    many = Triage(labels=tuple(f"l{number}" for number in range(MAX_LABELS + 5)))
    assert len(with_labels(many, add=[], remove=["l3"], at=NOW, by="a").labels) == MAX_LABELS + 4
    with pytest.raises(Refused):
        with_labels(many, add=["new"], remove=["l3"], at=NOW, by="a")


@given(st.text(max_size=50))
def test_a_label_that_is_read_is_read_the_same_again_and_can_be_searched_for(text):
    try:
        label = read_label(text)
    except Refused:
        return
    assert read_label(label) == label
    written = write(Is(field=Field.LABEL, value=label))
    assert read(written) == Is(field=Field.LABEL, value=label)


def test_a_state_is_over_at_its_time():
    assert effective(State.IGNORED, NOW, NOW - HOUR) is State.IGNORED
    assert effective(State.IGNORED, NOW, NOW) is State.OPEN
    assert effective(State.IGNORED, NOW, None) is State.IGNORED
    assert effective(State.CONFIRMED, None, NOW) is State.CONFIRMED


@pytest.mark.parametrize("state", State)
def test_a_state_is_asked_for_as_it_is_now_and_written_without_the_time(state):
    asked = settled(read(f"rule:1 NOT state:{state.value}"), NOW)
    assert asked == And(
        parts=(Is(field=Field.RULE, value=1), Not(part=InState(state=state, at=NOW)))
    )
    assert write(asked) == f"rule:1 NOT state:{state.value}"
    assert besides(asked, Field.STATE) == Is(field=Field.RULE, value=1)


def test_a_search_with_states_can_be_kept_and_told_again():
    search = read_filters([("state", "open"), ("state", "ignored"), ("label", "A")], NOW)
    kept = msgspec.json.decode(msgspec.json.encode(search), type=Search)
    assert kept == search
    assert filter_values(kept) == (("state", "open"), ("state", "ignored"), ("label", "a"))
    with pytest.raises(Refused):
        read_filters([("state", "gone")], NOW)


def test_rows_that_arrive_fit_by_their_state_and_labels(store, rows, make_record):
    ids = store.append([make_record(), make_record()]).ids
    store.triage(ids[:1], lambda _: Triage(state=State.CONFIRMED, labels=("shop",)))
    views = rows.view(store.newer(0))

    def fitting(text: str) -> list[str]:
        wanted = LiveFilter(settled(read(text), NOW))
        assert wanted.is_in_rows
        return [row.id for row in wanted.of_rows(views)]

    assert fitting("state:confirmed") == fitting("label:Sh*") == [str(ids[0])]
    assert fitting("state:open") == fitting("NOT has:label") == [str(ids[1])]


def test_what_is_open_is_counted_within_what_one_may_see(store, sensors, make_record, desk):
    ids = store.append([make_record(sensor="edge") for _ in range(3)]).ids
    store.append([make_record(sensor="core")])
    desk.judge(ids[0], NewState(state=State.IGNORED, until=(NOW + HOUR).isoformat()), ANNA)
    clearance = Clearance(scopes=(Search(sensors=("edge",)),))

    def counts(at: datetime) -> list[tuple[str, int]]:
        facets = Facets(store, sensors, now=lambda: at).within(clearance)
        return [(one.value, one.transactions) for one in facets.count("state", Search()).values]

    assert counts(NOW) == [("open", 2), ("ignored", 1)]
    assert counts(NOW + HOUR) == [("open", 3)]


def test_of_many_those_without_room_get_the_rest(store, desk, make_record):
    ids = store.append([make_record(), make_record()]).ids
    store.triage(ids[:1], lambda _: Triage(labels=tuple(f"l{n}" for n in range(MAX_LABELS))))
    wish = Wish(state=NewState(state=State.CONFIRMED), add_labels=("one-more",))
    assert desk.change_ids(ids, wish, ANNA).changed == 2
    full, other = (store.get(number).row for number in ids)
    assert (full.state, len(full.labels)) == (State.CONFIRMED, MAX_LABELS)
    assert (other.state, other.labels) == (State.CONFIRMED, ("one-more",))


def test_what_leaves_ones_scope_by_being_judged_is_still_told(store, desk, make_record):
    (number,) = store.append([make_record()]).ids
    scope = Search(expression=InState(state=State.OPEN))
    narrow = desk.within(Clearance(scopes=(scope,)))
    assert narrow.judge(number, NewState(state=State.CONFIRMED), ANNA).state is State.CONFIRMED
    with pytest.raises(Refused):
        narrow.show(number, ANNA)
