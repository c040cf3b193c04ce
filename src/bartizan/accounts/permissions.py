"""Who may do what: the one table of it. Every route of the API names one of these permissions.

Three roles, each of which may do what those before it may. Whether somebody sees payloads (what
requests and answers carried) is said of each person apart; where it is not, the role decides. What
part of the transactions they see is their scope (`query/scopes.py`), whatever they may do.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from bartizan.domain.person import Role


class Permission(StrEnum):
    OPEN = "open"  # everybody who can connect
    ACCOUNT = "account"  # one's own sessions, password and tokens: people, but not their tokens
    LOGIN = "login"  # see transactions, the map and sensors
    PAYLOADS = "payloads"  # see raw entries, dead letters included
    ORIGINALS = "originals"  # see entries as they are kept, without redaction at reading
    ANALYST = "analyst"  # mark, preserve and retry
    ADMIN = "admin"  # sensors, retention, settings
    PEOPLE = "people"  # people, everybody's sessions and tokens
    TRAIL = "trail"  # read the access trail


_EVERYBODY: Final = frozenset(Role)
_ANALYSTS: Final = frozenset({Role.ANALYST, Role.ADMIN})
_ADMINS: Final = frozenset({Role.ADMIN})

ROLES: Final[Mapping[Permission, frozenset[Role]]] = {
    Permission.ACCOUNT: _EVERYBODY,
    Permission.LOGIN: _EVERYBODY,
    Permission.PAYLOADS: _EVERYBODY,  # of those who see payloads
    Permission.ORIGINALS: _ADMINS,  # of those who see payloads
    Permission.ANALYST: _ANALYSTS,
    Permission.ADMIN: _ADMINS,
    Permission.PEOPLE: _ADMINS,
    Permission.TRAIL: _ADMINS,
}
SEE_PAYLOADS_BY_ROLE: Final = _ANALYSTS


def sees_payloads(role: Role, *, stated: bool | None) -> bool:
    return role in SEE_PAYLOADS_BY_ROLE if stated is None else stated


def lesser(one: Role, other: Role) -> Role:
    """Of two roles the one that may do less."""
    return min(one, other, key=tuple(Role).index)
