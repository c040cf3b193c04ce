"""What every store promises about what people make of transactions."""

import threading
from datetime import timedelta
from functools import partial

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bartizan.domain.delivery import Record
from bartizan.domain.errors import Refused
from bartizan.domain.expression import Contains, Expression, Field, Has, InState, Is, Matches, Not
from bartizan.domain.search import Facet, Search
from bartizan.domain.transaction import RuleMatch
from bartizan.domain.triage import (
    NOTHING,
    Change,
    ChangeKind,
    Note,
    State,
    Triage,
    with_labels,
    with_note,
    with_state,
)
from bartizan.store.contract import Expired, Store, Triaged
from bartizan.store.memory import MemoryStore
from tests.contract.numbered import Numbered, empty
from tests.contract.records import NOON, record, records
from tests.contract.triage import triages

HOUR = timedelta(hours=1)
FULL = Triage(
    state=State.IGNORED,
    ignored_until=NOON + HOUR,
    reason="known \U0001f5dd <b>\x00</b>",
    state_at=NOON,
    state_by="anna",
    labels=("incident-17", "shop/cart"),
    notes=(
        Note(id=7, at=NOON, by="anna", text="Looks like the editor\nagain"),
        Note(id=8, at=NOON + HOUR, by="Ben O'Neil", text="' OR 1=1 --"),
    ),
    history=(
        Change(at=NOON, by="anna", kind=ChangeKind.LABEL_ADDED, value="shop/cart"),
        Change(
            at=NOON,
            by="anna",
            kind=ChangeKind.STATE,
            value="ignored",
            reason="known",
            until=NOON + HOUR,
        ),
    ),
)


def _fill(store: Store, count: int = 4) -> tuple[int, ...]:
    return store.append(
        [
            record(b"entry %d" % number, parts=(("A", b"a"),), intercepted=number % 2 == 0)
            for number in range(count)
        ]
    ).ids


def _set(store: Store, number: int, triage: Triage) -> Triaged:
    return store.triage([number], lambda _: triage)


def _state(state: State) -> partial[Triage]:
    return partial(with_state, state=state, reason="", until=None, at=NOON, by="anna")


def _ids(store: Store, expression: Expression) -> list[int]:
    return sorted(row.id for row in store.page(Search(expression=expression)).rows)


def test_what_was_said_of_a_transaction_comes_back_whole(store: Store) -> None:
    ids = _fill(store)
    assert _set(store, ids[1], FULL) == Triaged(there=1, changed=1)
    stored = store.get(ids[1])
    assert stored is not None
    assert stored.triage == FULL
    (shown,) = [row for row in store.newer(0) if row.id == ids[1]]
    assert shown == stored.row
    assert (shown.state, shown.ignored_until) == (State.IGNORED, NOON + HOUR)
    assert shown.labels == ("incident-17", "shop/cart")
    others = [row for row in store.page(Search()).rows if row.id != ids[1]]
    assert {(row.state, row.ignored_until, row.labels) for row in others} == {
        (State.OPEN, None, ())
    }


def test_nothing_is_left_where_all_is_taken_back(store: Store) -> None:
    ids = _fill(store)
    _set(store, ids[0], FULL)
    assert _set(store, ids[0], NOTHING) == Triaged(there=1, changed=1)
    stored = store.get(ids[0])
    assert stored is not None
    assert (stored.triage, stored.row.state) == (NOTHING, State.OPEN)
    assert _ids(store, Has(field=Field.LABEL)) == []
    assert _ids(store, Has(field=Field.NOTE)) == []


def test_each_is_changed_from_what_it_was(store: Store) -> None:
    ids = _fill(store)
    _set(store, ids[0], FULL)
    add = partial(with_labels, add=["new"], remove=["shop/cart"], at=NOON, by="ben")
    assert store.triage([*ids, 12, ids[0]], add) == Triaged(there=4, changed=4)
    labels = [row.labels for row in sorted(store.newer(0), key=lambda row: row.id)]
    assert labels == [("incident-17", "new"), ("new",), ("new",), ("new",)]
    assert store.triage(ids, add) == Triaged(there=4, changed=0), "a repeat changes nothing"


