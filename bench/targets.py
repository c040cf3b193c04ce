"""The three things compared: where to send, what counts as stored, whose CPU time it takes."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

import pymysql

from bartizan.domain.search import Search
from bartizan.store.contract import Store
from bartizan.store.registry import open_store
from bench import recipe
from bench.entries import PASSWORD, USER
from bench.measure import cpu_seconds
from tests.servers.bartizan import Bartizan, free_port
from tests.servers.mariadb import MariaDb

Connection: TypeAlias = "pymysql.Connection[pymysql.cursors.Cursor]"


class Target(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def port(self) -> int: ...

    def stored(self) -> int:
        """Entries that a question to the database finds now."""
        ...

    def cpu(self) -> float:
        """CPU seconds used so far by all its processes, its database among them."""
        ...


@dataclass
class RecipeTarget:
    name: str
    port: int
    pids: list[int]
    connection: Connection

    def stored(self) -> int:
        return recipe.stored(self.connection)

    def cpu(self) -> float:
        return cpu_seconds(self.pids)


@dataclass
class BartizanTarget:
    name: str
    service: Bartizan
    store: Store
    database: list[int]

    @property
    def port(self) -> int:
        return self.service.collector_port

    def stored(self) -> int:
        return self.store.count(Search()).transactions

    def cpu(self) -> float:
        return cpu_seconds([self.service.pid, *self.database])


@contextmanager
def all_targets(directory: Path) -> Iterator[list[Target]]:
    """All three, running at once and idle; one MariaDB serves both who use it."""
    mariadb = MariaDb()
    with ExitStack() as stack:
        stack.callback(mariadb.stop)
        mariadb.start()
        connection: Connection = pymysql.connect(
            host="127.0.0.1", port=mariadb.port, user="root", autocommit=True
        )
        stack.callback(connection.close)
        url = mariadb.url("bartizan")
        pid = _pid(connection)
        socket = mariadb.directory / "socket"
        yield [
            stack.enter_context(_recipe(directory / "recipe", socket, connection, pid)),
            stack.enter_context(_bartizan("Bartizan, SQLite", directory / "sqlite", None, [])),
            stack.enter_context(_bartizan("Bartizan, MariaDB", directory / "maria", url, [pid])),
        ]


def _pid(connection: Connection) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT @@datadir, @@pid_file")
        row = cursor.fetchone()
    assert row
    return int(Path(row[0], row[1]).read_text())


@contextmanager
def _recipe(
    directory: Path, socket: Path, connection: Connection, mariadb: int
) -> Iterator[RecipeTarget]:
    directory.mkdir()
    recipe.prepare(connection)
    port = free_port()
    with recipe.serve(directory, port, socket) as pids:
        yield RecipeTarget("recipe in PHP, MariaDB", port, [*pids, mariadb], connection)


@contextmanager
def _bartizan(
    name: str, directory: Path, url: str | None, database: list[int]
) -> Iterator[BartizanTarget]:
    service = Bartizan(directory, store_url=url, settings={"log": {"level": "warning"}})
    service.start()
    try:
        service.add_sensor(USER, PASSWORD)
        store = open_store(url or f"sqlite:///{service.data / 'transactions.sqlite'}")
        try:
            yield BartizanTarget(name, service, store, database)
        finally:
            store.close()
    finally:
        service.stop()
