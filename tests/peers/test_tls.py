"""TLS to the collector by two settings, spoken by the real senders."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.peers.arrival import arrived
from tests.servers.apache import Apache
from tests.servers.audit_log import AuditLog
from tests.servers.bartizan import Api, Bartizan, eventually, running
from tests.servers.coraza import Coraza
from tests.servers.nginx import Nginx
from tests.servers.ship import Ship

pytestmark = [pytest.mark.peers, pytest.mark.timeout(600)]


@dataclass(frozen=True)
class Secured:
    """A service whose collector speaks TLS, and the certificate that is its own authority."""

    service: Bartizan
    certificate: Path
    api: Api


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    directory = tmp_path_factory.mktemp("tls")
    certificate, key = directory / "certificate.pem", directory / "key.pem"
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
    with running(Bartizan(directory / "bartizan", settings={"collector": tls})) as service:
        assert service.receiver_url.startswith("https://")
        yield Secured(service, certificate, service.login())


@pytest.fixture
def end() -> Iterator[ExitStack]:
    """What was started ends with the test."""
    with ExitStack() as stack:
        yield stack


def test_an_attack_arrives_from_mlogc(secured: Secured, end: ExitStack) -> None:
    apache = Apache(secured.service.receiver_url)
    end.callback(apache.stop)
    arrived(secured.api, apache.attack())


def test_an_attack_arrives_from_the_shipper(secured: Secured, end: ExitStack) -> None:
    secret = secured.service.add_sensor_with_secret("shipper")
    nginx = Nginx(AuditLog())
    end.callback(nginx.stop)
    url, trusting = secured.service.collector_url(""), ("--ca-file", str(secured.certificate))
    shipper = Ship(url, "shipper", secret, nginx.audit_log, options=trusting)
    end.callback(shipper.stop)
    shipper.start()
    arrived(secured.api, nginx.attack().unique_id)


def test_the_shipper_sends_nothing_to_a_collector_it_cannot_verify(
    secured: Secured, end: ExitStack
) -> None:
    secret = secured.service.add_sensor_with_secret("doubting-shipper")
    nginx = Nginx(AuditLog())
    end.callback(nginx.stop)
    nginx.attack()
    shipper = Ship(secured.service.collector_url(""), "doubting-shipper", secret, nginx.audit_log)
    end.callback(shipper.stop)
    shipper.start()
    eventually(lambda: "certificate" in shipper.log.lower(), 20, "the shipper says why")
    assert secured.api.stored(sensor="doubting-shipper") == 0


def test_an_attack_arrives_from_coraza(secured: Secured, end: ExitStack) -> None:
    secret = secured.service.add_sensor_with_secret("coraza")
    url = secured.service.collector_url(f"/v1/coraza/{secret}")
    coraza = Coraza(AuditLog(kind="HTTPS", url=url), authority=secured.certificate)
    end.callback(coraza.stop)
    arrived(secured.api, coraza.attack().unique_id)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change what a system trusts")
def test_an_attack_arrives_from_libmodsecurity_whose_system_trusts_the_authority(
    secured: Secured, end: ExitStack
) -> None:
    secret = secured.service.add_sensor_with_secret("libmodsecurity")
    url = secured.service.collector_url(f"/v1/modsecurity/{secret}")
    nginx = Nginx(AuditLog(kind="HTTPS", url=url), authority=secured.certificate)
    end.callback(nginx.stop)
    arrived(secured.api, nginx.attack().unique_id)


def test_libmodsecurity_sends_nothing_to_a_collector_it_cannot_verify(
    secured: Secured, end: ExitStack
) -> None:
    secret = secured.service.add_sensor_with_secret("doubting-libmodsecurity")
    url = secured.service.collector_url(f"/v1/modsecurity/{secret}")
    nginx = Nginx(AuditLog(kind="HTTPS", url=url))
    end.callback(nginx.stop)
    assert nginx.attack().is_denied
    nginx.restart()  # which waits until its workers have sent what they had to send
    assert secured.api.stored(sensor="doubting-libmodsecurity") == 0


def test_coraza_sends_nothing_to_a_collector_it_cannot_verify(
    secured: Secured, end: ExitStack
) -> None:
    secret = secured.service.add_sensor_with_secret("doubting-coraza")
    url = secured.service.collector_url(f"/v1/coraza/{secret}")
    coraza = Coraza(AuditLog(kind="HTTPS", url=url))
    end.callback(coraza.stop)
    assert coraza.attack().is_denied
    assert secured.api.stored(sensor="doubting-coraza") == 0
