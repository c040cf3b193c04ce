"""Tokens: what programs show instead of a password.

256 random bits behind `bzt_`, so that one that leaked is found by scanners; kept only as SHA-256,
and shown once. A token ends at its date, when it is revoked, and when its person is disabled or
removed, each at once. Blocking, thread-safe.
"""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from bartizan.accounts.caller import Caller
from bartizan.accounts.people import Terms, check_name, check_terms
from bartizan.accounts.permissions import lesser
from bartizan.domain.errors import Refused
from bartizan.domain.person import Person, Role, Token
from bartizan.kit import clock
from bartizan.kit.struct import Struct
from bartizan.store.control import ControlStore

PREFIX: Final = "bzt_"
_LENGTH: Final = len(PREFIX) + 43  # 32 bytes in base64url without padding
_TOUCH_EVERY: Final = timedelta(seconds=60)
_MOST_OF_ONE: Final = 100


class TokenTerms(Struct, frozen=True, kw_only=True):
    """What a new token may do, and until when (None = without end)."""

    name: str
    role: Role
    scope: str = ""
    sees_payloads: bool | None = None
    until: datetime | None = None


class TokenBook:
    """The `Refused` codes: `bad-name`, `bad-date`, `role-too-high`, `too-many-tokens`,
    `admin-scope`.
    """

    def __init__(self, control: ControlStore, now: Callable[[], datetime] = clock.now) -> None:
        self._control = control
        self._now = now

    def tokens(self) -> Sequence[Token]:
        """Everybody's and nobody's, the newest first; also those whose end has come."""
        return self._control.tokens()

    def of(self, person: Person) -> Sequence[Token]:
        return [token for token in self._control.tokens() if token.person_id == person.id]

    def add(self, terms: TokenTerms, *, owner: Person | None, by: str) -> tuple[Token, str]:
        """A new token and its secret, which is kept nowhere."""
        check_name(terms.name)
        check_terms(Terms(role=terms.role, scope=terms.scope))
        now = self._now()
        if terms.until is not None and terms.until <= now:
            raise Refused("bad-date", "a token must end in the future", "until")
        if owner is not None:
            if lesser(owner.role, terms.role) is not terms.role:
                raise Refused("role-too-high", "a token may not do more than its person", "role")
            if len(self.of(owner)) >= _MOST_OF_ONE:
                raise Refused("too-many-tokens", f"nobody has more than {_MOST_OF_ONE} tokens")
        secret = PREFIX + secrets.token_urlsafe(32)
        token = Token(
            id=0,
            name=terms.name,
            digest=_digest(secret),
            person_id=None if owner is None else owner.id,
            role=terms.role,
            scope=terms.scope,
            sees_payloads=terms.sees_payloads,
            until=terms.until,
            created_at=now,
            created_by=by,
        )
        return self._control.add_token(token), secret

    def find(self, secret: str) -> Caller | None:
        """Whom this secret stands for, while it counts. Counts as use."""
        if len(secret) != _LENGTH or not secret.startswith(PREFIX):
            return None
        found = self._control.token(_digest(secret))
        if found is None:
            return None
        token, person = found
        now = self._now()
        if token.until is not None and token.until <= now:
            return None
        if person is not None and not person.is_enabled:
            return None
        if token.used_at is None or now - token.used_at >= _TOUCH_EVERY:
            self._control.touch_token(token.id, now)
        return Caller(person=person or _nobody(token), token=token)

    def revoke(self, token_id: int, *, owner: Person | None = None) -> Token | None:
        """End it at once; None if there is none of this id, or of this owner."""
        for token in self._control.tokens():
            if token.id == token_id and (owner is None or token.person_id == owner.id):
                self._control.remove_token(token_id)
                return token
        return None


def _nobody(token: Token) -> Person:
    """Stands for the installation itself; no person's name has a colon."""
    return Person(
        id=0,
        name=f"token:{token.name}",
        password_hash="",
        role=token.role,
        created_at=token.created_at,
        scope=token.scope,
        sees_payloads=token.sees_payloads,
    )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
