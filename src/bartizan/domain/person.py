"""People who use the console, their sessions, and the tokens of their programs."""

from datetime import datetime
from enum import StrEnum

from bartizan.kit.struct import Struct


class Role(StrEnum):
    """In the order of what they may do, the least first."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    ADMIN = "admin"


class Source(StrEnum):
    """Who says that it is this person."""

    LOCAL = "local"  # a password that is kept here
    OIDC = "oidc"  # an OpenID Connect provider
    HEADER = "header"  # a proxy that this installation trusts


class Person(Struct, frozen=True, kw_only=True):
    """`scope` is what they see, as the parameters of a search; empty = everything.

    `sees_payloads` is None where the role decides. `subject` names somebody whom others vouch for
    (SHA-256 of the provider and its name for them). `invite_digest` is the SHA-256 of the one-time
    code with which they choose a password, good until `invited_until`.
    """

    id: int
    name: str
    password_hash: str  # argon2id, encoded; empty for somebody who has no password (yet)
    role: Role
    is_enabled: bool = True
    created_at: datetime
    scope: str = ""
    sees_payloads: bool | None = None
    source: Source = Source.LOCAL
    subject: str | None = None
    invite_digest: str | None = None
    invited_until: datetime | None = None
    seen_at: datetime | None = None  # the last log-in


class Session(Struct, frozen=True, kw_only=True):
    """A login. The cookie's 256-bit secret is kept only as SHA-256 (`digest`, hex)."""

    digest: str
    person_id: int
    created_at: datetime
    seen_at: datetime
    peer_address: str = ""
    user_agent: str = ""
    source: Source = Source.LOCAL  # how its person proved who they are


class Token(Struct, frozen=True, kw_only=True):
    """What a program shows instead of a password; 256 bits, kept only as SHA-256 (`digest`, hex).

    A token of a person may never do more than that person; one of nobody (`person_id` None) is the
    installation's. `until` None = without end.
    """

    id: int
    name: str
    digest: str
    role: Role
    created_at: datetime
    created_by: str
    person_id: int | None = None
    scope: str = ""
    sees_payloads: bool | None = None
    until: datetime | None = None
    used_at: datetime | None = None
