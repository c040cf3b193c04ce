"""What could not be decoded: counts, lists, one of them, and decoding again or removing."""

import hashlib
from collections.abc import Callable
from datetime import datetime

import msgspec

from bartizan.domain.clearance import Clearance
from bartizan.domain.delivery import DeadLetter, LetterSelection
from bartizan.domain.errors import Refused
from bartizan.kit.clock import from_us
from bartizan.kit.struct import Struct
from bartizan.kit.text import text
from bartizan.query.reasons import reason_of
from bartizan.query.scopes import whole_sensors
from bartizan.spool.contract import DeadLetterBox, LetterHead, LetterKind

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
WINDOW_BYTES = 64 * 1024
# Of one step: so small that the collector, whose commits wait for it, still answers at once.
STEP_LETTERS = 200


class KindView(Struct, frozen=True, kw_only=True):
    """The letters of one sensor with one reason; `first_at` and `last_at` are when they died."""

    sensor: str
    code: str
    reason: str
    advice: str
    letters: int
    size_bytes: int
    first_at: datetime
    last_at: datetime


class DeadLetterSummary(Struct, frozen=True, kw_only=True):
    """`room_bytes` is what the letters may take before they take from the queue's room.

    `waiting` letters were put back and are about to be decoded. `revived`, `again` (those that
    could not be decoded once more) and `removed` count since the spool was made.
    """

    letters: int
    size_bytes: int
    room_bytes: int
    waiting: int
    revived: int
    again: int
    removed: int
    kinds: tuple[KindView, ...]


class LetterView(Struct, frozen=True, kw_only=True):
    """One dead letter. `head` is how it begins, as text; bytes that are not UTF-8 are U+FFFD."""

    id: str
    sensor: str
    code: str
    reason: str
    advice: str
    detail: str
    received_at: datetime
    died_at: datetime
    tried_at: datetime
    program: str
    size_bytes: int
    origin: str | None
    origin_offset: int | None
    head: str


class DeadLetterList(Struct, frozen=True, kw_only=True):
    dead_letters: tuple[LetterView, ...]
    next: str | None


class OpenedLetter(Struct, frozen=True, kw_only=True):
    """`content` is 64 KiB of the entry from `offset` on, in base64; `next` is where more begins."""

    letter: LetterView
    digest: str
    raw_bytes: int
    offset: int
    content: bytes
    next: int | None


class LetterStep(Struct, frozen=True, kw_only=True):
    """What one step of a change did. To go on, say `until` again, as long as it is not done."""

    letters: int
    until: str
    is_done: bool


