"""Ids that grow with time and need no coordination."""

import secrets
import threading

from bartizan.kit.clock import NowUs, now_us

_SEQUENCE_BITS = 10
_AHEAD_US = 24 * 3600 * 1_000_000


def first_id_at(moment_us: int) -> int:
    """The least id that can be taken at that time: those below it are older."""
    return max(0, moment_us) << _SEQUENCE_BITS


def taken_at_us(number: int) -> int:
    """When an id was taken."""
    return number >> _SEQUENCE_BITS


class IdSource:
    """63-bit ids: microseconds since the epoch times 1,024 plus a sequence, strictly growing.

    Thread-safe. Of several processes that write to one store each says what is the greatest id
    there, and takes greater ones also if its clock is behind the others'. That makes them grow
    together where they take turns (SQL). Where they do not, two that take ids in the same
    microsecond differ by a random start of the sequence, and the store must refuse what is left.
    """

    def __init__(self, now: NowUs = now_us) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._last = 0

    def take(self, count: int, above: int = 0) -> range:
        """`count` ids, consecutive, greater than any taken before and than `above`.

        An `above` that is over a day ahead is not believed: one wrong clock once would otherwise
        make all ids tell a wrong time for ever.
        """
        with self._lock:
            now = self._now()
            fresh = (now << _SEQUENCE_BITS) + secrets.randbelow(1 << _SEQUENCE_BITS)
            if above < first_id_at(now + _AHEAD_US):
                fresh = max(fresh, above + 1)
            first = max(fresh, self._last + 1)
            self._last = first + count - 1
            return range(first, first + count)
