"""How large the next step may be, so that a step takes about as long as it should.

A step holds the store's one writer, so an appending worker waits for it, and its commit shares the
disk with the spool's. On a fast machine a step removes thousands, on a small one some dozens.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

_LEAST: Final = 20
_FIRST: Final = 200
_SHRINK: Final = 4.0


class Pace:
    """`target_s` is how long a step should take; `limit` is how much it may be of."""

    def __init__(
        self,
        target_s: float = 0.1,
        most: int = 2000,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._target_s = target_s
        self._most = most
        self._monotonic = monotonic
        self.limit = min(_FIRST, most)
        self.took_s = 0.0

    @contextmanager
    def step(self) -> Iterator[int]:
        """The size of this step; the next one goes by how long it took."""
        began, size = self._monotonic(), self.limit
        yield size
        self.took_s = self._monotonic() - began
        wanted = self._target_s / max(self.took_s, 0.001)
        growth = min(2.0, max(1 / _SHRINK, wanted))
        self.limit = min(self._most, max(_LEAST, round(size * growth)))