class DeadLetterDesk:
    """Blocking; thread-safe. `room_bytes` is `spool.max_dead_letter_bytes`."""

    def __init__(
        self, box: DeadLetterBox, room_bytes: int, sensors: frozenset[str] | None = None
    ) -> None:
        """`sensors` are those whose letters may be seen; None for everybody's."""
        self._box = box
        self._room_bytes = room_bytes
        self._sensors = sensors

    def within(self, clearance: Clearance) -> "DeadLetterDesk":
        """A letter's host is not known, so a scope that names hosts shows none."""
        if not clearance.scopes:
            return self
        return DeadLetterDesk(self._box, self._room_bytes, whole_sensors(clearance.scopes))

    def summary(self) -> DeadLetterSummary:
        if self._sensors is not None:
            return self._summary_of(self._sensors)
        account = self._box.account()
        return DeadLetterSummary(
            letters=account.letters,
            size_bytes=account.size_bytes,
            room_bytes=self._room_bytes,
            waiting=account.waiting,
            revived=account.revived,
            again=account.again,
            removed=account.removed,
            kinds=tuple(map(_kind, self._box.kinds())),
        )

    def _summary_of(self, sensors: frozenset[str]) -> DeadLetterSummary:
        """What is not counted by sensor is not told."""
        kinds = [kind for kind in self._box.kinds() if kind.sensor in sensors]
        return DeadLetterSummary(
            letters=sum(kind.letters for kind in kinds),
            size_bytes=sum(kind.size_bytes for kind in kinds),
            room_bytes=self._room_bytes,
            waiting=0,
            revived=0,
            again=0,
            removed=0,
            kinds=tuple(map(_kind, kinds)),
        )

    def list(
        self, selection: LetterSelection, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
    ) -> DeadLetterList:
        """A page of them, the newest first."""
        before_id = None if cursor is None else letter_number(cursor, "bad-cursor")
        heads = self._box.page(self._of_mine(selection), before_id, limit + 1)
        more = len(heads) > limit
        return DeadLetterList(
            dead_letters=tuple(map(_view, heads[:limit])),
            next=str(heads[limit - 1].id) if more else None,
        )

    def open(self, letter_id: int, offset: int = 0) -> OpenedLetter:
        """One letter with a window of its bytes; `Refused` (`no-such-dead-letter`)."""
        letter = self.letter(letter_id)
        raw = letter.entry.raw
        end = offset + WINDOW_BYTES
        return OpenedLetter(
            letter=_view(_head(letter)),
            digest=hashlib.sha256(raw).hexdigest(),
            raw_bytes=len(raw),
            offset=offset,
            content=raw[offset:end],
            next=end if end < len(raw) else None,
        )

    def letter(self, letter_id: int) -> DeadLetter:
        """All of it; `Refused` (`no-such-dead-letter`)."""
        letter = self._box.letter(letter_id)
        is_mine = self._sensors is None or (
            letter is not None and letter.entry.sensor in self._sensors
        )
        if letter is None or not is_mine:
            raise Refused("no-such-dead-letter", "there is no dead letter with this id (any more)")
        return letter

    def count(self, selection: LetterSelection) -> int:
        return self._box.count(self._of_mine(selection))

    def _of_mine(self, selection: LetterSelection) -> LetterSelection:
        if self._sensors is None:
            return selection
        return msgspec.structs.replace(selection, among=tuple(sorted(self._sensors)))

    def retry(self, selection: LetterSelection) -> LetterStep:
        """Put some of them back, to be decoded by a worker. Call again until it is done.

        What fails again becomes a new dead letter, beyond the `until` of the first step: so this
        ends, and tries each once.
        """
        return self._step(selection, self._box.revive)

    def remove(self, selection: LetterSelection) -> LetterStep:
        """Delete some of them for good. Call again until it is done."""
        return self._step(selection, self._box.remove)

    def _step(
        self, selection: LetterSelection, change: Callable[[LetterSelection, int], int]
    ) -> LetterStep:
        until = self._box.last_id() if selection.until_id is None else selection.until_id
        chosen = msgspec.structs.replace(self._of_mine(selection), until_id=until)
        letters = change(chosen, STEP_LETTERS)
        return LetterStep(
            letters=letters, until=str(until), is_done=not letters or not self._box.count(chosen)
        )


def letter_number(value: str, code: str = "no-such-dead-letter") -> int:
    """The id that was sent as text; `Refused` with `code` if it is none."""
    is_number = value.isascii() and value.isdigit() and len(value) <= 19 and int(value) < 2**63
    if not is_number:
        raise Refused(code, "the id of a dead letter is a number")
    return int(value)


def _kind(kind: LetterKind) -> KindView:
    reason = reason_of(kind.code)
    return KindView(
        sensor=kind.sensor,
        code=kind.code,
        reason=reason.words,
        advice=reason.advice,
        letters=kind.letters,
        size_bytes=kind.size_bytes,
        first_at=from_us(kind.first_at_us),
        last_at=from_us(kind.last_at_us),
    )


def _head(letter: DeadLetter) -> LetterHead:
    entry = letter.entry
    return LetterHead(
        id=letter.id,
        sensor=entry.sensor,
        code=letter.code,
        detail=letter.detail,
        received_at_us=entry.received_at_us,
        died_at_us=letter.died_at_us,
        tried_at_us=letter.tried_at_us,
        program=letter.program,
        size_bytes=len(entry.raw) + len(entry.summary or b""),
        origin=entry.origin,
        origin_offset=entry.origin_offset,
        head=entry.raw[:256],
    )


def _view(head: LetterHead) -> LetterView:
    reason = reason_of(head.code)
    return LetterView(
        id=str(head.id),
        sensor=head.sensor,
        code=head.code,
        reason=reason.words,
        advice=reason.advice,
        detail=head.detail,
        received_at=from_us(head.received_at_us),
        died_at=from_us(head.died_at_us),
        tried_at=from_us(head.tried_at_us),
        program=head.program,
        size_bytes=head.size_bytes,
        origin=head.origin,
        origin_offset=head.origin_offset,
        head=text(head.head),
    )
