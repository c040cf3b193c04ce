"""Stored transactions that are decoded again: what the contract says of `entries` and `replace`."""

import threading
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from bartizan.domain.delivery import Record
from bartizan.domain.search import Facet, Search
from bartizan.domain.sensor_health import Slice
from bartizan.domain.transaction import (
    Anomaly,
    Category,
    Defect,
    Endpoint,
    Format,
    Place,
    PlaceKind,
    Request,
    Response,
    Zone,
)
from bartizan.kit.clock import from_us
from bartizan.store.contract import FieldChange, Store
from tests.contract.records import HOSTILE, NOON, NOON_US, match, record

OLD = record(
    b"--a-A--\r\nthe entry",
    parts=(("A", b"a"), ("H", b"h")),
    unique_id="id-1",
    matches=(match(949110, message="old"), match(942100, message="SQLi")),
    verdict="Blocked: something",
    place=Place(kind=PlaceKind.UNKNOWN),
)
NEW_FACTS: dict[str, Any] = {
    "format": Format.MODSECURITY3_JSON,
    "unique_id": "id-2",
    "occurred_at": NOON - timedelta(hours=2),
    "zone": Zone.ASSUMED,
    "client": Endpoint(address="2001:db8::9", port=443),
    "request": Request(method="POST", uri="/new?x=1", headers=(("Host", "New.Example"),)),
    "response": Response(status=403),
    "matches": (match(942100, message="SQLi", tags=("a",), severity=2, data="1=1"),),
    "intercepted": True,
    "engine_mode": "On",
    "ruleset": "OWASP_CRS/4.0",
    "anomaly": Anomaly(inbound=5),
    "place": Place(kind=PlaceKind.CITY, country="DE", city="K", latitude=50.9, longitude=7.0),
    "category": Category.SQLI,
    "severity": 2,
    "verdict": "Blocked: SQL injection",
    "defects": (Defect(code="end-missing"),),
}


def anew(old: Record, parts: Any = (("A", b"new a"), ("K", b"k")), **facts: Any) -> Record:
    """The same entry as another version of the program decodes it."""
    transaction = msgspec.structs.replace(old.transaction, **facts)
    return msgspec.structs.replace(old, transaction=transaction, parts=parts)


def test_replacing_makes_a_transaction_what_storing_it_now_would(store: Store) -> None:
    """Only its id, and what is of the entry and its arrival, stay."""
    (number,) = store.append([OLD]).ids
    new = anew(OLD, **NEW_FACTS)
    (replaced,) = store.replace([(number, new)])
    stored = store.get(number)
    assert stored is not None
    other = record(b"another entry", parts=new.parts, **NEW_FACTS)
    (twin_id,) = store.append([other]).ids
    twin = store.get(twin_id)
    assert twin is not None
    assert stored.row == msgspec.structs.replace(twin.row, id=number)
    assert (stored.matches, stored.place, stored.format) == (twin.matches, twin.place, twin.format)
    assert stored.occurred_at == twin.occurred_at
    assert (stored.digest, stored.size_bytes) == (OLD.digest, len(OLD.raw))
    assert store.raw(number) == OLD.raw
    assert stored.row.received_at == from_us(NOON_US)
    assert replaced.id == number


def test_what_the_sender_claimed_falsely_is_still_known(store: Store) -> None:
    liar = msgspec.structs.replace(OLD, claimed_hash="md5:0 of a liar")
    (number,) = store.append([liar]).ids
    (kept,) = store.entries(Search(), after_id=0, limit=10).entries
    assert kept.entry.claimed_hash == "md5:0 of a liar"
    store.replace([(number, anew(OLD, **NEW_FACTS))])
    stored = store.get(number)
    assert stored is not None
    assert stored.claimed_hash == "md5:0 of a liar"


