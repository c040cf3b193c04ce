"""The stores that the suites run over."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bartizan.domain.search import Facet, Search
from bartizan.store.contract import Store
from bartizan.store.control import ControlStore
from bartizan.store.memory import MemoryStore
from bartizan.store.registry import open_control, open_store, upgrade_control, upgrade_store
from bartizan.store.sql.tables import METADATA
from tests.migrated import empty_store
from tests.servers.mariadb import MariaDb
from tests.servers.mysql import Mysql
from tests.servers.opensearch import OpenSearch
from tests.servers.postgresql import Postgresql

MARIADB = pytest.param("mariadb", marks=pytest.mark.peers)
MYSQL = pytest.param("mysql", marks=pytest.mark.peers)
POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.peers)
OPENSEARCH = pytest.param("opensearch", marks=pytest.mark.peers)
Url = Callable[[], str]


@pytest.fixture(params=["sqlite", MARIADB, MYSQL, POSTGRESQL])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/store/transactions.sqlite"
    make: Url = request.getfixturevalue(f"{request.param}_url")
    return make()


class SharedStore:
    """One database for many tests, since making one takes half a second."""

    def __init__(self, server: MariaDb | Postgresql) -> None:
        self._server = server
        address = server.url("shared")
        upgrade_store(address)
        self.store = open_store(address)

    def empty(self) -> None:
        tables = METADATA.tables.keys() - {"rule_texts"}  # a writer remembers those it sent
        self._server.execute(*(f"DELETE FROM {table}" for table in tables), database="shared")


@pytest.fixture(scope="session")
def shared_mariadb_store(mariadb: MariaDb) -> Iterator[SharedStore]:
    shared = SharedStore(mariadb)
    yield shared
    shared.store.close()


@pytest.fixture(scope="session")
def shared_mysql_store(mysql: Mysql) -> Iterator[SharedStore]:
    shared = SharedStore(mysql)
    yield shared
    shared.store.close()


@pytest.fixture(scope="session")
def shared_postgresql_store(postgresql: Postgresql) -> Iterator[SharedStore]:
    shared = SharedStore(postgresql)
    yield shared
    shared.store.close()


class SharedCluster:
    """One set of indexes for many tests, emptied as a person would: sensor by sensor."""

    def __init__(self, server: OpenSearch) -> None:
        address = server.url("shared", shards=2)
        upgrade_store(address)
        self.store = open_store(address)

    def empty(self) -> None:
        present = {one.value for one in self.store.facet(Search(), Facet.SENSOR, limit=1000)}
        for sensor in present | self.store.last_seen().keys():
            self.store.remove_sensor(sensor)


@pytest.fixture(scope="session")
def shared_opensearch_store(opensearch: OpenSearch) -> Iterator[SharedCluster]:
    shared = SharedCluster(opensearch)
    yield shared
    shared.store.close()


@pytest.fixture
def sql(url: str) -> Iterator[Store]:
    """A store in SQL; `numbered.empty` empties it for the next example of a property."""
    upgrade_store(url)
    opened = open_store(url)
    yield opened
    opened.close()


# A cluster has no transactions: it stores each record whole, not each batch.
TRANSACTIONAL = ["memory", "sqlite", MARIADB, MYSQL, POSTGRESQL]


@pytest.fixture(params=[*TRANSACTIONAL, OPENSEARCH])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    if request.param == "memory":
        yield MemoryStore()
    elif request.param == "sqlite":
        opened = open_store(empty_store(tmp_path / "store" / "transactions.sqlite"))
        yield opened
        opened.close()
    else:
        shared: SharedStore | SharedCluster = request.getfixturevalue(
            f"shared_{request.param}_store"
        )
        yield shared.store
        shared.empty()


@pytest.fixture
def control(url: str) -> Iterator[ControlStore]:
    upgrade_control(url)
    opened = open_control(url)
    yield opened
    opened.close()
