"""Sessions: server-side, so that they can be ended, and kept so that a stolen table is useless.

A session's secret is 256 random bits in a cookie; only its SHA-256 is stored. Starlette's signed
cookies are not used because they cannot be revoked. Blocking, thread-safe.
"""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from bartizan.accounts.caller import Caller
from bartizan.domain.person import Person, Session, Source
from bartizan.kit import clock
from bartizan.store.control import ControlStore

_SECRET_LENGTH = 43  # 32 bytes in base64url without padding
_MAX_USER_AGENT = 200
_TOUCH_EVERY = timedelta(seconds=60)
_ID_LENGTH = 24


class Sessions:
    def __init__(
        self,
        control: ControlStore,
        *,
        idle_s: float,
        lifetime_s: float,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._control = control
        self._idle = timedelta(seconds=idle_s)
        self._lifetime = timedelta(seconds=lifetime_s)
        self._touch_every = min(_TOUCH_EVERY, self._idle / 4)
        self._now = now

    def open(
        self,
        person: Person,
        *,
        peer_address: str,
        user_agent: str,
        source: Source = Source.LOCAL,
    ) -> str:
        """A new session for somebody who proved who they are; returns its secret, kept nowhere.

        Always new: a secret that a browser brought along is never adopted (fixation).
        """
        secret = secrets.token_urlsafe(32)
        now = self._now()
        for old in self._control.sessions(person.id):
            if not self._is_alive(old):
                self._control.remove_session(old.digest)
        self._control.add_session(
            Session(
                digest=_digest(secret),
                person_id=person.id,
                created_at=now,
                seen_at=now,
                peer_address=peer_address,
                user_agent=user_agent[:_MAX_USER_AGENT],
                source=source,
            )
        )
        self._control.note_login(person.id, now)
        return secret

    def find(self, secret: str | None) -> Caller | None:
        """Who this secret stands for, if the session lives and the person is enabled.

        Counts as use: the session's idle time starts again.
        """
        if secret is None or len(secret) != _SECRET_LENGTH:
            return None
        found = self._control.session(_digest(secret))
        if found is None:
            return None
        session, person = found
        if not self._is_alive(session) or not person.is_enabled:
            self._control.remove_session(session.digest)
            return None
        now = self._now()
        if now - session.seen_at >= self._touch_every:
            self._control.touch_session(session.digest, now)
        return Caller(person=person, session=session)

    def close(self, secret: str | None) -> None:
        """Log-out. A secret that is not (any more) a session's is not an error."""
        if secret is not None and len(secret) == _SECRET_LENGTH:
            self._control.remove_session(_digest(secret))

    def of(self, person: Person) -> Sequence[Session]:
        """The person's living sessions, the most recently used first."""
        alive = [each for each in self._control.sessions(person.id) if self._is_alive(each)]
        return sorted(alive, key=lambda session: session.seen_at, reverse=True)

    def close_one(self, person: Person, session_id: str) -> bool:
        """End one of the person's own sessions; False if they have none of this id."""
        for session in self._control.sessions(person.id):
            if public_id(session) == session_id:
                self._control.remove_session(session.digest)
                return True
        return False

    def close_all(self, person: Person) -> None:
        """End all of the person's sessions."""
        self._control.remove_sessions(person.id)

    def everybodys(self) -> Sequence[tuple[Session, Person]]:
        """All living sessions, the most recently used first."""
        people = {person.id: person for person in self._control.people()}
        return [
            (session, people[session.person_id])
            for session in self._control.all_sessions()
            if session.person_id in people and self._is_alive(session)
        ]

    def close_anybodys(self, session_id: str) -> Person | None:
        """End the session of this id, whosever it is; whose it was, if there was one."""
        for session, person in self.everybodys():
            if public_id(session) == session_id:
                self._control.remove_session(session.digest)
                return person
        return None

    def _is_alive(self, session: Session) -> bool:
        now = self._now()
        return now - session.seen_at < self._idle and now - session.created_at < self._lifetime


def public_id(session: Session) -> str:
    """Names a session to its owner without naming its stored digest."""
    return hashlib.sha256(b"session id " + session.digest.encode()).hexdigest()[:_ID_LENGTH]


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
