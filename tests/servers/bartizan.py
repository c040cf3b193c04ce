"""The real `bartizan serve` in a directory of its own, driven from outside as its users drive it."""

import base64
import fcntl
import functools
import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

T = TypeVar("T")
PASSWORD = "the guard in the turret"


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def recipe_port() -> int:
    """8888, the port in the 2016 recipe, where it is free and no other test run has claimed it."""
    if not _has_claimed_recipe_port():
        return free_port()
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", 8888))
        except OSError:
            return free_port()
    return 8888


@functools.cache
def _has_claimed_recipe_port() -> bool:
    """Whether this process has it: between asking for the port and listening, two would get it."""
    claim = Path(tempfile.gettempdir(), f"bartizan-tests-{os.getuid()}-8888.lock")
    held = os.open(claim, os.O_WRONLY | os.O_CREAT, 0o600)  # until this process ends
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(held)
        return False
    return True


def eventually(question: Callable[[], T], within_s: float, what: str, every_s: float = 0.02) -> T:
    """The first true answer; `AssertionError` with the last one if there is none in time."""
    deadline = time.monotonic() + within_s
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s} s: {what}; last answer: {answer!r}")
        time.sleep(every_s)


class Bartizan:
    """One service. `store_url` None means SQLite in the data directory."""

    def __init__(
        self,
        directory: Path,
        *,
        store_url: str | None = None,
        collector_port: int | None = None,
        settings: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        self.directory = directory
        self.data = directory / "data"
        self.collector_port = collector_port or free_port()
        self.console_port = free_port()
        self._log = directory / "bartizan.log"
        self._process: subprocess.Popen[bytes] | None = None
        sections: dict[str, dict[str, Any]] = {
            "collector": {"port": self.collector_port},
            "console": {"port": self.console_port},
            "store": {"url": store_url} if store_url else {},
        }
        for name, values in (settings or {}).items():
            sections.setdefault(name, {}).update(values)
        self.tls = "tls_certificate" in sections["collector"]
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "bartizan.toml").write_text(
            f"data_directory = {json.dumps(str(self.data))}\n"
            + "".join(
                f"[{name}]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in values.items())
                for name, values in sections.items()
            )
        )

    @property
    def receiver_url(self) -> str:
        """What a sensor's ConsoleURI says, as in the 2016 recipe."""
        return self.collector_url("/rpc/auditLogReceiver.php")

    def collector_url(self, path: str) -> str:
        """What a sensor posts to."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.collector_port}{path}"

    @property
    def console_url(self) -> str:
        return f"http://127.0.0.1:{self.console_port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        """Everything it printed so far."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def start(self, *options: str) -> None:
        """Start it and wait until collector and console are ready."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command("serve", *options), cwd=self.directory, stdout=log, stderr=log
            )
        try:
            eventually(self.is_ready, 90, "ready")
        except AssertionError as error:
            self.stop()
            raise AssertionError(f"{error}\n{self.log}") from error

    def is_ready(self) -> bool:
        """Whether both listeners say so."""
        if self._process is None or self._process.poll() is not None:
            raise AssertionError(f"bartizan serve ended\n{self.log}")
        try:
            if http_status("127.0.0.1", self.console_port, "/readyz") != 200:
                return False
            with socket.create_connection(("127.0.0.1", self.collector_port), 1):
                return True
        except OSError:
            return False

    def stop(self) -> None:
        """SIGTERM, and wait: it promises to be gone within 10 s."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(20)
            finally:
                self._process.kill()
                self._process = None

    def role_pid(self, role: str) -> int:
        """The process of one role: collector, worker or console."""

        def find() -> int | None:
            for child in _children(self.pid):
                if _arguments(child)[-2:] == ["--role", role]:
                    return child
            return None

        return eventually(find, 10, f"a process for {role}") or 0

    def kill(self, role: str) -> int:
        """SIGKILL one role; gives the pid that is no more. The supervisor starts it again."""
        pid = self.role_pid(role)
        os.kill(pid, signal.SIGKILL)
        return pid

    def cut_power(self) -> None:
        """SIGKILL to all of it at once; nobody starts anything again."""
        if self._process is not None:
            os.kill(self.pid, signal.SIGSTOP)
            for child in _children(self.pid):
                os.kill(child, signal.SIGKILL)
            self._process.kill()
            self._process.wait()
            self._process = None

    def command(self, *arguments: str, stdin: str = "") -> str:
        """Run a `bartizan` command with the same settings; gives what it printed."""
        done = subprocess.run(
            self._command(*arguments),
            cwd=self.directory,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        assert done.returncode == 0, f"bartizan {arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def add_sensor(self, name: str, password: str, at: str | None = None) -> None:
        """Register a sensor and wait until the collector knows it."""
        position = ("--at", at) if at else ()
        self.command("sensor", "add", name, "--password-stdin", *position, stdin=password + "\n")
        eventually(lambda: self.deliver(b"", name, password) == 409, 10, f"{name} is known")

    def add_sensor_with_secret(self, name: str) -> str:
        """Register a sensor, wait until the collector knows it, and give its generated secret."""
        printed = self.command("sensor", "add", name)
        found = re.search(r'SensorPassword\s+"([^"]+)"', printed)
        assert found, printed
        eventually(lambda: self.deliver(b"", name, found[1]) == 409, 10, f"{name} is known")
        return found[1]

    def deliver(self, entry: bytes, name: str = "admin", password: str = "admin") -> int:
        """PUT one entry as a sensor would; gives the status."""
        if self.tls:
            unverified = ssl._create_unverified_context()
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                "127.0.0.1", self.collector_port, timeout=30, context=unverified
            )
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.collector_port, timeout=30)
        credentials = base64.b64encode(f"{name}:{password}".encode()).decode()
        try:
            connection.request(
                "PUT",
                "/rpc/auditLogReceiver",
                body=entry,
                headers={
                    "Authorization": f"Basic {credentials}",
                    "Content-Length": str(len(entry)),
                },
            )
            return connection.getresponse().status
        finally:
            connection.close()

    def add_person(self, name: str = "anna", role: str = "admin") -> None:
        """A person whose password is `PASSWORD`."""
        self.command("user", "add", name, "--role", role, "--password-stdin", stdin=PASSWORD + "\n")

    def login(self, name: str = "anna") -> "Api":
        """A session of the API."""
        api = Api(self.console_port)
        api.post("/api/v1/login", {"name": name, "password": PASSWORD})
        return api

    def _command(self, *arguments: str) -> list[str]:
        settings = str(self.directory / "bartizan.toml")
        return [sys.executable, "-m", "bartizan.cli.main", "--settings", settings, *arguments]