def test_what_changed_is_told_by_field(store: Store) -> None:
    (number,) = store.append([OLD]).ids
    (replaced,) = store.replace([(number, anew(OLD, **NEW_FACTS))])
    told = {change.name: (change.before, change.after) for change in replaced.fields}
    assert told == {
        "at": (NOON, NOON - timedelta(hours=2)),
        "occurred_at": (NOON, NOON - timedelta(hours=2)),
        "time_basis": ("stated", "assumed"),
        "unique_id": ("id-1", "id-2"),
        "client_address": (None, "2001:db8::9"),
        "client_port": (None, 443),
        "place_kind": ("unknown", "city"),
        "country": (None, "DE"),
        "city": (None, "K"),
        "latitude": (None, 50.9),
        "longitude": (None, 7.0),
        "method": (None, "POST"),
        "host": (None, "New.Example"),
        "uri": (None, "/new?x=1"),
        "status": (None, 403),
        "category": (None, "sqli"),
        "severity": (None, 2),
        "score": (None, 5),
        "intercepted": (None, True),
        "verdict": ("Blocked: something", "Blocked: SQL injection"),
        "defect_count": (0, 1),
        "format": ("modsecurity2-native", "modsecurity3-json"),
        "engine_mode": (None, "On"),
        "ruleset": (None, "OWASP_CRS/4.0"),
        "matches": (OLD.transaction.matches, NEW_FACTS["matches"]),
        "parts": ("AH", "AK"),
    }


def test_replacing_again_and_rehearsing_change_nothing(store: Store) -> None:
    (number,) = store.append([OLD]).ids
    new = anew(OLD, **NEW_FACTS)
    before = store.get(number)
    rehearsed = store.replace([(number, new)], is_rehearsal=True)
    assert store.get(number) == before
    assert store.replace([(number, new)]) == rehearsed
    after = store.get(number)
    assert store.replace([(number, new)]) == ()
    assert store.replace([(number, new)], is_rehearsal=True) == ()
    assert store.get(number) == after
    assert store.replace([(number, OLD)]) != ()
    assert store.get(number) == before


def test_a_single_word_in_a_rule_or_a_part_is_a_change(store: Store) -> None:
    (number,) = store.append([OLD]).ids
    first, second = OLD.transaction.matches
    other = (first, msgspec.structs.replace(second, message="SQL injection"))
    (replaced,) = store.replace([(number, anew(OLD, OLD.parts, matches=other))])
    assert replaced.fields == (
        FieldChange(name="matches", before=OLD.transaction.matches, after=other),
    )
    (replaced,) = store.replace([(number, anew(OLD, (("A", b"b"), ("H", b"h")), matches=other))])
    assert replaced.fields == (FieldChange(name="parts", before="AH", after="AH"),)
    (replaced,) = store.replace([(number, anew(OLD, (), matches=other))])
    assert replaced.fields == (FieldChange(name="parts", before="AH", after=""),)


def test_only_what_differs_is_told_and_an_id_that_is_gone_is_left_out(store: Store) -> None:
    records = [record(b"%d" % number, verdict="old") for number in range(5)]
    ids = store.append(records).ids
    new = [
        (number, anew(one, (), verdict="new" if place % 2 else "old"))
        for place, (number, one) in enumerate(zip(ids, records, strict=True))
    ]
    gone = (ids[-1] + 1000, new[1][1])
    assert [one.id for one in store.replace([*new, gone])] == [ids[1], ids[3]]
    assert [row.verdict for row in store.newer(0)] == ["old", "new", "old", "new", "old"]
    assert store.replace([]) == ()


def test_lists_counts_filters_and_the_live_feed_agree_afterwards(store: Store) -> None:
    """Nothing is shown again, nothing is doubled, and every question sees the new facts."""
    records = [record(b"%d" % n, matches=(match(1),), category=Category.XSS) for n in range(4)]
    ids = store.append(records).ids
    seen = store.newer(0)
    new = {"matches": (match(942100), match(949110)), "category": Category.SQLI,
           "intercepted": True}  # fmt: skip
    store.replace([(number, anew(records[place], **new)) for place, number in enumerate(ids[:3])])
    assert store.last_id() == seen[-1].id
    assert store.newer(seen[-1].id) == ()
    assert [row.id for row in store.newer(0)] == [row.id for row in seen]
    assert store.count(Search()).transactions == 4
    assert store.count(Search()).intercepted == 3
    assert store.count(Search(rule_ids=(1,))).transactions == 1
    assert store.count(Search(rule_ids=(949110,))).transactions == 3
    assert store.count(Search(categories=("xss",))).transactions == 1
    rules = {count.value: count.transactions for count in store.facet(Search(), Facet.RULE)}
    assert rules == {"942100": 3, "949110": 3, "1": 1}
    assert store.last_seen() == {"web1": NOON}
    assert store.append(records).duplicates == 4


