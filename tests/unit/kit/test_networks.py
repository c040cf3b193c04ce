import pytest

from bartizan.kit.networks import client_behind, is_within, network, spelled


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("192.0.2.7", "192.0.2.7"),
        (" 192.0.2.7/24 ", "192.0.2.0/24"),
        ("2001:DB8::/32", "2001:db8::/32"),
        ("2001:db8::1", "2001:db8::1"),
        ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("::/0", "::/0"),
    ],
)
def test_a_network_is_kept_in_its_usual_spelling(typed: str, kept: str) -> None:
    assert spelled(network(typed)) == kept


@pytest.mark.parametrize(
    "typed", ["", "x", "192.0.2.7/33", "192.0.2", "1/2/3", "fe80::1%eth0/10 x"]
)
def test_what_is_no_network_is_an_error(typed: str) -> None:
    with pytest.raises(ValueError, match="does not appear"):
        network(typed)


@pytest.mark.parametrize(
    ("address", "is_in"),
    [
        ("192.0.2.9", True),
        ("::ffff:192.0.2.9", True),
        ("::ffff:c000:209", True),
        ("192.0.3.1", False),
        ("fe80::1%eth0", True),
        ("fe80::1", True),
        ("2001:db8::1", False),
        ("", False),
        (None, False),
        ("unix:", False),
    ],
)
def test_an_address_is_found_however_it_is_spelled(address: str | None, *, is_in: bool) -> None:
    assert is_within(address, ("192.0.2.0/24", "fe80::/10")) is is_in


def test_a_network_that_cannot_be_read_opens_nothing() -> None:
    assert not is_within("192.0.2.9", ("everything",))
    assert is_within("192.0.2.9", ("everything", "192.0.2.9"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("10.0.0.9", "192.0.2.7", "192.0.2.7"),
        ("10.0.0.9", "", "10.0.0.9"),
        ("192.0.2.8", "192.0.2.7", "192.0.2.8"),  # no proxy of ours
        ("10.0.0.9", "203.0.113.1, 192.0.2.7", "192.0.2.7"),  # the first was sent by the second
        ("10.0.0.9", "203.0.113.1, 192.0.2.7, 10.0.0.8", "192.0.2.7"),
        ("::ffff:10.0.0.9", "2001:db8::1", "2001:db8::1"),
        ("10.0.0.9", "192.0.2.7, unknown", "10.0.0.9"),
        ("10.0.0.9", "," * 100_000, "10.0.0.9"),
        (None, "192.0.2.7", None),
    ],
)
def test_who_delivers_through_a_balancer_is_whom_the_balancer_names(
    peer: str | None, forwarded: str, client: str | None
) -> None:
    assert client_behind(peer, forwarded, ("10.0.0.0/24",)) == client
