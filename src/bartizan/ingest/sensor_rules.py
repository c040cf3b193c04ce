"""What a sensor's zone and trusted proxies make of what it logged.

Decoders are pure: a time without a zone is told as if it were UTC (`Zone.ASSUMED`). Here it becomes
what it is by the clock of that sensor. The sensors are looked at again once a second at most, and
at once for a sensor that is not known yet, so that not even its first entry is misread.
"""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from bartizan.domain.delivery import AuditLogEntry
from bartizan.domain.sensor import Sensor
from bartizan.domain.transaction import Transaction, Zone
from bartizan.enrich.forwarded import client_behind
from bartizan.kit import log
from bartizan.kit.clock import from_us

_log = log.get("ingest")
_LOOK_EVERY_S: Final = 1.0
# As far as a sensor's clock may be ahead of ours without being called wrong.
_AHEAD: Final = timedelta(minutes=5)

Look = Callable[[], Sequence[Sensor] | None]


class SensorRules:
    """Used by one thread. `look` gives the sensors if they changed since it was last asked."""

    def __init__(self, look: Look, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._look = look
        self._monotonic = monotonic
        self._look_again_at = 0.0
        self._known: dict[str, _Rules] = {}

    def refresh(self) -> None:
        """For the beginning of a batch."""
        now = self._monotonic()
        if now >= self._look_again_at:
            self._look_again_at = now + _LOOK_EVERY_S
            self._read()

    def apply(self, transaction: Transaction, entry: AuditLogEntry) -> Transaction:
        """The transaction with the right time and client."""
        rules = self._known.get(entry.sensor)
        if rules is None:
            self._read()
            rules = self._known.setdefault(entry.sensor, _NONE)
        return transaction if rules is _NONE else rules.apply(transaction, entry.received_at_us)

    def _read(self) -> None:
        sensors = self._look()
        if sensors is not None:
            self._known = {sensor.name: _rules(sensor) for sensor in sensors}


class _Rules:
    def __init__(self, zone: ZoneInfo | None, trusted_proxies: tuple[str, ...]) -> None:
        self._zone = zone
        self._trusted_proxies = trusted_proxies

    def apply(self, transaction: Transaction, received_at_us: int) -> Transaction:
        logged = transaction.occurred_at
        if self._zone is not None and transaction.zone is Zone.ASSUMED and logged is not None:
            at = occurred_at(logged, self._zone, from_us(received_at_us))
            transaction = replace(transaction, occurred_at=at)
        if self._trusted_proxies:
            transaction = client_behind(transaction, self._trusted_proxies)
        return transaction


_NONE: Final = _Rules(None, ())


def _rules(sensor: Sensor) -> _Rules:
    if sensor.zone is None and not sensor.trusted_proxies:
        return _NONE
    zone = None
    try:
        zone = ZoneInfo(sensor.zone) if sensor.zone is not None else None
    except (KeyError, ValueError, OSError):  # a name that this machine's data do not have
        _log.warning("ingest.zone.unknown", sensor=sensor.name, zone=sensor.zone)
    return _Rules(zone, sensor.trusted_proxies)


def occurred_at(logged: datetime, zone: ZoneInfo, received_at: datetime) -> datetime:
    """The moment at which a clock in `zone` shows what `logged` says.

    In the hour that comes twice when summer time ends, it is the later one unless the entry was
    received before that. At the ends of time it is what was logged.
    """
    wall = logged.replace(tzinfo=zone)
    try:
        later = wall.replace(fold=1).astimezone(UTC)
        earlier = wall.replace(fold=0).astimezone(UTC)
    except OverflowError:
        return logged
    return later if earlier < later <= received_at + _AHEAD else earlier
