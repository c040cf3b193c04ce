"""The live feed over a real server: events, resuming, the end of a session."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import httpx2
import pytest
import uvicorn

from bartizan.domain.person import Role
from bartizan.present.api import live
from bartizan.present.api.live import frame
from bartizan.present.server import ConsoleServer
from bartizan.present.streams import MOST_PER_SESSION


@pytest.fixture
def server(house) -> ConsoleServer:
    return ConsoleServer(
        uvicorn.Config(house.app(), log_config=None, timeout_graceful_shutdown=9, lifespan="on"),
        house.parts.live,
    )


@pytest.fixture
def address(server) -> Iterator[str]:
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(
        target=lambda: asyncio.run(server.serve(sockets=[listening])),
        name="console-under-test",
        daemon=True,
    )
    thread.start()
    yield "http://{}:{}".format(*listening.getsockname())
    server.should_exit = True
    thread.join(10)
    assert not thread.is_alive()


@pytest.fixture
def person(house):
    return house.control.add_person(
        "anna", "no hash", Role.VIEWER, datetime(2026, 11, 1, tzinfo=UTC)
    )


@pytest.fixture
def client(house, address, person) -> Iterator[httpx2.Client]:
    with httpx2.Client(
        base_url=address,
        cookies={"bartizan": house.cookie_of(person)},
        headers={"Sec-Fetch-Site": "same-origin"},
        timeout=15,
    ) as opened:
        yield opened


Event = tuple[str, str | None, object]


def _events(response: httpx2.Response) -> Iterator[Event]:
    """As a browser splits them: fields by line, events by an empty line."""
    fields: dict[str, str] = {}
    for line in response.iter_lines():
        if line:
            name, _, value = line.partition(": ")
            assert name in ("event", "id", "data")
            assert name not in fields
            fields[name] = value
        else:
            yield fields["event"], fields.get("id"), json.loads(fields["data"])
            fields = {}


def _until(events: Iterator[Event], is_enough: Callable[[list[dict]], bool]) -> list[dict]:
    rows: list[dict] = []
    for kind, _, data in events:
        if kind == "rows":
            rows += data
        if is_enough(rows):
            break
    return rows


def test_what_is_stored_arrives_with_an_id(client, house, make_record):
    with client.stream("GET", "/api/v1/live") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-accel-buffering"] == "no"
        assert response.headers["content-security-policy"]
        events = _events(response)
        kind, _, hello = next(events)
        assert (kind, hello["build"], hello["resumed"]) == ("hello", "unbuilt", False)
        ids = house.store.append([make_record(), make_record()]).ids
        kind, event_id, rows = next(events)
        assert (kind, event_id) == ("rows", str(ids[-1]))
        assert [row["id"] for row in rows] == [str(each) for each in ids]


def test_a_first_connection_can_be_resumed_before_any_row(client, house, make_record):
    house.store.append([make_record()])
    with client.stream("GET", "/api/v1/live") as response:
        _, event_id, _ = next(_events(response))
    ids = house.store.append([make_record()]).ids
    with client.stream("GET", "/api/v1/live", headers={"Last-Event-ID": event_id}) as response:
        events = _events(response)
        assert next(events)[2]["resumed"] is True
        assert [row["id"] for row in next(events)[2]] == [str(ids[0])]


@pytest.mark.promise("R11")
def test_a_broken_connection_goes_on_without_loss_or_repetition(client, house, make_record):
    known = house.store.append([make_record()]).ids[0]
    expected = [str(each) for each in house.store.append([make_record() for _ in range(450)]).ids]
    headers = {"Last-Event-ID": str(known)}
    with client.stream("GET", "/api/v1/live", headers=headers) as response:
        events = _events(response)
        assert next(events)[2]["resumed"] is True
        first = next(events)
        assert len(first[2]) == 200
    expected += [str(each) for each in house.store.append([make_record()]).ids]
    with client.stream("GET", "/api/v1/live", headers={"Last-Event-ID": first[1]}) as response:
        rest = _until(_events(response), lambda rows: len(rows) >= 251)
    assert [row["id"] for row in [*first[2], *rest]] == expected


@pytest.mark.promise("S3")
@pytest.mark.parametrize(
    "text", ["a\r\n\r\nevent: rows\r\ndata: []", "a\nid: 7\n\n", "\u2028\u2029\x85\x00\x0b\x0c"]
)
def test_no_text_can_break_the_framing(client, house, make_record, text):
    with client.stream("GET", "/api/v1/live") as response:
        raw = response.iter_raw()
        assert b"event: hello" in next(raw)
        house.store.append([make_record(uri=text, verdict=text, host=text)])
        received = b""
        while received.count(b"\n\n") < 1:
            received += next(raw)
    head, _, data = received.partition(b"data: ")
    assert head.startswith(b"event: rows\nid: ")
    assert b"\r" not in received
    assert data.endswith(b"\n\n")
    assert b"\n" not in data[:-2]
    assert json.loads(data)[0]["verdict"] == text


def test_more_than_can_be_caught_up_is_said(client, house, make_record):
    known = house.store.append([make_record()]).ids[0]
    house.store.append([make_record() for _ in range(2100)])
    headers = {"Last-Event-ID": str(known)}
    with client.stream("GET", "/api/v1/live", headers=headers) as response:
        events = _events(response)
        assert next(events)[2]["resumed"] is False
        kind, _, data = next(events)
        assert (kind, data["count"] > 2000) == ("skipped", True)


@pytest.mark.parametrize("value", ["", "x", "-1", "9" * 30, "1 OR 1=1"])
def test_a_last_event_id_that_is_none_counts_as_nothing(client, value):
    with client.stream("GET", "/api/v1/live", headers={"Last-Event-ID": value}) as response:
        assert next(_events(response))[2]["resumed"] is False


@pytest.mark.promise("S11")
def test_a_stream_beats_and_ends_with_its_session(client, house, person, monkeypatch):
    monkeypatch.setattr(live, "_BEAT_S", 0.2)
    with client.stream("GET", "/api/v1/live") as response:
        events = _events(response)
        assert [next(events)[0] for _ in range(3)] == ["hello", "beat", "beat"]
        house.control.remove_sessions(person.id)
        assert all(kind == "beat" for kind, _, _ in events)


def test_a_session_has_a_bounded_number_of_streams(client, monkeypatch):
    from contextlib import ExitStack

    with ExitStack() as stack:
        for _ in range(MOST_PER_SESSION):
            opened = stack.enter_context(client.stream("GET", "/api/v1/live"))
            assert opened.status_code == 200
        refused = client.get("/api/v1/live")
        assert refused.status_code == 429
        assert refused.json()["error"]["code"] == "too-many-streams"
        assert refused.headers["retry-after"]
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with client.stream("GET", "/api/v1/live") as freed:
            if freed.status_code == 200:
                return
    pytest.fail("a closed connection did not give its place back")


def test_a_stream_needs_a_login(address):
    response = httpx2.get(f"{address}/api/v1/live")
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "not-logged-in"


@pytest.mark.promise("R16")
def test_stopping_the_server_ends_open_streams_at_once(client, server):
    with client.stream("GET", "/api/v1/live") as response:
        events = _events(response)
        assert next(events)[0] == "hello"
        began = time.monotonic()
        server.should_exit = True
        assert list(events) == []
        assert time.monotonic() - began < 4


def test_a_frame_is_fields_of_one_line_each():
    assert frame("rows", b"[]", "7") == b"event: rows\nid: 7\ndata: []\n\n"
    assert frame("beat", b"{}") == b"event: beat\ndata: {}\n\n"
