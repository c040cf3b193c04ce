"""What people make of a transaction: a state, labels and notes, and who changed which of it, when.

Everything here is data; how one becomes the next is told by the functions, which change nothing and
know no clock. A state that holds until a time is over by itself: that is worked out when asked.
"""

import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from bartizan.domain.errors import Refused
from bartizan.kit.clock import to_us
from bartizan.kit.struct import Struct

MAX_LABELS: Final = 20
MAX_LABEL: Final = 40
MAX_NOTES: Final = 100
MAX_NOTE: Final = 4000
MAX_REASON: Final = 1000
MAX_CHANGES: Final = 200  # the newest
LONGEST_IGNORED: Final = timedelta(days=3660)
_IN_LABELS: Final = frozenset("-_.:/")


class State(StrEnum):
    """What a transaction was judged to be. Nothing is stored of one that is open."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    FALSE_POSITIVE = "false-positive"
    IGNORED = "ignored"  # until a time


class Note(Struct, frozen=True, kw_only=True):
    """`id` is the time in microseconds, later where two would be the same."""

    id: int
    at: datetime
    by: str
    text: str


class ChangeKind(StrEnum):
    STATE = "state"
    LABEL_ADDED = "label-added"
    LABEL_REMOVED = "label-removed"
    NOTE_ADDED = "note-added"
    NOTE_REMOVED = "note-removed"


class Change(Struct, frozen=True, kw_only=True):
    """`value` is the new state, the label, or the id of the note."""

    at: datetime
    by: str
    kind: ChangeKind
    value: str
    reason: str = ""
    until: datetime | None = None


class Triage(Struct, frozen=True, kw_only=True):
    """`ignored_until` is of the state `ignored` alone; `state_at`, `state_by` of the last state.

    `labels` are in order, `notes` and `history` oldest first. Nothing in it: never looked at.
    """

    state: State = State.OPEN
    ignored_until: datetime | None = None
    reason: str = ""
    state_at: datetime | None = None
    state_by: str = ""
    labels: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    history: tuple[Change, ...] = ()


NOTHING: Final = Triage()


def effective(state: State, ignored_until: datetime | None, at: datetime | None) -> State:
    """What is left of a state at that time; None: of before any time is over."""
    is_over = ignored_until is not None and at is not None and ignored_until <= at
    return State.OPEN if is_over else state


def read_label(text: str) -> str:
    """A label in the one way it is written; `Refused` (`bad-label`)."""
    label = unicodedata.normalize("NFC", text.strip().lower())
    is_good = (
        0 < len(label) <= MAX_LABEL
        and label[0].isalnum()
        and all(letter.isalnum() or letter in _IN_LABELS for letter in label)
    )
    if not is_good:
        raise Refused(
            "bad-label",
            f"a label has 1 to {MAX_LABEL} letters, digits and - _ . : / and begins with a letter "
            "or a digit",
            "labels",
        )
    return label


def with_state(
    before: Triage, state: State, *, reason: str, until: datetime | None, at: datetime, by: str
) -> Triage:
    """The same state for the same reason and time again is no change."""
    until = until if state is State.IGNORED else None
    if (state, reason, until) == (before.state, before.reason, before.ignored_until):
        return before
    change = Change(
        at=at, by=by, kind=ChangeKind.STATE, value=state.value, reason=reason, until=until
    )
    return msgspec.structs.replace(
        before,
        state=state,
        ignored_until=until,
        reason=reason,
        state_at=at,
        state_by=by,
        history=_told(before, [change]),
    )


def with_labels(
    before: Triage, *, add: Iterable[str], remove: Iterable[str], at: datetime, by: str
) -> Triage:
    """`Refused` (`too-many-labels`). A label that is given in both is there in the end."""
    gone = set(remove) & set(before.labels) - set(add)
    new = dict.fromkeys(label for label in add if label not in before.labels)
    labels = tuple(sorted((set(before.labels) - gone) | set(new)))
    if len(labels) > MAX_LABELS and new:
        raise Refused("too-many-labels", f"a transaction has at most {MAX_LABELS} labels", "labels")
    kinds = [(ChangeKind.LABEL_REMOVED, label) for label in sorted(gone)]
    kinds += [(ChangeKind.LABEL_ADDED, label) for label in new]
    if not kinds:
        return before
    changes = [Change(at=at, by=by, kind=kind, value=label) for kind, label in kinds]
    return msgspec.structs.replace(before, labels=labels, history=_told(before, changes))


def with_note(before: Triage, text: str, *, at: datetime, by: str) -> Triage:
    """`Refused` (`too-many-notes`)."""
    if len(before.notes) >= MAX_NOTES:
        raise Refused("too-many-notes", f"a transaction has at most {MAX_NOTES} notes", "text")
    last = max((note.id for note in before.notes), default=0)
    number = max(to_us(at), last + 1)
    note = Note(id=number, at=at, by=by, text=text)
    change = Change(at=at, by=by, kind=ChangeKind.NOTE_ADDED, value=str(number))
    return msgspec.structs.replace(
        before, notes=(*before.notes, note), history=_told(before, [change])
    )


def without_note(before: Triage, number: int, *, at: datetime, by: str) -> Triage:
    """That it was there stays in the history, its text does not."""
    notes = tuple(note for note in before.notes if note.id != number)
    if len(notes) == len(before.notes):
        return before
    change = Change(at=at, by=by, kind=ChangeKind.NOTE_REMOVED, value=str(number))
    return msgspec.structs.replace(before, notes=notes, history=_told(before, [change]))


def _told(before: Triage, changes: list[Change]) -> tuple[Change, ...]:
    return (*before.history, *changes)[-MAX_CHANGES:]