def test_what_a_change_raises_changes_nothing(store: Store) -> None:
    (number,) = _fill(store, 1)

    def refuse(before: Triage) -> Triage:
        raise Refused("too-many-labels", "no room")

    with pytest.raises(Refused):
        store.triage([number], refuse)
    assert store.triage([number], lambda before: before) == Triaged(there=1, changed=0)
    assert store.triage([], refuse) == Triaged(there=0, changed=0)
    assert store.triage([2**63, 0, -1, 2**70], refuse) == Triaged(there=0, changed=0)


def test_states_are_found_as_they_are_when_asked(store: Store) -> None:
    ids = _fill(store, 5)
    store.triage(ids[:1], _state(State.CONFIRMED))
    store.triage(ids[1:2], _state(State.FALSE_POSITIVE))
    _set(store, ids[2], FULL)
    _set(store, ids[3], Triage(labels=("shop",)))

    def found(state: State, hours: float) -> list[int]:
        at = NOON + hours * HOUR
        by_text = _ids(store, InState(state=state, at=at))
        (filtered,) = {
            tuple(sorted(row.id for row in store.page(Search(states=(one,))).rows))
            for one in [InState(state=state, at=at)]
        }
        assert by_text == list(filtered)
        others = _ids(store, Not(part=InState(state=state, at=at)))
        assert sorted((*by_text, *others)) == sorted(ids)
        return by_text

    assert found(State.CONFIRMED, 0) == [ids[0]]
    assert found(State.FALSE_POSITIVE, 0) == [ids[1]]
    assert found(State.IGNORED, 0.5) == [ids[2]]
    assert found(State.OPEN, 0.5) == [ids[3], ids[4]]
    assert found(State.IGNORED, 1) == []
    assert found(State.OPEN, 1) == [ids[2], ids[3], ids[4]]
    both = (
        InState(state=State.CONFIRMED, at=NOON),
        InState(state=State.FALSE_POSITIVE, at=NOON),
    )
    assert store.count(Search(states=both)).transactions == 2


def test_labels_and_notes_are_found(store: Store) -> None:
    ids = _fill(store)
    _set(store, ids[1], FULL)
    _set(store, ids[2], Triage(labels=("shop",)))
    assert _ids(store, Is(field=Field.LABEL, value="Shop/Cart")) == [ids[1]]
    assert _ids(store, Matches(field=Field.LABEL, pieces=("SHOP", ""))) == [ids[1], ids[2]]
    assert _ids(store, Has(field=Field.LABEL)) == [ids[1], ids[2]]
    assert _ids(store, Contains(field=Field.NOTE, pieces=("EDITOR\nagain",))) == [ids[1]]
    assert _ids(store, Contains(field=Field.NOTE, pieces=("editor", "1=1"))) == [], "of one note"
    assert _ids(store, Contains(field=Field.NOTE, pieces=("or 1=1 --",))) == [ids[1]]
    assert _ids(store, Has(field=Field.STATE)) == sorted(ids)
    assert store.count(Search(labels=("shop", "nobody"))).transactions == 1
    assert store.count(Search(labels=("SHOP", "incident-17"))).transactions == 2


def test_a_parameter_is_found_as_a_whole(store: Store) -> None:
    ids = store.append(
        [
            record(raw, matches=(RuleMatch(rule_id=942100, target=target),))
            for raw, target in ((b"1", "ARGS:q"), (b"2", "ARGS:query"))
        ]
    ).ids
    assert _ids(store, Contains(field=Field.TARGET, pieces=("ARGS:q",))) == list(ids)
    assert _ids(store, Is(field=Field.PARAMETER, value="ARGS:q")) == [ids[0]]
    assert _ids(store, Matches(field=Field.PARAMETER, pieces=("ARGS:", ""))) == list(ids)


