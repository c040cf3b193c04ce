"""Ids that grow with time and need no coordination."""

import secrets
import threading

from bartizan.kit.clock import NowUs, now_us

_SEQUENCE_BITS = 10


class IdSource:
    """63-bit ids: microseconds since the epoch times 1,024 plus a sequence, strictly growing.

    Thread-safe. Two processes started in the same microsecond differ by a random start of the
    sequence; the store's primary key catches what is left, and the batch is then tried again.
    """

    def __init__(self, now: NowUs = now_us) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._last = 0

    def take(self, count: int) -> range:
        """`count` ids, consecutive and greater than any taken before."""
        with self._lock:
            fresh = (self._now() << _SEQUENCE_BITS) + secrets.randbelow(1 << _SEQUENCE_BITS)
            first = max(fresh, self._last + 1)
            self._last = first + count - 1
            return range(first, first + count)
