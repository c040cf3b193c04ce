"""A cluster as the store of a whole service: an attack is in the live feed, and stays when it ends."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers.apache import Apache
from tests.servers.bartizan import Bartizan, eventually, running
from tests.servers.live import LiveWatch

pytestmark = [pytest.mark.peers, pytest.mark.timeout(300)]


@pytest.fixture
def service(opensearch_url: Callable[[], str], tmp_path: Path) -> Iterator[Bartizan]:
    """Only the URL is set: people and sensors are in a file of their own."""
    with running(Bartizan(tmp_path, store_url=opensearch_url())) as one:
        yield one


@pytest.fixture
def sensor(service: Bartizan) -> Iterator[Apache]:
    apache = Apache(service.receiver_url)
    yield apache
    apache.stop()


@pytest.mark.promise("R11")
def test_an_attack_is_in_the_live_feed_and_found_again_after_a_restart(
    service: Bartizan, sensor: Apache
) -> None:
    api = service.login()
    watch = LiveWatch(api)
    unique_id = sensor.attack()
    eventually(lambda: unique_id in watch.unique_ids, 10, "in the live feed")
    assert watch.unique_ids.count(unique_id) == 1
    watch.stop()
    assert api.stored(unique_id=unique_id, blocked="true") == 1
    (row,) = api.every_row(unique_id=unique_id)
    assert row["sensor"] == "admin"
    assert b"-A--" in api.raw(f"/api/v1/transactions/{row['id']}/raw")
    assert (service.data / "control.sqlite").exists()
    assert not (service.data / "transactions.sqlite").exists()
    service.stop()
    service.start()
    again = service.login()
    assert again.stored(unique_id=unique_id) == 1
    assert again.get("/api/v1/sensors")["sensors"][0]["name"] == "admin"
