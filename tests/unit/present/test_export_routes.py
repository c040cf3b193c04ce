"""Exports over HTTP: all that match, in the order of the list, safe to open, whole or broken off."""

import asyncio
import csv
import io
import json
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
import uvicorn

from bartizan.domain.errors import Unavailable
from bartizan.domain.person import Role
from bartizan.domain.search import Search
from bartizan.domain.trail import TrailQuestion
from bartizan.present.api import export as export_routes
from bartizan.present.server import ConsoleServer
from bartizan.query import export
from bartizan.query.export import COLUMNS

_CSV = "/api/v1/transactions.csv"
_NDJSON = "/api/v1/transactions.ndjson"
_END = b"\r\n0\r\n\r\n"  # of a chunked body


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    """So that a few rows need several of them."""
    monkeypatch.setattr(export, "BATCH", 7)


@pytest.fixture
def wire(house) -> Iterator[Callable[[str], bytes]]:
    """What a real server sends to an administrator, until it ends the connection."""
    server = ConsoleServer(
        uvicorn.Config(house.app(), log_config=None, timeout_graceful_shutdown=9, lifespan="on"),
        house.parts.live,
    )
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(
        target=lambda: asyncio.run(server.serve(sockets=[listening])),
        name="console-under-test",
        daemon=True,
    )
    thread.start()
    person = house.control.add_person(
        "ada", "no hash", Role.ADMIN, datetime(2026, 11, 1, tzinfo=UTC)
    )
    cookie = house.cookie_of(person)

    def ask(path: str) -> bytes:
        with socket.create_connection(listening.getsockname(), 10) as connection:
            connection.sendall(
                f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                f"Cookie: bartizan={cookie}\r\n\r\n".encode()
            )
            return b"".join(iter(lambda: connection.recv(65536), b""))

    try:
        yield ask
    finally:
        server.should_exit = True
        thread.join(10)
    assert not thread.is_alive()


def _records(response):
    assert response.status_code == 200, response.text
    return list(csv.DictReader(io.StringIO(response.content.decode(), newline="")))


def test_every_match_is_exported_in_the_order_of_the_list(admin, house, make_record):
    house.store.append([make_record(uri=f"/{n}", status=403 if n % 3 else 200) for n in range(60)])
    wanted = [str(row.id) for row in house.store.page(Search(statuses=(403,)), limit=200).rows]
    assert [row["id"] for row in _records(admin.get(f"{_CSV}?status=403"))] == wanted
    lines = admin.get(f"{_NDJSON}?q=status:403").text.splitlines()
    assert [json.loads(line)["id"] for line in lines] == wanted


def test_a_line_of_ndjson_is_a_row_of_the_list(admin, house, make_record):
    house.store.append([make_record(uri="/\u202e\x1b[31m\U000e0041\n?q=é\u2028")])
    row = admin.get("/api/v1/transactions").json()["transactions"][0]
    response = admin.get(_NDJSON)
    assert json.loads(response.text) == row
    assert response.headers["content-type"] == "application/x-ndjson"
    hidden = ("\u202e", "\x1b", "\U000e0041", "\u2028")
    assert not any(character in response.text for character in hidden)
    assert "é" in response.text


def test_no_cell_is_a_formula_or_hides_anything(admin, house, make_record):
    house.store.append(
        [make_record(uri=text, host="=cmd()") for text in ("=1+1", "@a", "a\x1b\u202eb", "\t=2")]
    )
    rows = _records(admin.get(_CSV))
    assert {row["host"] for row in rows} == {"'=cmd()"}
    assert [row["uri"] for row in reversed(rows)] == [
        "'=1+1",
        "'@a",
        "a<U+001B><U+202E>b",
        "<U+0009>=2",
    ]


def test_columns_are_chosen_and_ordered(admin, house, make_record):
    house.store.append([make_record(uri="/path?q=1", status=403)])
    response = admin.get(f"{_CSV}?column=status&column=path&column=client")
    assert response.text.splitlines()[0] == "status,path,client"
    assert response.text.splitlines()[1].startswith("403,/path,")
    assert admin.get(_CSV).text.splitlines()[0] == ",".join(COLUMNS)


@pytest.mark.parametrize("query", ["column=nothing", "column=at&column=at", "status=x", "limit=5"])
def test_a_wrong_question_is_an_error_and_no_file(admin, query):
    response = admin.get(f"{_CSV}?{query}")
    assert response.status_code == 400
    assert response.json()["error"]["code"] in ("bad-parameter", "unknown-parameter")


def test_nothing_found_is_a_file_with_a_head(admin):
    assert admin.get(f"{_CSV}?column=at").content == b"at\r\n"
    assert admin.get(_NDJSON).content == b""


def test_whoever_may_not_see_payloads_exports_none(visit, house, make_record):
    house.store.append([make_record(uri="/login?token=secret", raw=b"secret entry")])
    viewer = visit(Role.VIEWER)
    for path in (_CSV, _NDJSON):
        text = viewer.get(path).text
        assert "/login" in text
        assert "secret" not in text
    assert viewer.get(f"{_CSV}?q=uri:secret").status_code == 403


def test_an_export_is_in_the_access_trail_with_what_was_asked(admin, house, make_record):
    house.store.append([make_record()])
    admin.get(f"{_CSV}?status=403&q=sqlmap")
    (trace,) = house.parts.trail.list(TrailQuestion(actions=("transactions.exported",)), 5)
    assert trace.deed.subject == "csv"
    assert trace.deed.detail == "status=403&q=sqlmap"


def test_a_store_that_fails_at_once_is_an_error(admin, house, monkeypatch):
    def fail(*_args, **_options):
        raise Unavailable("store-away", "the store is away")

    monkeypatch.setattr(house.store, "page", fail)
    assert admin.get(_CSV).status_code == 503


@pytest.mark.parametrize("path", [_CSV, _NDJSON])
def test_a_store_that_fails_in_the_middle_leaves_a_body_without_its_end(
    path, house, make_record, wire, monkeypatch
):
    house.store.append([make_record(uri=f"/{n}") for n in range(60)])
    page, asked = house.store.page, []

    def fail_later(search, **options):
        asked.append(options)
        if len(asked) > 3:
            raise Unavailable("store-away", "the store is away")
        return page(search, **options)

    monkeypatch.setattr(house.store, "page", fail_later)
    answer = wire(path)
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"transfer-encoding: chunked" in answer.lower()
    assert b"/59" in answer
    assert not answer.endswith(_END)


def test_a_whole_export_says_where_it_ends(house, make_record, wire):
    house.store.append([make_record(uri=f"/{n}") for n in range(60)])
    assert wire(_CSV).endswith(_END)


def test_whoever_is_logged_out_meanwhile_gets_no_more(house, make_record, wire, monkeypatch):
    house.store.append([make_record(uri=f"/{n}") for n in range(60)])
    monkeypatch.setattr(export_routes, "_LOOK_EVERY_S", 0.0)
    page, asked = house.store.page, []

    def log_out(search, **options):
        asked.append(options)
        if len(asked) == 3:
            for _, person in house.sessions.everybodys():
                house.sessions.close_all(person)
        return page(search, **options)

    monkeypatch.setattr(house.store, "page", log_out)
    assert not wire(_CSV).endswith(_END)
    assert len(asked) < 6
