from pathlib import Path

from bartizan.app.sensor_configuration import mlogc_configuration
from bartizan.receive.settings import CollectorSettings


def test_it_names_the_collector_the_sensor_and_the_secret():
    text = mlogc_configuration(CollectorSettings(), "shop-1", "s3cret")
    assert 'ConsoleURI          "http://127.0.0.1:8888/rpc/auditLogReceiver"' in text
    assert 'SensorUsername      "shop-1"' in text
    assert 'SensorPassword      "s3cret"' in text
    assert "SecAuditLogParts        ABIJDEFHZ" in text


def test_it_has_all_that_mlogc_and_modsecurity_need():
    text = mlogc_configuration(CollectorSettings(), "a", "b")
    needed = [
        "CollectorRoot",
        "ConsoleURI",
        "SensorUsername",
        "SensorPassword",
        "LogStorageDir",
        "QueuePath",
    ]
    needed += [
        "TransactionLog",
        "ErrorLog",
        "SecAuditEngine",
        "SecAuditLogType",
        "SecAuditLogStorageDir",
    ]
    words = {line.split()[0] for line in text.splitlines() if line.strip()}
    assert set(needed) <= words


def test_tls_makes_the_address_https_and_has_the_sensor_verify():
    settings = CollectorSettings(tls_certificate=Path("c"), tls_key=Path("k"), host="0.0.0.0")
    text = mlogc_configuration(settings, "a", "b")
    assert '"https://THIS-MACHINE:8888/' in text
    assert "InsecureNoCheckCert 0" in text


def test_an_ipv6_address_is_bracketed():
    assert "http://[::1]:8888/" in mlogc_configuration(CollectorSettings(host="::1"), "a", "b")
