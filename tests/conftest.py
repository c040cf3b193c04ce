"""Servers that several test suites share; each starts when first asked for."""

import uuid
from collections.abc import Callable, Iterator

import pytest

from tests.servers import mysql as mysql_server
from tests.servers import opensearch as opensearch_server
from tests.servers import postgresql as postgresql_server
from tests.servers.apache import Apache
from tests.servers.bartizan import Api, Bartizan, recipe_port, running
from tests.servers.mariadb import MariaDb, is_installed
from tests.servers.mysql import Mysql
from tests.servers.opensearch import OpenSearch
from tests.servers.postgresql import Postgresql


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: Playwright keeps an event loop in the main thread from then on."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDb]:
    """A private MariaDB for the whole run. Tests that kill it start their own."""
    if not is_installed():
        pytest.skip("mariadb-server is not installed")
    server = MariaDb()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def mariadb_url(mariadb: MariaDb) -> Iterator[Callable[[], str]]:
    """Makes URLs of empty databases, which are dropped after the test."""
    names: list[str] = []

    def make() -> str:
        names.append(f"test_{uuid.uuid4().hex}")
        return mariadb.url(names[-1])

    yield make
    for name in names:
        mariadb.drop(name)


@pytest.fixture(scope="session")
def mysql() -> Iterator[Mysql]:
    """A private MySQL for the whole run."""
    if not mysql_server.is_installed():
        pytest.skip("MySQL is not unpacked: scripts/unpack_mysql.sh")
    server = Mysql()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def mysql_url(mysql: Mysql) -> Iterator[Callable[[], str]]:
    """Makes URLs of empty databases, which are dropped after the test."""
    names: list[str] = []

    def make() -> str:
        names.append(f"test_{uuid.uuid4().hex}")
        return mysql.url(names[-1])

    yield make
    for name in names:
        mysql.drop(name)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgresql]:
    """A private PostgreSQL for the whole run. Tests that kill it start their own."""
    if not postgresql_server.is_installed():
        pytest.skip("postgresql is not installed")
    server = Postgresql()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def postgresql_url(postgresql: Postgresql) -> Iterator[Callable[[], str]]:
    """Makes URLs of empty databases, which are dropped after the test."""
    names: list[str] = []

    def make() -> str:
        names.append(f"test_{uuid.uuid4().hex}")
        return postgresql.url(names[-1])

    yield make
    for name in names:
        postgresql.drop(name)


@pytest.fixture(scope="session")
def opensearch() -> Iterator[OpenSearch]:
    """A private cluster of three nodes for the whole run. Tests that kill some start their own."""
    if not opensearch_server.is_installed():
        pytest.skip("OpenSearch is not unpacked: scripts/unpack_opensearch.sh")
    cluster = OpenSearch()
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture
def opensearch_url(opensearch: OpenSearch) -> Iterator[Callable[[], str]]:
    """Makes URLs of empty stores, which are dropped after the test."""
    prefixes: list[str] = []

    def make() -> str:
        prefixes.append(f"test_{uuid.uuid4().hex}")
        return opensearch.url(prefixes[-1], shards=2)

    yield make
    for prefix in prefixes:
        opensearch.drop(prefix)


@pytest.fixture(scope="module")
def bartizan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bartizan]:
    """`bartizan serve` on SQLite with the recipe's sensor and a person, anna.

    On the port of the 2016 recipe where it is free.
    """
    service = Bartizan(tmp_path_factory.mktemp("bartizan"), collector_port=recipe_port())
    with running(service):
        yield service


@pytest.fixture(scope="module")
def api(bartizan: Bartizan) -> Api:
    return bartizan.login()


@pytest.fixture(scope="module")
def apache(bartizan: Bartizan) -> Iterator[Apache]:
    """Apache with the recipe's own configuration, reporting to `bartizan`."""
    server = Apache(bartizan.receiver_url)
    yield server
    server.stop()