def test_states_and_labels_are_counted(store: Store) -> None:
    ids = _fill(store, 5)
    store.triage(ids[:3], _state(State.FALSE_POSITIVE))
    _set(store, ids[3], FULL)
    _set(store, ids[4], Triage(labels=("incident-17",)))
    states = store.facet(Search(), Facet.STATE)
    assert [(one.value, one.transactions, one.intercepted) for one in states] == [
        ("false-positive", 3, 2),
        ("ignored", 1, 0),
    ]
    labels = store.facet(Search(), Facet.LABEL)
    assert [(one.value, one.transactions) for one in labels] == [
        ("incident-17", 2),
        ("shop/cart", 1),
    ]
    blocked = store.facet(Search(intercepted=True), Facet.LABEL)
    assert [(one.value, one.transactions) for one in blocked] == [("incident-17", 1)]


def test_it_stays_through_decoding_again_and_the_loss_of_the_entry(store: Store) -> None:
    ids = _fill(store)
    _set(store, ids[1], FULL)
    store.replace([(ids[1], record(b"entry 1", verdict="anew"))])
    store.forget_payloads(Expired(before_id=2**62), after_id=0, limit=10, at=NOON)
    stored = store.get(ids[1])
    assert stored is not None
    assert (stored.triage, stored.row.verdict) == (FULL, "anew")
    assert _ids(store, Contains(field=Field.NOTE, pieces=("editor",))) == [ids[1]]
    assert _ids(store, InState(state=State.IGNORED)) == [ids[1]]


def test_it_goes_with_its_transaction_and_keeps_none(store: Store) -> None:
    ids = _fill(store)
    for number in ids:
        _set(store, number, FULL)
    step = store.remove_transactions(Expired(before_id=ids[2]), after_id=0, limit=10)
    assert step.removed == 2, "what was judged is not preserved by that"
    assert store.count(Search(labels=("incident-17",))).transactions == 2
    assert store.remove_sensor("web1") == 2
    assert store.facet(Search(), Facet.LABEL) == ()
    assert store.faults(after_id=None, until_id=None) == ()


def test_another_store_gets_it_too(store: Store) -> None:
    ids = _fill(store)
    _set(store, ids[2], FULL)
    other = MemoryStore()
    kept = store.records(after_id=0, limit=10).records
    other.restore(kept)
    assert [one.triage for one in kept] == [NOTHING, NOTHING, FULL, NOTHING]
    store.remove_sensor("web1")
    store.restore(other.records(after_id=0, limit=10).records)
    stored = store.get(ids[2])
    assert stored is not None
    assert stored.triage == FULL
    assert _ids(store, Has(field=Field.NOTE)) == [ids[2]]
    assert store.faults(after_id=None, until_id=None) == ()


def test_no_change_of_two_at_once_is_lost(store: Store) -> None:
    (number,) = _fill(store, 1)

    def write(person: str) -> None:
        for turn in range(5):
            text = f"{person} {turn}"
            store.triage([number], partial(with_note, text=text, at=NOON, by=person))

    people = [threading.Thread(target=write, args=(name,), daemon=True) for name in ("anna", "ben")]
    for one in people:
        one.start()
    for one in people:
        one.join(60)
    stored = store.get(number)
    assert stored is not None
    assert len(stored.triage.notes) == len(stored.triage.history) == 10
    assert len({note.id for note in stored.triage.notes}) == 10


@pytest.mark.timeout(300)
@settings(
    max_examples=15,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    batch=st.lists(records(), min_size=1, max_size=6),
    steps=st.lists(st.tuples(st.integers(0, 5), triages()), max_size=8),
)
def test_a_store_keeps_what_the_model_keeps(
    sql: Store, batch: list[Record], steps: list[tuple[int, Triage]]
) -> None:
    empty(sql)
    model, tested = Numbered(MemoryStore()), Numbered(sql)
    assert tested.append(batch) == model.append(batch)
    for place, triage in steps:
        told = []
        for store in (model.store, tested.store):
            ids = [row.id for row in store.newer(0)]
            told.append(_set(store, ids[place % len(ids)], triage))
        assert told[0] == told[1]
    assert tested.everything() == model.everything()
    for facet in (Facet.STATE, Facet.LABEL):
        assert tested.store.facet(Search(), facet) == model.store.facet(Search(), facet)
    assert _kept(sql) == _kept(model.store)


def _kept(store: Store) -> list[Triage]:
    return [one.triage for one in store.records(after_id=0, limit=100).records]
