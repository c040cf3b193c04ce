"""A guard around uvicorn's protocol: no connection may stay open for want of an end.

uvicorn 0.54 alone keeps silent connections, dripping heads and dripping bodies open for ever, and
has no limit for a head. The guard gives every connection a stage and a deadline. Per request that
costs a few attributes; one timer for all connections (`watch.py`) looks for deadlines that passed.

It knows uvicorn's internals and is tested against the one minor version that is allowed
(pyproject.toml). It must not know dialects: who may hear what is asked of `unreadable_status`.
"""

import asyncio
import math
from typing import Any

from httptools import HttpParserError, HttpParserUpgrade
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from bartizan.kit.metrics import SLOW_CLIENTS
from bartizan.receive.watch import Stage, Watch

_LINGER_S = 2.0
_MOST_PIPELINED = 64
_MOST_TRAILERS = 16
_NOT_NOW = 503


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with a deadline at every stage, and bounds for what is not a body."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        watch: Watch,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        # mlogc copies bytes of a visitor's request into a header as they are. llhttp's strict mode
        # refuses control characters there, and a refusal would stop the sensor at that entry for
        # ever. It stays strict in what could split a request: line ends, lengths, chunks.
        self.parser.set_dangerous_leniencies(lenient_headers=True)
        self._watch = watch
        self._limits = watch.settings
        self.url = b""  # uvicorn sets it only once a request begins
        self._stage = Stage.SILENT
        self.deadline = math.inf
        self._request_ends_at = math.inf
        self._read_bytes = 0  # of the read that is being parsed
        self._stage_bytes = 0  # of this head, or of this body with its framing
        self._head_fields = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self._watch) >= self._limits.max_connections:
            SLOW_CLIENTS.labels(Stage.TOO_MANY.value).inc()
            transport.abort()
            return
        self.deadline = self.loop.time() + self._limits.head_timeout_s
        self._watch.add(self, self.loop)

    def connection_lost(self, exc: Exception | None) -> None:
        self._watch.remove(self)
        self.deadline = math.inf
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._stage is Stage.LINGER:
            self._stage_bytes += len(data)
            if self._stage_bytes > self._limits.max_body_bytes:
                self.transport.abort()
            return
        self._read_bytes = len(data)
        try:
            self.parser.feed_data(data)
        except HttpParserUpgrade:
            pass  # refused in on_headers_complete
        except HttpParserError:
            self.send_400_response("Invalid HTTP request received.")
        else:
            self._check_bounds()

    def _check_bounds(self) -> None:
        if self._stage is Stage.HEAD:
            self._stage_bytes += self._read_bytes
            if self._stage_bytes > self._limits.max_head_bytes:
                self._refuse_head(self._watch.unreadable_status(self.url))
        elif self._stage is Stage.BODY:
            self._stage_bytes += self._read_bytes
            trailers = len(self.headers) - self._head_fields
            if self._stage_bytes > self._watch.most_wire_bytes or trailers > _MOST_TRAILERS:
                self._end(Stage.TOO_MUCH)
        if len(self.pipeline) > _MOST_PIPELINED:
            self._end(Stage.TOO_MUCH)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        now = self.loop.time()
        is_first = self._stage is Stage.SILENT
        # Begun in the middle of a read, it is counted from the next read on.
        is_alone = is_first or self._stage is Stage.IDLE
        self._stage_bytes = 0 if is_alone else -self._read_bytes
        self._stage = Stage.HEAD
        self._request_ends_at = now + self._limits.request_timeout_s
        if not is_first:  # the first head's time runs from the connect
            self.deadline = now + self._limits.head_timeout_s

    def on_headers_complete(self) -> None:
        if self.parser.should_upgrade():
            # httptools does not read the body of such a request, so that it would look empty, and
            # an entry that is called empty is dropped by its sensor. Better not now.
            self._refuse_head(_NOT_NOW)
            return
        super().on_headers_complete()
        self._stage = Stage.BODY
        self._stage_bytes = 0
        self._head_fields = len(self.headers)
        self.deadline = self._request_ends_at

    def on_message_complete(self) -> None:
        if self._stage is Stage.LINGER:
            return
        super().on_message_complete()
        if self.cycle.response_complete:  # answered before its end
            self._rest()
        else:
            self._stage = Stage.ANSWER
            self.deadline = math.inf

    def on_response_complete(self) -> None:
        """As uvicorn's, without its keep-alive timer: the watch does that."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
        elif self._stage is Stage.ANSWER:
            self._rest()

    def pause_writing(self) -> None:
        super().pause_writing()
        self.deadline = min(self.deadline, self.loop.time() + self._limits.head_timeout_s)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._stage is Stage.ANSWER:
            self.deadline = math.inf

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's text, not used
        """Not HTTP. Answered only if it is clear which request the answer belongs to."""
        if self._stage is Stage.BODY or self._is_answer_owed():
            self._close_after_answer()
        else:
            self._refuse_head(self._watch.unreadable_status(self.url))

    def expire(self, now: float) -> None:
        """The watch says: the deadline has passed."""
        if self.transport.is_closing():
            self.transport.abort()
        elif self._stage is Stage.LINGER or self._stage is Stage.IDLE:
            self.transport.close()
        else:
            self._end(self._stage)
        self.deadline = now + _LINGER_S

    def _rest(self) -> None:
        self._stage = Stage.IDLE
        self.deadline = self.loop.time() + self._limits.idle_timeout_s

    def _is_answer_owed(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _close_after_answer(self) -> None:
        """Nothing more is read. A complete request still gets its answer; another never will."""
        self._linger()
        if self._is_answer_owed() and not self.cycle.more_body and not self.pipeline:
            self.cycle.keep_alive = False
            self.deadline = self._request_ends_at
        else:
            self.transport.close()

    def _refuse_head(self, status: int) -> None:
        """Say so, then read on for a moment, or a reset might overtake the answer."""
        if self._is_answer_owed():
            self._close_after_answer()
            return
        SLOW_CLIENTS.labels(Stage.UNREADABLE.value).inc()
        self.transport.write(
            STATUS_LINE[status] + b"content-length: 0\r\nconnection: close\r\n\r\n"
        )
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._linger()

    def _linger(self) -> None:
        self._stage = Stage.LINGER
        self._stage_bytes = 0
        self.deadline = self.loop.time() + _LINGER_S

    def _end(self, stage: Stage) -> None:
        SLOW_CLIENTS.labels(stage.value).inc()
        self._stage = Stage.LINGER
        if self.transport.get_write_buffer_size():
            self.transport.abort()  # it does not read: a close would wait for it
        else:
            self.transport.close()
