"""The web server of the console."""

import socket

import uvicorn

from bartizan.query.live import LiveFeed


class ConsoleServer(uvicorn.Server):
    """uvicorn, but live streams end when it is told to stop.

    They would never end by themselves, and uvicorn waits for open connections before it lets the
    application know that it stops.
    """

    def __init__(self, config: uvicorn.Config, feed: LiveFeed) -> None:
        super().__init__(config)
        self._feed = feed

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._feed.end()
        await super().shutdown(sockets)
