"""No connection stays open for want of an end (S7), and none is closed that works."""

import contextlib
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from prometheus_client import REGISTRY

from tests.unit.receive.listener import RunningCollector, request

HEAD_S, REQUEST_S, IDLE_S = 0.5, 1.0, 0.8
SLACK_S = 1.0


@pytest.fixture
def running(tmp_path):
    limits = {"head_timeout_s": HEAD_S, "request_timeout_s": REQUEST_S, "idle_timeout_s": IDLE_S}
    with RunningCollector(tmp_path / "spool", **limits) as collector:
        yield collector


def closed_count(stage: str) -> float:
    name = "bartizan_receive_slow_clients_total"
    return REGISTRY.get_sample_value(name, {"stage": stage}) or 0.0


def seconds_until_closed(client, pieces=(), pause_s: float = 0.05) -> float:
    """Send the pieces one at a time until the other side closes."""
    started = time.monotonic()
    client.socket.settimeout(pause_s)
    for piece in pieces:
        try:
            client.socket.sendall(piece)
            if client.socket.recv(1000) == b"":
                return time.monotonic() - started
        except TimeoutError:
            continue
        except ConnectionError:
            return time.monotonic() - started
    client.socket.settimeout(10)
    with contextlib.suppress(ConnectionError):
        assert client.socket.recv(1000) == b""
    return time.monotonic() - started


def drip(data: bytes):
    return (bytes([byte]) for byte in data)


def silent(client):
    return HEAD_S, seconds_until_closed(client)


def blank_lines(client):
    return HEAD_S, seconds_until_closed(client, (b"\r\n" for _ in range(200)))


def head_drip(client):
    return HEAD_S, seconds_until_closed(client, drip(request(b"x" * 100)))


def body_drip(client):
    data = request(b"x" * 1000)
    client.send(data[:-1000])
    return REQUEST_S, seconds_until_closed(client, drip(data[-1000:]))


def chunk_drip(client):
    head = request(b"").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    client.send(head)
    return REQUEST_S, seconds_until_closed(client, (b"1\r\nx\r\n" for _ in range(1000)))


def idle(client):
    assert client.ask(request(b"once")).status == 200
    return IDLE_S, seconds_until_closed(client)


def second_head_drip(client):
    assert client.ask(request(b"once")).status == 200
    return HEAD_S, seconds_until_closed(client, drip(request(b"x" * 100)))


def unfinished_refusal(client):
    client.send(request(b"x" * 1000, authorization=None)[:-500])
    return REQUEST_S, seconds_until_closed(client)


@pytest.mark.promise("S7")
@pytest.mark.parametrize(
    ("behaviour", "stage"),
    [
        (silent, "silent"),
        (blank_lines, "silent"),
        (head_drip, "head"),
        (body_drip, "body"),
        (chunk_drip, "body"),
        (idle, None),
        (second_head_drip, "head"),
        (unfinished_refusal, "body"),
    ],
)
def test_twenty_slow_clients_at_once_are_each_closed_at_their_deadline(running, behaviour, stage):
    before = closed_count(stage or "idle")

    def one(_):
        with running.client() as client:
            return behaviour(client)

    with ThreadPoolExecutor(20) as threads:
        slow = threads.map(one, range(20))
        for number in range(10):  # and real sensors are served beside them
            assert running.ask(request(b"%d" % number)).status == 200
        for deadline, took in slow:
            assert deadline * 0.8 <= took <= deadline + SLACK_S
    assert closed_count(stage or "idle") - before == (20 if stage else 0)


def _send_for(client: socket.socket, data: bytes, seconds: float) -> None:
    started = time.monotonic()
    while time.monotonic() - started < seconds:
        client.sendall(data)


@pytest.mark.promise("S7")
def test_who_does_not_read_the_answers_is_closed(running):
    flood = b"".join(request(b"", method="GET", path="/metrics") for _ in range(50))
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(5)
        client.connect(("127.0.0.1", running.port))
        with pytest.raises(ConnectionError):
            _send_for(client, flood, 8.0)
    assert running.ask(request(b"x")).status == 200


def test_a_kept_connection_that_works_is_not_closed(running):
    with running.client() as client:
        started = time.monotonic()
        while time.monotonic() - started < 2 * REQUEST_S:
            assert client.ask(request(b"steady")).status == 200


def test_more_connections_than_allowed_are_closed_at_once_and_places_come_free(tmp_path):
    with RunningCollector(tmp_path / "spool", max_connections=5) as running:
        clients = [running.client() for _ in range(5)]
        for client in clients:
            assert client.ask(request(b"x")).status == 200
        with running.client() as sixth:
            assert sixth.is_closed()
        assert clients[0].ask(request(b"x")).status == 200
        clients.pop().close()
        while True:  # the server needs a moment to notice
            try:
                assert running.ask(request(b"x")).status == 200
                break
            except ConnectionError:
                continue
        for client in clients:
            client.close()


def test_nothing_is_watched_when_nobody_is_connected(running):
    with running.client() as client:
        assert client.ask(request(b"x")).status == 200
    watch = running.server.watch
    deadline = time.monotonic() + 5
    while (len(watch) or watch._timer is not None) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(watch) == 0
    assert watch._timer is None


@pytest.mark.promise("R16")
def test_stopping_answers_what_is_in_flight_and_loses_nothing(tmp_path):
    with RunningCollector(tmp_path / "spool") as running:
        client = running.client()
        client.send(request(b"x" * 1000)[:-1])
        assert running.ask(request(b"before")).status == 200
        running.server.stop()
        client.send(b"x")
        assert client.reply().status == 200
        assert client.is_closed()
        client.close()
    assert running.raws() == [b"before", b"x" * 1000]


@pytest.mark.promise("R16")
def test_stopping_does_not_wait_for_slow_clients(tmp_path):
    with RunningCollector(tmp_path / "spool") as running:
        client = running.client()
        client.send(request(b"x" * 1000)[:-1])
        assert running.ask(request(b"before")).status == 200
        started = time.monotonic()
        running.server.stop()
        reply = client.reply()
        assert reply.status == 503
        client.close()
        running.wait()
        assert time.monotonic() - started < 8
