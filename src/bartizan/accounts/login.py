"""Logging in: the throttle, the proof and the new session in their one right order.

Blocking: a password check takes 50 ms or more, so callers run at most two at once. Every log-in and
every failure is in the access trail; the name that a failure was tried with only if somebody has
it, since people type passwords there.
"""

from datetime import timedelta

from bartizan.accounts.caller import Caller
from bartizan.accounts.invitations import Invitations
from bartizan.accounts.people import PeopleDesk
from bartizan.accounts.sessions import Sessions
from bartizan.accounts.setup import SetupDesk
from bartizan.accounts.throttle import Throttle
from bartizan.accounts.trail import Trail
from bartizan.domain.errors import Refused
from bartizan.domain.person import Person, Source
from bartizan.domain.trail import Means, TrailQuestion
from bartizan.kit import clock, log
from bartizan.kit.struct import Struct

_log = log.get("login")
_SETUP_ACCOUNT = "\x00set-up"  # no person can have this name
_LINK_ACCOUNT = "\x00link"
_REMEMBERED = timedelta(days=30)
_LOGINS_LOOKED_AT = 200


class Visitor(Struct, frozen=True, kw_only=True):
    """Where a request comes from: the socket's address, and what the browser calls itself."""

    peer_address: str
    user_agent: str


class LoggedIn(Struct, frozen=True, kw_only=True):
    """`secret` goes into the cookie and nowhere else."""

    person: Person
    secret: str


class TryLater(Struct, frozen=True, kw_only=True):
    wait_s: float


class LoginDesk:
    def __init__(
        self,
        people: PeopleDesk,
        sessions: Sessions,
        setup: SetupDesk,
        throttle: Throttle,
        *,
        invitations: Invitations,
        trail: Trail,
    ) -> None:
        self._people = people
        self._sessions = sessions
        self._setup = setup
        self._throttle = throttle
        self._invitations = invitations
        self._trail = trail

    def log_in(self, name: str, password: str, visitor: Visitor) -> LoggedIn | TryLater:
        """`Refused` (`wrong-credentials`), without saying which of the two."""
        wait_s = self._admit(name, visitor)
        if wait_s > 0:
            return TryLater(wait_s=wait_s)
        person = self._people.authenticate(name, password)
        if person is None:
            self._fail(name, visitor)
            raise Refused("wrong-credentials", "the name or the password is wrong")
        self._throttle.succeeded(name, visitor.peer_address)
        return self.enter(person, visitor)

    def set_up(self, code: str, name: str, password: str, visitor: Visitor) -> LoggedIn | TryLater:
        """Make the first administrator and log them in; `Refused` as `SetupDesk.set_up`."""
        wait_s = self._throttle.admit(_SETUP_ACCOUNT, visitor.peer_address)
        if wait_s > 0:
            return TryLater(wait_s=wait_s)
        try:
            person = self._setup.set_up(code, name, password)
        except Refused as reason:
            if reason.code == "wrong-code":
                self._throttle.failed(_SETUP_ACCOUNT, visitor.peer_address)
            raise
        self._note(person, "setup.done", visitor)
        return self.enter(person, visitor)

    def accept(self, code: str, password: str, visitor: Visitor) -> LoggedIn | TryLater:
        """Choose the first password by a one-time link; `Refused` as `Invitations.accept`."""
        # Nobody guesses 256 bits: this only keeps one address from asking too much.
        account = _LINK_ACCOUNT + visitor.peer_address
        wait_s = self._throttle.admit(account, visitor.peer_address)
        if wait_s > 0:
            return TryLater(wait_s=wait_s)
        person = self._invitations.accept(code, password)
        self._note(person, "invitation.accepted", visitor)
        return self.enter(person, visitor)

    def change_password(
        self, caller: Caller, present: str, wanted: str, visitor: Visitor
    ) -> LoggedIn | TryLater:
        """One's own password: all sessions end, and a new one begins.

        `Refused` (`wrong-password`, `no-password`, `weak-password`). Guessing the present one is as
        slow as at the log-in.
        """
        person = caller.person
        if not person.password_hash:
            raise Refused("no-password", "you log in elsewhere, and have no password here")
        wait_s = self._throttle.admit(person.name, visitor.peer_address)
        if wait_s > 0:
            return TryLater(wait_s=wait_s)
        if self._people.authenticate(person.name, present) is None:
            self._throttle.failed(person.name, visitor.peer_address)
            self._note(person, "password.refused", visitor)
            raise Refused("wrong-password", "this is not your present password", "present")
        self._throttle.succeeded(person.name, visitor.peer_address)
        self._people.set_password(person.name, wanted)
        self._note(person, "password.changed", visitor)
        return self.enter(self._people.find_by_id(person.id), visitor)

    def enter(self, person: Person, visitor: Visitor, source: Source = Source.LOCAL) -> LoggedIn:
        """A new session for somebody who has proved who they are."""
        secret = self._sessions.open(
            person,
            peer_address=visitor.peer_address,
            user_agent=visitor.user_agent,
            source=source,
        )
        self._note(person, "login.accepted", visitor, source.value)
        _log.info("login.accepted", person=person.name, peer_address=visitor.peer_address)
        return LoggedIn(person=person, secret=secret)

    def refused(self, reason: Refused, visitor: Visitor, source: Source) -> None:
        """Somebody whom others vouched for, or should have, was not let in."""
        _log.warning("login.refused", code=reason.code, peer_address=visitor.peer_address)
        self._trail.note_stranger(
            "login.refused",
            peer_address=visitor.peer_address,
            detail=f"{source.value}: {reason.code}",
        )

    def _admit(self, name: str, visitor: Visitor) -> float:
        """An address from which they logged in lately has its own allowance, also after a restart:
        so nobody elsewhere can keep them out.
        """
        wait_s = self._throttle.admit(name, visitor.peer_address)
        if wait_s > 0 and not self._throttle.knows(name, visitor.peer_address):
            was_here = TrailQuestion(
                person=name, actions=("login.accepted",), since=clock.now() - _REMEMBERED
            )
            entries = self._trail.list(was_here, _LOGINS_LOOKED_AT)
            if any(entry.deed.peer_address == visitor.peer_address for entry in entries):
                self._throttle.trust(name, visitor.peer_address)
                return self._throttle.admit(name, visitor.peer_address)
        return wait_s

    def _fail(self, name: str, visitor: Visitor) -> None:
        self._throttle.failed(name, visitor.peer_address)
        _log.warning("login.refused", peer_address=visitor.peer_address)
        if self._people.is_known(name):
            self._trail.note("login.refused", person=name, peer_address=visitor.peer_address)
        else:
            self._trail.note_stranger("login.refused", peer_address=visitor.peer_address)

    def _note(self, person: Person, action: str, visitor: Visitor, detail: str = "") -> None:
        self._trail.note(
            action,
            person=person.name,
            means=Means.SESSION,
            peer_address=visitor.peer_address,
            detail=detail,
        )
