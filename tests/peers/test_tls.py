"""TLS to the collector by two settings, spoken by the real mlogc."""

import subprocess
from pathlib import Path

import pytest

from tests.servers.apache import Apache
from tests.servers.bartizan import Bartizan, eventually, running

pytestmark = pytest.mark.peers


def test_an_attack_arrives_over_tls(tmp_path: Path) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    subprocess.run(
        [
            *command.split(),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    tls = {"tls_certificate": str(certificate), "tls_key": str(key)}
    with running(Bartizan(tmp_path / "bartizan", settings={"collector": tls})) as service:
        assert service.receiver_url.startswith("https://")
        apache = Apache(service.receiver_url)
        try:
            unique_id = apache.attack()
            api = service.login()
            eventually(lambda: api.stored(unique_id=unique_id) == 1, 5, "stored")
        finally:
            apache.stop()
