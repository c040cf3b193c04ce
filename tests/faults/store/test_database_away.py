"""R6: a database that hangs, dies and comes back costs nothing but time."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.store.chain import Chain, exit_code
from tests.servers.mariadb import MariaDb, is_installed

pytestmark = [pytest.mark.faults, pytest.mark.peers, pytest.mark.promise("R6")]


@pytest.fixture
def server() -> Iterator[MariaDb]:
    """One of its own, since it is killed."""
    if not is_installed():
        pytest.skip("mariadb-server is not installed")
    started = MariaDb()
    try:
        started.start()
        yield started
    finally:
        started.stop()


def test_a_database_that_hangs_and_dies_under_load_costs_no_entry(
    tmp_path: Path, server: MariaDb
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
