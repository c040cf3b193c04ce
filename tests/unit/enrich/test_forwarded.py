"""The client behind trusted proxies: formats.md 8.14's hostile headers, and what is believed."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.domain.transaction import Endpoint, Format, Request, Transaction
from bartizan.enrich.forwarded import client_behind

TRUSTED = ("10.0.0.0/8", "2001:db8:1::/48", "127.0.0.1")


def seen(*forwarded: str, client: str | None = "10.0.0.1", trusted: tuple[str, ...] = TRUSTED):
    headers = tuple(("X-Forwarded-For", value) for value in forwarded)
    transaction = Transaction(
        format=Format.MODSECURITY2_NATIVE,
        client=Endpoint(address=client, port=4711),
        request=Request(headers=(("Host", "a"), *headers)),
    )
    found = client_behind(transaction, trusted).client
    return found.address, found.port


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("203.0.113.7", ("203.0.113.7", None)),
        ("6.6.6.6, 203.0.113.7", ("203.0.113.7", None)),  # what stands further left may be forged
        ("203.0.113.7, 10.0.0.9", ("203.0.113.7", None)),
        ("6.6.6.6, 203.0.113.7 , 10.0.0.9,10.1.2.3", ("203.0.113.7", None)),
        ("203.0.113.7:51234", ("203.0.113.7", 51234)),
        ("2001:db8::7", ("2001:db8::7", None)),
        ("[2001:DB8::7]", ("2001:db8::7", None)),
        ("[2001:db8::7]:443", ("2001:db8::7", 443)),
        ("203.0.113.7, 2001:db8:1::5", ("203.0.113.7", None)),
        ("::ffff:203.0.113.7", ("203.0.113.7", None)),
        ("203.0.113.7, ::ffff:10.0.0.9", ("203.0.113.7", None)),
        ("192.168.1.5", ("192.168.1.5", None)),
        ("10.0.0.5", ("10.0.0.5", None)),  # all trusted: the first of them is the client
        ("fe80::1%eth0", ("fe80::1", None)),
    ],
)
def test_the_last_address_that_is_no_trusted_proxy_is_the_client(
    forwarded: str, client: tuple[str, int | None]
) -> None:
    assert seen(forwarded) == client


@pytest.mark.parametrize(
    "forwarded",
    [
        "", ",", ", ,", "unknown", "_hidden", "-", "203.0.113.7, unknown", "203.0.113.7,",
        '"203.0.113.7"', "203.0.113.7'; DROP TABLE x", "999.1.1.1", "203.0.113", "1", "0x7f.1",
        "203.0.113.7:99999", "203.0.113.7:-1", "203.0.113.7:٣", "203.0.113.7:", "[2001:db8::7",
        "2001:db8::7]:443", "[203.0.113.7", "[]", "[]:1", "203.0.113.7 203.0.113.8", "\x00",
        "<script>", "203.0.113.7\x00", "１.1.1.1", "localhost", "a" * 10_000, "\ud800",
    ],
)  # fmt: skip
def test_what_the_proxy_could_not_have_written_changes_nothing(forwarded: str) -> None:
    assert seen(forwarded) == ("10.0.0.1", 4711)


def test_junk_beyond_a_believed_proxy_ends_the_reading_there() -> None:
    assert seen("junk, 10.0.0.9") == ("10.0.0.9", None)


def test_several_headers_are_read_as_one() -> None:
    assert seen("6.6.6.6", "203.0.113.7", "10.0.0.9") == ("203.0.113.7", None)


@pytest.mark.parametrize("client", ["192.0.2.1", None, "unix:", "", "10.0.0.1x", "x" * 5000])
def test_nobody_else_is_believed(client: str | None) -> None:
    assert seen("203.0.113.7", client=client) == (client, 4711)


@pytest.mark.parametrize("client", ["127.0.0.1", "::ffff:127.0.0.1", "[::ffff:7f00:1]"])
def test_a_proxy_is_known_however_its_address_is_spelled(client: str) -> None:
    assert seen("203.0.113.7", client=client) == ("203.0.113.7", None)


def test_without_the_header_the_client_is_the_proxy() -> None:
    assert seen() == ("10.0.0.1", 4711)


def test_only_the_end_of_an_endless_header_is_read() -> None:
    assert seen("6.6.6.6," + "10.0.0.9," * 49 + "10.0.0.9") == ("10.0.0.9", None)
    header = "10.0.0.9," * 500_000
    began = time.perf_counter()
    seen(header)
    assert time.perf_counter() - began < 0.5


@given(st.lists(st.text(max_size=60), max_size=4), st.text(max_size=60))
def test_no_header_is_too_strange(forwarded: list[str], client: str) -> None:
    seen(*forwarded, client=client)
    address, _ = seen(*forwarded)
    assert address is not None
