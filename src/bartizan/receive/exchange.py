"""One request and its answer, between the connection that carries both and the application."""

import asyncio
from typing import Protocol

from bartizan.receive.answers import Answer
from bartizan.receive.contract import Headers

HIGH_WATER_BYTES = 65_536


class Gone(Exception):  # noqa: N818 - named for what happened
    """The client left before its request was complete. Does not leave `receive`."""


class Carrier(Protocol):
    """The connection, as an exchange needs it."""

    @property
    def peer(self) -> str | None: ...

    def invite(self) -> None:
        """Tell the client to send the body it holds back."""
        ...

    def regulate(self) -> None:
        """Read on, or stop reading, by what waits to be taken."""
        ...

    def allow(self, exchange: "Exchange", max_body_bytes: int) -> None:
        """Let this exchange's body be larger than those of others."""
        ...

    def finish(self, exchange: "Exchange", answer: Answer, *, is_last: bool) -> None: ...


class Exchange:
    """What the application is given: the head is complete, the body may still be on its way."""

    __slots__ = (
        "_carrier",
        "_is_gone",
        "_pieces",
        "_waiter",
        "headers",
        "held_bytes",
        "is_answered",
        "is_held_back",
        "is_kept",
        "is_whole",
        "method",
        "path",
        "task",
    )

    def __init__(
        self,
        carrier: Carrier,
        method: str,
        path: str,
        headers: Headers,
        *,
        is_kept: bool,
        is_held_back: bool,
    ) -> None:
        self._carrier = carrier
        self.method = method
        self.path = path
        self.headers = headers  # names in lower case
        self.is_kept = is_kept  # whether the connection stays open for the next
        self.is_held_back = is_held_back  # `Expect: 100-continue`, and nobody has read yet
        self.is_whole = False
        self.is_answered = False
        self.held_bytes = 0
        self.task: asyncio.Task[None] | None = None
        self._pieces: list[bytes] = []
        self._waiter: asyncio.Future[None] | None = None
        self._is_gone = False

    @property
    def peer(self) -> str | None:
        """The address of who asks."""
        return self._carrier.peer

    def allow(self, max_body_bytes: int) -> None:
        """Expect a body of that size. Before the first `read`."""
        self._carrier.allow(self, max_body_bytes)

    async def read(self) -> tuple[bytes, bool]:
        """What came of the body since the last time, and whether more follows. Raises `Gone`."""
        if self.is_held_back:
            self.is_held_back = False
            self._carrier.invite()
        if not (self._pieces or self.is_whole or self._is_gone):
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        if self._is_gone:
            raise Gone
        pieces, self._pieces = self._pieces, []
        is_full = self.held_bytes > HIGH_WATER_BYTES
        self.held_bytes = 0
        if is_full:
            self._carrier.regulate()
        return (pieces[0] if len(pieces) == 1 else b"".join(pieces)), not self.is_whole

    def answer(self, answer: Answer, *, is_last: bool = False) -> None:
        """Once per exchange. `is_last` closes the connection. Nobody may be there to hear it."""
        self.is_answered = True
        self._carrier.finish(self, answer, is_last=is_last)

    def feed(self, piece: bytes) -> None:
        """For the connection: a piece of the body came."""
        self._pieces.append(piece)
        self.held_bytes += len(piece)
        self._wake()

    def complete(self) -> None:
        """For the connection: the body has ended."""
        self.is_whole = True
        self._wake()

    def leave(self) -> None:
        """For the connection: the client is gone."""
        self._is_gone = True
        self._wake()

    def _wake(self) -> None:
        waiter = self._waiter
        if waiter is not None:
            self._waiter = None
            if not waiter.done():
                waiter.set_result(None)
