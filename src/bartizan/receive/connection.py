"""One connection: HTTP/1 by httptools, bounded in every direction and at every stage in time.

No connection stays open for want of an end: each has a stage and a deadline (`course.py`), and one
timer for all connections (`watch.py`) looks for deadlines that passed. Requests of one connection
are served one after the other, in order.

It must not know dialects: who may hear what is asked of `unreadable_status`.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import unquote

import httptools

from bartizan.kit.metrics import SLOW_CLIENTS
from bartizan.receive.answers import Answer
from bartizan.receive.course import LINGER_S, Course, Stage
from bartizan.receive.exchange import HIGH_WATER_BYTES, Exchange
from bartizan.receive.watch import Watch

Application = Callable[[Exchange], Coroutine[Any, Any, None]]

_MOST_PIPELINED = 64
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_NOT_NOW = 503


class Connection(asyncio.Protocol):
    """Made for each client that connects."""

    def __init__(
        self, application: Application, watch: Watch, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._application = application
        self._watch = watch
        self._loop = loop
        self._parser = httptools.HttpRequestParser(self)
        # mlogc copies bytes of a visitor's request into a header as they are. llhttp's strict mode
        # refuses control characters there, and a refusal would stop the sensor at that entry for
        # ever. It stays strict in what could split a request: line ends, lengths, chunks.
        self._parser.set_dangerous_leniencies(lenient_headers=True)
        self._transport: asyncio.Transport
        self._unanswered: deque[Exchange] = deque()  # the first is being served
        self._arriving: Exchange  # whose body is being read
        self._target = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._is_held_back = False
        self._is_reading = True
        self._is_writing = True
        self._course: Course

    # What the transport says

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport
        self._course = Course(self._watch.settings, self._loop.time)
        if len(self._watch) >= self._watch.settings.max_connections:
            SLOW_CLIENTS.labels(Stage.TOO_MANY.value).inc()
            transport.abort()
            return
        self._watch.add(self, self._loop)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the same to us
        self._watch.remove(self)
        for exchange in self._unanswered:
            exchange.leave()
        del self._parser  # it holds us, and is not seen by the garbage collector

    def data_received(self, data: bytes) -> None:
        course = self._course
        course.begin_read(len(data))
        if course.stage is Stage.LINGER:
            if course.is_over():
                self._transport.abort()
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # refused in on_headers_complete
        except httptools.HttpParserError:
            self._refuse_rest()
        else:
            if course.is_over():
                self._refuse_excess()
            if len(self._unanswered) > _MOST_PIPELINED:
                self._end(Stage.TOO_MUCH)

    def pause_writing(self) -> None:
        self._is_writing = False
        self.regulate()
        self._course.block()

    def resume_writing(self) -> None:
        self._is_writing = True
        self._course.unblock()
        self._serve_next()
        self.regulate()

    # What the parser says

    def on_message_begin(self) -> None:
        self._course.begin_head()
        self._target = b""
        self._headers = []
        self._is_held_back = False

    def on_url(self, target: bytes) -> None:
        self._target += target

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._course.stage is not Stage.HEAD:
            self._course.count_trailer()
            return
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self._is_held_back = True
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        parser = self._parser
        if parser.should_upgrade():
            # httptools does not read the body of such a request, so that it would look empty, and
            # an entry that is called empty is dropped by its sensor. Better not now.
            self._refuse_head(_NOT_NOW)
            return
        exchange = Exchange(
            self,
            parser.get_method().decode("ascii"),
            _path(self._target),
            self._headers,
            is_kept=parser.should_keep_alive() and parser.get_http_version() != "1.0",
            is_held_back=self._is_held_back,
        )
        self._course.begin_body()
        self._arriving = exchange
        self._unanswered.append(exchange)
        if len(self._unanswered) == 1:
            self._serve_next()
        else:
            self.regulate()

    def on_body(self, piece: bytes) -> None:
        if self._course.stage is not Stage.BODY or self._arriving.is_answered:
            return
        self._arriving.feed(piece)
        if self._arriving.held_bytes > HIGH_WATER_BYTES:
            self.regulate()

    def on_message_complete(self) -> None:
        if self._course.stage is Stage.LINGER:
            return
        self._arriving.complete()
        if self._arriving.is_answered:  # before its end
            self._course.rest()
        else:
            self._course.await_answer()

    # What an exchange says

    @property
    def peer(self) -> str | None:
        name = self._transport.get_extra_info("peername")
        return str(name[0]) if name else None

    def invite(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(_CONTINUE)

    def regulate(self) -> None:
        """Read only what can be held: one request, of it a little, and nothing for the deaf."""
        is_reading = self._is_writing and (
            not self._unanswered
            or (len(self._unanswered) == 1 and self._arriving.held_bytes <= HIGH_WATER_BYTES)
        )
        if is_reading is not self._is_reading and not self._transport.is_closing():
            self._is_reading = is_reading
            if is_reading:
                self._transport.resume_reading()
            else:
                self._transport.pause_reading()

    def allow(self, exchange: Exchange, max_body_bytes: int) -> None:
        if exchange is self._arriving:
            self._course.allow(max_body_bytes)

    def finish(self, exchange: Exchange, answer: Answer, *, is_last: bool) -> None:
        if self._transport.is_closing():
            return
        is_last = is_last or not exchange.is_kept
        has_body = exchange.method != "HEAD"
        self._transport.write(answer.wire(self._watch.date, is_last=is_last, has_body=has_body))
        self._unanswered.popleft()
        if is_last:
            self._transport.close()
            self._course.block()
            return
        if self._unanswered:
            self._serve_next()
        elif self._course.stage is Stage.ANSWER:
            self._course.rest()
        if not self._is_reading:
            self.regulate()

    # What the watch and the server say

    @property
    def deadline(self) -> float:
        return self._course.deadline

    def expire(self, now: float) -> None:
        """The deadline has passed."""
        if self._transport.is_closing():
            self._transport.abort()
        elif self._course.stage is Stage.LINGER or self._course.stage is Stage.IDLE:
            self._transport.close()
        else:
            self._end(self._course.stage)
        self._course.deadline = now + LINGER_S

    def shut_down(self) -> None:
        """Close when what was begun is answered, which may be now."""
        if self._unanswered:
            self._unanswered[-1].is_kept = False
        else:
            self._transport.close()

    def cancel(self) -> None:
        """Whoever is still served hears that it took too long."""
        task = self._unanswered[0].task if self._unanswered else None
        if task is not None:
            task.cancel()

    def abort(self) -> None:
        self._transport.abort()

    def _serve_next(self) -> None:
        if self._unanswered and self._is_writing and not self._transport.is_closing():
            exchange = self._unanswered[0]
            if exchange.task is None:
                exchange.task = self._loop.create_task(self._application(exchange))

    def _refuse_excess(self) -> None:
        if self._course.stage is Stage.HEAD:
            self._refuse_head(self._watch.unreadable_status(self._target))
        else:
            self._end(Stage.TOO_MUCH)

    def _refuse_rest(self) -> None:
        """Not HTTP. Answered only if it is clear which request the answer belongs to."""
        if self._course.stage is Stage.BODY or self._unanswered:
            self._close_after_answers()
        else:
            self._refuse_head(self._watch.unreadable_status(self._target))

    def _refuse_head(self, status: int) -> None:
        """Say so, then read on for a moment, or a reset might overtake the answer."""
        if self._unanswered:
            self._close_after_answers()
            return
        SLOW_CLIENTS.labels(Stage.UNREADABLE.value).inc()
        self._transport.write(Answer(status, "").wire(self._watch.date, is_last=True))
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._course.linger()

    def _close_after_answers(self) -> None:
        """Nothing more is read. Complete requests still get their answers; another never will."""
        is_answer_owed = bool(self._unanswered) and self._unanswered[-1].is_whole
        self._course.linger(is_answer_owed=is_answer_owed)
        if is_answer_owed:
            self._unanswered[-1].is_kept = False
        else:
            self._transport.close()

    def _end(self, stage: Stage) -> None:
        SLOW_CLIENTS.labels(stage.value).inc()
        self._course.linger()
        if self._transport.get_write_buffer_size():
            self._transport.abort()  # it does not read: a close would wait for it
        else:
            self._transport.close()


def _path(target: bytes) -> str:
    """The decoded path of a request's target. Raises httptools' error for what is no target."""
    path = str(httptools.parse_url(target).path.decode("ascii"))
    return unquote(path) if "%" in path else path
