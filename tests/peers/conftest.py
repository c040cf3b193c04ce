"""The services that the tests of real peers share."""

from collections.abc import Iterator

import pytest

from tests.servers.apache import Apache
from tests.servers.bartizan import Api, Bartizan, recipe_port, running


@pytest.fixture(scope="module")
def bartizan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bartizan]:
    """`bartizan serve` on SQLite with the recipe's sensor, on the recipe's port if it is free."""
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
