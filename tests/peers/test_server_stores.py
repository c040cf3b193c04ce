"""A server as the store: the same attack arrives, and nothing is lost while it is away."""

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.peers.traffic import Traffic
from tests.servers.apache import Apache
from tests.servers.bartizan import Bartizan, eventually, running
from tests.servers.mariadb import MariaDb
from tests.servers.postgresql import Postgresql

pytestmark = pytest.mark.peers


@pytest.fixture(scope="module", params=[MariaDb, Postgresql], ids=["mariadb", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[MariaDb | Postgresql]:
    """One of its own, since it is killed."""
    server: MariaDb | Postgresql = request.param()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def service(
    database: MariaDb | Postgresql, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bartizan]:
    """Transactions, people and sensors are all there."""
    url = database.url("bartizan")
    settings = {"store": {"control_url": url}}
    directory = tmp_path_factory.mktemp("bartizan")
    with running(Bartizan(directory, store_url=url, settings=settings)) as one:
        yield one


@pytest.fixture(scope="module")
def sensor(service: Bartizan) -> Iterator[Apache]:
    apache = Apache(service.receiver_url)
    yield apache
    apache.stop()


def test_an_attack_arrives_in_the_database_within_two_seconds(
    sensor: Apache, service: Bartizan
) -> None:
    api = service.login()
    unique_id = sensor.attack()
    eventually(lambda: api.stored(unique_id=unique_id) == 1, 2, "stored")


@pytest.mark.faults
@pytest.mark.promise("R6")
def test_nothing_is_lost_while_the_database_is_away(
    database: MariaDb | Postgresql, sensor: Apache, service: Bartizan
) -> None:
    with Traffic(lambda client: sensor.attack(client=client)) as traffic:
        eventually(lambda: len(traffic.unique_ids) > 50, 20, "load")
        database.kill()
        while_away = len(traffic.unique_ids)
        eventually(lambda: len(traffic.unique_ids) > while_away + 100, 30, "load goes on")
        database.start()
        back = len(traffic.unique_ids)
        eventually(lambda: len(traffic.unique_ids) > back + 50, 20, "more load")
    assert "Flagging server as errored" not in sensor.mlogc_log  # the collector never noticed
    eventually(lambda: not sensor.waiting, 60, "the sensor's disk is empty", every_s=0.2)
    api = service.login()
    eventually(lambda: api.backlog() == 0, 30, "the spool is empty")
    stored = Counter(row["unique_id"] for row in api.every_row())
    assert set(traffic.unique_ids) <= set(stored)
    assert {unique_id: n for unique_id, n in stored.items() if n > 1} == {}
