"""The access trail: who did what, when, and from where."""

from datetime import datetime
from enum import StrEnum

from bartizan.kit.struct import Struct


class Means(StrEnum):
    """How somebody proved who they are."""

    SESSION = "session"
    TOKEN = "token"  # noqa: S105 - the name of a kind
    HEADER = "header"
    COMMAND = "command"  # on the machine itself
    NONE = "none"


class Deed(Struct, frozen=True, kw_only=True):
    """Something that somebody did or tried.

    `action` is a word such as `payload.opened`, `subject` what it was done to, `detail` how. None
    of them ever holds a secret, and none what an attacker sent.
    """

    at: datetime
    action: str
    person: str = ""
    means: Means = Means.NONE
    peer_address: str = ""
    subject: str = ""
    detail: str = ""


class Trace(Struct, frozen=True, kw_only=True):
    """A deed as kept; ids grow in the order in which they were written down."""

    id: int
    deed: Deed


class TrailQuestion(Struct, frozen=True, kw_only=True):
    """All of it must hold. `actions` ending in `.` stand for all that begin so."""

    person: str | None = None
    actions: tuple[str, ...] = ()
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before_id: int | None = None
