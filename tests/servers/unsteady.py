"""The network between a shipper and a collector whose address may change: a proxy that can fail."""

import random
import socket
import struct
import threading
from contextlib import suppress
from enum import Enum

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close sends RST


class Mode(Enum):
    STEADY = "steady"
    REFUSING = "refusing"  # connections are reset at once
    BREAKING = "breaking"  # connections are reset in the middle of a request or of an answer
    BUSY = "busy"  # every request hears 503


class UnsteadyWay:
    """Listens on `port`, forwards to `target`. Both may be changed at any time."""

    def __init__(self, rng: random.Random) -> None:
        self.mode = Mode.STEADY
        self.target = 0
        self.broken = 0
        self._rng = rng
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Reset every connection there is."""
        for one in list(self._open):
            _reset(one)

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                thread = threading.Thread(target=self._serve, args=(near,), daemon=True)
                thread.start()
                self._threads = [one for one in self._threads if one.is_alive()] + [thread]

    def _serve(self, near: socket.socket) -> None:
        with near:
            self._answer(near)

    def _answer(self, near: socket.socket) -> None:
        if self.mode is Mode.REFUSING:
            _reset(near)
            return
        if self.mode is Mode.BUSY:
            _say_busy(near)
            return
        try:
            far = socket.create_connection(("127.0.0.1", self.target), 5)
        except OSError:
            _reset(near)
            return
        self._open |= {near, far}
        far.settimeout(None)
        limits = [1 << 60, 1 << 60]
        if self.mode is Mode.BREAKING:
            self.broken += 1
            limits[self._rng.randrange(2)] = self._rng.randrange(1, 2000)
        back = threading.Thread(target=self._pump, args=(far, near, limits[1]), daemon=True)
        back.start()
        self._pump(near, far, limits[0])
        back.join()
        self._open -= {near, far}
        far.close()

    def _pump(self, source: socket.socket, sink: socket.socket, limit: int) -> None:
        with suppress(OSError):
            while limit > 0 and (data := source.recv(65536)):
                sink.sendall(data[:limit])
                limit -= len(data)
            if limit > 0:
                sink.shutdown(socket.SHUT_WR)
                return
        _reset(source)
        _reset(sink)


def _reset(one: socket.socket) -> None:
    with suppress(OSError):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        one.shutdown(socket.SHUT_RDWR)


def _say_busy(near: socket.socket) -> None:
    with suppress(OSError):
        near.settimeout(5)
        near.recv(65536)
        near.sendall(
            b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 0\r\nContent-Length: 0\r\n"
            b"Connection: close\r\n\r\n"
        )