def test_what_is_counted_of_sensors_stays_as_it_was_heard(store: Store) -> None:
    (number,) = store.append([OLD]).ids

    def counted() -> Any:
        since = NOON - timedelta(days=1)
        return (
            store.sensor_activity(since, Slice.HOUR),
            store.sensor_traits(),
            store.sensor_defects(since),
            store.last_seen(),
        )

    before = counted()
    store.replace([(number, anew(OLD, **NEW_FACTS))])
    assert counted() == before


@pytest.mark.parametrize("text", [*HOSTILE, "x" * 100_000])
def test_hostile_texts_are_data_here_too(store: Store, text: str) -> None:
    (number,) = store.append([OLD]).ids
    hostile = anew(
        OLD,
        (("A", text.encode()), (text[:1] or "x", b"x")),
        unique_id=text,
        verdict=text,
        request=Request(method=text, uri=text, headers=(("Host", text),)),
        matches=(match(message=text, data=text, tags=(text,), file=text, operator=text),),
        engine_mode=text,
        ruleset=text,
        place=Place(kind=PlaceKind.CITY, country=text, city=text, source=text),
    )
    assert len(store.replace([(number, hostile)])) == 1
    assert store.replace([(number, hostile)]) == ()
    stored = store.get(number)
    assert stored is not None
    (fired,) = stored.matches
    for kept in (stored.row.unique_id, stored.row.uri, stored.row.verdict, fired.message):
        assert text.startswith(kept or "")
        assert kept == text or len(kept or "") >= 64


def test_entries_come_in_order_byte_for_byte_and_each_once(store: Store) -> None:
    raws = [bytes([n]) * (n * 1000 + 1) for n in range(23)]
    sent = [
        msgspec.structs.replace(
            record(raw, received_at_us=NOON_US + n), origin="/log", origin_offset=n
        )
        for n, raw in enumerate(raws)
    ]
    ids = store.append(sent).ids
    found, after, looked_at = [], 0, 0
    while (page := store.entries(Search(), after_id=after, limit=5)).looked_at:
        found += page.entries
        after, looked_at = page.position, looked_at + page.looked_at
        assert page.damaged == ()
    assert looked_at == 23
    assert [one.id for one in found] == list(ids)
    assert [one.entry.raw for one in found] == raws
    assert [one.entry.received_at_us for one in found] == [NOON_US + n for n in range(23)]
    assert [one.entry.origin_offset for one in found] == list(range(23))
    assert {(one.entry.sensor, one.entry.origin) for one in found} == {("web1", "/log")}


def test_entries_of_a_search_are_found_however_few(store: Store) -> None:
    formats = [Format.CORAZA_JSON if n == 17 else Format.ERROR_LOG for n in range(30)]
    store.append([record(b"%d" % n, format=one) for n, one in enumerate(formats)])
    found, after, pages = [], 0, 0
    while (
        page := store.entries(Search(formats=("coraza-json",)), after_id=after, limit=4)
    ).looked_at:
        found += [one.entry.raw for one in page.entries]
        after, pages = page.position, pages + 1
    assert (found, pages) == ([b"17"], 8)
    assert store.count(Search(formats=("coraza-json", "error-log"))).transactions == 30
    assert store.count(Search(formats=("nonsense",))).transactions == 0


def test_large_entries_come_a_few_at_a_time(store: Store) -> None:
    store.append([record(bytes([n]) * (12 * 1024 * 1024)) for n in range(4)])
    sizes, after = [], 0
    while (page := store.entries(Search(), after_id=after, limit=100)).looked_at:
        sizes.append(len(page.entries))
        after = page.position
    assert sizes == [2, 2]


def test_replacing_and_storing_at_the_same_time_hinder_nobody(store: Store) -> None:
    records = [record(b"%d" % n, matches=(match(n),)) for n in range(60)]
    ids = store.append(records).ids
    failed: list[BaseException] = []

    def add() -> None:
        try:
            for n in range(30):
                store.append([record(b"more %d" % n, matches=(match(n), match(1000)))])
        except BaseException as error:  # noqa: BLE001 - told below
            failed.append(error)

    adding = threading.Thread(target=add, daemon=True)
    adding.start()
    for start in range(0, 60, 5):
        pairs = zip(ids[start : start + 5], records[start : start + 5], strict=True)
        new = [(number, anew(one, matches=(match(7), match(1000)))) for number, one in pairs]
        assert len(store.replace(new)) == 5
    adding.join()
    assert failed == []
    assert store.count(Search(rule_ids=(1000,))).transactions == 90
    assert store.count(Search()).transactions == 90
