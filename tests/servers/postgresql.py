"""A private PostgreSQL: its own directory, loopback port and processes, stopped by their pids.

`python -m tests.servers.postgresql` starts one until Ctrl-C and prints its URL, for benchmarks.
Its texts compare by the rules of a language where nobody says otherwise, and the stores' user is
nobody special, as in most places where a database is handed out.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg

from tests.servers.bartizan import free_port

_START_S = 60.0
_STOP_S = 20.0
_ACCOUNT = "postgres"
USER, PASSWORD = "bartizan", "the stores' own"
_QUOTED_PASSWORD = "the%20stores%27%20own"


def programs() -> Path | None:
    """Where the newest of Debian's versions has its programs."""
    found = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    versions = sorted(found, key=lambda initdb: float(initdb.parts[-3]))
    return versions[-1].parent if versions else None


def is_installed() -> bool:
    return programs() is not None


class Postgresql:
    """One server. As root it runs as the unprivileged user `postgres`: it refuses root."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="bartizan-postgresql-"))
        self.directory.chmod(0o755)
        self.port = free_port()
        self._account = _ACCOUNT if os.geteuid() == 0 else None
        self._programs = programs() or Path()
        self._process: subprocess.Popen[bytes] | None = None
        password = self.directory / "password"
        password.write_text(PASSWORD)
        if self._account:
            shutil.chown(self.directory, self._account)
        self._run(
            "initdb",
            f"--pgdata={self.directory / 'data'}",
            "--username=postgres",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--locale-provider=icu",
            "--icu-locale=en-US",
        )

    def start(self) -> None:
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    self._programs / "postgres",
                    f"-D{self.directory / 'data'}",
                    f"-p{self.port}",
                    "-clisten_addresses=127.0.0.1",
                    f"-cunix_socket_directories={self.directory}",
                    "-cmax_connections=200",
                ],
                stdout=log,
                stderr=log,
                user=self._account,
                group=self._account,
                extra_groups=None if self._account is None else [],
            )
        self._wait()
        self.execute(
            f"DO $$ BEGIN CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD.replace(chr(39), chr(39) * 2)}';"
            " EXCEPTION WHEN duplicate_object THEN NULL; END $$"
        )

    def kill(self) -> None:
        """SIGKILL to all of it: what a power cut leaves."""
        self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    def freeze(self) -> None:
        """SIGSTOP: connections stay open and nothing answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def stop(self) -> None:
        """Stop the processes and remove the directory."""
        if self._process is not None and self._process.poll() is None:
            self.thaw()
            self._process.send_signal(signal.SIGQUIT)
            try:
                self._process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def execute(self, *statements: str, database: str = "postgres") -> None:
        """As the superuser."""
        with self._connect(database) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def url(self, database: str) -> str:
        """The URL of a database, which is made if it is not there."""
        with self._connect("postgres") as connection:
            known = "SELECT 1 FROM pg_database WHERE datname = %s"
            if not connection.execute(known, (database,)).fetchone():
                connection.execute(f'CREATE DATABASE "{database}" OWNER {USER}'.encode())
        return f"postgresql://{USER}:{_QUOTED_PASSWORD}@127.0.0.1:{self.port}/{database}"

    def drop(self, database: str) -> None:
        self.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def _connect(self, database: str) -> "psycopg.Connection[psycopg.rows.TupleRow]":
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user="postgres",
            password=PASSWORD,
            dbname=database,
            connect_timeout=2,
            autocommit=True,
        )

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_S
        while True:
            try:
                self._connect("postgres").close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline or self._process is None or self._process.poll():
                    raise
                time.sleep(0.05)
            else:
                return

    def _signal(self, number: signal.Signals) -> None:
        """To the postmaster first, which then starts no more, and to all that it started."""
        if self._process is None:
            return
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children")
        os.kill(pid, signal.SIGSTOP)
        for child in children.read_text().split():
            os.kill(int(child), number)
        os.kill(pid, number)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._programs / program, *arguments],
            check=True,
            capture_output=True,
            user=self._account,
            group=self._account,
            extra_groups=None if self._account is None else [],
        )


def main() -> None:
    server = Postgresql()
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
