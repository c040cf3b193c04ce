"""What was accepted, counted in plain numbers and published a few times a second.

Under `bartizan serve` a metric's value lives in a file that the roles share. Updating three of
them for each entry costs about a tenth of everything else the event loop does for it.
"""

import asyncio
from bisect import bisect_left

from bartizan.domain.delivery import Verdict
from bartizan.kit.metrics import ACKNOWLEDGE_SECONDS, DELIVERIES, ENTRIES, RECEIVED_BYTES

_EVERY_S = 0.1
_DELIVERIES = DELIVERIES.labels(Verdict.ACCEPTED.value)
_ENTRIES = ENTRIES.labels(Verdict.ACCEPTED.value)


class Acknowledged:
    """Used from one event loop."""

    def __init__(self) -> None:
        # The client library can observe one value at a time only. A test holds this to the same.
        self._bounds: list[float] = ACKNOWLEDGE_SECONDS._upper_bounds  # noqa: SLF001
        self._timer: asyncio.TimerHandle | None = None
        self._clear()

    def add(self, size_bytes: int, seconds: float, *, entries: int = 1) -> None:
        """A delivery with entries of that size was accepted after that time."""
        self._entries += entries
        self._bytes += size_bytes
        self._seconds += seconds
        self._buckets[bisect_left(self._bounds, seconds)] += 1
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_EVERY_S, self.publish)

    def publish(self) -> None:
        """Bring the metrics up to date."""
        if self._timer is None:
            return
        self._timer.cancel()
        self._timer = None
        _DELIVERIES.inc(sum(self._buckets))
        _ENTRIES.inc(self._entries)
        RECEIVED_BYTES.inc(self._bytes)
        ACKNOWLEDGE_SECONDS._sum.inc(self._seconds)  # noqa: SLF001
        for bucket, count in zip(ACKNOWLEDGE_SECONDS._buckets, self._buckets, strict=True):  # noqa: SLF001
            bucket.inc(count)
        self._clear()

    def _clear(self) -> None:
        self._entries = 0
        self._bytes = 0
        self._seconds = 0.0
        self._buckets = [0] * len(self._bounds)
