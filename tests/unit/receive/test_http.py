"""HTTP as sensors and their imitators speak it, byte for byte, and as nobody should."""

import asyncio
import io
import json
import re
import socket
import ssl
import subprocess
import tarfile
import threading
from pathlib import Path

import hypothesis
import pytest
import zstandard
from hypothesis import strategies as st

from bartizan.domain.errors import Misconfigured
from bartizan.receive.server import collector_server
from bartizan.receive.settings import CollectorSettings
from tests.unit.receive.listener import (
    AUTHORIZATION,
    PATH,
    Client,
    RunningCollector,
    request,
    write_snapshot,
)

CORPUS = Path(__file__).parents[2] / "corpus"
LIMIT = 1_000_000
CHUNKED_HEAD = (
    f"PUT {PATH} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nAuthorization: ".encode()
    + AUTHORIZATION
    + b"\r\n\r\n"
)


@pytest.fixture
def running(tmp_path):
    with RunningCollector(tmp_path / "spool", max_body_bytes=LIMIT) as collector:
        yield collector


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    directory = tmp_path_factory.mktemp("shared")
    with RunningCollector(directory, max_body_bytes=LIMIT, head_timeout_s=0.5) as collector:
        yield collector


def recorded(capture: str) -> list[tuple[int, bytes, bytes]]:
    """(connection, head, body) of each recorded request, in order."""
    packed = (CORPUS / capture / "requests.tar.zst").read_bytes()
    plain = zstandard.ZstdDecompressor().stream_reader(packed).read()
    with tarfile.open(fileobj=io.BytesIO(plain)) as archive:
        files = {
            Path(member.name).name: archive.extractfile(member).read()
            for member in archive.getmembers()
            if member.isfile()
        }
    lines = [json.loads(line) for line in files["requests.jsonl"].splitlines()]
    return [
        (line["conn"], files[f"{line['n']:05}.head"], files[f"{line['n']:05}.body"])
        for line in lines
    ]


@pytest.mark.promise("R4")
@pytest.mark.parametrize("capture", ["mlogc-raw", "mlogc-json-raw", "mlogc-answers-raw"])
def test_what_real_mlogc_sent_is_accepted_byte_for_byte(tmp_path, capture):
    requests = recorded(capture)
    assert len(requests) > 50
    with RunningCollector(tmp_path / "spool") as running:
        write_snapshot(tmp_path / "spool", sensor_01="S3cr3t!pw")
        clients: dict[int, Client] = {}
        for connection, head, body in requests:
            if connection not in clients:
                clients[connection] = running.client()
            assert clients[connection].ask(head + body).status == 200
        for client in clients.values():
            client.close()
        entries = running.entries()
    assert [entry.raw for entry in entries] == [body for _, _, body in requests]
    for entry, (_, head, _) in zip(entries, requests, strict=True):
        assert entry.sensor == "sensor-01"
        assert b"X-ForensicLog-Summary: " + entry.summary in head
        assert entry.claimed_hash.encode() in head


def test_a_body_may_come_in_chunks_of_any_size(running):
    with running.client() as client:
        client.send(CHUNKED_HEAD)
        for piece in (b"one", b" ", b"two" * 30_000):
            client.send(b"%x;ext=1\r\n%s\r\n" % (len(piece), piece))
        assert client.ask(b"0\r\n\r\n").status == 200
    assert running.raws() == [b"one " + b"two" * 30_000]


def test_a_body_in_chunks_may_end_with_a_trailer(running):
    with running.client() as client:
        client.send(CHUNKED_HEAD + b"1\r\nx\r\n0\r\n")
        client.send(b"X-Checksum: 1\r\n")
        assert client.ask(b"\r\n").status == 200
        assert client.ask(request(b"next")).status == 200
    assert running.raws() == [b"x", b"next"]


def test_a_request_may_come_byte_by_byte(running):
    with running.client() as client:
        for byte in request(b"slowly"):
            client.send(bytes([byte]))
        assert client.reply().status == 200
    assert running.raws() == [b"slowly"]


def test_a_sender_that_expects_100_continue_gets_it(running):
    head, body = request(b"later" * 1000, b"Expect: 100-continue").split(b"\r\n\r\n")
    with running.client() as client:
        assert client.ask(head + b"\r\n\r\n").status == 100
        assert client.ask(body).status == 200


def test_a_sender_that_expects_and_is_not_known_hears_401_before_its_body(running):
    head, _ = request(b"x" * 1000, b"Expect: 100-continue", authorization=None).split(b"\r\n\r\n")
    with running.client() as client:
        assert client.ask(head + b"\r\n\r\n").status == 401
        assert client.is_closed()


def test_an_empty_expect_is_none(running):
    assert running.ask(request(b"x", b"Expect:")).status == 200


def test_http_1_0_is_served_and_closed(running):
    with running.client() as client:
        assert client.ask(request(b"old", version="1.0")).status == 200
        assert client.is_closed()


def test_connection_close_is_obeyed(running):
    with running.client() as client:
        reply = client.ask(request(b"last", b"Connection: close"))
        assert (reply.status, reply.headers["connection"]) == (200, "close")
        assert client.is_closed()


