"""The collector: authenticate, bound, spool, answer.

On a dialect's paths the answer is one of that dialect's verdicts, whatever comes: a failure nobody
foresaw is `FAILED`. `ACCEPTED` is answered only after `SpoolIntake.put` returned, which is after
the entry is on disk. The worker decodes; nothing here looks into an entry. Paths and headers hold
credentials: they are never logged, counted or repeated.
"""

import asyncio
import time
from collections.abc import Callable, Mapping

from bartizan.accounts.credentials import SensorCredentials
from bartizan.domain.delivery import AuditLogEntry, Verdict
from bartizan.domain.errors import Unavailable
from bartizan.domain.sensor import Sensor
from bartizan.domain.sighting import Refusal
from bartizan.kit import log
from bartizan.kit.clock import NowUs, now_us
from bartizan.kit.metrics import DELIVERIES, ENTRIES
from bartizan.kit.networks import client_behind, is_within
from bartizan.receive.acknowledged import Acknowledged
from bartizan.receive.answers import Answer, verdict_answers
from bartizan.receive.batches import Batches
from bartizan.receive.body import BodyReader, Room
from bartizan.receive.connection import Application
from bartizan.receive.contract import Dialect
from bartizan.receive.credentials import Stated, stated_credentials
from bartizan.receive.exchange import Exchange, Gone
from bartizan.receive.patience import Patience
from bartizan.receive.registry import DIALECTS, Addressed, find_dialect
from bartizan.receive.service import Service
from bartizan.receive.settings import CollectorSettings
from bartizan.receive.sightings import Doorbook
from bartizan.spool.contract import SpoolIntake

_OF_AN_ENTRY = frozenset({Verdict.EMPTY, Verdict.TOO_LARGE})
_log = log.get("collector")


def collector(
    settings: CollectorSettings,
    intake: SpoolIntake,
    credentials: SensorCredentials,
    is_ready: Callable[[], bool] | None = None,
    doorbook: Doorbook | None = None,
) -> Application:
    """The collector's application; `is_ready` (default: the spool's word) decides `/readyz`."""
    book = doorbook or Doorbook()
    return Collector(settings, intake, credentials, is_ready or intake.is_accepting, doorbook=book)


class Collector:
    def __init__(
        self,
        settings: CollectorSettings,
        intake: SpoolIntake,
        credentials: SensorCredentials,
        is_ready: Callable[[], bool],
        *,
        doorbook: Doorbook,
        now: NowUs = now_us,
    ) -> None:
        self._intake = intake
        self._doorbook = doorbook
        self._credentials = credentials
        self._acknowledged = Acknowledged()
        self._service = Service(is_ready, self._acknowledged.publish)
        self._now = now
        self._proxies = settings.trusted_proxies
        self._patience = Patience(settings.answer_timeout_s)
        room = Room(settings.max_held_bytes)
        self._bodies = BodyReader(settings.max_body_bytes, room)
        self._batches = Batches(settings, intake, room, self._acknowledged, now)
        self._answers = {dialect.name: verdict_answers(dialect, settings) for dialect in DIALECTS}
        self._counted = {verdict: DELIVERIES.labels(verdict.value) for verdict in Verdict}

    async def __call__(self, exchange: Exchange) -> None:
        addressed = find_dialect(exchange.path)
        if addressed is None:
            peer = self._peer(exchange)
            exchange.answer(self._service.answer(exchange.method, exchange.path, peer))
            return
        dialect = addressed.dialect
        answers = self._answers[dialect.name]
        started = time.perf_counter()
        try:
            outcome = await self._deliver(addressed, exchange, started)
        except Gone:
            return
        except asyncio.CancelledError:  # stopping, and this delivery took too long
            exchange.answer(answers[Verdict.BUSY], is_last=True)
            raise
        except Exception as error:  # noqa: BLE001 - the last resort: a sensor must hear its table's answer
            # The answer first: a log that cannot be written must keep nobody waiting.
            self._answer(exchange, answers, Verdict.FAILED)
            _log.error("delivery.failed", dialect=dialect.name, exc_info=error)
            return
        if isinstance(outcome, Answer):
            exchange.answer(outcome)
        else:
            self._answer(exchange, answers, outcome)

    def _answer(
        self, exchange: Exchange, answers: Mapping[Verdict, Answer], verdict: Verdict
    ) -> None:
        if verdict is not Verdict.ACCEPTED:
            self._counted[verdict].inc()
        # Whoever was not invited to send the body may still do so, and it is no next request.
        exchange.answer(answers[verdict], is_last=exchange.is_held_back)

    async def _deliver(
        self, addressed: Addressed, exchange: Exchange, started: float
    ) -> Verdict | Answer:
        """A verdict, or the report of a batch."""
        dialect = addressed.dialect
        stated = stated_credentials(exchange.headers, addressed.secret)
        refused, sensor = await self._admit(dialect, exchange, stated)
        if sensor is None:
            if not exchange.is_held_back:
                await self._bodies.discard(exchange)
            return refused
        outcome = await self._take(dialect, exchange, sensor, started)
        if isinstance(outcome, Answer) or outcome is Verdict.ACCEPTED:
            self._doorbook.accepted(sensor.name, self._peer(exchange), self._now())
        else:
            self._doorbook.turned_away(sensor.name, self._peer(exchange), outcome)
        return outcome

    def _peer(self, exchange: Exchange) -> str | None:
        """The address of who asks, also if a balancer asks for them."""
        if not self._proxies:
            return exchange.peer
        said = [value for name, value in exchange.headers if name == b"x-forwarded-for"]
        return client_behind(exchange.peer, b",".join(said).decode("latin-1"), self._proxies)

    async def _take(
        self, dialect: Dialect, exchange: Exchange, sensor: Sensor, started: float
    ) -> Verdict | Answer:
        if dialect.make_entry is None:
            return await self._batches.deliver(exchange, sensor.name, started)
        body = await self._bodies.read(exchange)
        if isinstance(body, Verdict):
            if body in _OF_AN_ENTRY:
                ENTRIES.labels(body.value).inc()
            return body
        entry = dialect.make_entry(exchange.headers, sensor.name, self._now(), body)
        return await self._spool(entry, started)

    async def _admit(
        self, dialect: Dialect, exchange: Exchange, stated: Stated | None
    ) -> tuple[Verdict, Sensor | None]:
        peer = self._peer(exchange)
        if stated is None:
            self._doorbook.refused(None, peer, Refusal.NO_CREDENTIALS)
            return Verdict.UNAUTHENTICATED, None
        try:
            if stated.name is None:
                sensor = self._credentials.find_owner(stated.secret)
            else:
                sensor = await self._credentials.verify(stated.name, stated.secret)
        except Unavailable:
            return Verdict.BUSY, None
        if sensor is None:
            self._doorbook.refused(stated.name, peer, self._credentials.why_refused(stated.name))
            return Verdict.UNAUTHENTICATED, None
        if sensor.allowed_sources and not is_within(peer, sensor.allowed_sources):
            self._doorbook.refused(sensor.name, peer, Refusal.ADDRESS_NOT_ALLOWED)
            return Verdict.UNAUTHENTICATED, None
        if exchange.method not in dialect.methods:
            return Verdict.WRONG_METHOD, None
        return Verdict.ACCEPTED, sensor

    async def _spool(self, entry: AuditLogEntry, started: float) -> Verdict:
        try:
            future = self._intake.put(entry)
            self._patience.bound(future)
            await future
        except (Unavailable, TimeoutError):
            return Verdict.BUSY
        self._acknowledged.add(len(entry.raw), time.perf_counter() - started)
        return Verdict.ACCEPTED
