"""Hypothesis strategies for what people make of transactions."""

from hypothesis import strategies as st

from bartizan.domain.triage import Change, ChangeKind, Note, State, Triage
from tests.contract.records import HOSTILE, near

_texts = st.sampled_from([text for text in HOSTILE if text])
_people = st.sampled_from(["anna", "Ben O'Neil", "\U0001f5dd"])
_moments = st.none() | near

changes = st.builds(
    Change,
    at=near,
    by=_people,
    kind=st.sampled_from(ChangeKind),
    value=_texts,
    reason=st.sampled_from(HOSTILE),
    until=_moments,
)


@st.composite
def triages(draw: st.DrawFn) -> Triage:
    """Some of them of nobody, as most are."""
    state = draw(st.sampled_from(State))
    notes = [
        Note(id=number, at=draw(near), by=draw(_people), text=draw(_texts))
        for number in sorted(draw(st.sets(st.integers(1, 2**52), max_size=3)))
    ]
    labels = draw(st.sets(st.sampled_from(["shop", "shop/cart", "incident-17", "ß"]), max_size=3))
    return Triage(
        state=state,
        ignored_until=draw(near) if state is State.IGNORED else None,
        reason=draw(st.sampled_from(HOSTILE)),
        state_at=draw(_moments),
        state_by=draw(_people | st.just("")),
        labels=tuple(sorted(labels)),
        notes=tuple(notes),
        history=tuple(draw(st.lists(changes, max_size=3))),
    )
