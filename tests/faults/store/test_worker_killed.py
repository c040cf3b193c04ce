"""R2: every acknowledged entry ends stored or as a dead letter, never neither, never both."""

import random
import time
from pathlib import Path

import pytest

from tests.faults.store.chain import Chain, exit_code

pytestmark = [pytest.mark.faults, pytest.mark.promise("R2")]

POINTS = (
    "before-store:3",
    "inside-store:2",
    "after-store:2",
    "before-bury:2",
    "after-bury:2",
    "after-done:2",
)


SERVERS = [pytest.param(name, marks=pytest.mark.peers) for name in ("mariadb", "opensearch")]


@pytest.fixture(params=["sqlite", *SERVERS])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/store/transactions.sqlite"
    made: str = request.getfixturevalue(f"{request.param}_url")()
    return made


@pytest.mark.timeout(300)
def test_a_worker_killed_at_every_point_under_load_loses_and_doubles_nothing(
    tmp_path: Path, url: str
) -> None:
    chain = Chain(tmp_path / "spool", url)
    chain.start_load()
    for point in POINTS:
        assert exit_code(chain.start_worker(point), 60) == -9
    for _ in range(5):
        process = chain.start_worker()
        time.sleep(random.uniform(0, 0.3))
        process.kill()
        process.join()
    chain.stop_load(at_least=1000)  # fewer prove nothing
    chain.drain()
    assert chain.wrong() == []
    chain_is_alive = ["probe"]
    fresh = Chain(tmp_path / "spool", url)
    fresh.acknowledged = [*chain.acknowledged]
    fresh.deliver(chain_is_alive)
    fresh.drain()
    assert fresh.stored()["probe"] == 1


def test_forgetting_before_storing_is_caught(tmp_path: Path) -> None:
    """The sabotage of R2."""
    url = f"sqlite:///{tmp_path}/store/transactions.sqlite"
    chain = Chain(tmp_path / "spool", url, sabotage="forget-before-store")
    chain.deliver([f"e{n}" for n in range(100)])
    assert exit_code(chain.start_worker("before-store:2"), 60) == -9
    chain.drain()
    assert any(wrong.startswith("missing") for wrong in chain.wrong())
