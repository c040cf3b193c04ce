"""Guessing is slow: how often a log-in may be tried.

Per account 10 a minute and per address 30, over any 60 seconds; after three failures in a row on an
account each next try has to wait twice as long, up to 30 seconds. Only tries that were let through
count, so every wait ends by itself: nobody is locked out for good. An address from which the
account was used before has an allowance of its own, so that a guesser elsewhere cannot keep the
owner out. IPv6 addresses count by /64, which is what one customer has.

In memory, per process, bounded. Thread-safe. Time is monotonic seconds.
"""

import ipaddress
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")

_WINDOW_S = 60.0
_PER_ACCOUNT = 10
_PER_ADDRESS = 30
_FREE_FAILURES = 3
_LONGEST_DELAY_S = 30.0
_FORGET_S = 15 * 60.0
_MOST_KEYS = 20_000


class _Tries:
    """The tries of one account or address."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._at: deque[float] = deque(maxlen=most)
        self._failures = 0

    def wait_s(self, now: float) -> float:
        if not self._at:
            return 0.0
        if now - self._at[-1] > _FORGET_S:
            self._failures = 0
        free = self._at[0] + _WINDOW_S if len(self._at) == self._most else now
        return max(free, self._at[-1] + self._delay_s()) - now

    def _delay_s(self) -> float:
        over = self._failures - _FREE_FAILURES
        return 0.0 if over < 0 else min(2.0 ** min(over, 10), _LONGEST_DELAY_S)

    def count(self, now: float) -> None:
        self._at.append(now)

    def fail(self) -> None:
        self._failures += 1

    def succeed(self) -> None:
        self._failures = 0


class Throttle:
    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._accounts: OrderedDict[tuple[str, str], _Tries] = OrderedDict()
        self._addresses: OrderedDict[str, _Tries] = OrderedDict()
        self._trusted: OrderedDict[tuple[str, str], None] = OrderedDict()

    def admit(self, account: str, address: str) -> float:
        """0.0 if a try may go ahead, which then counts; else the seconds to wait."""
        with self._lock:
            now = self._monotonic()
            tries = (self._account(account, address), self._address(address))
            wait_s = max(each.wait_s(now) for each in tries)
            if wait_s > 0:
                return wait_s
            for each in tries:
                each.count(now)
            return 0.0

    def failed(self, account: str, address: str) -> None:
        with self._lock:
            self._account(account, address).fail()

    def succeeded(self, account: str, address: str) -> None:
        """From now on this address has its own allowance for this account."""
        with self._lock:
            self._account(account, address).succeed()
            self._trust(account, address)

    def knows(self, account: str, address: str) -> bool:
        """Whether the address has its own allowance for the account."""
        with self._lock:
            return (account.casefold(), _network(address)) in self._trusted

    def trust(self, account: str, address: str) -> None:
        """Give it one: the account was used from there before."""
        with self._lock:
            self._trust(account, address)

    def _trust(self, account: str, address: str) -> None:
        self._trusted[account.casefold(), _network(address)] = None
        _trim(self._trusted)

    def _account(self, account: str, address: str) -> _Tries:
        place = (account.casefold(), _network(address))
        key = place if place in self._trusted else (place[0], "")
        return _recent(self._accounts, key, _PER_ACCOUNT)

    def _address(self, address: str) -> _Tries:
        return _recent(self._addresses, _network(address), _PER_ADDRESS)


def _recent(known: OrderedDict[K, _Tries], key: K, most: int) -> _Tries:
    tries = known.get(key)
    if tries is None:
        tries = known[key] = _Tries(most)
        _trim(known)
    known.move_to_end(key)
    return tries


def _trim(known: OrderedDict[K, V]) -> None:
    while len(known) > _MOST_KEYS:
        known.popitem(last=False)


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return str(parsed)
    return str(ipaddress.ip_network((int(parsed) >> 64 << 64, 64)))
