"""The look-up: what is found, what is said of it, and why nothing was found."""

from datetime import UTC, datetime, timedelta

import pytest

from bartizan.domain.clearance import Clearance
from bartizan.domain.errors import Refused
from bartizan.domain.retention import KeptFor, RetentionLimits
from bartizan.domain.search import Search
from bartizan.domain.transaction import Category, RuleMatch
from bartizan.query.lookup import LIMIT, Lookup, MissReason
from bartizan.query.lookup_words import Outcome

_NOW = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)
_AT = datetime(2026, 11, 23, 13, 5, tzinfo=UTC)
_ID = "awPSPkjIYGR3AUFOTZT6kgAAAAs"
_ZONE = "Europe/Berlin"


def _limits(hours: int | None) -> RetentionLimits:
    kept = KeptFor(of="all", sensor=None, payloads_hours=hours, transactions_hours=hours)
    return RetentionLimits(
        ages=(kept,), statistics_hours=None, max_store_bytes=None, min_free_bytes=0, interval_s=60
    )


@pytest.fixture
def lookup(store, sensors, rows) -> Lookup:
    return Lookup(
        store, sensors, rows, kept=_limits(24 * 90), waiting=lambda: None, now=lambda: _NOW
    )


@pytest.fixture
def stored(store, make_record):
    """One that was blocked at 14:05 in Berlin, among others."""
    evaluation = RuleMatch(rule_id=949110, message="Inbound Anomaly Score Exceeded", severity=2)
    found = RuleMatch(rule_id=942100, message="SQL Injection Attack", data="secret", severity=2)
    store.append([make_record(at=_AT - timedelta(days=2), client="198.51.100.9", host="b.example")])
    (number,) = store.append(
        [
            make_record(
                at=_AT,
                unique_id=_ID,
                uri="/cart?card=4111",
                matches=(found, evaluation),
                verdict="Blocked: SQL injection in ARGS:card (rule 942100).",
            )
        ]
    ).ids
    return number


def _reasons(answer) -> list[str]:
    return [miss.reason.value for miss in answer.misses]


@pytest.mark.parametrize(
    "text",
    [
        _ID,
        f"Sorry! (ID: {_ID}).",
        "203.0.113.7 around 14:05",
        "203.0.113.7 at 13:05 UTC",
        "203.0.113.7",
        "https://shop.example/cart?card=4111",
        "https://shop.example/cart today",
        "/cart",
        "today 14:10",
    ],
)
def test_one_step_from_whatever_was_pasted_to_the_transaction(lookup, stored, text) -> None:
    answer = lookup.find(text, _ZONE)
    (found,) = answer.found
    assert found.row.id == str(stored)
    assert found.outcome is Outcome.BLOCKED
    assert found.when == "2026-11-23 14:05:00 (Europe/Berlin, UTC+01:00)"
    assert [(rule.rule_id, rule.message) for rule in found.rules] == [
        (942100, "SQL Injection Attack")
    ]
    assert answer.misses == ()


def test_our_own_number_and_a_link_find_it_too(lookup, stored, store) -> None:
    lately = Lookup(store, lookup._sensors, lookup._rows, kept=_limits(None), waiting=lambda: None)
    for text in (str(stored), f"https://waf.example/transactions/{stored}"):
        assert [found.row.id for found in lately.find(text).found] == [str(stored)]


def test_the_customer_is_told_what_happened_and_no_payload(lookup, stored) -> None:
    (found,) = lookup.find(_ID, _ZONE).found
    assert found.for_customer == (
        "Your request to shop.example of 2026-11-23 14:05:00 (Europe/Berlin, UTC+01:00) was "
        "stopped by our web application firewall, because a part of it looked like a database "
        "command. If it was an ordinary request, tell us what you were doing, and quote the "
        f"reference {_ID}."
    )


