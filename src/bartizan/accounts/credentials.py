"""Who is sending: a name and a secret, or a secret alone, checked against the snapshot of sensors.

Cheap enough to do for every delivery, also while the control store is down. Generated secrets cost
one SHA-256. Chosen passwords cost argon2id once, in a thread, at most two at a time, and are then
remembered. While any sensor has a chosen password, *every* new refusal costs one argon2id as well,
so that time does not tell which names exist; refusals are remembered too.
"""

import asyncio
import hashlib
import hmac
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bartizan.accounts.memory import CredentialMemory
from bartizan.accounts.passwords import hash_password, is_password
from bartizan.accounts.snapshot import SnapshotWatch
from bartizan.domain.errors import Unavailable
from bartizan.domain.sensor import SecretKind, Sensor
from bartizan.domain.sighting import Refusal

_HASHES_AT_ONCE = 2
_HASHES_WAITING = 64
_LOOK_EVERY_S = 1.0
_NOBODY = "nobody"


class SensorCredentials:
    """Used from one event loop. The snapshot is looked at once a second at most."""

    def __init__(
        self,
        snapshot_file: Path,
        *,
        accepted_capacity: int = 4096,
        refused_capacity: int = 1024,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._snapshot = SnapshotWatch(snapshot_file)
        self._monotonic = monotonic
        self._look_again_at = 0.0
        self._sensors: dict[bytes, Sensor] = {}
        self._owners: dict[str, Sensor] = {}  # of generated secrets, by their hash
        self._disabled: frozenset[bytes] = frozenset()
        self._has_chosen = False
        self._accepted = CredentialMemory(accepted_capacity)
        self._refused = CredentialMemory(refused_capacity)
        self._threads = ThreadPoolExecutor(_HASHES_AT_ONCE, thread_name_prefix="argon2")
        self._hashing: dict[tuple[bytes, str], asyncio.Future[bool]] = {}
        # Nobody's password; made at the first need, so that start-up does not pay for it.
        self._dummy_hash = ""

    async def verify(self, name: bytes, password: bytes) -> Sensor | None:
        """The enabled sensor whose name and password these are, or None.

        Raises `Unavailable` (`login-busy`) when too many passwords wait to be hashed.
        """
        if self._monotonic() >= self._look_again_at:
            self._look()
        sensor = self._sensors.get(name)
        digest = hashlib.sha256(password).hexdigest()
        is_generated = sensor is not None and sensor.secret_kind is SecretKind.SHA256
        expected = sensor.secret_hash if sensor is not None and is_generated else "0" * 64
        if hmac.compare_digest(digest, expected) and is_generated:
            return sensor
        if not self._has_chosen:
            return None
        return await self._verify_chosen(None if is_generated else sensor, name, password)

    def find_owner(self, secret: bytes) -> Sensor | None:
        """The enabled sensor whose *generated* secret this is, or None.

        Found by the secret's SHA-256, so how long it takes tells nothing about any secret.
        """
        if self._monotonic() >= self._look_again_at:
            self._look()
        return self._owners.get(hashlib.sha256(secret).hexdigest())

    def why_refused(self, name: bytes | None) -> Refusal:
        """Why nobody was found for this name, or for a secret alone. Not for the sender's ears."""
        if name is None:
            return Refusal.UNKNOWN_SECRET
        if name in self._disabled:
            return Refusal.DISABLED
        return Refusal.WRONG_SECRET if name in self._sensors else Refusal.UNKNOWN_SENSOR

    async def _verify_chosen(
        self, sensor: Sensor | None, name: bytes, password: bytes
    ) -> Sensor | None:
        key = self._accepted.key(name, password)
        stored = sensor.secret_hash if sensor is not None else _NOBODY
        if self._accepted.remembers(key, stored):
            return sensor
        if self._refused.remembers(key, stored):
            return None
        is_right = await self._hash_once(key, stored, password)
        if is_right and sensor is not None:
            self._accepted.remember(key, stored)
            return sensor
        self._refused.remember(key, stored)
        return None

    async def _hash_once(self, key: bytes, stored: str, password: bytes) -> bool:
        """Ten connections of one sensor that start together pay for one hash."""
        waiting = self._hashing.get((key, stored))
        if waiting is None:
            if len(self._hashing) >= _HASHES_AT_ONCE + _HASHES_WAITING:
                raise Unavailable("login-busy", "too many passwords are being checked")
            waiting = asyncio.get_running_loop().run_in_executor(
                self._threads, self._is_password, stored, password
            )
            self._hashing[key, stored] = waiting
            waiting.add_done_callback(lambda _: self._hashing.pop((key, stored), None))
        return await asyncio.shield(waiting)

    def _is_password(self, stored: str, password: bytes) -> bool:
        if stored == _NOBODY:
            self._dummy_hash = self._dummy_hash or hash_password("")
            is_password(self._dummy_hash, b"-" + password)
            return False
        return is_password(stored, password)

    def _look(self) -> None:
        """Take what the snapshot says, if it was replaced."""
        self._look_again_at = self._monotonic() + _LOOK_EVERY_S
        sensors = self._snapshot.look()
        if sensors is None:
            return
        enabled = [sensor for sensor in sensors if sensor.is_enabled]
        self._disabled = frozenset(s.name.encode() for s in sensors if not s.is_enabled)
        self._sensors = {sensor.name.encode(): sensor for sensor in enabled}
        self._owners = {
            sensor.secret_hash: sensor
            for sensor in enabled
            if sensor.secret_kind is SecretKind.SHA256
        }
        self._has_chosen = any(s.secret_kind is SecretKind.ARGON2ID for s in enabled)

    def close(self) -> None:
        """Stop the threads; what is being hashed is finished first."""
        self._threads.shutdown(cancel_futures=True)
