"""Logging in: the throttle, the password and the new session in their one right order.

Blocking: a password check takes 50 ms or more, so callers run at most two at once.
"""

from bartizan.accounts.people import PeopleDesk
from bartizan.accounts.sessions import Sessions
from bartizan.accounts.setup import SetupDesk
from bartizan.accounts.throttle import Throttle
from bartizan.domain.errors import Refused
from bartizan.domain.person import Person
from bartizan.kit import log
from bartizan.kit.struct import Struct

_log = log.get("login")
_SETUP_ACCOUNT = "\x00set-up"  # no person can have this name


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
        self, people: PeopleDesk, sessions: Sessions, setup: SetupDesk, throttle: Throttle
    ) -> None:
        self._people = people
        self._sessions = sessions
        self._setup = setup
        self._throttle = throttle

    def log_in(self, name: str, password: str, visitor: Visitor) -> LoggedIn | TryLater:
        """`Refused` (`wrong-credentials`), without saying which of the two."""
        wait_s = self._throttle.admit(name, visitor.peer_address)
        if wait_s > 0:
            return TryLater(wait_s=wait_s)
        person = self._people.authenticate(name, password)
        if person is None:
            self._throttle.failed(name, visitor.peer_address)
            _log.warning("login.refused", peer_address=visitor.peer_address)
            raise Refused("wrong-credentials", "the name or the password is wrong")
        self._throttle.succeeded(name, visitor.peer_address)
        return self._open(person, visitor)

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
        return self._open(person, visitor)

    def _open(self, person: Person, visitor: Visitor) -> LoggedIn:
        secret = self._sessions.open(
            person, peer_address=visitor.peer_address, user_agent=visitor.user_agent
        )
        _log.info("login.accepted", person=person.name, peer_address=visitor.peer_address)
        return LoggedIn(person=person, secret=secret)
