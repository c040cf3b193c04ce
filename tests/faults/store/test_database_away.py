"""R6: a database that hangs, dies and comes back costs nothing but time."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.store.chain import Chain, exit_code
from tests.servers import mariadb, postgresql
from tests.servers.mariadb import MariaDb
from tests.servers.postgresql import Postgresql

pytestmark = [pytest.mark.faults, pytest.mark.peers, pytest.mark.promise("R6")]


@pytest.fixture(params=["mariadb", "postgresql"])
def server(request: pytest.FixtureRequest) -> Iterator[MariaDb | Postgresql]:
    """One of its own, since it is killed."""
    module = {"mariadb": mariadb, "postgresql": postgresql}[request.param]
    if not module.is_installed():
        pytest.skip(f"{request.param} is not installed")
    started = MariaDb() if request.param == "mariadb" else Postgresql()
    try:
        started.start()
        yield started
    finally:
        started.stop()


def test_a_database_that_hangs_and_dies_under_load_costs_no_entry(
    tmp_path: Path, server: MariaDb | Postgresql
) -> None:
    chain = Chain(tmp_path / "spool", server.url("bartizan"))
    worker = chain.start_worker()
    chain.start_load()
    time.sleep(0.5)
    server.freeze()
    before = len(chain.acknowledged)
    time.sleep(1.5)
    assert len(chain.acknowledged) > before, "the spool must accept while the database hangs"
    server.thaw()
    time.sleep(0.5)
    server.kill()
    before = len(chain.acknowledged)
    time.sleep(1.5)
    assert len(chain.acknowledged) > before, "the spool must accept while the database is down"
    server.start()
    chain.stop_load()
    chain.wait_until_empty()
    worker.terminate()
    assert exit_code(worker, 20) == 0
    assert chain.wrong() == []
