"""From the shipper's spool to the collector: oldest first, in batches, until each is acknowledged.

At least once: an entry leaves the spool when the collector has said that it is durable there, or
that it will never take it. A batch that hears nothing is repeated, which is harmless.
"""

import threading
import time
from collections.abc import Callable, Sequence

from bartizan.acquire.ship import answer
from bartizan.acquire.ship.answer import Fate
from bartizan.acquire.ship.envelope import HEADERS, Envelope
from bartizan.acquire.ship.patience import Patience
from bartizan.acquire.ship.refused import RefusedLog
from bartizan.domain.delivery import SpooledEntry
from bartizan.domain.errors import Unavailable
from bartizan.kit import log
from bartizan.kit.outbound import NoAnswer, Outbound
from bartizan.spool.contract import SpoolOutlet

_BATCH_ENTRIES = 1000
_BATCH_BYTES = 512 * 1024
_IDLE_S = 1.0

_log = log.get("ship")


class Sender:
    """Blocking, for one thread, except for the counts, which are for others to read."""

    def __init__(
        self,
        outlet: SpoolOutlet,
        outbound: Outbound,
        url: str,
        refused: RefusedLog,
        *,
        keep_files: Callable[[Sequence[int]], None],
        turn: threading.Lock,
        delivered_through: int,
    ) -> None:
        """`keep_files` hears the ids of refused entries before they count as delivered.

        `turn` is held to write to the spool.
        """
        self._outlet = outlet
        self._outbound = outbound
        self._url = url
        self._refused = refused
        self._keep_files = keep_files
        self._turn = turn
        self._envelope = Envelope()
        self._most_entries = _BATCH_ENTRIES
        self._patience = Patience()
        self._hurried = threading.Event()
        self._next_outbound: Outbound | None = None
        self._trouble = ""
        self.delivered_through = delivered_through
        self.empty_at = 0.0  # when the spool was last seen empty, by the monotonic clock
        self.needs_somebody = False  # waiting will not help
        self.delivered = 0
        self.refused = 0

    def run(self, arrived: threading.Event, stop: threading.Event) -> None:
        """Send until told to stop; whoever sets `stop` hurries too."""
        while not stop.is_set():
            arrived.clear()
            wait_s = self.send_some()
            if wait_s is None:
                arrived.wait(_IDLE_S)
            elif wait_s:
                self._hurried.wait(wait_s)
                self._hurried.clear()

    def hurry(self, outbound: Outbound | None = None) -> None:
        """Try again now, from now on by way of `outbound`. From any thread."""
        self._next_outbound = outbound or self._next_outbound
        self._hurried.set()

    def send_some(self) -> float | None:
        """Send a batch: how long to wait before the next, or None if nothing is left."""
        if self._next_outbound is not None:
            self._outbound.close()
            self._outbound, self._next_outbound = self._next_outbound, None
        try:
            looked_at = time.monotonic()
            entries = self._outlet.take(0, self._most_entries, _BATCH_BYTES)
            if not entries:
                self.empty_at = looked_at
                return None
            body = self._envelope.pack([one.entry for one in entries])
            said = self._outbound.post(self._url, body, HEADERS)
            if isinstance(said, NoAnswer):
                return self._failed(Fate.BUSY, "no-answer", said.reason)
            return self._act(entries, answer.read(said, len(entries)))
        except Unavailable as trouble:
            return self._failed(Fate.BUSY, trouble.code, trouble.message)

    def _act(self, entries: Sequence[SpooledEntry], reading: answer.Reading) -> float:
        if reading.fate is Fate.ANSWERED:
            self._settle(entries, reading.refusals)
            self._most_entries = min(_BATCH_ENTRIES, self._most_entries * 2)
            return 0.0
        if reading.fate is Fate.TOO_MUCH and len(entries) > 1:
            self._most_entries = len(entries) // 2
            return 0.0
        if reading.fate is Fate.TOO_MUCH:
            refusal = answer.Refusal(index=0, code="too-large", detail="alone it is too large")
            self._settle(entries, (refusal,))
            return 0.0
        wait_s = self._failed(reading.fate, reading.fate.value, reading.detail)
        return max(wait_s, reading.retry_after_s)

    def _settle(self, entries: Sequence[SpooledEntry], refusals: Sequence[answer.Refusal]) -> None:
        """The fate of every entry is known: keep the refused aside, then forget them all."""
        for refusal in refusals:
            entry = entries[refusal.index].entry
            file = self._refused.add(refusal.code, entry.raw) if entry.raw else None
            _log.error(
                "ship.entry.refused",
                code=refusal.code,
                detail=refusal.detail,
                path=entry.origin,
                offset=entry.origin_offset,
                size_bytes=len(entry.raw),
                kept_in=str(file),
            )
        if refusals:
            self._keep_files([entries[one.index].id for one in refusals])
        with self._turn:
            self._outlet.done([one.id for one in entries])
        self.delivered_through = entries[-1].id
        self.delivered += len(entries) - len(refusals)
        self.refused += len(refusals)
        self._patience.reset()
        self.needs_somebody = False
        if self._trouble:
            _log.info("ship.delivering-again")
            self._trouble = ""

    @property
    def failures(self) -> int:
        """How often in a row it did not work."""
        return self._patience.failures

    def close(self) -> None:
        self._outbound.close()
        self._outlet.close()

    def _failed(self, fate: Fate, code: str, reason: str) -> float:
        self.needs_somebody = fate in {Fate.UNAUTHENTICATED, Fate.STRANGE}
        wait_s = self._patience.next_s(is_long=self.needs_somebody)
        if self._trouble != code:
            self._trouble = code
            _log.error(
                "ship.not-delivered",
                code=code,
                reason=reason,
                then=_ADVICE.get(fate, _WAITS),
                url=self._url,
            )
        else:
            _log.debug("ship.not-delivered", code=code, reason=reason, wait_s=round(wait_s, 1))
        return wait_s


_WAITS = "everything is kept and sent when the collector is back"
_ADVICE = {
    Fate.UNAUTHENTICATED: "everything is kept; check the sensor's name and secret",
    Fate.STRANGE: "everything is kept; check that the URL is the collector's",
}