def test_what_was_not_stopped_is_not_called_so(lookup, store, make_record) -> None:
    store.append(
        [
            make_record(at=_AT, unique_id="passed-1234567", intercepted=False, status=404),
            make_record(
                at=_AT, unique_id="quiet-1234567", intercepted=False, matches=(), category=None
            ),
            make_record(at=_AT, unique_id="unknown-1234567", intercepted=None),
        ]
    )
    told = {
        one: lookup.find(one).found[0]
        for one in ("passed-1234567", "quiet-1234567", "unknown-1234567")
    }
    assert [found.outcome.value for found in told.values()] == ["detected", "allowed", "not-stated"]
    assert "passed our web application firewall, and was answered with status 404" in (
        told["passed-1234567"].for_customer
    )
    assert all("stopped" not in found.for_customer for found in told.values())


@pytest.mark.parametrize(
    "facts",
    [
        {"host": "call +1 555 0100 to win", "unique_id": "visit evil.example now"},
        {"host": "\u202eexample", "unique_id": "<script>alert(1)</script>"},
        {"host": "a" * 300, "unique_id": None},
    ],
)
def test_nobody_can_send_words_to_customers(lookup, store, make_record, facts) -> None:
    (number,) = store.append([make_record(at=_AT, category=Category.LEAK, **facts)]).ids
    said = lookup.find("203.0.113.7").found[0].for_customer
    assert said.startswith("Your request to our site of 2026-11-23")
    assert said.endswith(f"quote the reference {number}.")


def test_several_are_a_list_newest_first_with_a_way_to_the_rest(lookup, store, make_record) -> None:
    store.append([make_record(at=_AT + timedelta(seconds=n)) for n in range(LIMIT + 5)])
    answer = lookup.find("203.0.113.7 14:05", _ZONE)
    times = [found.row.at for found in answer.found]
    assert (len(times), times) == (LIMIT, sorted(times, reverse=True))
    assert answer.is_more
    assert dict(answer.filters) == {
        "client": "203.0.113.7",
        "since": "2026-11-23T12:50:00+00:00",
        "until": "2026-11-23T13:20:00+00:00",
    }


def test_the_same_id_of_two_sensors_shows_both(lookup, store, make_record) -> None:
    store.append([make_record(at=_AT, unique_id=_ID, sensor=name) for name in ("a", "b")])
    assert {found.row.sensor for found in lookup.find(_ID).found} == {"a", "b"}


def test_an_address_counts_more_than_a_url_that_does_not_fit(lookup, stored) -> None:
    answer = lookup.find("203.0.113.7 14:05 https://shop.example/other", _ZONE)
    assert [found.row.id for found in answer.found] == [str(stored)]


def test_a_star_in_a_url_is_only_a_star(lookup, store, make_record) -> None:
    store.append([make_record(at=_AT, uri=uri) for uri in ("/a*b?x", "/axb")])
    assert [found.row.uri for found in lookup.find("https://shop.example/a*b").found] == ["/a*b?x"]


def test_a_port_in_the_host_header_does_not_hide_it(lookup, store, make_record) -> None:
    store.append([make_record(at=_AT, host="shop.example:443", uri="/x")])
    assert len(lookup.find("https://shop.example/x").found) == 1


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("please help", ["not-understood"]),
        ("203.0.113.7 11/10/2026", []),
        ("11/10/2026", ["unclear-date"]),
        ("203.0.113.7 12:05", ["nothing-then", "other-time"]),
        ("203.0.113.8", ["no-such-client"]),
        ("203.0.113.8 14:05", ["no-such-client"]),
        ("203.0.113.7 2026-07-01", ["older-than-retention", "other-time"]),
        ("203.0.113.7 2026-11-19", ["older-than-kept", "other-time"]),
        ("203.0.113.7 2026-12-30", ["in-future", "other-time"]),
        ("https://other.example/x", ["no-such-host"]),
        ("https://shop.example/x", ["other-time"]),
        ("ZkQ1x8CoAAEAAB3lW0sAAAAB", ["no-such-id", "older-than-retention"]),
        ("awPSPkjIYGR3AUFOTZT6kgAAAAx", ["no-such-id", "nothing-then"]),
        ("onQHxliBOOqgGRWszhr", ["no-such-id"]),
    ],
)
def test_nothing_found_says_why(lookup, stored, text, reasons) -> None:
    assert _reasons(lookup.find(text, _ZONE)) == reasons


