"""How far a connection is with its request, how much that may take, and until when."""

import math
from collections.abc import Callable
from enum import StrEnum

from bartizan.receive.settings import CollectorSettings

LINGER_S = 2.0
_MOST_TRAILERS = 16
# Chunked one byte at a time, a body is six times as long on the wire.
_FRAMING = 8


class Stage(StrEnum):
    """What a connection is waiting for; also the label of the metric."""

    SILENT = "silent"
    HEAD = "head"
    BODY = "body"
    ANSWER = "answer"
    IDLE = "idle"
    LINGER = "linger"
    UNREADABLE = "unreadable"
    TOO_MUCH = "too-much"
    TOO_MANY = "too-many"


class Course:
    """The stage, its deadline in the loop's time, and the bytes it took; changed by events."""

    __slots__ = (
        "_bytes",
        "_limits",
        "_max_body_bytes",
        "_now",
        "_read_bytes",
        "_request_ends_at",
        "_trailers",
        "deadline",
        "stage",
    )

    def __init__(self, limits: CollectorSettings, now: Callable[[], float]) -> None:
        self._limits = limits
        self._max_body_bytes = limits.max_body_bytes
        self._now = now
        self._request_ends_at = math.inf
        self._read_bytes = 0  # of the read that is being parsed
        self._bytes = 0  # of this head, or of this body with its framing
        self._trailers = 0
        self.stage = Stage.SILENT
        self.deadline = now() + limits.head_timeout_s

    def begin_read(self, size: int) -> None:
        self._read_bytes = size

    def begin_head(self) -> None:
        now = self._now()
        is_first = self.stage is Stage.SILENT
        # Begun in the middle of a read, it is counted from the next read on.
        is_alone = is_first or self.stage is Stage.IDLE
        self._bytes = 0 if is_alone else -self._read_bytes
        self.stage = Stage.HEAD
        self._request_ends_at = now + self._limits.request_timeout_s
        if not is_first:  # the first head's time runs from the connect
            self.deadline = now + self._limits.head_timeout_s

    def begin_body(self) -> None:
        self.stage = Stage.BODY
        self._bytes = 0
        self._trailers = 0
        self._max_body_bytes = self._limits.max_body_bytes
        self.deadline = self._request_ends_at

    def allow(self, max_body_bytes: int) -> None:
        """The body that is read may be so large; the next may not."""
        self._max_body_bytes = max_body_bytes

    def count_trailer(self) -> None:
        self._trailers += 1

    def await_answer(self) -> None:
        self.stage = Stage.ANSWER
        self.deadline = math.inf

    def rest(self) -> None:
        self.stage = Stage.IDLE
        self.deadline = self._now() + self._limits.idle_timeout_s

    def linger(self, *, is_answer_owed: bool = False) -> None:
        """Nothing more is read. Time for the client to hear why, or for what is owed to it."""
        self.stage = Stage.LINGER
        self._bytes = 0
        self.deadline = self._request_ends_at if is_answer_owed else self._now() + LINGER_S

    def block(self) -> None:
        """The client does not read."""
        self.deadline = min(self.deadline, self._now() + self._limits.head_timeout_s)

    def unblock(self) -> None:
        if self.stage is Stage.ANSWER:
            self.deadline = math.inf

    def is_over(self) -> bool:
        """Whether what was just read is more than its stage allows."""
        if self.stage is Stage.HEAD:
            self._bytes += self._read_bytes
            return self._bytes > self._limits.max_head_bytes
        if self.stage is Stage.BODY:
            self._bytes += self._read_bytes
            most = self._max_body_bytes * _FRAMING + self._limits.max_head_bytes
            return self._bytes > most or self._trailers > _MOST_TRAILERS
        if self.stage is Stage.LINGER:
            self._bytes += self._read_bytes
            return self._bytes > self._max_body_bytes
        return False
