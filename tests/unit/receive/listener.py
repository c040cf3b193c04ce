"""A real collector in a thread, and a client that writes and reads bytes as they are."""

import asyncio
import base64
import hashlib
import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import uvloop

from bartizan.accounts.credentials import SensorCredentials
from bartizan.domain.delivery import AuditLogEntry
from bartizan.domain.sensor import SecretKind, Sensor
from bartizan.receive.app import collector
from bartizan.receive.server import collector_server
from bartizan.receive.settings import CollectorSettings
from bartizan.receive.sightings import Doorbook
from bartizan.spool.intake import Intake
from bartizan.spool.outlet import Outlet
from bartizan.spool.settings import SpoolSettings

PATH = "/rpc/auditLogReceiver.php"


def write_snapshot(directory: Path, **passwords: str) -> None:
    """The sensors of a collector, with secrets kept as generated ones are."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    sensors = [
        Sensor(
            name=name.replace("_", "-"),
            secret_kind=SecretKind.SHA256,
            secret_hash=hashlib.sha256(password.encode()).hexdigest(),
            created_at=datetime(2026, 11, 23, tzinfo=UTC),
        )
        for name, password in passwords.items()
    ]
    (directory / "sensors.json").write_bytes(
        msgspec.json.encode({"version": 1, "sensors": sensors})
    )


def basic(name: str, password: str) -> bytes:
    return b"Basic " + base64.b64encode(f"{name}:{password}".encode())


AUTHORIZATION = basic("shop-1", "secret")


def request(
    body: bytes = b"an entry",
    *headers: bytes,
    method: str = "PUT",
    path: str = PATH,
    authorization: bytes | None = AUTHORIZATION,
    version: str = "1.1",
) -> bytes:
    lines = [f"{method} {path} HTTP/{version}".encode(), b"Host: collector"]
    if authorization is not None:
        lines.append(b"Authorization: " + authorization)
    lines += [*headers, b"Content-Length: %d" % len(body)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes


class Client:
    """One connection. Reads whole answers, nothing more."""

    def __init__(self, port: int, tls: ssl.SSLContext | None = None) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
        self._file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def ask(self, data: bytes) -> Reply:
        self.send(data)
        return self.reply()

    def reply(self) -> Reply:
        line = self._file.readline()
        if not line:
            raise ConnectionError("closed without an answer")
        assert line.startswith(b"HTTP/1.1 "), line
        assert line.endswith(b"\r\n"), line
        headers = {}
        while (header := self._file.readline()) != b"\r\n":
            name, _, value = header.decode().partition(":")
            headers[name.lower()] = value.strip()
        status = int(line.split()[1])
        length = int(headers.get("content-length", 0)) if status != 100 else 0
        return Reply(status, headers, self._file.read(length))

    def is_closed(self) -> bool:
        """Wait for the other side to close; False if it says something instead."""
        try:
            return self._file.read(1) == b""
        except ConnectionError:
            return True

    def close(self) -> None:
        self._file.close()
        self.socket.close()


class RunningCollector:
    """The collector, its spool and its sensor `shop-1` with the password `secret`."""

    def __init__(self, directory: Path, *, spool: SpoolSettings | None = None, **settings) -> None:
        self.directory = directory
        self.settings = CollectorSettings(**{"port": 0, **settings})
        self.spool_settings = spool or SpoolSettings(min_free_bytes=0)
        write_snapshot(directory, shop_1="secret", shop_2="with:colons")
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self._socket.getsockname()[1]
        self._made = threading.Event()
        self._threads = ThreadPoolExecutor(1)

    def __enter__(self):
        self._serving = self._threads.submit(self._run)
        self._made.wait(10)
        return self

    def __exit__(self, *_):
        self.server.stop()
        self.wait()

    def wait(self) -> None:
        """Until it has ended; raises what ended it."""
        self._serving.result(10)
        self._threads.shutdown()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        intake = Intake(self.directory, self.spool_settings)
        credentials = SensorCredentials(self.directory / "sensors.json")
        self.doorbook = Doorbook(self.directory / "sightings.json")
        app = collector(self.settings, intake, credentials, doorbook=self.doorbook)
        self.server = collector_server(app, self.settings)
        self._made.set()
        await self.server.serve(sockets=[self._socket])
        await intake.close()
        await self.doorbook.close()
        credentials.close()

    def client(self, tls: ssl.SSLContext | None = None) -> Client:
        return Client(self.port, tls)

    def ask(self, data: bytes) -> Reply:
        with self.client() as client:
            return client.ask(data)

    def entries(self) -> list[AuditLogEntry]:
        side = Outlet(self.directory)
        try:
            return [one.entry for one in side.take(0, 10_000, 1 << 40)]
        finally:
            side.close()

    def raws(self) -> list[bytes]:
        return [entry.raw for entry in self.entries()]
