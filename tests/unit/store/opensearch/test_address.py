"""URLs of clusters."""

from pathlib import Path

import pytest

from bartizan.domain.errors import Misconfigured
from bartizan.store.opensearch.address import Span, parse


def test_a_whole_url(tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    ca.touch()
    address = parse(
        f"opensearch+https://anna:p%40ss%2Fw%3Ard@os1,os2:9201,[::1]:9202/waf?ssl_ca={ca}"
        "&shards=3&replicas=0&span=day",
        "store.url",
    )
    assert address.scheme == "https"
    assert address.hosts == (("os1", 9200), ("os2", 9201), ("::1", 9202))
    assert (address.user, address.password) == ("anna", "p@ss/w:rd")
    assert (address.prefix, address.ssl_ca) == ("waf", str(ca))
    assert (address.shards, address.replicas, address.span) == (3, 0, Span.DAY)


def test_what_is_left_out_has_a_default() -> None:
    address = parse("elasticsearch+http://localhost", "store.url")
    assert (address.scheme, address.hosts) == ("http", (("localhost", 9200),))
    assert (address.prefix, address.user, address.ssl_ca) == ("bartizan", None, None)
    assert (address.shards, address.replicas, address.span) == (None, None, None)


@pytest.mark.parametrize(
    "rest",
    [
        "",
        "host:port/x",
        "host:0",
        "host:65536",
        "a,,b",
        "[::1",
        "host/UPPER",
        "host/_x",
        "host/a*",
        "host/a,b",
        "host/a/b",
        "host/" + "x" * 101,
        "host?shards=0",
        "host?shards=x",
        "host?replicas=-1",
        "host?span=year",
        "host?unknown=1",
        "host?ssl_ca=/nonexistent",
        "host?ssl_key=/etc/passwd",
    ],
)
def test_what_cannot_be_meant_is_refused_without_naming_the_password(rest: str) -> None:
    with pytest.raises(Misconfigured) as told:
        parse(f"opensearch+https://anna:verysecret@{rest}", "store.url")
    assert told.value.code == "bad-store-url"
    assert told.value.where == "store.url"
    assert "verysecret" not in str(told.value)


def test_certificates_are_for_https_only() -> None:
    with pytest.raises(Misconfigured, match="https"):
        parse("opensearch+http://host/x?ssl_ca=/etc/passwd", "store.url")
