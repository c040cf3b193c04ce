"""Addresses as the wire spells them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.domain.errors import Misconfigured
from bartizan.domain.transaction import Endpoint, Format, PlaceKind, Transaction
from bartizan.enrich.address import own_networks, parse, special_kind, unwrap
from bartizan.enrich.client import ClientAddress


@pytest.mark.parametrize(
    ("spelled", "means"),
    [
        ("81.2.69.142", "81.2.69.142"),
        ("[2001:218::1]", "2001:218::1"),
        ("2001:0218:0:0::0001", "2001:218::1"),
        ("::ffff:81.2.69.142", "81.2.69.142"),
        ("[::FFFF:5102:458E]", "81.2.69.142"),
        ("fe80::1%eth0", "fe80::1"),
        ("::1", "::1"),
    ],
)
def test_an_address_is_understood_however_it_is_spelled(spelled: str, means: str) -> None:
    assert str(parse(spelled)) == means


@pytest.mark.parametrize(
    "text",
    [None, "", "-", "unix:", "unknown", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "[", "[]",
     "::ffff:1.2.3.4.5", "1.2.3.4:80", "１.2.3.4", "a" * 100_000, "\x00", "1.2.3.4\n"],
)  # fmt: skip
def test_what_is_not_an_address_is_none_and_no_error(text: str | None) -> None:
    assert parse(text) is None


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("2002:5102:458e::1", "81.2.69.142"),
        ("64:ff9b::5102:458e", "81.2.69.142"),
        ("2001:0:4136:e378:8000:63bf:aefd:ba71", "81.2.69.142"),
        ("2001:218::1", "2001:218::1"),
        ("81.2.69.142", "81.2.69.142"),
    ],
)
def test_tunnelled_addresses_are_unwrapped(address: str, inside: str) -> None:
    found = parse(address)
    assert found is not None
    assert str(unwrap(found)) == inside


INTERNAL = [
    "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "127.0.0.1", "127.255.0.9",
    "169.254.169.254", "100.64.0.1", "100.127.255.255", "::1", "fe80::1", "fc00::1", "fd12::9",
    "fec0::1", "64:ff9b:1::a00:1", "::ffff:10.0.0.1", "2002:0a00:0001::1", "64:ff9b::7f00:1",
]  # fmt: skip
RESERVED = [
    "0.0.0.0", "0.1.2.3", "192.0.2.1", "198.51.100.7", "203.0.113.255", "198.18.0.1", "224.0.0.1",
    "239.255.255.250", "240.0.0.1", "255.255.255.255", "192.0.0.1", "::", "2001:db8::1",
    "3fff::1", "ff02::1", "100::1", "4000::1", "::1.2.3.4", "2001:2::1", "2002:e000:0001::1",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "81.2.69.142", "172.32.0.1", "172.15.255.255", "100.128.0.1",
    "100.63.255.255", "192.169.0.1", "198.17.255.255", "223.255.255.255", "2001:218::1",
    "2a00:1450::1", "2002:5102:458e::1", "9.255.255.255", "11.0.0.0", "126.1.1.1", "128.0.0.1",
]  # fmt: skip


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        *((one, PlaceKind.INTERNAL) for one in INTERNAL),
        *((one, PlaceKind.RESERVED) for one in RESERVED),
        *((one, None) for one in PUBLIC),
    ],
)
def test_addresses_are_classed_by_the_registries_of_special_purposes(
    address: str, kind: PlaceKind | None
) -> None:
    found = parse(address)
    assert found is not None
    assert special_kind(found, ()) is kind


def test_own_networks_are_internal_whatever_else_they_are() -> None:
    own = own_networks(("81.2.69.0/24", "2001:218::/32", "203.0.113.7/24"))
    for text in (
        "81.2.69.142",
        "::ffff:81.2.69.142",
        "2001:218::9",
        "203.0.113.200",
        "2002:5102:458e::1",
    ):
        address = parse(text)
        assert address is not None
        assert special_kind(address, own) is PlaceKind.INTERNAL
    other = parse("8.8.8.8")
    assert other is not None
    assert special_kind(other, own) is None


@pytest.mark.parametrize("block", ["", "nonsense", "10.0.0.0/33", "10.0.0.0/8/8", "::/129"])
def test_own_network_that_is_none_is_named_at_start(block: str) -> None:
    with pytest.raises(Misconfigured) as told:
        own_networks(("10.0.0.0/8", block))
    assert told.value.where == "own_networks"
    assert f'"{block}"' in told.value.message


@given(st.text() | st.ip_addresses().map(str) | st.from_regex(r"\[?[0-9a-f:.%]{0,50}\]?"))
def test_every_text_goes_through_unharmed(text: str) -> None:
    transaction = Transaction(
        format=Format.MODSECURITY2_NATIVE, client=Endpoint(address=text, port=1)
    )
    spelled = ClientAddress().enrich(transaction)
    address = parse(text)
    assert spelled.client.address == (text if address is None else str(address))
    assert spelled.client.port == 1
    assert ClientAddress().enrich(spelled) is spelled
    if address is not None:
        special_kind(address, own_networks(("10.0.0.0/8", "2001:db8::/32")))


@given(st.ip_addresses())
def test_an_address_spelled_by_python_keeps_its_value(address: object) -> None:
    found = parse(str(address))
    assert found == address or found == getattr(address, "ipv4_mapped", None)


def test_an_address_in_its_usual_spelling_leaves_the_transaction_as_it_is() -> None:
    transaction = Transaction(
        format=Format.MODSECURITY2_NATIVE,
        client=Endpoint(address="81.2.69.142", port=5),
        server=Endpoint(address="unix:", port=0),
    )
    assert ClientAddress().enrich(transaction) is transaction
