"""Every verdict in every dialect, every way to state credentials, and what is never repeated."""

import base64
import re
import sqlite3

import pytest
import structlog

from bartizan.accounts.credentials import SensorCredentials
from bartizan.domain.delivery import Verdict
from bartizan.kit import log
from bartizan.receive import app
from bartizan.receive.registry import DIALECTS
from bartizan.receive.verdict import BATCH, MLOGC, WRITER
from bartizan.spool.schema import FILE_NAME
from bartizan.spool.settings import SpoolSettings
from tests.unit.receive.listener import RunningCollector, basic, request

LIMIT = 100_000
PATHS = {
    "mlogc": "/rpc/auditLogReceiver",
    "modsecurity": "/v1/modsecurity",
    "coraza": "/v1/coraza",
    "batch": "/v1/entries",
}
WRITERS = ["modsecurity", "coraza"]
ENTRY = b'{"transaction":{"client_ip":"192.0.2.1"}}\n'


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    directory = tmp_path_factory.mktemp("spool")
    with RunningCollector(directory, max_body_bytes=LIMIT, max_batch_bytes=LIMIT * 2) as collector:
        yield collector


def post(path: str, body: bytes = ENTRY, *headers: bytes, **more) -> bytes:
    return request(body, *headers, **{"method": "POST", "path": path, **more})


def test_every_dialect_has_an_answer_to_every_verdict():
    for dialect in DIALECTS:
        assert set(dialect.answers) == set(Verdict)


def test_the_tables_are_those_of_the_promises():
    assert MLOGC.items() >= {Verdict.FAILED: 503, Verdict.WRONG_METHOD: 503}.items()
    assert (WRITER[Verdict.TOO_LARGE], WRITER[Verdict.EMPTY]) == (413, 400)
    assert BATCH[Verdict.FAILED] == 500
    for table in (MLOGC, WRITER, BATCH):
        assert table[Verdict.ACCEPTED] == 200
        assert table[Verdict.UNAUTHENTICATED] == 401
        assert table[Verdict.BUSY] == 503


@pytest.mark.promise("R4")
@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize(
    "body",
    [ENTRY, b"x", b"\x00\xff", b"{" * 1000, b"--AbCdEfGhIj-A--\n", b"x" * LIMIT],
    ids=["entry", "one byte", "binary", "nested", "native", "at the limit"],
)
def test_whatever_an_entry_holds_a_writer_hears_200(running, name, body):
    reply = running.ask(post(PATHS[name], body))
    assert (reply.status, reply.body) == (200, b"")
    assert running.raws()[-1] == body


@pytest.mark.parametrize("name", PATHS)
def test_the_sensor_is_the_one_whose_credentials_came(running, name):
    reply = running.ask(post(PATHS[name], authorization=basic("shop-2", "with:colons")))
    assert reply.status == 200
    assert running.entries()[-1].sensor == "shop-2"


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("modsecurity", b"", 400),
        ("coraza", b"", 400),
        ("mlogc", b"", 409),
        ("modsecurity", b"x" * (LIMIT + 1), 413),
        ("coraza", b"x" * (LIMIT * 5), 413),
        ("mlogc", b"x" * (LIMIT + 1), 409),
        ("batch", b"x" * (2 * LIMIT + 1), 413),
    ],
)
def test_empty_and_too_large_deliveries_are_refused_as_the_dialect_has_it(
    running, name, body, status
):
    before = len(running.raws())
    reply = running.ask(post(PATHS[name], body))
    assert reply.status == status
    assert (b"stays on the sensor" in reply.body) == (name == "mlogc")
    assert len(running.raws()) == before


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize(
    "authorization", [None, basic("shop-1", "wrong"), basic("nobody", "secret"), b"Bearer wrong"]
)
def test_wrong_credentials_hear_401_in_every_dialect(running, name, authorization):
    before = len(running.raws())
    reply = running.ask(post(PATHS[name], b"x" * 50_000, authorization=authorization))
    assert reply.status == 401
    assert len(running.raws()) == before


@pytest.mark.parametrize(
    ("name", "status"), [("mlogc", 503), ("modsecurity", 503), ("coraza", 503), ("batch", 405)]
)
def test_another_method_is_answered_as_the_dialect_has_it(running, name, status):
    reply = running.ask(post(PATHS[name], b"", method="GET"))
    assert reply.status == status
    assert ("allow" in reply.headers) == (status == 405)


