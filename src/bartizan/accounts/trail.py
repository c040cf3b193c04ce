"""The access trail: written before an answer goes out, bounded by age, never changed.

A deed that cannot be written down is not answered: `Unavailable` goes to whoever asked. Blocking,
thread-safe. Nothing here ever takes a secret, a payload, or a name that nobody has.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from bartizan.domain.trail import Deed, Means, Trace, TrailQuestion
from bartizan.kit import clock
from bartizan.kit.text import visible
from bartizan.store.control import ControlStore

_SHORTEN_EVERY: Final = timedelta(hours=1)
_AT_ONCE: Final = 1000
_STEPS: Final = 5  # so that nobody waits long for it
_PAGE: Final = 500
# Failures of people who do not exist come from strangers, and so are bounded.
_STRANGERS_A_MINUTE: Final = 30


class Trail:
    def __init__(
        self,
        control: ControlStore,
        *,
        keep_days: int,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._control = control
        self._keep = timedelta(days=keep_days)
        self._now = now
        self._lock = threading.Lock()
        self._shortened_at: datetime | None = None
        self._strangers: deque[datetime] = deque(maxlen=_STRANGERS_A_MINUTE)

    def note(
        self,
        action: str,
        *,
        person: str = "",
        means: Means = Means.NONE,
        peer_address: str = "",
        subject: str = "",
        detail: str = "",
    ) -> None:
        deed = Deed(
            at=self._now(),
            action=action,
            person=visible(person),
            means=means,
            peer_address=peer_address,
            subject=visible(subject),
            detail=visible(detail),
        )
        self._control.record([deed])
        self._shorten_now_and_then()

    def note_stranger(self, action: str, *, peer_address: str, detail: str = "") -> None:
        """Somebody unknown tried something; of many such tries in a minute only the first few."""
        now = self._now()
        with self._lock:
            is_full = len(self._strangers) == _STRANGERS_A_MINUTE
            if is_full and now - self._strangers[0] < timedelta(minutes=1):
                return
            self._strangers.append(now)
        self.note(action, peer_address=peer_address, detail=detail)

    def list(self, question: TrailQuestion, limit: int) -> Sequence[Trace]:
        """The newest first; what is too old is not there, though it may not be removed yet."""
        since = max(filter(None, (question.since, self._now() - self._keep)))
        return self._control.trail(msgspec.structs.replace(question, since=since), limit)

    def every(self, question: TrailQuestion) -> Iterator[Trace]:
        """All that fits, page by page."""
        while True:
            page = self.list(question, _PAGE)
            yield from page
            if len(page) < _PAGE:
                return
            question = msgspec.structs.replace(question, before_id=page[-1].id)

    def shorten(self) -> bool:
        """Remove some of what is too old; whether that was all of it."""
        before = self._now() - self._keep
        return any(self._control.forget_trail(before, _AT_ONCE) < _AT_ONCE for _ in range(_STEPS))

    def _shorten_now_and_then(self) -> None:
        now = self._now()
        with self._lock:
            if self._shortened_at is not None and now - self._shortened_at < _SHORTEN_EVERY:
                return
            self._shortened_at = now
        if not self.shorten():
            self._shortened_at = None  # the next deed goes on
