"""The real shipper with a real collector: what arrives, what is kept, and what is said."""

import contextlib
import time
from pathlib import Path

import pytest

from bartizan.spool.outlet import Outlet
from tests.faults.collector_process import CollectorProcess
from tests.servers.bartizan import eventually, free_port
from tests.servers.engine import make_entry
from tests.servers.ship import Ship
from tests.unit.receive.listener import write_snapshot

pytestmark = pytest.mark.faults


def held(spool: Path) -> list[bytes]:
    outlet = Outlet(spool)
    try:
        return [one.entry.raw.rstrip() for one in outlet.take(0, 100_000, 1 << 30)]
    finally:
        outlet.close()


@pytest.fixture
def spool(tmp_path):
    directory = tmp_path / "collector"
    write_snapshot(directory, shop_1="secret")
    return directory


@pytest.fixture
def log(tmp_path):
    file = tmp_path / "audit.log"
    file.write_bytes(b"".join(make_entry(number) for number in range(1, 51)))
    return file


@pytest.fixture
def make_shipper():
    made = []

    def make(url, *paths, secret="secret", options=()):
        made.append(Ship(url, "shop-1", secret, *paths, options=options))
        return made[-1]

    yield make
    for one in made:
        one.stop()


def expected(numbers) -> list[bytes]:
    return sorted(make_entry(number).rstrip() for number in numbers)


def test_everything_there_is_arrives_once_and_then_nothing_is_left(spool, log, make_shipper):
    with CollectorProcess(spool) as collector:
        url = f"http://127.0.0.1:{collector.port}"
        shipper = make_shipper(url, log, options=("--once",))
        assert shipper.run() == 0, shipper.log
        assert sorted(held(spool)) == expected(range(1, 51))
        assert shipper.run() == 0
        assert len(held(spool)) == 50


def test_without_a_collector_everything_is_kept_although_the_log_goes(spool, log, make_shipper):
    port = free_port()
    shipper = make_shipper(f"http://127.0.0.1:{port}", log, options=("--once",))
    assert shipper.run() == 1
    assert "everything is kept" in shipper.log
    log.unlink()
    assert sorted(held(shipper.directory / "state" / "spool")) == expected(range(1, 51))
    with CollectorProcess(spool) as collector:
        shipper.point_at(f"http://127.0.0.1:{collector.port}")
        assert shipper.run() == 0, shipper.log
    assert sorted(held(spool)) == expected(range(1, 51))


def test_what_the_collector_refuses_is_kept_aside_and_not_tried_again(spool, log, make_shipper):
    with CollectorProcess(spool, "max_body_bytes=5000") as collector:
        url = f"http://127.0.0.1:{collector.port}"
        shipper = make_shipper(url, log, options=("--once",))
        assert shipper.run() == 1
        large = [number for number in range(1, 51) if len(make_entry(number).rstrip()) > 5000]
        assert len(large) > 5
        assert sorted(held(spool)) == expected(set(range(1, 51)) - set(large))
        kept = (shipper.directory / "state" / "refused" / "too-large.log").read_bytes()
        assert all(make_entry(number).rstrip() in kept for number in large)
        assert "ship.entry.refused" in shipper.log
        assert shipper.run() == 0
    assert len(held(spool)) == 50 - len(large)


@pytest.mark.parametrize(
    ("secret", "path", "advice"),
    [("wrong", "", "check the sensor's name and secret"), ("secret", "/nowhere", "check that")],
)
def test_what_somebody_must_mend_loses_nothing_and_is_said(
    spool, log, make_shipper, secret, path, advice
):
    with CollectorProcess(spool) as collector:
        url = f"http://127.0.0.1:{collector.port}{path}"
        shipper = make_shipper(url, log, secret=secret, options=("--once",))
        assert shipper.run() == 1
        assert advice in shipper.log
        assert shipper.log.count("ship.not-delivered") == 1
    assert held(spool) == []
    assert len(held(shipper.directory / "state" / "spool")) == 50


