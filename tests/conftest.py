"""Servers that several test suites share, each started when first asked for, and how properties are tried.

Property tests try the same inputs in every run, so that a run says the same twice; inputs nobody
has tried yet are for `python -m tests.fuzz.mutate`, or `--hypothesis-profile=default` here. They
have no deadline: other work on the machine takes time too.
"""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import settings

from tests.servers import mariadb as mariadb_server
from tests.servers import mysql as mysql_server
from tests.servers import opensearch as opensearch_server
from tests.servers import postgresql as postgresql_server
from tests.servers.apache import Apache
from tests.servers.bartizan import Api, Bartizan, recipe_port, running
from tests.servers.mariadb import MariaDb
from tests.servers.mysql import Mysql
from tests.servers.opensearch import OpenSearch
from tests.servers.postgresql import Postgresql
from tests.servers.private import empty_databases, started

settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.load_profile("repeatable")

Url = Callable[[], str]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: Playwright keeps an event loop in the main thread from then on."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDb]:
    """A private MariaDB for the whole run. Tests that kill it start their own."""
    there = mariadb_server.is_installed()
    with started(MariaDb, is_installed=there, lacking="mariadb-server is not installed") as server:
        yield server


@pytest.fixture
def mariadb_url(mariadb: MariaDb) -> Iterator[Url]:
    with empty_databases(mariadb) as make:
        yield make


@pytest.fixture(scope="session")
def mysql() -> Iterator[Mysql]:
    """A private MySQL for the whole run."""
    there, lacking = mysql_server.is_installed(), "MySQL is not unpacked: scripts/unpack_mysql.sh"
    with started(Mysql, is_installed=there, lacking=lacking) as server:
        yield server


@pytest.fixture
def mysql_url(mysql: Mysql) -> Iterator[Url]:
    with empty_databases(mysql) as make:
        yield make


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgresql]:
    """A private PostgreSQL for the whole run. Tests that kill it start their own."""
    there = postgresql_server.is_installed()
    with started(Postgresql, is_installed=there, lacking="postgresql is not installed") as server:
        yield server


@pytest.fixture
def postgresql_url(postgresql: Postgresql) -> Iterator[Url]:
    with empty_databases(postgresql) as make:
        yield make


@pytest.fixture(scope="session")
def opensearch() -> Iterator[OpenSearch]:
    """A private cluster of three nodes for the whole run. Tests that kill some start their own."""
    there = opensearch_server.is_installed()
    lacking = "OpenSearch is not unpacked: scripts/unpack_opensearch.sh"
    with started(OpenSearch, is_installed=there, lacking=lacking) as cluster:
        yield cluster


@pytest.fixture
def opensearch_url(opensearch: OpenSearch) -> Iterator[Url]:
    with empty_databases(opensearch, shards=2) as make:
        yield make


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
