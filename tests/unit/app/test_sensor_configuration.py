"""What is shown to be pasted: complete, with the secret in place, and nothing smuggled in."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.app.sensor_configuration import (
    PLACEHOLDER,
    Kind,
    collector_address,
    configuration,
    configurations,
    printed,
)
from bartizan.domain.errors import Refused
from bartizan.receive.registry import find_dialect
from bartizan.receive.settings import CollectorSettings

ADDRESS = "https://waf.example:8888"
SECRET = "Zk3-generated_secret"


def text(kind: Kind, address: str = ADDRESS, secret: str = SECRET) -> str:
    return printed(configuration(kind, address, "shop-1", secret))


def test_it_names_the_collector_the_sensor_and_the_secret() -> None:
    apache = text(Kind.APACHE, collector_address(CollectorSettings()))
    assert 'ConsoleURI          "http://127.0.0.1:8888/rpc/auditLogReceiver"' in apache
    assert 'SensorUsername      "shop-1"' in apache
    assert f'SensorPassword      "{SECRET}"' in apache
    assert "SecAuditLogParts        ABIJDEFHZ" in apache


def test_it_has_all_that_mlogc_and_modsecurity_need() -> None:
    needed = {
        "CollectorRoot", "ConsoleURI", "SensorUsername", "SensorPassword", "LogStorageDir",
        "QueuePath", "TransactionLog", "ErrorLog", "SecAuditEngine", "SecAuditLogType",
        "SecAuditLogStorageDir",
    }  # fmt: skip
    words = {line.split()[0] for line in text(Kind.APACHE).splitlines() if line.strip()}
    assert needed <= words


@pytest.mark.parametrize("kind", Kind)
def test_every_way_holds_the_secret_and_the_collector_and_is_told_in_one_piece(kind: Kind) -> None:
    one = configuration(kind, ADDRESS, "shop-1", SECRET)
    contents = "\n".join(file.content for file in one.files)
    assert SECRET in contents
    assert "https://waf.example:8888" in contents
    assert all(file.is_secret is (SECRET in file.content) for file in one.files)
    assert all(file.content.strip() in printed(one) for file in one.files)
    assert all(warning in printed(one) for warning in one.warnings)


@pytest.mark.parametrize(
    ("kind", "dialect"), [(Kind.NGINX_HTTPS, "modsecurity"), (Kind.CORAZA, "coraza")]
)
def test_a_secret_in_an_address_is_where_the_collector_looks_for_it(
    kind: Kind, dialect: str
) -> None:
    (line,) = [one for one in text(kind).splitlines() if one.startswith("SecAuditLog ")]
    path = line.split()[1].removeprefix(ADDRESS)
    found = find_dialect(path)
    assert found is not None
    assert (found.dialect.name, found.secret) == (dialect, SECRET.encode())


def test_the_writer_of_modsecurity_3_is_not_recommended_without_its_price() -> None:
    (warning, *_) = configuration(Kind.NGINX_HTTPS, ADDRESS, "a", SECRET).warnings
    assert "stands still" in warning
    assert "never tries again" in warning


def test_tls_makes_the_sensor_verify_and_a_listener_on_every_address_is_a_placeholder() -> None:
    settings = CollectorSettings(tls_certificate=Path("c"), tls_key=Path("k"), host="0.0.0.0")
    address = collector_address(settings)
    assert address == "https://THIS-MACHINE:8888"
    assert "InsecureNoCheckCert 0" in text(Kind.APACHE, address)
    assert "InsecureNoCheckCert" not in text(Kind.APACHE, "http://127.0.0.1:8888")


def test_plain_http_over_a_network_is_told_and_loopback_is_not() -> None:
    assert "The address is http" in text(Kind.APACHE, "http://waf.example:8888")
    assert "The address is http" not in text(Kind.APACHE, "http://127.0.0.1:8888")
    assert "The address is http" not in text(Kind.APACHE, "http://[::1]:8888")


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("http://[::1]:8888", "http://[::1]:8888"),
        (" https://waf.example/ ", "https://waf.example"),
        ("https://waf.example:443/bartizan/", "https://waf.example:443/bartizan"),
        ("HTTP://waf.example", "http://waf.example"),
    ],
)
def test_an_address_is_taken_as_people_type_it(typed: str, address: str) -> None:
    assert collector_address(CollectorSettings(), typed) == address


def test_an_ipv6_listener_is_bracketed_and_the_public_url_wins() -> None:
    assert collector_address(CollectorSettings(host="::1")) == "http://[::1]:8888"
    settings = CollectorSettings(public_url="https://waf.example/")
    assert collector_address(settings) == "https://waf.example"


@pytest.mark.parametrize(
    "typed",
    [
        "waf.example", "ftp://waf.example", "https://", "https://user:pw@waf.example",
        "https://waf.example/?x=1", "https://waf.example/#x", 'https://waf.example/"\nSecRule',
        "https://waf.example:port", "https://waf.example:99999", "https://waf example",
        "https://waf.example/\tx", "https://[::1", "https://$(id)/", "https://a'b/", "javascript:1",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(Refused) as caught:
        collector_address(CollectorSettings(), typed)
    assert caught.value.code == "bad-collector"


@given(st.text(max_size=80).map(lambda text: f"https://{text}"))
def test_no_typed_address_gets_a_line_or_a_quote_into_a_file(typed: str) -> None:
    try:
        address = collector_address(CollectorSettings(), typed)
    except Refused:
        return
    assert not set(address) & set("\"'`$\\ \t\r\n;|&<>(){}#?")
    for kind in Kind:
        lines = text(kind, address).count("\n")
        assert lines == text(kind, ADDRESS).count("\n") or address.startswith("http:")


@pytest.mark.parametrize("secret", ["", 'a"b', "a b", "a\\b", "a\nb", "é"])
def test_a_chosen_password_that_a_file_could_not_hold_is_refused(secret: str) -> None:
    for kind in Kind:
        with pytest.raises(Refused) as caught:
            configuration(kind, ADDRESS, "a", secret)
        assert caught.value.code == "bad-password"


def test_without_a_secret_a_placeholder_stands_where_it_belongs() -> None:
    made = configurations(ADDRESS, "shop-1")
    assert [one.kind for one in made] == [kind.value for kind in Kind]
    for one in made:
        assert any(PLACEHOLDER in file.content for file in one.files)