def test_a_full_spool_stops_the_reading_and_nothing_is_dropped(spool, tmp_path, make_shipper):
    log = tmp_path / "large.log"
    log.write_bytes(b"".join(make_entry(number) for number in range(1, 301)))
    port = free_port()
    shipper = make_shipper(f"http://127.0.0.1:{port}", log)
    shipper.start(BARTIZAN_SHIP__SPOOL_MAX_BYTES="1000000")
    eventually(lambda: "ship.reading-stopped" in shipper.log, 20, "the spool is full")
    kept = shipper.directory / "state" / "spool" / "spool.sqlite"
    assert kept.stat().st_size < 3_000_000
    assert 10 < len(held(kept.parent)) < 300
    shipper.kill()
    with CollectorProcess(spool) as collector:
        shipper.point_at(f"http://127.0.0.1:{collector.port}")
        shipper.start(BARTIZAN_SHIP__SPOOL_MAX_BYTES="1000000")
        eventually(lambda: len(set(held(spool))) == 300, 60, "everything has arrived")
        assert shipper.terminate() == 0
    assert sorted(set(held(spool))) == expected(range(1, 301))


def test_a_dry_run_says_what_would_be_sent_and_changes_nothing(spool, log, make_shipper):
    shipper = make_shipper("http://127.0.0.1:1", log, options=("--dry-run",))
    assert shipper.run() == 0
    assert f"{log}: " in shipper.log
    assert "25 modsecurity2-native, 25 modsecurity3-json" in shipper.log
    assert "50 entries would be sent" in shipper.log
    assert not (shipper.directory / "state").exists()


def test_two_shippers_do_not_share_a_state_directory(log, make_shipper):
    shipper = make_shipper("http://127.0.0.1:1", log)
    shipper.start()
    eventually(lambda: "ship.started" in shipper.log, 20, "it runs")
    other = make_shipper("http://127.0.0.1:1", log, options=("--once",))
    other.share_state_of(shipper)
    assert other.run() == 1
    assert "another shipper uses this directory" in other.log


def test_an_entry_is_at_the_collector_within_two_seconds(spool, log, make_shipper):
    with CollectorProcess(spool) as collector:
        shipper = make_shipper(f"http://127.0.0.1:{collector.port}", log)
        shipper.start()
        eventually(lambda: len(held(spool)) == 50, 20, "what was there")
        began = time.monotonic()
        with log.open("ab") as out:
            out.write(make_entry(51))
        eventually(lambda: len(held(spool)) == 51, 20, "the new one")
        assert time.monotonic() - began < 5  # two on a machine that does nothing else
        assert shipper.terminate() == 0


def test_a_tree_is_sent_and_what_has_arrived_is_removed(spool, tmp_path, make_shipper):
    folder = tmp_path / "audit" / "20261123" / "20261123-0512"
    folder.mkdir(parents=True)
    for number in range(1, 301):
        (folder / f"20261123-051200-entry{number}").write_bytes(make_entry(number))
    with CollectorProcess(spool) as collector:
        url = f"http://127.0.0.1:{collector.port}"
        shipper = make_shipper(url, tmp_path / "audit", options=("--remove-delivered",))
        shipper.start()
        eventually(lambda: not list(folder.iterdir()), 30, "all is removed")
        assert shipper.terminate() == 0
    assert sorted(set(held(spool))) == expected(range(1, 301))


def test_it_stays_below_60_megabytes(spool, tmp_path, make_shipper):
    log = tmp_path / "audit.log"
    with CollectorProcess(spool) as collector, contextlib.closing(log.open("ab")) as out:
        shipper = make_shipper(f"http://127.0.0.1:{collector.port}", log)
        shipper.start()
        number = 0
        while number < 20_000:
            out.write(b"".join(_small(number + index) for index in range(500)))
            out.flush()
            number += 500
        eventually(lambda: "delivered=20000" in _ended(shipper, spool), 90, "all is sent")
        assert shipper.memory < 60 * 1000**2


def _small(number: int) -> bytes:
    return make_entry(2).replace(b"entry000002z", b"entry%06dz" % number)


def _ended(shipper, spool) -> str:
    outlet = Outlet(spool)
    try:
        if outlet.level().entries < 20_000:
            return ""
    finally:
        outlet.close()
    shipper.memory = shipper.memory_bytes()
    shipper.terminate()
    return shipper.log
