"""A bounded memory of what was checked before, so that a slow hash is computed once.

Nothing in it reveals a password: the keys of its entries are keyed hashes, under a key that lives
and dies with the process.
An entry counts only for the stored hash it was made with, so a rotated secret forgets itself.
"""

import hashlib
import secrets
from collections import OrderedDict


class CredentialMemory:
    """Remembers the stored hash each (name, password) was checked against; the least used go."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._key = secrets.token_bytes(32)
        self._checked: OrderedDict[bytes, str] = OrderedDict()

    def key(self, name: bytes, password: bytes) -> bytes:
        """Names hold no colon, so the joined text is unambiguous."""
        return hashlib.blake2b(name + b":" + password, digest_size=32, key=self._key).digest()

    def remembers(self, key: bytes, secret_hash: str) -> bool:
        if self._checked.get(key) != secret_hash:
            return False
        self._checked.move_to_end(key)
        return True

    def remember(self, key: bytes, secret_hash: str) -> None:
        self._checked[key] = secret_hash
        self._checked.move_to_end(key)
        if len(self._checked) > self._capacity:
            self._checked.popitem(last=False)

    def __len__(self) -> int:
        return len(self._checked)
