"""What is made of what customers paste: ids, addresses, times, URLs, and any junk around them."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.kit.clock import to_us
from bartizan.kit.ids import first_id_at
from bartizan.query.lookup_ids import made_at
from bartizan.query.lookup_text import MOST_CHARACTERS, Asked, read_lookup

_NOW = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)
_BERLIN = ZoneInfo("Europe/Berlin")
_APACHE = "awPSPkjIYGR3AUFOTZT6kgAAAAs"
_OLD_APACHE = "Xw@B-cCoAAEAAB3lW0sAAAAB"
_LIBMODSECURITY = "17954125582.604606"
_HEX = "0100aaba710f948c1be7b7acfbc93f9d"
_CORAZA = "onQHxliBOOqgGRWszhr"
_OURS = str(first_id_at(to_us(_NOW - timedelta(hours=1))) + 5)


def _read(text: str) -> Asked:
    return read_lookup(text, _BERLIN, _NOW)


@pytest.mark.parametrize(
    "junk",
    [
        "{}",
        "  {}\r\n",
        '"{}"',
        "<b>{}</b>",
        "({})",
        "ID: {}.",
        "id={}&x=1",
        "Your request was blocked. Incident ID:{}, please call us!",
        '[Mon Nov 23 14:05:33 2026] [error] [client 203.0.113.7:5122] [unique_id "{}"]',
        "«{}»",
        "{}\u200b",
        "customer got 403, id {} today",
        "Reference #{}",
    ],
)
@pytest.mark.parametrize("unique_id", [_APACHE, _OLD_APACHE, _LIBMODSECURITY, _HEX, _CORAZA])
def test_an_id_of_any_dialect_is_found_whatever_stands_around_it(unique_id, junk) -> None:
    assert _read(junk.format(unique_id)).ids[0] == unique_id


@pytest.mark.parametrize(
    "text", [_OURS, f"no. {_OURS}!", f"https://waf.example/transactions/{_OURS}?q=x"]
)
def test_a_number_of_ours_is_known_also_in_a_link(text) -> None:
    assert _read(text).numbers == (int(_OURS),)


def test_a_number_that_no_clock_can_have_given_is_not_ours() -> None:
    assert _read(str(first_id_at(to_us(_NOW + timedelta(days=3))))).numbers == ()


def test_a_short_id_is_taken_if_it_stands_alone_or_is_called_one() -> None:
    assert _read("abc123").ids == ("abc123",)
    assert _read("the id is abc123").ids == ()
    assert _read("id abc123").ids == ("abc123",)
    assert _read("please help me soon").is_nothing


@pytest.mark.parametrize(
    ("text", "client"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("(203.0.113.7).", "203.0.113.7"),
        ("203.0.113.7:51234", "203.0.113.7"),
        ("my address is 2001:DB8::7, I think", "2001:db8::7"),
        ("[2001:db8::7]:443", "2001:db8::7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("fe80::1%eth0", "fe80::1"),
        ("203.0.113.0/24", "203.0.113.0/24"),
        ("203.0.113.256", None),
        ("14:05", None),
    ],
)
def test_addresses(text, client) -> None:
    assert _read(text).client == client


_AT = datetime(2026, 11, 20, 13, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("14:05", _AT + timedelta(days=3)),
        ("20:55", datetime(2026, 11, 22, 19, 55, tzinfo=UTC)),  # today's is yet to come
        ("19:45", datetime(2026, 11, 23, 18, 45, tzinfo=UTC)),  # but clocks differ a little
        ("today 14:05", _AT + timedelta(days=3)),
        ("yesterday 14:05", _AT + timedelta(days=2)),
        ("yesterday at 2:05 pm", _AT + timedelta(days=2)),
        ("Friday 14:05", _AT),
        ("last friday, 14:05", _AT),
        ("2026-11-20 14:05", _AT),
        ("2026-11-20T13:05:00Z", _AT),
        ("2026-11-20T14:05:00.123+01:00", _AT),
        ("20.11.2026 14:05", _AT),
        ("20.11.2026, 14:05 CET", _AT),
        ("20 Nov 2026 14:05", _AT),
        ("20 november 14:05", _AT),
        ("Nov 20, 2026 at 2:05 p.m.", _AT),
        ("20/Nov/2026:14:05:00 +0100", _AT),
        ("Fri, 20 Nov 2026 13:05:00 GMT", _AT),
        ("2026-11-20 13:05 Europe/London", _AT),
        ("2026-11-20 08:05 EST", _AT),
        ("2026-11-20 18:35 UTC+5:30", _AT),
        ("20/11/2026 14:05", _AT),
        ("11/20/2026 14:05", _AT),
        ("10 minutes ago", _NOW - timedelta(minutes=10)),
        ("half an hour ago", _NOW - timedelta(minutes=30)),
        ("just now", _NOW),
        ("3 Dec 14:05", datetime(2025, 12, 3, 13, 5, tzinfo=UTC)),
        ("29 Feb 14:05", None),
        ("25:05", None),
        ("14:65", None),
        ("11/10/2026 14:05", None),
        ("hello", None),
    ],
)
def test_times(text, at) -> None:
    around = _read(f"blocked {text} please").around
    assert (around and around.at) == at
    if around is not None:
        assert around.since < at < around.until


def test_a_date_that_may_be_two_days_is_said() -> None:
    asked = _read("203.0.113.7 11/10/2026 14:05")
    assert asked.around is None
    assert asked.remark == "11/10/2026 may be two days; write it as 2026-11-23"


def test_the_span_is_as_wide_as_the_time_was_vague() -> None:
    def width(text: str) -> timedelta:
        around = _read(text).around
        assert around is not None
        return around.until - around.since

    assert width("14:05:33") < width("14:05") < width("2 pm") < width("yesterday")
    assert width("yesterday") == timedelta(days=1)
    assert width("25.10.2026") == timedelta(hours=25)  # the clocks went back


@pytest.mark.parametrize(
    ("text", "host", "path"),
    [
        ("https://shop.example/cart?id=1#top", "shop.example", "/cart"),
        ("HTTPS://anna:secret@Shop.Example:8443/a%20b)", "shop.example:8443", "/a%20b"),
        ("<https://shop.example>", "shop.example", "/"),
        ("the page shop.example/kasse/ä was blocked", "shop.example", "/kasse/%C3%A4"),
        ("/cart/checkout?x=1", None, "/cart/checkout"),
        ("shop.example", "shop.example", None),
        ("it stopped working.Today", "working.today", None),
        ("https://[::1", None, None),
        ("/", None, None),
    ],
)
def test_urls(text, host, path) -> None:
    asked = _read(text)
    assert (asked.host, asked.path) == (host, path)


def test_everything_at_once_in_any_order() -> None:
    pieces = (_APACHE, "203.0.113.7", "yesterday 14:05", "https://shop.example/cart")
    told = {_read(" ".join(order)) for order in permutations(pieces)}
    assert len(told) == 1
    asked = told.pop()
    assert (asked.ids, asked.client, asked.path) == ((_APACHE,), "203.0.113.7", "/cart")
    assert asked.around is not None


@given(st.text(max_size=400))
def test_any_text_can_be_read(text) -> None:
    asked = _read(text)
    assert len(asked.ids) <= 8
    assert asked.around is None or asked.around.since < asked.around.until


@given(
    st.lists(
        st.sampled_from(
            ["14:05", "2026-", "11/", ":", "::", "T", "Z", "+01:00", " ", "Nov", "203.0.", "113.7",
             "/", "https://", "id", "@", "ago", "9999", "0", ".", "[", "pm", "yesterday"]
        ),
        max_size=30,
    )
)  # fmt: skip
def test_any_pieces_of_what_is_understood_can_be_read(pieces) -> None:
    assert isinstance(_read("".join(pieces)), Asked)


@pytest.mark.parametrize("piece", ["1:", "a.", "11/", "2026-", "id:", "[", "é/", "20 Nov ", "::"])
def test_a_long_text_takes_no_longer_than_its_length(piece) -> None:
    """All patterns are bounded: the limit on the text is what the look-up can cost."""
    assert isinstance(_read(piece * MOST_CHARACTERS), Asked)


def test_ids_tell_when_they_were_made() -> None:
    made = {one: made_at(one) for one in (_APACHE, _LIBMODSECURITY, _HEX, _CORAZA)}
    assert made == {
        _APACHE: datetime(2026, 11, 23, 5, 42, 22, tzinfo=UTC),
        _LIBMODSECURITY: datetime(2026, 11, 23, 5, 42, 38, tzinfo=UTC),
        _HEX: None,
        _CORAZA: None,
    }
    old = made_at(_OLD_APACHE)
    assert old is not None
    assert old.year == 2020
    assert made_at("9999999999.1") is None
