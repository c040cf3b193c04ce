"""People whom others vouch for: an OpenID Connect provider, or a proxy that is trusted.

They come into being at their first log-in. Their role and scope follow from their groups at each
log-in; if that changes anything, the sessions they had end. Somebody who was disabled here stays
out, whatever others say. Blocking, thread-safe.
"""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime

from bartizan.accounts.people import PeopleDesk, Terms, check_name
from bartizan.accounts.settings import GroupRule
from bartizan.domain.errors import Refused
from bartizan.domain.person import Person, Role, Source
from bartizan.kit import clock
from bartizan.kit.struct import Struct
from bartizan.store.control import ControlStore


class Vouched(Struct, frozen=True, kw_only=True):
    """Who somebody is, as others say it: the first of `names` that is free is theirs here."""

    source: Source
    identity: str  # unique among those of the source, and theirs for ever
    names: tuple[str, ...]
    groups: tuple[str, ...]


class VouchedPeople:
    """The `Refused` codes: `no-role`, `disabled`, `name-taken`, `bad-name`, `last-admin`."""

    def __init__(
        self,
        control: ControlStore,
        people: PeopleDesk,
        rules: Sequence[GroupRule],
        default_role: Role | None,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._control = control
        self._people = people
        self._rules = tuple(rules)
        self._default_role = default_role
        self._now = now

    def admit(self, vouched: Vouched) -> Person:
        subject = _subject(vouched)
        known = self._control.person_of_subject(subject)
        if known is not None and not known.is_enabled:
            raise Refused("disabled", "an administrator has shut this account", known.name)
        terms = self._terms(vouched.groups, known)
        if terms is None:
            if known is not None:
                self._control.remove_sessions(known.id)
            raise Refused("no-role", "none of your groups may use this console")
        if known is not None:
            return self._people.change(known, terms)
        return self._add(vouched, subject, terms)

    def _terms(self, groups: Sequence[str], known: Person | None) -> Terms | None:
        """Without any rules, what an administrator made of somebody stays."""
        if known is not None and not self._rules:
            return Terms(role=known.role, scope=known.scope, sees_payloads=known.sees_payloads)
        for rule in self._rules:
            if rule.group in groups:
                return Terms(role=rule.role, scope=rule.scope, sees_payloads=rule.payloads)
        return None if self._default_role is None else Terms(role=self._default_role)

    def _add(self, vouched: Vouched, subject: str, terms: Terms) -> Person:
        """A name that a local person has is never taken over: the next one is tried."""
        refusal = Refused("bad-name", "the provider states no name that can be used here")
        for name in vouched.names:
            try:
                check_name(name)
                return self._control.insert_person(
                    Person(
                        id=0,
                        name=name,
                        password_hash="",
                        role=terms.role,
                        scope=terms.scope,
                        sees_payloads=terms.sees_payloads,
                        source=vouched.source,
                        subject=subject,
                        created_at=self._now(),
                    )
                )
            except Refused as reason:
                refusal = reason
        raise refusal


def _subject(vouched: Vouched) -> str:
    return hashlib.sha256(f"{vouched.source}\0{vouched.identity}".encode()).hexdigest()