@pytest.mark.parametrize(
    ("name", "status"), [("mlogc", 503), ("modsecurity", 503), ("coraza", 503), ("batch", 500)]
)
def test_a_failure_nobody_foresaw_is_answered_as_the_dialect_has_it(
    tmp_path, monkeypatch, name, status
):
    async def fail(self, name, password):
        raise ZeroDivisionError

    monkeypatch.setattr(SensorCredentials, "verify", fail)
    with RunningCollector(tmp_path / "spool") as running:
        assert running.ask(post(PATHS[name])).status == status


@pytest.mark.promise("R5")
@pytest.mark.parametrize("name", PATHS)
def test_a_disk_that_keeps_everybody_waiting_is_503(tmp_path, name):
    limits = {"answer_timeout_s": 0.2, "batch_timeout_s": 0.2}
    with RunningCollector(tmp_path / "spool", **limits) as running:
        blocker = sqlite3.connect(tmp_path / "spool" / FILE_NAME, isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        reply = running.ask(post(PATHS[name]))
        assert reply.status == 503
        assert int(reply.headers["retry-after"]) > 0
        blocker.execute("ROLLBACK")
        blocker.close()
        assert running.ask(post(PATHS[name])).status == 200


@pytest.mark.promise("R5")
@pytest.mark.parametrize("name", WRITERS)
def test_a_writer_has_its_answer_before_coraza_gives_up(running, name):
    """Coraza waits for 1 s; whoever is not answered in 800 ms hears 503."""
    assert running.settings.answer_timeout_s <= 0.8


@pytest.mark.promise("R7")
@pytest.mark.parametrize("name", PATHS)
def test_a_full_spool_is_503_in_every_dialect(tmp_path, name):
    spool = SpoolSettings(max_bytes=400_000, min_free_bytes=0)
    with RunningCollector(tmp_path / "spool", spool=spool) as running:
        body = b"x" * 90_000
        statuses = [running.ask(post(PATHS[name], body)).status for _ in range(6)]
        assert statuses[0] == 200
        assert statuses[-1] == 503
        assert statuses.count(200) == len(running.raws())


@pytest.mark.parametrize("name", WRITERS)
def test_a_generated_secret_in_the_path_is_enough(running, name):
    reply = running.ask(post(f"{PATHS[name]}/with%3Acolons", authorization=None))
    assert reply.status == 200
    assert running.entries()[-1].sensor == "shop-2"


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize("scheme", [b"Bearer", b"bearer", b"BEARER"])
def test_a_generated_secret_as_bearer_is_enough(running, name, scheme):
    reply = running.ask(post(PATHS[name], authorization=scheme + b" with:colons"))
    assert reply.status == 200
    assert running.entries()[-1].sensor == "shop-2"


def test_a_secret_in_the_path_counts_before_a_header(running):
    path = f"{PATHS['coraza']}/secret"
    reply = running.ask(post(path, authorization=basic("shop-2", "with:colons")))
    assert reply.status == 200
    assert running.entries()[-1].sensor == "shop-1"
    wrong = f"{PATHS['coraza']}/wrong"
    assert running.ask(post(wrong)).status == 401


@pytest.mark.parametrize(
    "path",
    [
        "/v1/modsecurity/",
        "/v1/coraza/",
        "/v1/coraza/secret/",
        "/v1/coraza/secret/secret",
        "/v1/entries/secret",
        "/rpc/auditLogReceiver/secret",
        "/v1//secret",
        "/secret",
    ],
)
def test_a_secret_is_taken_from_no_other_path(running, path):
    reply = running.ask(post(path, authorization=None))
    assert reply.status in {401, 404}
    assert b"secret" not in reply.body


def test_a_path_that_is_no_text_finds_nobody(running):
    reply = running.ask(post("/v1/coraza/%FF%00%C3%28", authorization=None))
    assert reply.status == 401


@pytest.fixture
def logging_as_roles_do(monkeypatch):
    """Makes the collector log as the roles do, in a form, to where standard error is now."""

    def start(form: str) -> None:
        log.configure("debug", form)
        monkeypatch.setattr(app, "_log", log.get("collector"))

    yield start
    structlog.reset_defaults()


@pytest.mark.promise("S16")
@pytest.mark.parametrize("log_form", ["console", "json"])
@pytest.mark.parametrize("form", ["path", "bearer", "basic"])
def test_no_credential_is_ever_logged_counted_or_repeated(
    tmp_path, monkeypatch, capfd, logging_as_roles_do, form, log_form
):
    logging_as_roles_do(log_form)
    secret = "s3cr3t-t0ken-of-a-sensor"
    target = f"/v1/coraza/{secret}" if form == "path" else "/v1/coraza"
    authorization = {
        "path": None,
        "bearer": f"Bearer {secret}".encode(),
        "basic": basic("shop-1", secret),
    }[form]
    whole = post(target, authorization=authorization)
    deliveries = [
        whole,
        post(target, method="GET", authorization=authorization),
        whole.replace(b"HTTP/1.1", b"HTTP/9.9"),
        whole.replace(b"Content-Length: ", b"Content-Length: +"),
        whole.replace(target.encode(), target.encode() + b"/more"),
        request(b"", method="GET", path="/metrics"),
    ]

    def fail(self, *_):
        raise ZeroDivisionError

    with RunningCollector(tmp_path / "spool") as running:
        texts = [running.ask(delivery).body for delivery in deliveries]
        with monkeypatch.context() as failing:
            failing.setattr(SensorCredentials, "verify", fail)
            failing.setattr(SensorCredentials, "find_owner", fail)
            assert running.ask(whole).status == 503
    log_text = "".join(capfd.readouterr()).encode()
    assert b"ZeroDivisionError" in log_text
    encoded = base64.b64encode(f"shop-1:{secret}".encode())
    for text in (*texts, log_text):
        assert secret.encode() not in text
        assert encoded not in text


@pytest.mark.promise("R4")
def test_a_log_that_cannot_be_written_keeps_no_sensor_waiting(tmp_path, monkeypatch):
    class Broken:
        def error(self, *_, **__):
            raise BrokenPipeError

    def fail(self, *_):
        raise ZeroDivisionError

    monkeypatch.setattr(SensorCredentials, "verify", fail)
    monkeypatch.setattr(app, "_log", Broken())
    with RunningCollector(tmp_path / "spool") as running:
        assert running.ask(request(b"x")).status == 503


@pytest.mark.promise("S6")
@pytest.mark.parametrize("path", ["/v1/modsecurity/secret", "/v1/coraza/secret", "/v1/entries"])
def test_a_head_that_is_not_http_is_400_for_who_is_not_stopped_by_it(running, path):
    with running.client() as client:
        assert client.ask(post(path, b"x", b"X-Odd: one\rtwo")).status == 400
        assert client.is_closed()


@pytest.mark.parametrize("name", PATHS)
def test_connections_are_kept_whatever_the_answer(running, name):
    with running.client() as client:
        assert client.ask(post(PATHS[name])).status == 200
        assert client.ask(post(PATHS[name], b"x" * (LIMIT * 3))).status in {409, 413}
        assert client.ask(post(PATHS[name], authorization=None)).status == 401
        assert client.ask(post(PATHS[name])).status == 200


@pytest.mark.parametrize("name", PATHS)
def test_who_holds_the_body_back_is_invited(running, name):
    """Done by libcurl for bodies over 1 MB, which libmodsecurity sends too."""
    whole = post(PATHS[name], ENTRY, b"Expect: 100-continue")
    with running.client() as client:
        client.send(whole[: -len(ENTRY)])
        assert client.reply().status == 100
        client.send(ENTRY)
        assert client.reply().status == 200


@pytest.mark.parametrize("name", PATHS)
def test_who_holds_the_body_back_and_is_a_stranger_is_not_invited(running, name):
    whole = post(PATHS[name], ENTRY, b"Expect: 100-continue", authorization=None)
    with running.client() as client:
        client.send(whole[: -len(ENTRY)])
        assert client.reply().status == 401
        assert client.is_closed()


@pytest.mark.parametrize("name", PATHS)
def test_a_body_may_come_in_chunks(running, name):
    head = post(PATHS[name], b"").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    chunks = b"".join(b"%x\r\n%s\r\n" % (1, bytes([byte])) for byte in ENTRY) + b"0\r\n\r\n"
    assert running.ask(head + chunks).status == 200
    assert running.raws()[-1] == ENTRY


def test_deliveries_and_entries_are_counted_by_verdict(running):
    def counted() -> dict[str, float]:
        text = running.ask(request(b"", method="GET", path="/metrics")).body.decode()
        found = re.findall(
            r'^bartizan_receive_(\w+)_total\{verdict="(.*?)"\} (\S+)', text, re.MULTILINE
        )
        return {f"{what} {verdict}": float(value) for what, verdict, value in found}

    before = counted()
    running.ask(post(PATHS["coraza"]))
    running.ask(post(PATHS["coraza"], b""))
    running.ask(post(PATHS["batch"], ENTRY * 3))
    after = counted()
    grown = {key: after[key] - before.get(key, 0) for key in after if after[key] != before.get(key)}
    assert grown == {
        "deliveries accepted": 2,
        "deliveries empty": 1,
        "entries accepted": 4,
        "entries empty": 1,
    }