@contextmanager
def running(service: Bartizan, *options: str) -> Iterator[Bartizan]:
    """Started, with the recipe's sensor (admin, admin) and a person who may do everything."""
    service.start(*options)
    try:
        service.add_sensor("admin", "admin", at="50.11,8.68")
        service.add_person()
        yield service
    finally:
        service.stop()


class Api:
    """API v1 as a script uses it: JSON in, JSON out, one session cookie."""

    def __init__(self, port: int, tls: ssl.SSLContext | None = None) -> None:
        self._port = port
        self._tls = tls
        self.cookie = ""

    def connect(self) -> http.client.HTTPConnection:
        if self._tls is None:
            return http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        return http.client.HTTPSConnection("127.0.0.1", self._port, timeout=30, context=self._tls)

    def get(self, path: str, /, **filters: Any) -> Any:
        query = "?" + urlencode(filters, doseq=True) if filters else ""
        return json.loads(self._request("GET", path + query))

    def post(self, path: str, content: Any) -> Any:
        return json.loads(self._request("POST", path, content))

    def delete(self, path: str) -> Any:
        return json.loads(self._request("DELETE", path))

    def raw(self, path: str) -> bytes:
        return self._request("GET", path)

    def stored(self, **filters: Any) -> int:
        """How many transactions match."""
        page = self.get("/api/v1/transactions", limit=1, **filters)
        return int(page["total"]["transactions"])

    def every_row(self, **filters: Any) -> list[dict[str, Any]]:
        """All matching rows, paged through to the end."""
        rows: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            page = self.get("/api/v1/transactions", limit=200, **filters, **cursor)
            rows += page["transactions"]
            if page["next"] is None:
                return rows
            cursor = {"cursor": page["next"]}

    def backlog(self) -> int:
        """Entries in the spool that the worker has not dealt with."""
        return int(self.get("/api/v1/status")["spool"]["entries"])

    def dead_letters(self) -> int:
        return int(self.get("/api/v1/status")["spool"]["dead_letters"])

    def _request(self, method: str, path: str, content: Any = None) -> bytes:
        connection = self.connect()
        try:
            connection.request(
                method,
                path,
                body=None if content is None else json.dumps(content),
                headers={
                    "Content-Type": "application/json",
                    "Sec-Fetch-Site": "same-origin",
                    **({"Cookie": self.cookie} if self.cookie else {}),
                },
            )
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        assert answer.status < 300, f"{method} {path}: {answer.status} {body[:500]!r}"
        if cookie := answer.getheader("Set-Cookie"):
            self.cookie = cookie.partition(";")[0]
        return body


def http_status(host: str, port: int, path: str, timeout_s: float = 2) -> int:
    """The status of one GET; OSError if nobody answers."""
    connection = http.client.HTTPConnection(host, port, timeout=timeout_s)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except http.client.HTTPException as error:
        raise ConnectionError(str(error)) from error
    finally:
        connection.close()


def _children(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(child) for child in text.split()]


def _arguments(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode().rstrip("\0").split("\0")
    except OSError:
        return []
