"""The stores that the suites run over."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bartizan.store.contract import Store
from bartizan.store.control import ControlStore
from bartizan.store.memory import MemoryStore
from bartizan.store.registry import open_control, open_store, upgrade_control, upgrade_store
from bartizan.store.sql.tables import METADATA
from tests.servers.mariadb import MariaDb

MARIADB = pytest.param("mariadb", marks=pytest.mark.peers)
Url = Callable[[], str]


@pytest.fixture(params=["sqlite", MARIADB])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "mariadb":
        make: Url = request.getfixturevalue("mariadb_url")
        return make()
    return f"sqlite:///{tmp_path}/store/transactions.sqlite"


@pytest.fixture(scope="session")
def shared_mariadb_store(mariadb: MariaDb) -> Iterator[Store]:
    """One database for many tests, since making one takes half a second; emptied by `store`."""
    address = mariadb.url("shared")
    upgrade_store(address)
    opened = open_store(address)
    yield opened
    opened.close()


@pytest.fixture(params=["memory", "sqlite", MARIADB])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    if request.param == "memory":
        yield MemoryStore()
    elif request.param == "sqlite":
        address = f"sqlite:///{tmp_path}/store/transactions.sqlite"
        upgrade_store(address)
        opened = open_store(address)
        yield opened
        opened.close()
    else:
        shared: Store = request.getfixturevalue("shared_mariadb_store")
        yield shared
        server: MariaDb = request.getfixturevalue("mariadb")
        for table in METADATA.tables.keys() - {"rule_texts"}:  # a writer remembers those it sent
            server.execute(f"DELETE FROM shared.{table}")


@pytest.fixture
def control(url: str) -> Iterator[ControlStore]:
    upgrade_control(url)
    opened = open_control(url)
    yield opened
    opened.close()
