"""The collector: authenticate, bound, spool, answer. Plain ASGI, because it is the hot path.

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
from bartizan.kit.metrics import ACKNOWLEDGE_SECONDS, DELIVERIES, RECEIVED_BYTES
from bartizan.receive.answers import verdict_answers
from bartizan.receive.basic import parse_basic
from bartizan.receive.body import BodyReader, Gone
from bartizan.receive.contract import Asgi, Dialect, Headers, Receive, Scope, Send
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
) -> Asgi:
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
        self._service = Service(is_ready)
        self._now = now
        self._answer_timeout_s = settings.answer_timeout_s
        self._bodies = BodyReader(settings.max_body_bytes, settings.max_held_bytes)
        self._routes = {
            path: (
                dialect,
                verdict_answers(dialect, settings.max_body_bytes),
                verdict_answers(dialect, settings.max_body_bytes, is_last=True),
            )
            for dialect in DIALECTS
            for path in dialect.paths
        }
        self._counted = {verdict: DELIVERIES.labels(verdict.value) for verdict in Verdict}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = self._routes.get(scope["path"])
        if route is None:
            await self._service(scope, send)
            return
        dialect, answers, last_answers = route
        started = time.perf_counter()
        try:
            verdict = await self._deliver(dialect, scope, receive)
        except Gone:
            return
        except asyncio.CancelledError:  # stopping, and this delivery took too long
            await last_answers[Verdict.BUSY].send(send)
            raise
        except Exception as error:  # noqa: BLE001 - the last resort: no failure may become a 4xx or 500
            _log.error("delivery.failed", dialect=dialect.name, exc_info=error)
            verdict = Verdict.BUSY
        self._counted[verdict].inc()
        if verdict is Verdict.ACCEPTED:
            ACKNOWLEDGE_SECONDS.observe(time.perf_counter() - started)
            await answers[verdict].send(send)
            return
        is_body_held_back = _expects_continue(scope["headers"])
        await (last_answers if is_body_held_back else answers)[verdict].send(send)

    async def _deliver(self, dialect: Dialect, scope: Scope, receive: Receive) -> Verdict:
        headers: Headers = scope["headers"]
        refused, sensor = await self._admit(dialect, scope["method"], headers)
        if sensor is None:
            if not _expects_continue(headers):
                await self._bodies.discard(receive)
            return refused
        body = await self._bodies.read(receive)
        if isinstance(body, Verdict):
            return body
        entry = dialect.make_entry(headers, sensor.name, self._now(), body)
        return await self._spool(entry)

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

    async def _spool(self, entry: AuditLogEntry) -> Verdict:
        try:
            async with asyncio.timeout(self._answer_timeout_s):
                await self._intake.put(entry)
        except (Unavailable, TimeoutError):
            return Verdict.BUSY
        RECEIVED_BYTES.inc(len(entry.raw))
        return Verdict.ACCEPTED


def _expects_continue(headers: Headers) -> bool:
    return any(name == b"expect" and value.lower() == b"100-continue" for name, value in headers)
