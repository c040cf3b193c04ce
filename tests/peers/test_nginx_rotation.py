"""nginx's serial log is rotated, and the shipper and the collector killed: nothing may be missing."""

import subprocess
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from bartizan.app.ship_configuration import ENGINES
from tests.peers.traffic import Traffic
from tests.servers.audit_log import AuditLog
from tests.servers.bartizan import Api, Bartizan, eventually
from tests.servers.nginx import Nginx
from tests.servers.ship import Ship

pytestmark = [pytest.mark.peers, pytest.mark.faults]
ROUNDS = 2


@pytest.fixture
def nginx() -> Iterator[Nginx]:
    server = Nginx(AuditLog())
    yield server
    server.stop()


def test_a_reload_does_not_make_libmodsecurity_open_its_log_again(nginx: Nginx) -> None:
    """Why a rotation copies and truncates; see ModSecurity-nginx issue 121."""
    nginx.attack()
    renamed = nginx.audit_log.rename(nginx.audit_log.with_suffix(".log.1"))
    nginx.reload()
    after = nginx.attack()
    eventually(lambda: after.unique_id in renamed.read_text(), 5, "it is in the renamed log")
    assert not nginx.audit_log.exists()


def _logrotate(nginx: Nginx, _: int) -> None:
    """The real one, with the lines that `bartizan ship --print-config nginx` prints."""
    shown = ENGINES["nginx"]("https://collector:8888", "web-1").files[-1].content
    log, _, rest = shown.partition(" ")
    lines = f"{nginx.audit_log} {rest}"
    assert log.endswith(".json"), shown
    (nginx.directory / "logrotate.conf").write_text(lines)
    state = f"{nginx.directory}/logrotate.state"
    command = ["/usr/sbin/logrotate", "-f", "-s", state, f"{nginx.directory}/logrotate.conf"]
    subprocess.run(command, check=True)


def _rename_and_restart(nginx: Nginx, number: int) -> None:
    nginx.audit_log.rename(f"{nginx.audit_log}.{number}")
    nginx.restart()


@pytest.mark.promise("R1")
@pytest.mark.parametrize("rotate", [_logrotate, _rename_and_restart])
def test_nothing_is_missing_or_doubled_after_rotations_and_kills(
    rotate: Callable[[Nginx, int], None], nginx: Nginx, bartizan: Bartizan, api: Api
) -> None:
    sensor = rotate.__name__.strip("_")
    secret = bartizan.add_sensor_with_secret(sensor)
    shipper = Ship(bartizan.collector_url(""), sensor, secret, nginx.audit_log)
    sent: list[str] = []
    try:
        for number in range(ROUNDS):
            shipper.start()
            with Traffic(lambda client: _attack(nginx, client)) as traffic:
                eventually(lambda t=traffic: len(t.unique_ids) > 50, 20, "load")
                shipper.kill()
                dead = bartizan.kill("collector")
                eventually(lambda t=traffic: len(t.unique_ids) > 100, 20, "load goes on")
            sent += traffic.unique_ids
            eventually(lambda t=traffic: _are_logged(t.unique_ids, nginx), 5, "all are logged")
            rotate(nginx, number)
            eventually(lambda d=dead: bartizan.role_pid("collector") != d, 20, "a collector")
        shipper.start()
        eventually(lambda: api.stored(sensor=sensor) >= len(sent), 60, "all arrived", 0.2)
    finally:
        shipper.stop()
    rows = api.every_row(sensor=sensor)
    assert Counter(row["unique_id"] for row in rows) == Counter(sent)
    print(f"{len(sent)} attacks, {ROUNDS} rotations, as many kills of shipper and collector")


def _attack(nginx: Nginx, client: str) -> str:
    answer = nginx.request("/index.html?id=1%27%20or%20%271%27%3D%271", client=client)
    assert answer.status == 403, answer
    return answer.unique_id


def _are_logged(unique_ids: list[str], nginx: Nginx) -> bool:
    """An entry is written after the request is answered."""
    log = nginx.audit_log.read_text()
    return all(unique_id in log for unique_id in unique_ids)
