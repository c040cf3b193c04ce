"""What people make of transactions: shown, and changed one by one or many at once.

Nothing here waits for a job: what is ignored until a time is open again when somebody looks after
it. Notes and reasons quote what was sent, so only those who see payloads read and write notes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from bartizan.domain.clearance import EVERYTHING, Clearance
from bartizan.domain.errors import Refused
from bartizan.domain.expression import Expression, Field, InState, Is, every, settled
from bartizan.domain.retention import Preserved
from bartizan.domain.search import Cursor, Search
from bartizan.domain.triage import (
    LONGEST_IGNORED,
    MAX_LABELS,
    MAX_NOTE,
    MAX_REASON,
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
from bartizan.enrich.rules import is_evaluation
from bartizan.kit.struct import Struct
from bartizan.query.filters import read_filters
from bartizan.query.language.mistake import Mistake
from bartizan.query.language.read import read
from bartizan.query.language.write import write
from bartizan.query.moments import moment
from bartizan.query.scoped import scoped
from bartizan.store.contract import Store, Stored

MAX_IDS: Final = 1000
MAX_FOUND: Final = 10_000
_AT_ONCE: Final = 500
_ALIKE: Final = 5
_CONTROL: Final = frozenset(map(chr, (*range(9), 11, 12, *range(14, 32), 127)))
Change = Callable[[Triage], Triage]


class NoteView(Struct, frozen=True, kw_only=True):
    """`may_remove`: whoever asks wrote it, or is an administrator."""

    id: str
    at: datetime
    by: str
    text: str
    may_remove: bool


class ChangeView(Struct, frozen=True, kw_only=True):
    """`value` is the new state, the label, or the id of the note; `until` of what is ignored."""

    at: datetime
    by: str
    kind: ChangeKind
    value: str
    reason: str
    until: datetime | None


class TriageView(Struct, frozen=True, kw_only=True):
    """`state` as it is now. `ignored_until` stays when that time is over: then it is open again.

    Without `shows_texts` there are no notes, and no reasons: they are for those who see payloads.
    """

    state: State
    ignored_until: datetime | None
    reason: str
    state_at: datetime | None
    state_by: str
    labels: tuple[str, ...]
    notes: tuple[NoteView, ...]
    history: tuple[ChangeView, ...]
    shows_texts: bool


class AlikeView(Struct, frozen=True, kw_only=True):
    """One rule of a transaction, where it matched, and `q`, the search for what is the same: rule,
    host, path and parameter. `transactions` of them are open.
    """

    rule_id: int
    message: str | None
    host: str | None
    path: str | None
    parameter: str | None
    q: str
    transactions: int


class AlikeList(Struct, frozen=True, kw_only=True):
    alike: tuple[AlikeView, ...]


class ManyTriaged(Struct, frozen=True, kw_only=True):
    """`found` were chosen and are there, `changed` of them are other than before.

    A rehearsal changes nothing, and says 0.
    """

    found: int
    changed: int
    preserved: int


class NewState(Struct, frozen=True, kw_only=True):
    """`until` as people write times; for `ignored` alone."""

    state: State
    reason: str = ""
    until: str | None = None


class Wish(Struct, frozen=True, kw_only=True):
    """What shall become of many; what is None or empty stays."""

    state: NewState | None = None
    add_labels: tuple[str, ...] = ()
    remove_labels: tuple[str, ...] = ()
    note: str = ""
    preserve: bool = False


class Author(Struct, frozen=True, kw_only=True):
    """Who asks. `may_remove_all`: also the notes of others."""

    name: str
    may_remove_all: bool = False


class TriageDesk:
    """Blocking; thread-safe."""

    def __init__(
        self,
        store: Store,
        *,
        now: Callable[[], datetime],
        clearance: Clearance = EVERYTHING,
    ) -> None:
        self._store = store
        self._seen = scoped(store, clearance)
        self._now = now
        self._clearance = clearance

    def within(self, clearance: Clearance) -> "TriageDesk":
        return TriageDesk(self._store, now=self._now, clearance=clearance)

    def show(self, transaction_id: int, by: Author) -> TriageView:
        """`Refused` (`no-such-transaction`)."""
        return self._view(self._stored(transaction_id).triage, by)

    def judge(self, transaction_id: int, new: NewState, by: Author) -> TriageView:
        """`Refused` (`reason-missing`, `bad-parameter`, `no-such-transaction`)."""
        return self._change(transaction_id, self._judged(new, by), by)

    def label(
        self, transaction_id: int, by: Author, *, add: Sequence[str], remove: Sequence[str]
    ) -> TriageView:
        """`Refused` (`bad-label`, `too-many-labels`, `no-such-transaction`)."""
        return self._change(transaction_id, self._labelled(add, remove, by), by)

    def note(self, transaction_id: int, text: str, by: Author) -> TriageView:
        """`Refused` (`not-allowed`, `bad-note`, `too-many-notes`, `no-such-transaction`)."""
        return self._change(transaction_id, self._noted(text, by), by)

    def remove_note(self, transaction_id: int, note_id: str, by: Author) -> TriageView:
        """`Refused` (`not-allowed`, `no-such-note`, `no-such-transaction`)."""
        number = _note_number(note_id)
        at = self._now()

        def change(before: Triage) -> Triage:
            note = next((one for one in before.notes if one.id == number), None)
            if note is None:
                raise Refused("no-such-note", "there is no such note (any more)")
            if note.by != by.name and not by.may_remove_all:
                raise Refused("not-allowed", "only who wrote a note, or an admin, may remove it")
            return without_note(before, number, at=at, by=by.name)

        return self._change(transaction_id, change, by)

    def alike(self, transaction_id: int) -> AlikeList:
        """The rules that say something, most telling first as they fired; at most five."""
        stored = self._stored(transaction_id)
        return AlikeList(alike=tuple(self._alike(stored)))

    def change_ids(
        self, ids: Sequence[int], wish: Wish, by: Author, *, is_rehearsal: bool = False
    ) -> ManyTriaged:
        """What is not there, or not theirs to see, is left out."""
        return self._change_many(self._those_seen(ids), wish, by, is_rehearsal=is_rehearsal)

    def change_found(
        self,
        filters: Mapping[str, Sequence[str]],
        wish: Wish,
        by: Author,
        *,
        is_rehearsal: bool = False,
    ) -> ManyTriaged:
        """All that match now; `Refused` (`too-many-found`) for more than 10,000."""
        pairs = [(name, value) for name, values in filters.items() for value in values]
        ids = self._found(read_filters(pairs, self._now()))
        return self._change_many(ids, wish, by, is_rehearsal=is_rehearsal)

    def _stored(self, transaction_id: int) -> Stored:
        stored = self._seen.get(transaction_id)
        if stored is None:
            raise _missing()
        return stored

    def _change(self, transaction_id: int, change: Change, by: Author) -> TriageView:
        """Told as it is then, also where that takes it out of their scope."""
        self._stored(transaction_id)
        self._store.triage([transaction_id], change)
        stored = self._store.get(transaction_id)
        if stored is None:
            raise _missing()
        return self._view(stored.triage, by)

    def _change_many(
        self, ids: Sequence[int], wish: Wish, by: Author, *, is_rehearsal: bool
    ) -> ManyTriaged:
        changes = list(self._wished(wish, by))
        if not changes and not wish.preserve:
            raise Refused("nothing-chosen", "say what shall become of them")
        if is_rehearsal:
            return ManyTriaged(found=len(ids), changed=0, preserved=0)
        found = changed = preserved = 0
        for start in range(0, len(ids), _AT_ONCE):
            some = ids[start : start + _AT_ONCE]
            if changes:
                told = self._store.triage(some, partial(_all_that_can_be, changes))
                found, changed = found + told.there, changed + told.changed
            if wish.preserve:
                mark = Preserved(at=self._now(), by=by.name, reason=_reason_of(wish))
                preserved += self._store.preserve(some, mark)
        return ManyTriaged(
            found=found if changes else preserved, changed=changed, preserved=preserved
        )

    def _wished(self, wish: Wish, by: Author) -> Iterator[Change]:
        if wish.state is not None:
            yield self._judged(wish.state, by)
        if wish.add_labels or wish.remove_labels:
            yield self._labelled(wish.add_labels, wish.remove_labels, by)
        if wish.note:
            yield self._noted(wish.note, by)

    def _judged(self, new: NewState, by: Author) -> Change:
        reason, at = _text(new.reason, MAX_REASON, "reason"), self._now()
        if new.state is State.FALSE_POSITIVE and not reason:
            raise Refused("reason-missing", "say why it is a false positive", "reason")
        until = self._until(new, at)
        return lambda before: with_state(
            before, new.state, reason=reason, until=until, at=at, by=by.name
        )

    def _until(self, new: NewState, now: datetime) -> datetime | None:
        if new.state is not State.IGNORED:
            return None
        until = moment(new.until or "", "until", now)
        if not now < until <= now + LONGEST_IGNORED:
            raise Refused("bad-parameter", "until must be in the next ten years", "until")
        return until

    def _labelled(self, add: Sequence[str], remove: Sequence[str], by: Author) -> Change:
        if len(add) > MAX_LABELS or len(remove) > MAX_LABELS:
            raise Refused("too-many-labels", f"at most {MAX_LABELS} labels at once", "labels")
        new, gone, at = [*map(read_label, add)], [*map(read_label, remove)], self._now()
        return lambda before: with_labels(before, add=new, remove=gone, at=at, by=by.name)

    def _noted(self, text: str, by: Author) -> Change:
        if not self._clearance.sees_payloads:
            raise Refused("not-allowed", "notes need the right to see payloads")
        note, at = _text(text, MAX_NOTE, "text"), self._now()
        if not note:
            raise Refused("bad-note", "a note needs some text", "text")
        return lambda before: with_note(before, note, at=at, by=by.name)

    def _those_seen(self, ids: Sequence[int]) -> list[int]:
        distinct = list(dict.fromkeys(ids))
        if not self._clearance.scopes:
            return distinct
        return [number for number in distinct if self._seen.get(number) is not None]

    def _found(self, search: Search) -> list[int]:
        ids: list[int] = []
        cursor: Cursor | None = None
        while True:
            page = self._seen.page(search, before=cursor, limit=_AT_ONCE)
            ids += [row.id for row in page.rows]
            if len(ids) > MAX_FOUND:
                raise Refused(
                    "too-many-found",
                    f"more than {MAX_FOUND:,} transactions match; narrow the search",
                )
            if page.next is None:
                return ids
            cursor = page.next

    def _alike(self, stored: Stored) -> Iterator[AlikeView]:
        told: set[tuple[int, str | None]] = set()
        for match in stored.matches:
            number, parameter = match.rule_id, match.target
            if number is None or is_evaluation(number) or (number, parameter) in told:
                continue
            told.add((number, parameter))
            search = _same(stored, number, parameter)
            if search is None:
                continue
            asked = Search(expression=settled(search, self._now()))
            row = stored.row
            yield AlikeView(
                rule_id=number,
                message=match.message,
                host=row.host,
                path=None if row.uri is None else row.uri.partition("?")[0],
                parameter=parameter,
                q=write(search),
                transactions=self._seen.count(asked).transactions,
            )
            if len(told) == _ALIKE:
                return

    def _view(self, triage: Triage, by: Author) -> TriageView:
        shows = self._clearance.sees_payloads
        return TriageView(
            state=effective(triage.state, triage.ignored_until, self._now()),
            ignored_until=triage.ignored_until,
            reason=triage.reason if shows else "",
            state_at=triage.state_at,
            state_by=triage.state_by,
            labels=triage.labels,
            notes=tuple(
                NoteView(
                    id=str(note.id),
                    at=note.at,
                    by=note.by,
                    text=note.text,
                    may_remove=by.may_remove_all or note.by == by.name,
                )
                for note in (triage.notes if shows else ())
            ),
            history=tuple(
                ChangeView(
                    at=change.at,
                    by=change.by,
                    kind=change.kind,
                    value=change.value,
                    reason=change.reason if shows else "",
                    until=change.until,
                )
                for change in triage.history
            ),
            shows_texts=shows,
        )


def _missing() -> Refused:
    return Refused("no-such-transaction", "there is no transaction with this id (any more)")


def _all_that_can_be(changes: Sequence[Change], before: Triage) -> Triage:
    """Of many, those that have no room for one more label or note get the rest."""
    after = before
    for change in changes:
        try:
            after = change(after)
        except Refused:
            continue
    return after


def _same(stored: Stored, rule_id: int, parameter: str | None) -> Expression | None:
    """Rule, host, path and parameter, of what is open; None if no text can say it."""
    row = stored.row
    parts: list[Expression] = [Is(field=Field.RULE, value=rule_id)]
    if row.host:
        parts.append(Is(field=Field.HOST, value=row.host.lower()))
    if row.uri:
        parts.append(Is(field=Field.PATH, value=row.uri.partition("?")[0]))
    if parameter:
        parts.append(Is(field=Field.PARAMETER, value=parameter))
    search = every(*parts, InState(state=State.OPEN))
    try:
        return search if read(write(search)) == search else None
    except Mistake:
        return None


def _reason_of(wish: Wish) -> str:
    return "" if wish.state is None else _text(wish.state.reason, MAX_REASON, "reason")


def _text(text: str, most: int, where: str) -> str:
    """Of a person; `Refused` (`bad-parameter`) for what is too long, or no text."""
    plain = text.replace("\r\n", "\n").strip()
    if len(plain) > most or _CONTROL & set(plain):
        raise Refused(
            "bad-parameter", f"{where} has at most {most} characters, and no control ones", where
        )
    return plain


def _note_number(note_id: str) -> int:
    if not (note_id.isascii() and note_id.isdigit() and len(note_id) <= 18):
        raise Refused("no-such-note", "the id of a note is a number")
    return int(note_id)


__all__ = [
    "MAX_FOUND",
    "MAX_IDS",
    "AlikeList",
    "Author",
    "ManyTriaged",
    "NewState",
    "TriageDesk",
    "TriageView",
    "Wish",
]
