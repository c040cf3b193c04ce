"""Somebody who watches a console's live feed."""

import contextlib
import json
import socket
import threading
from typing import Any

from tests.servers.bartizan import Api, eventually


class LiveWatch:
    """Follows the feed until told to stop, from `last_event_id` on if there is one.

    `rows` are all that came, in their order; `event_id` is what to go on from.
    """

    def __init__(self, api: Api, last_event_id: str = "") -> None:
        self.rows: list[dict[str, Any]] = []
        self.hello: dict[str, Any] = {}
        self.skipped = 0
        self.event_id = last_event_id
        self._connection = api.connect()
        headers = {"Cookie": api.cookie, "Accept": "text/event-stream"}
        if last_event_id:
            headers["Last-Event-ID"] = last_event_id
        self._connection.request("GET", "/api/v1/live", headers=headers)
        sent_over: socket.socket = self._connection.sock
        self._socket = sent_over  # the connection itself forgets it once the answer has begun
        self._answer = self._connection.getresponse()
        assert self._answer.status == 200, self._answer.read()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        eventually(lambda: self.hello, 20, "the feed begins")

    @property
    def unique_ids(self) -> list[str]:
        return [row["unique_id"] for row in self.rows]

    def stop(self) -> None:
        """As a browser that goes away."""
        with contextlib.suppress(OSError):  # the other end was quicker
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._connection.close()

    def _read(self) -> None:
        event, data, event_id = "", "", ""
        try:
            while line := self._answer.readline().decode():
                name, _, value = line.rstrip("\n").partition(": ")
                if name == "event":
                    event = value
                elif name == "id":
                    event_id = value
                elif name == "data":
                    data = value
                elif not name:
                    self._take(event, json.loads(data))
                    self.event_id = event_id or self.event_id
                    event, data, event_id = "", "", ""
        except (OSError, ValueError):
            return  # broken off in the middle of an event, which then does not count

    def _take(self, event: str, data: Any) -> None:
        if event == "rows":
            self.rows += data
        elif event == "skipped":
            self.skipped += data["count"]
        elif event == "hello":
            self.hello = data