def test_a_sensor_that_fell_silent_is_named(lookup, stored, add_sensor, store, make_record) -> None:
    add_sensor("edge")
    (miss,) = [
        miss
        for miss in lookup.find("onQHxliBOOqgGRWszhr").misses
        if miss.reason is MissReason.SENSOR_SILENT
    ] or [None]
    # What the records of these tests say of their receipt is later than `_NOW`, or long before it.
    heard = store.last_seen()["edge"]
    assert (miss is not None) is (heard < _NOW - timedelta(hours=1))
    late = Lookup(
        store,
        lookup._sensors,
        lookup._rows,
        kept=_limits(None),
        waiting=lambda: None,
        now=lambda: heard + timedelta(hours=3),
    )
    named = [miss.message for miss in late.find("onQHxliBOOqgGRWszhr").misses]
    assert any(message.startswith("Sensor edge has sent nothing since ") for message in named)


def test_what_waits_to_be_decoded_is_said_of_new_requests_only(
    stored, store, sensors, rows
) -> None:
    lookup = Lookup(store, sensors, rows, kept=_limits(None), waiting=lambda: 12, now=lambda: _NOW)
    assert "still-waiting" in _reasons(lookup.find("203.0.113.8 just now"))
    assert "still-waiting" not in _reasons(lookup.find("203.0.113.8 yesterday"))


def test_where_addresses_are_pseudonyms_none_can_be_looked_up(stored, store, sensors, rows) -> None:
    lookup = Lookup(
        store,
        sensors,
        rows,
        kept=_limits(None),
        waiting=lambda: None,
        has_addresses=False,
        now=lambda: _NOW,
    )
    assert _reasons(lookup.find("198.51.100.77")) == ["no-addresses"]


def test_an_empty_store_says_so(lookup) -> None:
    assert _reasons(lookup.find(_ID)) == ["nothing-stored"]


def test_a_scope_hides_everything_outside_it_and_says_that_it_may(lookup, stored) -> None:
    mine = lookup.within(Clearance(scopes=(Search(hosts=("b.example",)),)))
    for text in (_ID, "203.0.113.7 14:05", "https://shop.example/cart"):
        answer = mine.find(text, _ZONE)
        assert answer.found == ()
        assert _reasons(answer)[-1] == "outside-scope"
        assert all("203.0.113.7" not in miss.message for miss in answer.misses)
    nobody = lookup.within(Clearance(scopes=(Search(hosts=("c.example",)),)))
    assert _reasons(nobody.find(_ID)) == ["nothing-in-scope"]


def test_without_payloads_the_answer_has_none(lookup, stored) -> None:
    answer = lookup.within(Clearance(sees_payloads=False)).find(_ID)
    assert answer.found[0].row.uri == "/cart"
    assert answer.found[0].row.verdict is not None
    import msgspec

    text = msgspec.json.encode(answer).decode()
    assert "4111" not in text
    assert "secret" not in text


@pytest.mark.parametrize("text", ["", "   ", "x" * 2001])
def test_no_text_and_a_long_one_are_refused(lookup, text) -> None:
    with pytest.raises(Refused) as refused:
        lookup.find(text)
    assert refused.value.where == "q"


@pytest.mark.parametrize("zone", ["Mars/Base", "../etc/passwd", "Europe", "", "a" * 100, "\0"])
def test_an_unknown_zone_is_refused(lookup, zone) -> None:
    with pytest.raises(Refused) as refused:
        lookup.find("x", zone)
    assert refused.value.where == "zone"