def test_pipelined_requests_are_answered_in_order(running):
    sent = [(b"%d" % number) * 3_000 if number % 3 else b"" for number in range(30)]
    with running.client() as client:
        client.send(b"".join(request(body) for body in sent))
        statuses = [client.reply().status for _ in sent]
    assert statuses == [200 if body else 409 for body in sent]
    assert running.raws() == [body for body in sent if body]


def test_what_was_whole_before_garbage_came_is_answered(running):
    with running.client() as client:
        client.send(request(b"one") + request(b"two") + b"\x00garbage")
        assert client.reply().status == 200
        assert client.reply().status == 200
        assert client.is_closed()
    assert running.raws() == [b"one", b"two"]


def test_a_path_may_be_written_in_other_ways(running):
    for target in (f"{PATH}?x=1", f"http://collector{PATH}", PATH.replace("a", "%61")):
        assert running.ask(request(b"x", path=target)).status == 200


def test_the_answer_to_head_has_the_length_of_its_body_but_no_body(running):
    with running.client() as client:
        client.send(request(b"", method="HEAD", path="/healthz"))
        client.send(request(b"next"))
        answers = b""
        while answers.count(b"\r\n\r\n") < 2:
            answers += client.socket.recv(4096)
    first, second, rest = answers.split(b"\r\n\r\n")
    assert b"content-length: 3\r\n" in first
    assert second.startswith(b"HTTP/1.1 200 ")
    assert rest == b""


def test_every_answer_has_a_date(running):
    reply = running.ask(request(b"x"))
    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", reply.headers["date"])


@pytest.mark.promise("R4")
def test_an_upgrade_is_not_offered_and_its_entry_is_never_called_empty(running):
    upgrade = (b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABk")
    with running.client() as client:
        assert client.ask(request(b"before")).status == 200
        assert client.ask(request(b"x", *upgrade)).status == 503
        assert client.is_closed()
    assert running.raws() == [b"before"]


@pytest.mark.promise("S6")
@pytest.mark.parametrize(
    "head",
    [
        request(b"x", b"Transfer-Encoding: chunked"),
        request(b"x", b"Content-Length: 2"),
        request(b"x", b"Content-Length : 1"),
        request(b"x").replace(b"Content-Length: 1", b"Content-Length: +1"),
        request(b"x").replace(b"Content-Length: 1", b"Content-Length: 99999999999999999999999"),
        request(b"x").replace(b"\r\nHost: collector", b"\nHost: collector"),
        b"PUT /rpc/auditLogReceiver.php HTTP/9.9\r\n\r\n",
    ],
    ids=["both framings", "two lengths", "space", "plus", "huge", "bare LF", "version"],
)
def test_a_request_that_two_parsers_could_read_differently_is_refused(running, head):
    with running.client() as client:
        assert client.ask(head).status == 409
        assert client.is_closed()
    assert running.raws() == []


def test_bytes_that_are_not_http_are_refused(running):
    for garbage in (
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"hello\r\n\r\n",
        b"CONNECT x:1 HTTP/1.1\r\n\r\n",
    ):
        with running.client() as client:
            client.send(garbage)
            assert client.reply().status in {400, 503}


@pytest.mark.promise("S6")
def test_more_than_was_declared_is_not_taken_for_part_of_the_entry(running):
    with running.client() as client:
        client.send(request(b"right") + b"and more that was not declared\r\n\r\n")
        assert client.reply().status == 200
        client.is_closed()
    assert running.raws() == [b"right"]


@pytest.mark.promise("S6")
def test_less_than_was_declared_is_not_an_entry(running):
    with running.client() as client:
        client.send(request(b"x" * 1000)[:-1])
    assert running.ask(request(b"next")).status == 200
    assert running.raws() == [b"next"]


def _pour(client: Client, piece: bytes, most: int) -> int:
    """Send until the other side closes or `most` bytes are gone; how many were."""
    sent = 0
    try:
        while sent < most:
            client.send(piece)
            sent += len(piece)
    except (ConnectionError, TimeoutError):
        pass
    return sent


@pytest.mark.promise("S6")
@pytest.mark.parametrize("kind", ["declared", "chunked"])
def test_an_endless_body_is_answered_and_cut_off(running, kind):
    head = request(b"").replace(b"Content-Length: 0", b"Content-Length: %d" % (10 << 30))
    piece = b"x" * 65_536
    if kind == "chunked":
        head, piece = CHUNKED_HEAD, b"10000\r\n" + piece + b"\r\n"
    with running.client() as client:
        client.send(head)
        replies = []
        reader = threading.Thread(target=lambda: replies.append(client.reply().status), daemon=True)
        reader.start()
        assert _pour(client, piece, 200 * LIMIT) < 30 * LIMIT
        reader.join()
    assert replies == [409]
    assert running.raws() == []


@pytest.mark.promise("S6")
@pytest.mark.parametrize(
    "piece",
    [b"X-Header: value\r\n", b"a:\r\n" * 1000, b"X-One: " + b"x" * 2_000_000, b"x" * 4096],
    ids=["many", "100,000", "1 MiB", "one line"],
)
def test_an_endless_head_is_cut_off(running, piece):
    with running.client() as client:
        client.send(f"PUT {PATH} HTTP/1.1\r\n".encode())
        assert _pour(client, piece, 500_000_000) < 100_000_000
        with pytest.raises((ConnectionError, AssertionError)):
            assert client.reply().status == 200


@pytest.mark.promise("S6")
def test_an_endless_target_is_cut_off(running):
    with running.client() as client:
        client.send(b"PUT /")
        assert _pour(client, b"x" * 4096, 500_000_000) < 100_000_000


@pytest.mark.promise("S6")
def test_trailers_are_not_collected(running):
    with running.client() as client:
        client.send(CHUNKED_HEAD + b"1\r\nx\r\n0\r\n")
        assert _pour(client, b"X-Trailer: value\r\n", 500_000_000) < 100_000_000
    assert running.raws() == []


@pytest.mark.promise("R4")
def test_a_head_just_within_the_limit_is_served(running):
    summary = b"X-ForensicLog-Summary: " + b"x" * (126 * 1024)
    assert running.ask(request(b"x", summary)).status == 200


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    directory = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext"),
            *("subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", directory / "key.pem"),
            *("-out", directory / "certificate.pem"),
        ],
        check=True,
        capture_output=True,
    )
    return directory


