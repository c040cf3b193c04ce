"""Servers that several test suites share; each starts when first asked for."""

import uuid
from collections.abc import Callable, Iterator

import pytest

from tests.servers.mariadb import MariaDb, is_installed


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
