"""The collector: authenticate, bound, spool, answer.

On a dialect's paths the answer is one of that dialect's verdicts, whatever comes: a failure nobody
foresaw is `BUSY`. `ACCEPTED` is answered only after `SpoolIntake.put` returned, which is after the
entry is on disk. The worker decodes; nothing here looks into an entry.
"""

import asyncio
import time
from collections.abc import Callable

from bartizan.accounts.credentials import SensorCredentials
from bartizan.domain.delivery import AuditLogEntry, Verdict
from bartizan.domain.errors import Unavailable
from bartizan.domain.sensor import Sensor
from bartizan.kit import log
from bartizan.kit.clock import NowUs, now_us
from bartizan.kit.metrics import DELIVERIES
from bartizan.receive.acknowledged import Acknowledged
from bartizan.receive.answers import verdict_answers
from bartizan.receive.basic import parse_basic
from bartizan.receive.body import BodyReader
from bartizan.receive.connection import Application
from bartizan.receive.contract import Dialect, Headers
from bartizan.receive.exchange import Exchange, Gone
from bartizan.receive.patience import Patience
from bartizan.receive.registry import DIALECTS
from bartizan.receive.service import Service
from bartizan.receive.settings import CollectorSettings
from bartizan.spool.contract import SpoolIntake

_log = log.get("collector")


def collector(
    settings: CollectorSettings,
    intake: SpoolIntake,
    credentials: SensorCredentials,
    is_ready: Callable[[], bool] | None = None,
) -> Application:
    """The collector's application; `is_ready` (default: the spool's word) decides `/readyz`."""
    return Collector(settings, intake, credentials, is_ready or intake.is_accepting)


class Collector:
    def __init__(
        self,
        settings: CollectorSettings,
        intake: SpoolIntake,
        credentials: SensorCredentials,
        is_ready: Callable[[], bool],
        now: NowUs = now_us,
    ) -> None:
        self._intake = intake
        self._credentials = credentials
        self._acknowledged = Acknowledged()
        self._service = Service(is_ready, self._acknowledged.publish)
        self._now = now
        self._patience = Patience(settings.answer_timeout_s)
        self._bodies = BodyReader(settings.max_body_bytes, settings.max_held_bytes)
        self._routes = {
            path: (dialect, verdict_answers(dialect, settings.max_body_bytes))
            for dialect in DIALECTS
            for path in dialect.paths
        }
        self._counted = {verdict: DELIVERIES.labels(verdict.value) for verdict in Verdict}

    async def __call__(self, exchange: Exchange) -> None:
        route = self._routes.get(exchange.path)
        if route is None:
            exchange.answer(self._service.answer(exchange.method, exchange.path, exchange.peer))
            return
        dialect, answers = route
        started = time.perf_counter()
        try:
            verdict = await self._deliver(dialect, exchange, started)
        except Gone:
            return
        except asyncio.CancelledError:  # stopping, and this delivery took too long
            exchange.answer(answers[Verdict.BUSY], is_last=True)
            raise
        except Exception as error:  # noqa: BLE001 - the last resort: no failure may become a 4xx or 500
            _log.error("delivery.failed", dialect=dialect.name, exc_info=error)
            verdict = Verdict.BUSY
        if verdict is not Verdict.ACCEPTED:
            self._counted[verdict].inc()
        # Whoever was not invited to send the body may still do so, and it is no next request.
        exchange.answer(answers[verdict], is_last=exchange.is_held_back)

    async def _deliver(self, dialect: Dialect, exchange: Exchange, started: float) -> Verdict:
        headers = exchange.headers
        refused, sensor = await self._admit(dialect, exchange.method, headers)
        if sensor is None:
            if not exchange.is_held_back:
                await self._bodies.discard(exchange)
            return refused
        body = await self._bodies.read(exchange)
        if isinstance(body, Verdict):
            return body
        entry = dialect.make_entry(headers, sensor.name, self._now(), body)
        return await self._spool(entry, started)

    async def _admit(
        self, dialect: Dialect, method: str, headers: Headers
    ) -> tuple[Verdict, Sensor | None]:
        credentials = None
        for name, value in headers:
            if name == b"authorization":
                credentials = parse_basic(value)
                break
        if credentials is None:
            return Verdict.UNAUTHENTICATED, None
        try:
            sensor = await self._credentials.verify(*credentials)
        except Unavailable:
            return Verdict.BUSY, None
        if sensor is None:
            return Verdict.UNAUTHENTICATED, None
        if method not in dialect.methods:
            return Verdict.BUSY, None
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
