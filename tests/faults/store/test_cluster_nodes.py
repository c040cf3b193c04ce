"""R6 on a cluster: a node that dies, and all of them at once, cost nothing but time."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.store.chain import Chain, exit_code
from tests.servers import opensearch
from tests.servers.opensearch import OpenSearch

pytestmark = [
    pytest.mark.faults,
    pytest.mark.peers,
    pytest.mark.promise("R6"),
    pytest.mark.timeout(300),
]


@pytest.fixture
def cluster() -> Iterator[OpenSearch]:
    """One of its own, since it is killed."""
    if not opensearch.is_installed():
        pytest.skip("OpenSearch is not unpacked: scripts/unpack_opensearch.sh")
    started = OpenSearch()
    try:
        started.start()
        yield started
    finally:
        started.stop()


def test_a_node_and_then_all_of_them_killed_under_load_cost_no_entry(
    tmp_path: Path, cluster: OpenSearch
) -> None:
    """The node is the cluster's manager, so the others elect one; their replicas take over."""
    chain = Chain(tmp_path / "spool", cluster.url("bartizan", shards=2, replicas=1))
    worker = chain.start_worker()
    chain.start_load()
    stored = chain.wait_until_more_is_stored(100)
    cluster.wait_for("green")
    manager = cluster.manager
    manager.kill()
    stored = chain.wait_until_more_is_stored(stored + 100)
    manager.start()
    cluster.wait_for_all()
    cluster.wait_for("green")
    cluster.kill()
    before = len(chain.acknowledged)
    time.sleep(1.5)
    assert len(chain.acknowledged) > before, "the spool must accept while the cluster is down"
    cluster.start()
    chain.wait_until_more_is_stored(stored + 100)
    chain.stop_load(at_least=1000)
    chain.wait_until_empty()
    worker.terminate()
    assert exit_code(worker, 20) == 0
    assert chain.wrong() == []
