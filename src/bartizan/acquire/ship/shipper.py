"""The shipper's two threads: one reads logs into the spool, the other sends from the spool."""

import threading
import time
from collections.abc import Callable

from bartizan.acquire.ship.keeping import Keeper
from bartizan.acquire.ship.sending import Sender
from bartizan.acquire.ship.sources import Sources
from bartizan.domain.errors import Unavailable
from bartizan.kit import log
from bartizan.kit.outbound import Outbound

_LOOK_EVERY_S = 0.5
_THOROUGHLY_EVERY_S = 30.0
_REPORT_EVERY_S = 60.0
_LAST_BATCH_S = 5.0
_FAILURES_OF_ONCE = 6  # about half a minute

_log = log.get("ship")


class Shipper:
    """Runs in the calling thread until `stop`, with one more for the sender."""

    def __init__(
        self, sources: Sources, keeper: Keeper, sender: Sender, arrived: threading.Event
    ) -> None:
        self._sources = sources
        self._keeper = keeper
        self._sender = sender
        self._arrived = arrived
        self._stop_sender = threading.Event()
        self._thread = threading.Thread(target=self._send, name="ship-sender", daemon=True)

    def run(self, stop: threading.Event, reloaded: Callable[[], Outbound | None]) -> None:
        """Follow and send. `reloaded` gives a new way out when somebody asked to look again.

        Ends before `stop` only if the sender broke, which it has said.
        """
        self._thread.start()
        thoroughly_at = reported_at = 0.0
        reported = -1
        while not stop.is_set() and self._thread.is_alive():
            outbound = reloaded()
            if outbound is not None:
                self._sender.hurry(outbound)
            now = time.monotonic()
            is_thorough = outbound is not None or now >= thoroughly_at
            if is_thorough:
                thoroughly_at = now + _THOROUGHLY_EVERY_S
            is_busy = self._round(stop.wait, thoroughly=is_thorough)
            if now - reported_at >= _REPORT_EVERY_S and reported != self._sender.delivered:
                reported_at, reported = now, self._sender.delivered
                self._report()
            if not is_busy:
                stop.wait(_LOOK_EVERY_S)
        self._end()

    def run_once(self, stop: threading.Event) -> bool:
        """Send all there is now; False if the collector did not take everything."""
        self._thread.start()
        quiet_rounds = 0
        while quiet_rounds < 2 and not self._is_over(stop, 0):
            is_busy = self._round(lambda wait_s: self._is_over(stop, wait_s), thoroughly=True)
            quiet_rounds = 0 if is_busy else quiet_rounds + 1
        read_at = time.monotonic()
        while self._sender.empty_at <= read_at and not self._is_over(stop, 0.02):
            self._arrived.set()
        is_all = quiet_rounds == 2 and self._sender.empty_at > read_at
        self._end()
        return is_all and self._sender.refused == 0

    def held_bytes(self) -> int:
        """Bytes at the ends of logs that are no complete entries yet."""
        return sum(source.held_bytes() for source in self._sources)

    def _round(self, stop: Callable[[float], bool], *, thoroughly: bool) -> bool:
        """Every source has its turn; whether one of them may have more."""
        is_busy = False
        try:
            if thoroughly:
                self._sources.refresh()
            for source in self._sources:
                if stop(0):
                    break
                source.look(thoroughly=thoroughly)
                is_busy |= self._keeper.take_from(source, stop)
        except Unavailable as trouble:
            self._keeper.tell(trouble)
            return False
        return is_busy

    def _is_over(self, stop: threading.Event, wait_s: float) -> bool:
        sender = self._sender
        has_given_up = sender.needs_somebody or sender.failures >= _FAILURES_OF_ONCE
        return stop.wait(wait_s) or has_given_up or not self._thread.is_alive()

    def _send(self) -> None:
        self._sender.run(self._arrived, self._stop_sender)

    def _end(self) -> None:
        """The batch on its way may arrive; what is left is sent after the next start."""
        self._stop_sender.set()
        self._arrived.set()
        self._sender.hurry()
        self._thread.join(_LAST_BATCH_S)
        self._report()
        self._keeper.close()
        self._sources.close()
        if not self._thread.is_alive():
            self._sender.close()

    def _report(self) -> None:
        _log.info(
            "ship.progress",
            read=self._keeper.kept,
            delivered=self._sender.delivered,
            refused=self._sender.refused,
        )
