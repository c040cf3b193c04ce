"""People who use the console, and their sessions."""

from datetime import datetime
from enum import StrEnum

from bartizan.kit.struct import Struct


class Role(StrEnum):
    VIEWER = "viewer"
    ANALYST = "analyst"
    ADMIN = "admin"


class Person(Struct, frozen=True, kw_only=True):
    id: int
    name: str
    password_hash: str  # argon2id, encoded
    role: Role
    is_enabled: bool = True
    created_at: datetime


class Session(Struct, frozen=True, kw_only=True):
    """A login. The cookie's 256-bit secret is kept only as SHA-256 (`digest`, hex)."""

    digest: str
    person_id: int
    created_at: datetime
    seen_at: datetime
    peer_address: str = ""
    user_agent: str = ""
