"""How chosen passwords are kept, people's and sensors' alike: argon2id, one setting for all.

One lane, so that hashing never takes more than the one core its thread runs on. Both calls block
for tens of milliseconds and hold 64 MiB: call them from a thread, few at a time.
"""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

_HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1, type=Type.ID)


def hash_password(password: str | bytes) -> str:
    """The encoded argon2id hash, with its own salt."""
    return _HASHER.hash(password)


def is_password(encoded: str, password: str | bytes) -> bool:
    """Whether `password` is the one `encoded` was made from; a broken hash is nobody's."""
    try:
        return _HASHER.verify(encoded, password)
    except (VerificationError, InvalidHashError):
        return False
