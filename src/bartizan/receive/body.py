"""A request's body, bounded by what arrives and not by what was promised."""

from bartizan.domain.delivery import Verdict
from bartizan.receive.exchange import Exchange


class Room:
    """How much is held of bodies, of all requests together. Used from one event loop."""

    def __init__(self, max_held_bytes: int) -> None:
        self._max_held_bytes = max_held_bytes
        self._held_bytes = 0

    def take(self, size: int) -> bool:
        """Hold more; False if that is too much. Held it is in any case: give it back."""
        self._held_bytes += size
        return self._held_bytes <= self._max_held_bytes

    def give_back(self, size: int) -> None:
        self._held_bytes -= size


class BodyReader:
    """Reads bodies; what is held of those that need several reads is bounded for all together."""

    def __init__(self, max_body_bytes: int, room: Room) -> None:
        self._max_body_bytes = max_body_bytes
        self._room = room

    async def read(self, exchange: Exchange) -> bytes | Verdict:
        """The whole body, or why not: `EMPTY`, `TOO_LARGE`, `BUSY` (no room). Raises `Gone`.

        A refused body is read on and thrown away before this returns, see `discard`.
        """
        piece, is_more = await exchange.read()
        if is_more:
            return await self._read_on(exchange, piece)
        if len(piece) > self._max_body_bytes:
            return Verdict.TOO_LARGE
        return piece or Verdict.EMPTY

    async def discard(self, exchange: Exchange) -> None:
        """Read to the end, but no further than another `max_body_bytes`. Raises `Gone`.

        Many senders read no answer before they have sent everything. Who sends still more is
        answered in the middle, and the guard closes the connection in the end.
        """
        left = self._max_body_bytes
        is_more = True
        while is_more and left > 0:
            piece, is_more = await exchange.read()
            left -= len(piece)

    async def _read_on(self, exchange: Exchange, first: bytes) -> bytes | Verdict:
        pieces = [first]
        size = 0
        refused: Verdict | None = None
        is_more = True
        try:
            while True:
                size += len(pieces[-1])
                is_room = self._room.take(len(pieces[-1]))
                if size > self._max_body_bytes:
                    refused = Verdict.TOO_LARGE
                elif not is_room:
                    refused = Verdict.BUSY
                if refused is not None or not is_more:
                    break
                piece, is_more = await exchange.read()
                pieces.append(piece)
        finally:
            self._room.give_back(size)
        if refused is None:
            return b"".join(pieces) or Verdict.EMPTY
        pieces.clear()
        if is_more:
            await self.discard(exchange)
        return refused
