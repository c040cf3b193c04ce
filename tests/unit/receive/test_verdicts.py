"""The verdict table (docs/promises.md), asked of a real collector over real sockets."""

import sqlite3

import pytest

from bartizan.accounts.credentials import SensorCredentials
from bartizan.domain.delivery import Verdict
from bartizan.receive.credentials import parse_authorization
from bartizan.receive.verdict import MLOGC
from bartizan.spool.schema import FILE_NAME
from bartizan.spool.settings import SpoolSettings
from tests.unit.receive.listener import RunningCollector, basic, request

LIMIT = 100_000


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    directory = tmp_path_factory.mktemp("spool")
    with RunningCollector(directory, max_body_bytes=LIMIT) as collector:
        yield collector


def test_the_table_is_the_one_mlogc_understands():
    assert set(MLOGC) == set(Verdict)
    assert set(MLOGC.values()) == {200, 409, 401, 503}


@pytest.mark.promise("R4")
@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize("path", ["/rpc/auditLogReceiver", "/rpc/auditLogReceiver.php"])
@pytest.mark.parametrize(
    "body",
    [
        b"--12345678-A--\nan entry\n--12345678-Z--\n",
        b"x",
        b"\x00\xff\xfe binary",
        b"--12345678-A--\nnever ends",
        b'{"transaction": {',
        b"\x1f\x8b\x08\x00not gzip",
        "\u202e text".encode(),
        b"x" * LIMIT,
    ],
    ids=["entry", "one byte", "binary", "unterminated", "json", "gzip", "bidi", "at the limit"],
)
def test_whatever_an_entry_holds_it_is_accepted(running, method, path, body):
    reply = running.ask(request(body, method=method, path=path))
    assert (reply.status, reply.body) == (200, b"")
    assert running.raws()[-1] == body


@pytest.mark.promise("R3")
def test_a_duplicate_is_accepted(running):
    assert running.ask(request(b"twice")).status == 200
    assert running.ask(request(b"twice")).status == 200


@pytest.mark.promise("R4")
@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (b"md5:1478f04dbd58930a6acad3f24d288144 ", "md5:1478f04dbd58930a6acad3f24d288144"),
        (b"md5:1478f04dbd58930a6acad3f24d288144 L", "md5:1478f04dbd58930a6acad3f24d288144"),
        (b"MD5:1478F04DBD58930A6ACAD3F24D288144", "MD5:1478F04DBD58930A6ACAD3F24D288144"),
        (b"not a hash", "not"),
        (b"", None),
        (b"\xff\xfe", "\u00ff\u00fe"),
        (b"x" * 5_000, "x" * 128),
    ],
)
def test_a_claimed_hash_is_kept_by_its_first_token_and_decides_nothing(running, value, kept):
    assert running.ask(request(b"hash", b"X-Content-Hash: " + value)).status == 200
    assert running.entries()[-1].claimed_hash == kept


@pytest.mark.promise("R4")
@pytest.mark.parametrize(
    "summary",
    [
        b'host - - [x] "GET / HTTP/1.1" 200',
        b"x" * 65_535,
        b"y" * 80_000,
        bytes(range(0x80, 0x100)),
        bytes([*range(1, 10), 11, 12, *range(14, 32), 127]) + b"end",
        b"nul \x00 inside",
    ],
    ids=["usual", "64 KiB", "80 kB", "high bytes", "control characters", "nul"],
)
def test_a_summary_of_any_bytes_and_up_to_64_kib_and_more_is_kept(running, summary):
    assert running.ask(request(b"summary", b"X-ForensicLog-Summary: " + summary)).status == 200
    assert running.entries()[-1].summary == summary.strip(b"\t ")


def test_an_entry_belongs_to_the_sensor_that_sent_it(running):
    body = b"of shop-2"
    reply = running.ask(request(body, authorization=basic("shop-2", "with:colons")))
    assert reply.status == 200
    assert running.entries()[-1].sensor == "shop-2"
    assert running.entries()[-1].received_at_us > 1_700_000_000_000_000


@pytest.mark.parametrize("body", [b"", b"x" * (LIMIT + 1), b"x" * (LIMIT * 5)])
def test_empty_and_too_large_entries_stay_on_the_sensor(running, body):
    before = len(running.raws())
    reply = running.ask(request(body))
    assert reply.status == 409
    assert b"stays on the sensor" in reply.body
    assert len(running.raws()) == before


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        b"",
        b"Basic",
        b"Basic !!!!",
        b"Basic c2hvcC0x",
        b"Basic c2hvcC0xOnNlY3JldA",
        b"Bearer wrong",
        b"Bearer",
        b"Digest secret",
        basic("shop-1", "wrong"),
        basic("shop-1", ""),
        basic("nobody", "secret"),
        basic("shop-2", "secret"),
        b"Basic " + b"A" * 10_000,
    ],
)
def test_wrong_credentials_hear_401_and_nothing_is_kept(running, authorization):
    before = len(running.raws())
    reply = running.ask(request(b"x" * 50_000, authorization=authorization))
    assert reply.status == 401
    assert "www-authenticate" in reply.headers
    assert len(running.raws()) == before


@pytest.mark.parametrize("scheme", [b"basic", b"BASIC", b"bAsIc"])
def test_the_case_of_the_scheme_does_not_matter(running, scheme):
    value = basic("shop-1", "secret").replace(b"Basic", scheme)
    assert running.ask(request(authorization=value)).status == 200


