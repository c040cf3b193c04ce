import pytest

from bartizan.kit.networks import is_within, network, spelled


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
