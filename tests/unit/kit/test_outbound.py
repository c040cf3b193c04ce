"""What goes out: verified, bounded, to where it was told and nowhere else."""

import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bartizan.kit.outbound import Answered, NoAnswer, Outbound


class Listener(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.server.heard.append((self.path, dict(self.headers)))
        self.rfile.read(int(self.headers["Content-Length"]))
        status, headers, body = self.server.answers.get(self.path, (200, {}, b"yes"))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def certificate(tmp_path):
    made, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = (
        *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
        *("-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", str(key)),
        *("-out", str(made), "-addext", "subjectAltName=IP:127.0.0.1"),
    )
    subprocess.run(command, check=True, capture_output=True)
    return made, key


@pytest.fixture
def listen():
    servers = []

    def start(certificate=None):
        server = ThreadingHTTPServer(("127.0.0.1", 0), Listener)
        server.heard, server.answers = [], {}
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        servers.append((server, thread))
        return server

    yield start
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


def url(server, path="/", scheme="http"):
    return f"{scheme}://127.0.0.1:{server.server_address[1]}{path}"


def test_credentials_and_headers_arrive_and_the_answer_comes_back(listen):
    server = listen()
    with Outbound(username="web-1", password="gehé:im") as outbound:
        answer = outbound.post(url(server), b"body", {"Content-Type": "x/y"})
    assert answer == Answered(200, answer.headers, b"yes")
    ((path, headers),) = server.heard
    assert path == "/"
    assert headers["Content-Type"] == "x/y"
    assert headers["Authorization"] == "Basic d2ViLTE6Z2Vow6k6aW0="


def test_a_redirect_is_an_answer_and_is_not_followed(listen):
    server = listen()
    server.answers["/"] = (302, {"Location": url(server, "/elsewhere")}, b"")
    with Outbound(username="web-1", password="secret") as outbound:
        assert outbound.post(url(server), b"", {}).status == 302
    assert [path for path, _ in server.heard] == ["/"]


def test_the_environment_does_not_send_it_elsewhere(listen, monkeypatch):
    server, proxy = listen(), listen()
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, url(proxy))
    with Outbound() as outbound:
        assert outbound.post(url(server), b"", {}).status == 200
    assert proxy.heard == []


def test_an_answer_that_does_not_end_is_none(listen):
    server = listen()
    server.answers["/"] = (200, {}, b"x" * (5 << 20))
    with Outbound() as outbound:
        assert isinstance(outbound.post(url(server), b"", {}), NoAnswer)


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/", "nonsense", "http://[::1", "ftp://x/"])
def test_nobody_there_is_no_answer(address):
    with Outbound() as outbound:
        assert isinstance(outbound.post(address, b"", {}), NoAnswer)


def test_a_certificate_of_nobody_we_know_is_refused_before_anything_is_said(listen, certificate):
    server = listen(certificate)
    with Outbound(username="web-1", password="secret") as outbound:
        said = outbound.post(url(server, scheme="https"), b"", {})
    assert isinstance(said, NoAnswer)
    assert "certificate" in said.reason.lower()
    assert server.heard == []


def test_a_collectors_own_certificate_can_be_named(listen, certificate):
    server = listen(certificate)
    with Outbound(ca_file=certificate[0]) as outbound:
        assert outbound.post(url(server, scheme="https"), b"", {}).status == 200


def test_verification_can_be_left_out(listen, certificate):
    server = listen(certificate)
    with Outbound(verify=False) as outbound:
        assert outbound.post(url(server, scheme="https"), b"", {}).status == 200


def test_a_file_that_is_no_certificate_is_told_at_once(tmp_path):
    (tmp_path / "nothing.pem").write_text("no certificate\n")
    with pytest.raises(OSError):  # noqa: PT011
        Outbound(ca_file=tmp_path / "nothing.pem")
    with pytest.raises(FileNotFoundError):
        Outbound(ca_file=tmp_path / "missing.pem")