def test_basic_credentials_end_the_name_at_the_first_colon():
    assert parse_authorization(basic("name", "pass:word:")) == (b"name", b"pass:word:")
    assert parse_authorization(basic("", "")) == (b"", b"")


@pytest.mark.promise("R4")
@pytest.mark.parametrize("method", ["GET", "DELETE", "OPTIONS", "PATCH", "TRACE", "HEAD"])
def test_another_method_is_no_reason_for_another_answer(running, method):
    with running.client() as client:
        client.send(request(b"", method=method))
        assert client._file.readline().split()[1] == b"503"


def test_connections_are_kept_for_the_next_entry_whatever_the_answer(running):
    with running.client() as client:
        for body, status in [(b"a", 200), (b"", 409), (b"x" * (LIMIT * 2), 409), (b"b", 200)]:
            assert client.ask(request(body)).status == status
        assert client.ask(request(b"c", authorization=None)).status == 401
        assert client.ask(request(b"d")).status == 200


@pytest.mark.promise("R4")
def test_a_head_that_is_not_http_stays_on_the_sensor_instead_of_stopping_it(running):
    odd = b"X-ForensicLog-Summary: one\rtwo"
    with running.client() as client:
        assert client.ask(request(b"x", odd)).status == 409
        assert client.is_closed()


@pytest.mark.promise("R5")
def test_an_answer_that_takes_too_long_is_503_and_the_next_is_prompt(tmp_path):
    with RunningCollector(tmp_path / "spool", answer_timeout_s=0.2) as running:
        blocker = sqlite3.connect(tmp_path / "spool" / FILE_NAME, isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        reply = running.ask(request(b"late"))
        assert reply.status == 503
        assert int(reply.headers["retry-after"]) > 0
        blocker.execute("ROLLBACK")
        blocker.close()
        assert running.ask(request(b"prompt")).status == 200
        assert running.raws()[-1] == b"prompt"


@pytest.mark.promise("R7")
def test_a_full_spool_is_503_and_not_ready(tmp_path):
    spool = SpoolSettings(max_bytes=400_000, min_free_bytes=0)
    with RunningCollector(tmp_path / "spool", spool=spool) as running:
        statuses = [running.ask(request(b"x" * 90_000)).status for _ in range(6)]
        assert statuses[0] == 200
        assert statuses[-1] == 503
        assert statuses.count(200) == len(running.raws())
        ready = request(b"", method="GET", path="/readyz", authorization=None)
        assert running.ask(ready).status == 503
        health = request(b"", method="GET", path="/healthz", authorization=None)
        assert running.ask(health).status == 200


@pytest.mark.promise("R4")
def test_a_failure_nobody_foresaw_is_503(tmp_path, monkeypatch):
    async def fail(self, name, password):
        raise ZeroDivisionError

    monkeypatch.setattr(SensorCredentials, "verify", fail)
    with RunningCollector(tmp_path / "spool") as running:
        assert running.ask(request(b"x")).status == 503


def test_bodies_that_are_held_are_bounded_for_all_connections_together(tmp_path):
    def ask_beside_a_slow_one(running):
        with running.client() as slow:
            slow.send(request(b"x" * 1_500_000)[:900_000])
            return [running.ask(request(b"y" * 800_000)).status for _ in range(3)]

    with RunningCollector(tmp_path / "spool", max_held_bytes=1_000_000) as running:
        # Of two that are read at the same moment it may be the slow one that finds no room.
        tries = (ask_beside_a_slow_one(running) for _ in range(20))
        assert any(503 in statuses for statuses in tries)
        assert running.ask(request(b"z" * 600_000)).status == 200


@pytest.mark.parametrize(
    "path", ["/", "/rpc/", "/rpc/auditLogReceiver/", "/v1/entries/", "//healthz"]
)
def test_other_paths_are_not_there(running, path):
    assert running.ask(request(b"x", path=path)).status == 404


@pytest.mark.promise("S21")
@pytest.mark.parametrize("method", ["POST", "PUT", "TRACE", "OPTIONS", "DELETE"])
def test_service_paths_answer_to_reading_only(running, method):
    for path in ("/healthz", "/readyz", "/metrics"):
        assert running.ask(request(b"", method=method, path=path)).status == 405


def test_metrics_count_deliveries(running):
    running.ask(request(b"counted"))
    reply = running.ask(request(b"", method="GET", path="/metrics", authorization=None))
    assert reply.status == 200
    assert b'bartizan_receive_deliveries_total{verdict="accepted"}' in reply.body
    assert b"bartizan_spool_entries" in reply.body


@pytest.mark.promise("S21")
@pytest.mark.parametrize(
    ("peer", "status"),
    [
        ("127.0.0.1", 200),
        ("::1", 200),
        ("::ffff:127.0.0.1", 200),
        ("192.0.2.1", 404),
        ("fe80::1%eth0", 404),
    ],
)
def test_metrics_are_for_loopback_peers_only(peer, status):
    from bartizan.receive.service import Service

    assert Service(lambda: True, lambda: None).answer("GET", "/metrics", peer).status == status


def test_answers_name_no_software(running):
    reply = running.ask(request(b"x"))
    assert "server" not in reply.headers
