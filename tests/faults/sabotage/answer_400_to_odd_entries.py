"""Sabotage of R4: looks at the entry and answers 400 to what does not look like one."""

from bartizan.receive import app
from bartizan.receive.answers import Answer

_BAD_REQUEST = Answer(400, "not an audit log entry\n")


def collector(settings, intake, credentials):
    honest = app.collector(settings, intake, credentials)

    async def picky(exchange):
        piece, is_more = await exchange.read()
        if not piece.startswith(b"--"):
            exchange.answer(_BAD_REQUEST)
            return
        exchange.is_whole = not is_more
        exchange.feed(piece)
        await honest(exchange)

    return picky
