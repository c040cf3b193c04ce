"""Who a trusted proxy says it is.

Believed only when the socket's own address is in one of the named networks; a forged header from
elsewhere is ignored, and said in the log once a minute. A name that a local person has is that
person: whoever runs the proxy may speak for everybody. Blocking, thread-safe.
"""

import threading
import time
from collections.abc import Callable, Sequence

from bartizan.accounts.settings import TrustedHeaderSettings
from bartizan.accounts.vouched import Vouched, VouchedPeople
from bartizan.domain.errors import Refused
from bartizan.domain.person import Person, Source
from bartizan.kit import log
from bartizan.kit.networks import is_within
from bartizan.store.control import ControlStore

_log = log.get("login")
_SAY_EVERY_S = 60.0

Headers = Sequence[tuple[bytes, bytes]]


class TrustedHeader:
    def __init__(
        self,
        settings: TrustedHeaderSettings,
        control: ControlStore,
        people: VouchedPeople,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = (settings.header or "").lower().encode()
        self._groups_name = (settings.groups_header or "").lower().encode()
        self._proxies = settings.proxies
        self._control = control
        self._people = people
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._said_at: float | None = None

    def is_stated(self, headers: Headers, peer_address: str) -> bool:
        """Whether a proxy that is believed says who it is."""
        if not self._name or not any(name.lower() == self._name for name, _ in headers):
            return False
        if is_within(peer_address, self._proxies):
            return True
        self._say(peer_address)
        return False

    def find(self, headers: Headers) -> Person:
        """Whom the header names; only after `is_stated`. `Refused` as `VouchedPeople.admit`."""
        name = _only(headers, self._name)
        groups = tuple(
            group.strip()
            for value in _all(headers, self._groups_name)
            for group in value.split(",")
            if group.strip()
        )
        local = self._control.person(name)
        if local is not None and local.source is Source.LOCAL:
            if not local.is_enabled:
                raise Refused("disabled", "an administrator has shut this account", name)
            return local
        vouched = Vouched(source=Source.HEADER, identity=name, names=(name,), groups=groups)
        return self._people.admit(vouched)

    def _say(self, peer_address: str) -> None:
        with self._lock:
            now = self._monotonic()
            if self._said_at is not None and now - self._said_at < _SAY_EVERY_S:
                return
            self._said_at = now
        _log.warning(
            "trusted_header.ignored",
            peer_address=peer_address,
            header=self._name.decode(),
            reason="it does not come from one of trusted_header.proxies",
        )


def _all(headers: Headers, wanted: bytes) -> list[str]:
    return [
        value.decode("utf-8", "replace").strip()
        for name, value in headers
        if wanted and name.lower() == wanted
    ]


def _only(headers: Headers, wanted: bytes) -> str:
    """Two of them are somebody's attempt to be another: nobody is believed then."""
    values = _all(headers, wanted)
    if len(values) != 1 or not values[0]:
        raise Refused("bad-name", "the proxy does not say who it is, or says it twice")
    return values[0]
