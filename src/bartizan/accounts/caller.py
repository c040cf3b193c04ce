"""Who asks: a person by a session, by a trusted proxy or by a token, or a token of nobody."""

from bartizan.accounts.permissions import ROLES, Permission, lesser, sees_payloads
from bartizan.domain.person import Person, Role, Session, Token
from bartizan.domain.trail import Means
from bartizan.kit.struct import Struct


class Caller(Struct, frozen=True, kw_only=True):
    """What they may do is what their person and their token both may."""

    person: Person
    session: Session | None = None
    token: Token | None = None

    @property
    def name(self) -> str:
        """For the log and the access trail."""
        return self.person.name

    @property
    def means(self) -> Means:
        if self.token is not None:
            return Means.TOKEN
        return Means.HEADER if self.session is None else Means.SESSION

    @property
    def role(self) -> Role:
        """Whoever has a scope administers nothing: what is there for that tells of everything."""
        role = self.person.role
        if self.token is not None:
            role = lesser(role, self.token.role)
        return lesser(role, Role.ANALYST) if self.scopes else role

    @property
    def scopes(self) -> tuple[str, ...]:
        """All of these narrow what they see."""
        texts = (self.person.scope, "" if self.token is None else self.token.scope)
        return tuple(text for text in texts if text)

    @property
    def guessing_scope(self) -> str:
        """A scope that somebody chose for a token of their own who may not see payloads."""
        person, token = self.person, self.token
        if token is None or token.person_id is None:
            return ""
        return "" if sees_payloads(person.role, stated=person.sees_payloads) else token.scope

    @property
    def sees_payloads(self) -> bool:
        person, token = self.person, self.token
        if not sees_payloads(person.role, stated=person.sees_payloads):
            return False
        return token is None or sees_payloads(token.role, stated=token.sees_payloads)

    @property
    def key(self) -> str:
        """Apart for each session and token: what is counted per login is counted by this."""
        if self.token is not None:
            return f"token {self.token.id}"
        return f"person {self.person.id}" if self.session is None else self.session.digest

    def may(self, permission: Permission) -> bool:
        if permission is Permission.OPEN:
            return True
        if permission is Permission.ACCOUNT and self.token is not None:
            return False
        if permission in (Permission.PAYLOADS, Permission.ORIGINALS) and not self.sees_payloads:
            return False
        return self.role in ROLES[permission]
