"""A batch of entries: read, unpacked, cut and spooled, a portion at a time.

Unpacking and cutting happen in a thread, in short steps, so that the sensors that wait for the
event loop need not wait for a batch. One portion of one batch is in the spool's intake at a time:
a flood of batches delays batches and nobody else. The report says *accepted* of an entry only after
it is on disk; until the last of them is, the batch is owed nothing, and a repeat is harmless.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, TypeVar

import msgspec

from bartizan.domain.delivery import AuditLogEntry, Verdict
from bartizan.domain.errors import Refused, Unavailable
from bartizan.kit.clock import NowUs
from bartizan.kit.metrics import ENTRIES
from bartizan.kit.struct import Struct
from bartizan.receive.acknowledged import Acknowledged
from bartizan.receive.answers import Answer
from bartizan.receive.body import BodyReader, Room
from bartizan.receive.exchange import Exchange
from bartizan.receive.settings import CollectorSettings
from bartizan.receive.shipped import Shipped, is_exact, read_exact, read_stream
from bartizan.receive.unpacking import packing, unpack
from bartizan.spool.contract import SpoolIntake

_PORTION_ENTRIES = 256
_MOST_EFFORT_S = 2.0
_PORTION_BYTES = 4 * 1024 * 1024
_JSON = (b"content-type", b"application/json")
_Result = TypeVar("_Result")


class Accepted(Struct, frozen=True, kw_only=True):
    status: Literal["accepted"] = "accepted"


class RefusedEntry(Struct, frozen=True, kw_only=True):
    status: Literal["refused"] = "refused"
    code: Verdict
    detail: str


class Report(Struct, frozen=True, kw_only=True):
    """What a batch's sender is told: the fate of each entry, in order."""

    accepted: int
    refused: int
    results: list[Accepted | RefusedEntry]


_ACCEPTED = Accepted()
_EMPTY = RefusedEntry(code=Verdict.EMPTY, detail="the entry has no bytes")


class Batches:
    """Used from one event loop."""

    def __init__(
        self,
        settings: CollectorSettings,
        intake: SpoolIntake,
        room: Room,
        acknowledged: Acknowledged,
        now: NowUs,
    ) -> None:
        self._intake = intake
        self._room = room
        self._acknowledged = acknowledged
        self._now = now
        self._timeout_s = settings.batch_timeout_s
        self._max_body_bytes = settings.max_batch_bytes
        self._max_unpacked_bytes = settings.max_unpacked_batch_bytes
        self._max_entry_bytes = settings.max_body_bytes
        self._bodies = BodyReader(settings.max_batch_bytes, room)
        self._lane = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="batches")

    async def deliver(self, exchange: Exchange, sensor: str, started: float) -> Answer | Verdict:
        """The report of a batch whose sender is known, or why there is none. Raises `Gone`."""
        how = packing(exchange.headers)
        if how is None:
            if not exchange.is_held_back:
                await self._bodies.discard(exchange)
            return Verdict.UNSUPPORTED
        exchange.allow(self._max_body_bytes)
        body = await self._bodies.read(exchange)
        if body is Verdict.EMPTY:
            body = b""
        if isinstance(body, Verdict):
            return body
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._take_in(body, how, exchange, sensor, started)
        except Refused:
            return Verdict.MALFORMED
        except (Unavailable, TimeoutError):
            return Verdict.BUSY

    async def _take_in(
        self, packed: bytes, how: str, exchange: Exchange, sensor: str, started: float
    ) -> Answer | Verdict:
        held = _Held(self._room)
        try:
            if not held.take(len(packed)):
                return Verdict.BUSY
            body = await self._unpacked(packed, how, held) if how and packed else packed
            if isinstance(body, Verdict):
                return body
            effort = _Effort()
            if is_exact(exchange.headers) and body:
                entries = await self._in_thread(lambda: read_exact(body))
            else:
                entries = await self._in_thread(lambda: read_stream(body, effort.is_left))
            return await self._spool(entries, effort, sensor, started)
        finally:
            held.give_back()

    async def _unpacked(self, packed: bytes, how: str, held: "_Held") -> bytes | Verdict:
        pieces: list[bytes] = []
        size = 0
        content = unpack(packed, how)
        while (piece := await self._in_thread(lambda: next(content, None))) is not None:
            size += len(piece)
            if size > self._max_unpacked_bytes:
                return Verdict.TOO_LARGE
            if not held.take(len(piece)):
                return Verdict.BUSY
            pieces.append(piece)
        return b"".join(pieces)

    async def _spool(
        self, entries: Iterator[Shipped], effort: "_Effort", sensor: str, started: float
    ) -> Answer:
        results: list[Accepted | RefusedEntry] = []
        accepted = size = 0
        while portion := await self._in_thread(lambda: effort.spend(lambda: _portion(entries))):
            fates = [self._fate(entry) for entry in portion]
            results += fates
            kept = [entry for entry, fate in zip(portion, fates, strict=True) if fate is _ACCEPTED]
            await self._put(kept, sensor)
            accepted += len(kept)
            size += sum(len(entry.raw) for entry in kept)
        self._acknowledged.add(size, time.perf_counter() - started, entries=accepted)
        for result in results:
            if isinstance(result, RefusedEntry):
                ENTRIES.labels(result.code.value).inc()
        report = Report(accepted=accepted, refused=len(results) - accepted, results=results)
        return Answer(200, msgspec.json.encode(report) + b"\n", _JSON)

    def _fate(self, entry: Shipped) -> Accepted | RefusedEntry:
        if not entry.raw:
            return _EMPTY
        if len(entry.raw) > self._max_entry_bytes:
            detail = f"the entry is larger than {self._max_entry_bytes} bytes"
            return RefusedEntry(code=Verdict.TOO_LARGE, detail=detail)
        return _ACCEPTED

    async def _put(self, portion: list[Shipped], sensor: str) -> None:
        async with self._lane:
            received_at_us = self._now()
            await asyncio.gather(
                *[
                    self._intake.put(
                        AuditLogEntry(
                            sensor=sensor,
                            received_at_us=received_at_us,
                            raw=entry.raw,
                            origin=entry.origin,
                            origin_offset=entry.origin_offset,
                        )
                    )
                    for entry in portion
                ]
            )

    async def _in_thread(self, step: Callable[[], _Result]) -> _Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, step)


class _Held:
    """What one batch holds of the room that all share."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._size = 0

    def take(self, size: int) -> bool:
        self._size += size
        return self._room.take(size)

    def give_back(self) -> None:
        self._room.give_back(self._size)


class _Effort:
    """How long the thread may look for entries in one batch. Used in that thread only."""

    def __init__(self) -> None:
        self._left_s = _MOST_EFFORT_S
        self._began = time.thread_time()

    def spend(self, step: Callable[[], _Result]) -> _Result:
        self._began = time.thread_time()
        try:
            return step()
        finally:
            self._left_s -= time.thread_time() - self._began

    def is_left(self) -> bool:
        return time.thread_time() - self._began < self._left_s


def _portion(entries: Iterator[Shipped]) -> list[Shipped]:
    portion: list[Shipped] = []
    size = 0
    for entry in entries:
        portion.append(entry)
        size += len(entry.raw)
        if len(portion) == _PORTION_ENTRIES or size >= _PORTION_BYTES:
            break
    return portion
