"""Who was seen at the door: what people need to know while they set up a sensor.

Kept in plain memory, a dictionary and a few attributes for each delivery, and written beside the
snapshot of sensors at most once a second, by a thread, for the console of this node. Losing some of
it loses nothing that was acknowledged, so it is not synced.

Bounded: sensors are the registered ones; of others the last `MOST_STRANGERS`, by what they called
themselves, cut.
"""

import asyncio
import os
import tempfile
from collections import OrderedDict
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from bartizan.domain.delivery import Verdict
from bartizan.domain.sighting import Refusal, Sighting, Sightings, Stranger
from bartizan.kit import log
from bartizan.kit.clock import NowUs, from_us, now_us, to_us
from bartizan.kit.text import text

MOST_STRANGERS: Final = 50
_MOST_SENSORS: Final = 10_000
_LONGEST_NAME: Final = 64
_EVERY_S: Final = 1.0
_SOON_S: Final = 0.05
_NOBODYS: Final = frozenset(
    {Refusal.UNKNOWN_SENSOR, Refusal.UNKNOWN_SECRET, Refusal.NO_CREDENTIALS}
)
_log = log.get("collector")


class _Seen:
    """A `Sighting` that changes; times in microseconds, 0 for never."""

    __slots__ = (
        "accepted",
        "accepted_at",
        "accepted_from",
        "refusal",
        "refused",
        "refused_at",
        "refused_from",
        "turned_away",
        "turned_away_at",
        "turned_away_from",
        "verdict",
    )

    def __init__(self) -> None:
        self.accepted = self.accepted_at = 0
        self.turned_away = self.turned_away_at = 0
        self.refused = self.refused_at = 0
        self.accepted_from: str | None = None
        self.turned_away_from: str | None = None
        self.refused_from: str | None = None
        self.verdict: Verdict | None = None
        self.refusal: Refusal | None = None


class Doorbook:
    """Used from one event loop; without a `file` it only remembers."""

    def __init__(self, file: Path | None = None, now: NowUs = now_us) -> None:
        self._file = file
        self._now = now
        self._seen: OrderedDict[str, _Seen] = OrderedDict()
        self._strangers: OrderedDict[tuple[str, Refusal], Stranger] = OrderedDict()
        self._is_changed = False
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.Future[None] | None = None
        self._write_at = 0.0
        if file is not None:
            self._restore(read_sightings(file))

    def accepted(self, sensor: str, peer: str | None, at_us: int) -> None:
        """A delivery of the sensor was taken. The hot path."""
        seen = self._seen.get(sensor) or self._new(sensor)
        seen.accepted += 1
        seen.accepted_at = at_us
        seen.accepted_from = peer
        if not self._is_changed:
            self._change()

    def turned_away(self, sensor: str, peer: str | None, verdict: Verdict) -> None:
        """A delivery of the sensor was not taken."""
        seen = self._seen.get(sensor) or self._new(sensor)
        seen.turned_away += 1
        seen.turned_away_at = self._now()
        seen.turned_away_from = peer
        seen.verdict = verdict
        self._change()

    def refused(self, name: bytes | str | None, peer: str | None, refusal: Refusal) -> None:
        """Somebody who called himself `name` was not believed."""
        called = name if isinstance(name, str) else text((name or b"")[:_LONGEST_NAME])
        if refusal in _NOBODYS:
            self._note_stranger(called, peer, refusal)
        else:
            seen = self._seen.get(called) or self._new(called)
            seen.refused += 1
            seen.refused_at = self._now()
            seen.refused_from = peer
            seen.refusal = refusal
        self._change()

    def sightings(self) -> Sightings:
        return Sightings(
            seen_at=from_us(self._now()),
            sensors=tuple(_sighting(name, seen) for name, seen in self._seen.items()),
            strangers=tuple(reversed(self._strangers.values())),
        )

    async def close(self) -> None:
        """Write what is not written yet."""
        if self._timer is not None:
            self._timer.cancel()
        if self._writing is not None:
            await self._writing
        if self._file is not None and self._is_changed:
            _write(self._file, msgspec.json.encode(self.sightings()))

    def _new(self, sensor: str) -> _Seen:
        if len(self._seen) >= _MOST_SENSORS:
            self._seen.popitem(last=False)
        seen = self._seen[sensor] = _Seen()
        return seen

    def _note_stranger(self, name: str, peer: str | None, refusal: Refusal) -> None:
        now = from_us(self._now())
        known = self._strangers.pop((name, refusal), None)
        self._strangers[name, refusal] = Stranger(
            name=name,
            refusal=refusal,
            peer=peer,
            first_seen_at=now if known is None else known.first_seen_at,
            last_seen_at=now,
            count=1 if known is None else known.count + 1,
        )
        if len(self._strangers) > MOST_STRANGERS:
            self._strangers.popitem(last=False)

    def _change(self) -> None:
        """Write soon, but not within a second of the last time."""
        if self._is_changed or self._file is None:
            return
        self._is_changed = True
        loop = asyncio.get_running_loop()
        wait_s = max(_SOON_S, self._write_at - loop.time())
        self._timer = loop.call_later(wait_s, self._begin_write, self._file)

    def _begin_write(self, file: Path) -> None:
        loop = asyncio.get_running_loop()
        self._write_at = loop.time() + _EVERY_S
        if self._writing is not None and not self._writing.done():  # the disk is slow
            self._timer = loop.call_later(_EVERY_S, self._begin_write, file)
            return
        self._is_changed = False
        content = msgspec.json.encode(self.sightings())
        self._writing = loop.run_in_executor(None, _write, file, content)

    def _restore(self, known: Sightings | None) -> None:
        """Go on from what an earlier process wrote."""
        if known is None:
            return
        for one in known.sensors[-_MOST_SENSORS:]:
            seen = self._new(one.sensor)
            seen.accepted, seen.accepted_at = one.accepted, _us(one.accepted_at)
            seen.turned_away, seen.turned_away_at = one.turned_away, _us(one.turned_away_at)
            seen.refused, seen.refused_at = one.refused, _us(one.refused_at)
            seen.accepted_from, seen.turned_away_from = one.accepted_from, one.turned_away_from
            seen.refused_from = one.refused_from
            seen.verdict, seen.refusal = one.verdict, one.refusal
        for stranger in reversed(known.strangers[:MOST_STRANGERS]):
            self._strangers[stranger.name, stranger.refusal] = stranger


def read_sightings(file: Path) -> Sightings | None:
    """What the collector of this node wrote last; None if there is nothing or it is unreadable."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Sightings)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def _sighting(name: str, seen: _Seen) -> Sighting:
    return Sighting(
        sensor=name,
        accepted_at=_at(seen.accepted_at),
        accepted_from=seen.accepted_from,
        accepted=seen.accepted,
        turned_away_at=_at(seen.turned_away_at),
        turned_away_from=seen.turned_away_from,
        turned_away=seen.turned_away,
        verdict=seen.verdict,
        refused_at=_at(seen.refused_at),
        refused_from=seen.refused_from,
        refused=seen.refused,
        refusal=seen.refusal,
    )


def _at(microseconds: int) -> datetime | None:
    return from_us(microseconds) if microseconds else None


def _us(moment: datetime | None) -> int:
    return 0 if moment is None else to_us(moment)


def _write(file: Path, content: bytes) -> None:
    """Complete or not at all, mode 0600: written beside and renamed over."""
    try:
        descriptor, beside = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
            Path(beside).replace(file)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise
    except OSError as error:
        _log.warning("sightings.unwritten", reason=str(error))
