"""The stores that the suites run over."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bartizan.store.contract import Store
from bartizan.store.control import ControlStore
from bartizan.store.memory import MemoryStore
from bartizan.store.registry import open_control, open_store, upgrade_control, upgrade_store

MARIADB = pytest.param("mariadb", marks=pytest.mark.peers)
Url = Callable[[], str]


@pytest.fixture(params=["sqlite", MARIADB])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "mariadb":
        make: Url = request.getfixturevalue("mariadb_url")
        return make()
    return f"sqlite:///{tmp_path}/store/transactions.sqlite"


@pytest.fixture(params=["memory", "sqlite", MARIADB])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened: Store
    if request.param == "memory":
        opened = MemoryStore()
    else:
        address = f"sqlite:///{tmp_path}/store/transactions.sqlite"
        if request.param == "mariadb":
            address = request.getfixturevalue("mariadb_url")()
        upgrade_store(address)
        opened = open_store(address)
    yield opened
    opened.close()


@pytest.fixture
def control(url: str) -> Iterator[ControlStore]:
    upgrade_control(url)
    opened = open_control(url)
    yield opened
    opened.close()
