"""A private MariaDB: its own directory, loopback port and process, stopped by its pid.

`python -m tests.servers.mariadb` starts one until Ctrl-C and prints its URL, for benchmarks.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pymysql

from tests.servers.bartizan import free_port

_START_S = 60.0


def is_installed() -> bool:
    return all(shutil.which(name) for name in ("mariadbd", "mariadb-install-db"))


class MariaDb:
    """One server. As root it runs as the unprivileged user `mysql`, which it insists on."""

    password = ""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="bartizan-mariadb-"))
        self.directory.chmod(0o755)
        self._user = ["--user=mysql"] if os.geteuid() == 0 else []
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        data = self.directory / "data"
        data.mkdir()
        if self._user:
            shutil.chown(self.directory, "mysql")
            shutil.chown(data, "mysql")
        subprocess.run([*self._initializer(), *self._user], check=True, capture_output=True)

    def _initializer(self) -> list[str]:
        return [
            "mariadb-install-db",
            "--no-defaults",
            f"--datadir={self.directory / 'data'}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        ]

    def _server(self) -> list[str]:
        return ["mariadbd", "--no-defaults"]

    def start(self) -> None:
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *self._server(),
                    f"--datadir={self.directory / 'data'}",
                    f"--socket={self.directory / 'socket'}",
                    f"--port={self.port}",
                    "--bind-address=127.0.0.1",
                    "--innodb-buffer-pool-size=128M",
                    "--innodb-flush-log-at-trx-commit=1",
                    "--skip-name-resolve",
                    *self._user,
                ],
                stdout=log,
                stderr=log,
            )
        self._wait()

    def kill(self) -> None:
        """SIGKILL: what a power cut leaves of the process."""
        self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    def freeze(self) -> None:
        """SIGSTOP: connections stay open and nothing answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def stop(self) -> None:
        """Stop the process and remove the directory."""
        if self._process is not None and self._process.poll() is None:
            self.thaw()
            self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def execute(self, *statements: str, database: str | None = None) -> None:
        with self._connect(database) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def url(self, database: str) -> str:
        """The URL of a database, which is made if it is not there."""
        self.execute(f"CREATE DATABASE IF NOT EXISTS `{database}`")
        user = f"root:{self.password}" if self.password else "root"
        return f"mysql://{user}@127.0.0.1:{self.port}/{database}"

    def drop(self, database: str) -> None:
        self.execute(f"DROP DATABASE IF EXISTS `{database}`")

    def _connect(self, database: str | None = None) -> "pymysql.Connection[pymysql.cursors.Cursor]":
        return pymysql.connect(
            host="127.0.0.1",
            port=self.port,
            user="root",
            password=self.password,
            database=database,
            connect_timeout=2,
            autocommit=True,
        )

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_S
        while True:
            try:
                self._connect().close()
            except pymysql.OperationalError:
                if time.monotonic() > deadline or self._process is None or self._process.poll():
                    raise
                time.sleep(0.05)
            else:
                return

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            os.kill(self._process.pid, number)


def main() -> None:
    server = MariaDb()
    try:
        server.start()
        print(server.url("bartizan"), flush=True)
        signal.pause()
    except KeyboardInterrupt:
        pass
    finally:
        server.stop()


if __name__ == "__main__":
    main()
