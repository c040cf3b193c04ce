"""Letting somebody in without knowing their password: a one-time link with which they choose it.

The link's code has 256 bits; only its SHA-256 is kept. It works once, for three days, and ends when
a new one is made, when a password is set otherwise, and when the person is disabled or removed.
Blocking: choosing a password costs 50 ms or more of hashing.
"""

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from bartizan.accounts.passwords import hash_password
from bartizan.accounts.people import Terms, check_name, check_password, check_terms
from bartizan.domain.errors import Refused
from bartizan.domain.person import Person, Source
from bartizan.kit import clock
from bartizan.store.control import ControlStore

_GOOD_FOR: Final = timedelta(days=3)


class Invitations:
    """The `Refused` codes: those of `PeopleDesk`, and `wrong-link`, `vouched-for`."""

    def __init__(self, control: ControlStore, now: Callable[[], datetime] = clock.now) -> None:
        self._control = control
        self._now = now

    def invite(self, name: str, terms: Terms) -> tuple[Person, str]:
        """A person without a password, and the code with which they choose one."""
        check_name(name)
        code, facts = self._fresh()
        person = Person(
            id=0,
            name=name,
            password_hash="",
            created_at=self._now(),
            **msgspec.structs.asdict(check_terms(terms)),
            **facts,
        )
        return self._control.insert_person(person), code

    def renew(self, person: Person) -> tuple[Person, str]:
        """A code for somebody who lost theirs, or their password; that one works until then."""
        if person.source is not Source.LOCAL:
            raise Refused("vouched-for", "they log in elsewhere, and have no password here")
        code, facts = self._fresh()
        renewed = msgspec.structs.replace(person, **facts)
        self._control.update_person(renewed)
        return renewed, code

    def accept(self, code: str, password: str) -> Person:
        """The password is theirs from now on; sessions that they had end."""
        person = self._control.person_of_invite(_digest(code))
        now = self._now()
        if (
            person is None
            or person.invited_until is None
            or person.invited_until <= now
            or not person.is_enabled
        ):
            raise Refused("wrong-link", "this link was used, renewed, or is too old: ask for one")
        check_password(person.name, password)
        accepted = msgspec.structs.replace(
            person, password_hash=hash_password(password), invite_digest=None, invited_until=None
        )
        self._control.update_person(accepted)
        self._control.remove_sessions(person.id)
        return accepted

    def name_of(self, code: str) -> str | None:
        """Whom this code is for, while it works."""
        person = self._control.person_of_invite(_digest(code))
        if person is None or person.invited_until is None or person.invited_until <= self._now():
            return None
        return person.name

    def _fresh(self) -> tuple[str, dict[str, Any]]:
        code = secrets.token_urlsafe(32)
        return code, {"invite_digest": _digest(code), "invited_until": self._now() + _GOOD_FOR}


def _digest(code: str) -> str:
    return hashlib.sha256(b"invitation " + code.encode()).hexdigest()
