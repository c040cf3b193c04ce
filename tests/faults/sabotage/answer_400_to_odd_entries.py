"""Sabotage of R4: looks at the entry and answers 400 to what does not look like one."""

from bartizan.receive import app
from bartizan.receive.answers import Answer

_BAD_REQUEST = Answer(400, "not an audit log entry\n")


def collector(settings, intake, credentials):
    honest = app.collector(settings, intake, credentials)

    async def picky(scope, receive, send):
        first = await receive()
        if not first["body"].startswith(b"--"):
            await _BAD_REQUEST.send(send)
            return
        messages = [first]

        async def replay():
            return messages.pop() if messages else await receive()

        await honest(scope, replay, send)

    return picky