def test_tls_by_two_settings_speaks_http_1_1_only_and_tls_1_2_at_least(tmp_path, certificate):
    settings = {
        "tls_certificate": certificate / "certificate.pem",
        "tls_key": certificate / "key.pem",
    }
    with RunningCollector(tmp_path / "spool", **settings) as running:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = ssl.create_default_context(cafile=certificate / "certificate.pem")
            context.minimum_version = context.maximum_version = version
            context.set_alpn_protocols(["h2", "http/1.1"])
            with running.client(context) as client:
                assert client.socket.selected_alpn_protocol() == "http/1.1"
                assert client.ask(request(b"x" * 200_000)).status == 200
                assert client.ask(request(b"again")).status == 200
        assert len(running.raws()) == 4


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tls_1_1_is_refused(tmp_path, certificate):
    settings = {
        "tls_certificate": certificate / "certificate.pem",
        "tls_key": certificate / "key.pem",
    }
    with RunningCollector(tmp_path / "spool", **settings) as running:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises((ssl.SSLError, ConnectionError)):
            running.client(context)


@pytest.mark.promise("S7")
def test_a_tls_handshake_that_never_comes_is_cut_off(tmp_path, certificate):
    settings = {
        "tls_certificate": certificate / "certificate.pem",
        "tls_key": certificate / "key.pem",
        "head_timeout_s": 0.3,
    }
    with RunningCollector(tmp_path / "spool", **settings) as running, running.client() as client:
        assert client.is_closed()


def test_a_certificate_that_cannot_be_used_is_named(tmp_path):
    settings = CollectorSettings(tls_certificate=tmp_path / "none.pem", tls_key=tmp_path / "none")
    with pytest.raises(Misconfigured) as refusal:
        collector_server(_nothing, settings)
    assert refusal.value.where == "collector.tls_certificate"


async def _nothing(exchange):
    raise AssertionError


def test_an_address_that_is_taken_is_named(running):
    server = collector_server(_nothing, CollectorSettings(port=running.port))
    with pytest.raises(Misconfigured) as refusal:
        asyncio.run(server.serve())
    assert refusal.value.code == "cannot-listen"


EDITS = st.lists(
    st.tuples(
        st.integers(0, 400),
        st.integers(0, 3),
        st.one_of(
            st.binary(max_size=4),
            st.sampled_from(
                [b"\r\n", b"\r", b"\n", b"\x00", b": ", b"Transfer-Encoding: chunked\r\n"]
            ),
        ),
    ),
    min_size=1,
    max_size=5,
)


@pytest.mark.promise("R4")
@hypothesis.settings(max_examples=150, deadline=None)
@hypothesis.given(edits=EDITS)
def test_however_a_request_is_damaged_no_answer_but_the_four_is_heard(shared, edits):
    whole = request(
        b"--12345678-A--\nentry\n--12345678-Z--\n",
        b"X-Content-Hash: md5:00000000000000000000000000000000 ",
        b"X-ForensicLog-Summary: host - - [x]",
    )
    first_line, _, rest = whole.partition(b"\r\n")
    for place, cut, insert in edits:
        start = place % (len(rest) + 1)
        rest = rest[:start] + insert + rest[start + cut :]
    with shared.client() as client:
        client.send(first_line + b"\r\n" + rest)
        client.socket.shutdown(socket.SHUT_WR)
        answers = client._file.read()
    statuses = {int(one) for one in re.findall(rb"^HTTP/1.1 (\d+) ", answers, re.MULTILINE)}
    # What follows the damaged request may itself be read as one, of another path.
    assert statuses <= {200, 409, 401, 503, 400, 404}
    if answers:
        assert int(answers.split()[1]) in {200, 409, 401, 503}


def test_after_all_that_damage_good_entries_are_accepted(shared):
    assert shared.ask(request(b"good")).status == 200
