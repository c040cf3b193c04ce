"""Where a sensor may deliver from; and that everybody who came is known to people, not to senders."""

import hashlib
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from bartizan.domain.sensor import SecretKind, Sensor
from bartizan.receive.sightings import read_sightings
from tests.unit.receive.listener import Reply, RunningCollector, basic, request


def snapshot(directory: Path, *sensors: Sensor) -> None:
    content = msgspec.json.encode({"version": 1, "sensors": sensors})
    beside = directory / "sensors.new"
    beside.write_bytes(content)
    beside.replace(directory / "sensors.json")


def sensor(name: str, **facts: object) -> Sensor:
    return Sensor(
        name=name,
        secret_kind=SecretKind.SHA256,
        secret_hash=hashlib.sha256(b"secret").hexdigest(),
        created_at=datetime(2026, 11, 23, tzinfo=UTC),
        **facts,
    )


@pytest.fixture
def running(tmp_path: Path) -> Iterator[RunningCollector]:
    door = RunningCollector(tmp_path)
    snapshot(
        tmp_path,
        sensor("anywhere"),
        sensor("here", allowed_sources=("192.0.2.0/24", "127.0.0.0/8")),
        sensor("elsewhere", allowed_sources=("192.0.2.0/24", "::1")),
        sensor("off", is_enabled=False),
    )
    with door:
        yield door


def ask(running: RunningCollector, name: str, secret: str = "secret") -> Reply:
    return running.ask(request(b"entry", authorization=basic(name, secret)))


def test_a_sensor_is_taken_from_where_it_may_deliver(running: RunningCollector) -> None:
    assert ask(running, "anywhere").status == 200
    assert ask(running, "here").status == 200


def test_from_anywhere_else_it_hears_what_everybody_hears_who_is_not_believed(
    running: RunningCollector,
) -> None:
    def told(reply: Reply) -> tuple[int, bytes, dict[str, str]]:
        return reply.status, reply.body, {**reply.headers, "date": ""}

    wrong = told(ask(running, "anywhere", "wrong"))
    assert wrong[0] == 401
    for name in ("elsewhere", "off", "nobody"):
        assert told(ask(running, name)) == wrong
    assert running.raws() == []


def test_an_ipv4_peer_of_an_ipv6_listener_is_an_ipv4_address(tmp_path: Path) -> None:
    door = RunningCollector(tmp_path)
    snapshot(tmp_path, sensor("here", allowed_sources=("127.0.0.1",)))
    door._socket.close()
    door._socket = socket.create_server(
        ("::", 0), family=socket.AF_INET6, dualstack_ipv6=True, backlog=16
    )
    door.port = door._socket.getsockname()[1]
    with door:
        assert ask(door, "here").status == 200
    assert door.doorbook.sightings().sensors[0].accepted_from == "::ffff:127.0.0.1"


def test_a_sensor_behind_a_balancer_is_taken_from_where_it_may_deliver(tmp_path: Path) -> None:
    door = RunningCollector(tmp_path, trusted_proxies=("127.0.0.0/8",))
    snapshot(tmp_path, sensor("here", allowed_sources=("192.0.2.0/24",)))

    def deliver(forwarded: bytes) -> int:
        named = b"X-Forwarded-For: " + forwarded
        return door.ask(request(b"entry", named, authorization=basic("here", "secret"))).status

    with door:
        assert deliver(b"192.0.2.7") == 200
        assert deliver(b"192.0.2.7, 203.0.113.1") == 401
    assert door.doorbook.sightings().sensors[0].accepted_from == "192.0.2.7"


def test_people_see_who_came_and_why_not(running: RunningCollector) -> None:
    for name in ("anywhere", "elsewhere", "off", "nobody"):
        ask(running, name)
    ask(running, "anywhere", "wrong")
    running.ask(request(b"", authorization=basic("here", "secret")))
    running.ask(request(b"entry", authorization=None))
    running.ask(request(b"entry", authorization=b"Bearer nobody's"))
    seen = running.doorbook.sightings()
    told = {
        one.sensor: (one.accepted, one.turned_away, one.verdict, one.refused, one.refusal)
        for one in seen.sensors
    }
    assert told == {
        "anywhere": (1, 0, None, 1, "wrong-secret"),
        "elsewhere": (0, 0, None, 1, "address-not-allowed"),
        "off": (0, 0, None, 1, "disabled"),
        "here": (0, 1, "empty", 0, None),
    }
    assert [(one.name, one.refusal, one.peer) for one in seen.strangers] == [
        ("", "unknown-secret", "127.0.0.1"),
        ("", "no-credentials", "127.0.0.1"),
        ("nobody", "unknown-sensor", "127.0.0.1"),
    ]


def test_the_console_of_the_same_machine_reads_it_within_two_seconds(
    running: RunningCollector,
) -> None:
    ask(running, "anywhere")
    file = running.directory / "sightings.json"
    deadline = time.monotonic() + 2
    while not file.exists():
        assert time.monotonic() < deadline
    seen = read_sightings(file)
    assert seen is not None
    assert seen.sensors[0].accepted_from == "127.0.0.1"


def test_no_secret_gets_into_what_is_written(running: RunningCollector, tmp_path: Path) -> None:
    ask(running, "anywhere", "wrong-secret-canary")
    running.ask(request(b"entry", authorization=b"Bearer canary-of-a-bearer"))
    running.ask(request(b"entry", authorization=None, path="/v1/coraza/canary-in-a-path"))
    running.server.stop()
    running.wait()
    written = (tmp_path / "sightings.json").read_bytes()
    assert b"unknown-secret" in written
    assert b"canary" not in written
