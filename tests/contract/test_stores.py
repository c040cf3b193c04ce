"""What src/bartizan/store/contract.py promises, over every store."""

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from bartizan.domain.delivery import Row, TimeBasis
from bartizan.domain.expression import Field, Is
from bartizan.domain.search import Band, Cursor, Facet, Search
from bartizan.domain.transaction import (
    Anomaly,
    Category,
    Defect,
    Endpoint,
    Place,
    PlaceKind,
    Request,
    Response,
)
from bartizan.kit.clock import from_us
from bartizan.store.contract import Store
from bartizan.store.registry import open_store, upgrade_store
from tests.contract.conftest import TRANSACTIONAL
from tests.contract.records import HOSTILE, NOON, NOON_US, match, record
from tests.contract.redelivery import deliver
from tests.faults.sabotage.dedupe_by_unique_id import UniqueIdStore

FULL = record(
    b"--a-A--\r\nall of it",
    sensor="web1",
    received_at_us=NOON_US + 1,
    parts=(("A", b"a"), ("H", b"h")),
    origin="/logs/old.tar.gz!/audit.log",
    origin_offset=5_000_000_000,
    unique_id="Y1@abc",
    client=Endpoint(address="2001:db8::7", port=59250),
    request=Request(
        method="POST", uri="/shop/cart?id=1'--", headers=(("X-A", "1"), ("HOST", "Shop.Example"))
    ),
    response=Response(status=403),
    matches=(
        match(942100, message="SQLi", tags=("a", "b"), severity=2, data="1'--", target="ARGS:id"),
        match(None, message="no id", file="x.conf", line=7, revision="1", version="2", phase=2),
        match(942100, message="SQLi", tags=("a", "b"), severity=2, data="other", disruptive=True),
        match(949110, operator="Operator GE matched 5", severity=0),
    ),
    intercepted=True,
    anomaly=Anomaly(inbound=15),
    engine_mode="DetectionOnly",
    ruleset="OWASP_CRS/4",
    place=Place(
        kind=PlaceKind.CITY, country="DE", city="Köln", latitude=50.94, longitude=6.96, source="x"
    ),
    category=Category.SQLI,
    severity=2,
    verdict="SQL injection",
    defects=(Defect(code="end-missing"),),
)


def test_a_transaction_comes_back_with_all_its_facts(store: Store) -> None:
    (number,) = store.append([FULL]).ids
    stored = store.get(number)
    assert stored is not None
    assert stored.row == Row(
        id=number,
        sensor="web1",
        at=NOON,
        received_at=from_us(NOON_US + 1),
        is_skewed=False,
        unique_id="Y1@abc",
        client_address="2001:db8::7",
        client_port=59250,
        place_kind="city",
        country="DE",
        city="Köln",
        latitude=50.94,
        longitude=6.96,
        method="POST",
        host="Shop.Example",
        uri="/shop/cart?id=1'--",
        status=403,
        category="sqli",
        severity=2,  # the transaction's, not that of the rule that only summed up
        score=15,
        intercepted=True,
        verdict="SQL injection",
        rule_ids=(942100, 949110),
        defect_count=1,
    )
    assert stored.format == "modsecurity2-native"
    assert stored.digest == FULL.digest
    assert stored.size_bytes == len(FULL.raw)
    assert stored.matches == FULL.transaction.matches
    assert stored.place == FULL.transaction.place
    assert stored.variants == ()
    assert (stored.origin, stored.origin_offset) == (FULL.origin, FULL.origin_offset)
    assert (stored.engine_mode, stored.ruleset) == ("DetectionOnly", "OWASP_CRS/4")


def test_an_entry_that_came_from_no_file_has_no_origin_and_keeps_having_none(store: Store) -> None:
    """What was delivered first and is imported later stays as it was: it is a duplicate."""
    (number,) = store.append([record(b"x")]).ids
    assert store.append([record(b"x", origin="/x.log", origin_offset=0)]).duplicates == 1
    stored = store.get(number)
    assert stored is not None
    assert (stored.origin, stored.origin_offset) == (None, None)


def test_what_is_not_stated_comes_back_as_none(store: Store) -> None:
    (number,) = store.append([record(b"x", occurred_at=None)]).ids
    (row,) = store.page(Search()).rows
    left = {name for name in Row.__struct_fields__ if getattr(row, name) is not None}
    assert row.id == number
    assert left == {
        "id", "sensor", "at", "received_at", "is_skewed", "rule_ids", "defect_count",
        "time_basis", "state", "labels",
    }  # fmt: skip


def test_an_unknown_id_is_none(store: Store) -> None:
    for number in (0, 1, -1, 2**63 - 1, 2**63, 2**80):
        assert store.get(number) is None
        assert store.raw(number) is None


@pytest.mark.promise("R3")
def test_a_repeat_is_left_out_wherever_it_comes(store: Store) -> None:
    """Also after batches without any, when nobody expects one."""
    for number in range(3):
        assert store.append([record(b"new %d" % number)]).duplicates == 0
    mixed = [record(raw) for raw in (b"x", b"new 1", b"y", b"x")]
    appended = store.append(mixed)
    assert (len(appended.ids), appended.duplicates) == (2, 2)
    assert [store.raw(number) for number in appended.ids] == [b"x", b"y"]
    assert store.count(Search()).transactions == 5
    assert store.append([record(b"z")]).duplicates == 0


@pytest.mark.promise("R3")
def test_appending_again_changes_nothing(store: Store) -> None:
    first = store.append([FULL, record(b"y"), FULL])
    assert (len(first.ids), first.duplicates) == (2, 1)
    before = store.page(Search())
    again = store.append([record(b"y"), msgspec.structs.replace(FULL, received_at_us=NOON_US + 9)])
    assert (again.ids, again.duplicates) == ((), 2)
    assert store.page(Search()) == before
    stored = store.get(first.ids[0])
    assert stored is not None
    assert stored.matches == FULL.transaction.matches


@pytest.mark.promise("R3")
def test_the_same_unique_id_with_other_bytes_is_a_variant(store: Store) -> None:
    ids = store.append([record(raw, unique_id="same") for raw in (b"1", b"2", b"3")]).ids
    stranger = store.append([record(b"1", sensor="web2", unique_id="same")]).ids[0]
    for number in ids:
        stored = store.get(number)
        assert stored is not None
        assert sorted(stored.variants) == sorted(set(ids) - {number})
    stored = store.get(stranger)
    assert stored is not None
    assert stored.variants == ()


def test_the_same_bytes_of_two_sensors_are_two_transactions(store: Store) -> None:
    names = ["web1", "WEB1", "web1 ", "web1\x00", "wéb1", "web1\u200b"]
    assert len(store.append([record(b"x", sensor=name) for name in names]).ids) == len(names)
    assert sorted(store.last_seen()) == sorted(names)


def test_an_empty_batch_is_nothing(store: Store) -> None:
    appended = store.append([])
    assert (appended.ids, appended.duplicates) == ((), 0)


@pytest.mark.parametrize("size", [0, 1, 4096, 1024 * 1024, 8 * 1024 * 1024])
@pytest.mark.parametrize("seed", [None, 7])
def test_raw_bytes_come_back_exactly(store: Store, size: int, seed: int | None) -> None:
    """`None` is the smallest after compression, random bytes the largest; quotes need escapes."""
    raw = b"'\\\x00\n" * (size // 4) if seed is None else random.Random(seed).randbytes(size)
    (number,) = store.append([record(raw, parts=(("A", raw), ("H", raw)))]).ids
    assert store.raw(number) == raw


def test_ids_grow_with_insertion(store: Store) -> None:
    ids = [*store.append([record(b"%d" % n) for n in range(5)]).ids]
    ids += store.append([record(b"%d" % n) for n in range(3, 9)]).ids
    assert ids == sorted(set(ids))
    assert store.last_id() == ids[-1]


def test_an_empty_store_answers_every_question(store: Store) -> None:
    assert store.last_id() == 0
    assert store.page(Search()).rows == ()
    assert store.newer(0) == ()
    assert store.count(Search()).transactions == 0
    assert store.count(Search()).intercepted == 0
    assert [store.facet(Search(), facet) for facet in Facet] == [()] * len(Facet)
    assert store.histogram(Search(since=NOON), width=timedelta(hours=1)) == ()
    assert store.map_cells(Search()) == ()
    assert store.last_seen() == {}
    assert store.remove_sensor("web1") == 0


@pytest.mark.promise("R10")
@pytest.mark.parametrize(
    ("occurred", "is_kept"),
    [
        (NOON, True),
        (NOON + timedelta(minutes=5), True),
        (NOON + timedelta(minutes=5, microseconds=1), False),
        (NOON - timedelta(days=3650), True),
        (datetime(1970, 1, 1, tzinfo=UTC), True),
        (datetime(2038, 1, 20, tzinfo=UTC), False),
        (datetime.min.replace(tzinfo=UTC), True),
        (datetime.max.replace(tzinfo=UTC), False),
        (None, False),
    ],
)
def test_time_is_not_trusted(store: Store, occurred: datetime | None, *, is_kept: bool) -> None:
    store.append([record(b"x", occurred_at=occurred)])
    (row,) = store.page(Search()).rows
    assert row.is_skewed is (not is_kept and occurred is not None)
    assert row.time_basis is (TimeBasis.UNKNOWN if occurred is None else TimeBasis.STATED)
    stored = store.get(row.id)
    assert stored is not None
    assert stored.occurred_at == occurred
    assert row.at == (occurred if is_kept else NOON)
    assert row.received_at == NOON
    assert store.count(Search(since=row.at)).transactions == 1
    assert store.last_seen() == {"web1": NOON}


@pytest.mark.parametrize("text", [*HOSTILE, "x" * 100_000, "\U0001f525" * 100_000])
def test_hostile_texts_are_data(store: Store, text: str) -> None:
    """A long text is cut, not refused; every other one comes back as it is."""
    hostile = record(
        text.encode(),
        sensor=text,
        origin=text,
        parts=(("A", text.encode()), (text[:1], b"x")),
        unique_id=text,
        client=Endpoint(address=text),
        request=Request(method=text, uri=text, headers=((text, text), ("Host", text))),
        matches=(
            match(
                message=text,
                data=text,
                tags=(text, text),
                file=text,
                revision=text,
                version=text,
                target=text,
                operator=text,
            ),
        ),
        engine_mode=text,
        ruleset=text,
        verdict=text,
        place=Place(kind=PlaceKind.CITY, country=text, city=text, source=text),
    )
    (number,) = store.append([hostile]).ids
    assert store.append([hostile]).duplicates == 1
    stored = store.get(number)
    assert stored is not None
    row, (fired,) = stored.row, stored.matches
    kept = [
        row.sensor, row.unique_id, row.client_address, row.method, row.host, row.uri, row.country,
        row.city, row.verdict, fired.message, fired.data, fired.file, fired.revision,
        fired.version, fired.target, fired.operator, *fired.tags,
    ]  # fmt: skip
    assert all(text.startswith(value or "") for value in kept)
    assert all(value == text or len(value or "") >= 64 for value in kept)
    assert store.raw(number) == text.encode()
    search = Search(sensors=(text,), hosts=(text,), unique_id=text, countries=(row.country or "",))
    assert store.count(search).transactions == 1
    for facet in (Facet.SENSOR, Facet.COUNTRY, Facet.CLIENT, Facet.HOST, Facet.PATH):
        assert len(store.facet(Search(), facet)) == 1
    assert store.remove_sensor(text) == 1


def test_numbers_that_no_column_holds_are_left_out(store: Store) -> None:
    huge = 10**30
    (number,) = store.append(
        [
            record(
                b"x",
                client=Endpoint(port=huge),
                response=Response(status=-huge),
                matches=(match(huge, severity=huge, line=huge, phase=huge), match(-(2**63) + 1)),
                anomaly=Anomaly(inbound=huge),
                severity=huge,
            )
        ]
    ).ids
    stored = store.get(number)
    assert stored is not None
    assert stored.row.rule_ids == (-(2**63) + 1,)
    row = stored.row
    assert (row.status, row.client_port, row.score, row.severity) == (None, None, None, None)
    assert stored.matches[0] == match(None)
    assert store.count(Search(rule_ids=(huge,))).transactions == 0
    assert store.count(Search(statuses=(huge,))).transactions == 0


def test_a_place_off_the_globe_has_no_position(store: Store) -> None:
    for number, (latitude, longitude) in enumerate(
        [(91.0, 0.0), (0.0, -180.5), (float("nan"), 1.0), (1.0, float("inf")), (None, 1.0)]
    ):
        place = Place(kind=PlaceKind.CITY, country="DE", latitude=latitude, longitude=longitude)
        store.append([record(b"%d" % number, place=place)])
    for row in store.page(Search()).rows:
        assert (row.latitude, row.longitude, row.country) == (None, None, "DE")
    assert store.map_cells(Search()) == ()


def _many(store: Store, count: int = 25) -> tuple[int, ...]:
    """Several at the same time, so that ids decide; times not in the order of arrival."""
    minutes = [(n * 7) % 10 for n in range(count)]
    return store.append(
        [record(b"%d" % n, occurred_at=NOON - timedelta(minutes=m)) for n, m in enumerate(minutes)]
    ).ids


def _walk(store: Store, limit: int, between: Callable[[], Any] = lambda: None) -> list[Row]:
    rows: list[Row] = []
    page = store.page(Search(), limit=limit)
    while True:
        rows += page.rows
        if page.next is None:
            return rows
        between()
        page = store.page(Search(), before=page.next, limit=limit)


@pytest.mark.parametrize("limit", [1, 4, 5, 25, 100])
def test_pages_hold_each_row_once_newest_first(store: Store, limit: int) -> None:
    ids = _many(store)
    rows = _walk(store, limit)
    assert [(row.at, row.id) for row in rows] == sorted(
        ((row.at, row.id) for row in rows), reverse=True
    )
    assert sorted(row.id for row in rows) == sorted(ids)


def test_paging_is_stable_while_rows_arrive_and_go(store: Store) -> None:
    ids = set(_many(store))
    store.append([record(b"gone", sensor="gone", occurred_at=NOON - timedelta(minutes=3))])
    arriving = iter(range(1000))

    def disturb() -> None:
        store.append([record(b"new %d" % next(arriving))])
        store.remove_sensor("gone")

    rows = _walk(store, 4, disturb)
    found = [row.id for row in rows if row.sensor == "web1" and row.id in ids]
    assert len(found) == len(set(found)) == len(ids)


def test_a_cursor_need_not_be_a_row(store: Store) -> None:
    _many(store)
    assert store.page(Search(), before=Cursor(at_us=-(2**60), id=0)).rows == ()
    assert len(store.page(Search(), before=Cursor(at_us=2**60, id=0), limit=100).rows) == 25


def test_newer_follows_in_the_order_of_ids(store: Store) -> None:
    ids = _many(store)
    assert [row.id for row in store.newer(0, limit=100)] == list(ids)
    assert [row.id for row in store.newer(ids[9], limit=3)] == list(ids[10:13])
    assert store.newer(ids[-1]) == ()


CLIENTS = (
    "192.0.2.1",
    "192.0.2.255",
    "192.0.3.0",
    "::ffff:192.0.2.7",
    "2001:db8::1",
    "unix:",
    None,
)


@pytest.mark.parametrize(
    ("clients", "expected"),
    [
        (("192.0.2.1",), 1),
        (("192.0.2.7",), 1),
        (("192.0.2.0/24",), 3),
        (("192.0.2.99/24",), 3),
        (("192.0.2.0/23",), 4),
        (("0.0.0.0/0",), 4),
        (("::/0",), 5),
        (("2001:db8::/32",), 1),
        (("2001:0DB8:0:0::1",), 1),
        (("2001:db8::2",), 0),
        (("unix:",), 1),
        (("192.0.2.1", "2001:db8::/64"), 2),
    ],
)
def test_clients_are_found_by_address_and_block(
    store: Store, clients: tuple[str, ...], expected: int
) -> None:
    store.append([record(b"%d" % n, client=Endpoint(address=a)) for n, a in enumerate(CLIENTS)])
    assert store.count(Search(clients=clients)).transactions == expected


PATHS = ("/a/b", "/A/b", "/a/b/c", "/a_b", "/aXb", "/a%b", "/a*b", "/[x]", "/a\x00b", "/é", None)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("/a/b", {"/a/b"}),
        ("/a/*", {"/a/b", "/a/b/c"}),
        ("*b", {"/a/b", "/A/b", "/a_b", "/aXb", "/a%b", "/a*b", "/a\x00b"}),
        ("/a_*", {"/a_b"}),
        ("/a%*", {"/a%b"}),
        ("/[*", {"/[x]"}),
        ("/a\x00*", {"/a\x00b"}),
        ("/?*", set()),
        ("/*é", {"/é"}),
        ("*/*/*", {"/a/b", "/A/b", "/a/b/c"}),
        ("**", set(PATHS) - {None}),
        ("*" + "x" * 2000, set()),
        ("*" * 60_000, set(PATHS) - {None}),
        ("|*", set()),
        ("", set()),
    ],
)
def test_paths_match_literally_but_for_the_star(
    store: Store, pattern: str, expected: set[str]
) -> None:
    uris = [None if path is None else path + "?q=/a/b" for path in PATHS]
    store.append([record(b"%d" % n, request=Request(uri=uri)) for n, uri in enumerate(uris)])
    rows = store.page(Search(paths=(pattern,))).rows
    assert {(row.uri or "").partition("?")[0] for row in rows} == expected


def test_a_pattern_of_many_stars_is_not_slow(url: str) -> None:
    """Promise S8; not for the memory model, whose regular expressions are slow at this."""
    upgrade_store(url)
    store = open_store(url)
    store.append([record(b"%d" % n, request=Request(uri="/" + "a" * 1000)) for n in range(20)])
    store.append([record(b"nul", request=Request(uri="/\x00" + "a" * 1000))])
    started = time.monotonic()
    assert store.count(Search(paths=("*a" * 200 + "*b",))).transactions == 0
    assert time.monotonic() - started < 2
    store.close()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/etc/passwd", {1, 2}),
        ("ETC/PASSwd", {1, 2}),
        ("etc%2fpasswd", {3}),
        ("c%", {3}),
        ("_", {4}),
        ("é", {5}),
        ("É", set()),
        ("\x00b", {6}),
        ("a", {1, 2, 3, 6}),
        ("web1", set()),
        ("x" * 5000, set()),
    ],
)
def test_text_stands_in_the_uri_or_in_matched_data(
    store: Store, text: str, expected: set[int]
) -> None:
    uris = [None, "/?f=/etc/passwd", "/", "/etc%2fpasswd", "/_", "/é", "/\x00b"]
    data = [None, None, "Matched Data: /Etc/Passwd found", None, None, None, "a\x00B"]
    ids = store.append(
        [
            record(b"%d" % n, request=Request(uri=uri), matches=(match(data=found), match(7)))
            for n, (uri, found) in enumerate(zip(uris, data, strict=True))
        ]
    ).ids
    assert {ids.index(row.id) for row in store.page(Search(text=text)).rows} == expected
    assert store.count(Search(text=text)).transactions == len(expected)


@pytest.mark.parametrize("hostname", ["shop.example", "SHOP.EXAMPLE", "Shop.example"])
def test_hosts_compare_without_case_and_exactly(store: Store, hostname: str) -> None:
    hosts = ["shop.example", "Shop.Example", "shop.example.", "xshop.example", "shop.example "]
    store.append(
        [
            record(b"%d" % n, request=Request(headers=(("Host", host),)))
            for n, host in enumerate(hosts)
        ]
    )
    assert store.count(Search(hosts=(hostname,))).transactions == 2


def test_since_is_inclusive_and_until_exclusive(store: Store) -> None:
    tick = timedelta(microseconds=1)
    store.append([record(b"%d" % n, occurred_at=NOON + n * tick) for n in range(-2, 3)])
    assert store.count(Search(since=NOON)).transactions == 3
    assert store.count(Search(until=NOON)).transactions == 2
    assert store.count(Search(since=NOON, until=NOON + tick)).transactions == 1


def test_all_filters_must_hold(store: Store) -> None:
    store.append([FULL, record(b"other")])
    search = Search(
        sensors=("web1", "web9"),
        clients=("2001:db8::/32",),
        countries=("DE", "FR"),
        rule_ids=(1, 949110),
        categories=("sqli",),
        hosts=("shop.example",),
        paths=("/shop/*",),
        statuses=(403, 406),
        formats=("modsecurity2-native", "error-log"),
        severities=(2, 3),
        methods=("POST",),
        networks=("2001:db8::/48",),
        scores=(Band(least=15), Band(most=0)),
        rulesets=("OWASP_CRS/4",),
        intercepted=True,
        unique_id="Y1@abc",
        since=NOON,
        until=NOON + timedelta(seconds=1),
        preserved=False,
        text="CART?id=1'",
        expression=Is(field=Field.RULE, value=942100),
    )
    assert [row.unique_id for row in store.page(search).rows] == ["Y1@abc"]
    others: dict[str, Any] = {
        "sensors": ("web2",),
        "clients": ("10.0.0.0/8",),
        "countries": ("US",),
        "rule_ids": (942101,),
        "categories": ("xss",),
        "hosts": ("example",),
        "paths": ("/shop",),
        "statuses": (200,),
        "formats": ("error-log",),
        "severities": (3,),
        "methods": ("post",),
        "networks": ("2001:db8:1::/48",),
        "scores": (Band(least=16), Band(most=14)),
        "rulesets": ("OWASP_CRS/3",),
        "intercepted": False,
        "unique_id": "y1@abc",
        "since": NOON + timedelta(seconds=1),
        "until": NOON,
        "preserved": True,
        "text": "y1@abc",
        "expression": Is(field=Field.RULE, value=942101),
    }
    of_people = {"states", "labels"}  # tests/contract/test_triage.py
    assert set(others) == set(Search.__struct_fields__) - of_people
    for name, value in others.items():
        assert store.page(msgspec.structs.replace(search, **{name: value})).rows == (), name


def test_facets_count_the_matching_most_frequent_first(store: Store) -> None:
    codes = ["DE", "US", "US", None, "FR", "US", "DE"]
    store.append(
        [
            record(
                b"%d" % n,
                place=code and Place(kind=PlaceKind.COUNTRY, country=code),
                intercepted=n % 2 == 0,
                response=Response(status=200 + n),
            )
            for n, code in enumerate(codes)
        ]
    )
    counts = store.facet(Search(), Facet.COUNTRY)
    assert [(c.value, c.transactions, c.intercepted) for c in counts] == [
        ("US", 3, 1),
        ("DE", 2, 2),
        ("FR", 1, 1),
    ]
    assert len(store.facet(Search(), Facet.COUNTRY, limit=1)) == 1
    assert [c.value for c in store.facet(Search(statuses=(200,)), Facet.COUNTRY)] == ["DE"]
    assert [c.value for c in store.facet(Search(), Facet.STATUS, limit=2)] == ["200", "201"]
    assert [(c.value, c.transactions) for c in store.facet(Search(), Facet.INTERCEPTED)] == [
        ("true", 4),
        ("false", 3),
    ]


def test_values_that_are_as_frequent_come_in_binary_order(store: Store) -> None:
    """MariaDB shuffled texts that differ in NULs at their end when there was a limit."""
    names = ["", "\x00", "\x00\x00", "a", "a\x00", "a\x00b", "\ufffd", "\uffff", "\U0001f5dd"]
    paths = [record(name.encode(), request=Request(uri=name)) for name in reversed(names)]
    store.append([*paths, *(record(b"x", sensor=name) for name in reversed(names[1:]))])
    for limit in range(1, len(names)):
        values = [count.value for count in store.facet(Search(), Facet.PATH, limit=limit)]
        assert values == names[:limit]


def test_a_rule_counts_once_per_transaction(store: Store) -> None:
    store.append(
        [
            record(b"1", matches=(match(1), match(2), match(1), match(None)), intercepted=True),
            record(b"2", matches=(match(2), match(2))),
        ]
    )
    counts = store.facet(Search(), Facet.RULE)
    assert [(c.value, c.transactions, c.intercepted) for c in counts] == [("2", 2, 1), ("1", 1, 1)]
    assert store.count(Search(rule_ids=(1, 2))).transactions == 2


def test_a_histogram_counts_slices_from_since_on(store: Store) -> None:
    hour = timedelta(hours=1)
    since = NOON - timedelta(hours=5, minutes=20)
    seconds = [0, 1, 3599, 3600, 3 * 3600]
    store.append(
        [
            record(b"%d" % n, occurred_at=since + timedelta(seconds=n), intercepted=n < 2)
            for n in seconds
        ]
    )
    bars = store.histogram(Search(since=since), width=hour)
    assert [(bar.at, bar.transactions, bar.intercepted) for bar in bars] == [
        (since, 3, 2),
        (since + hour, 1, 0),
        (since + 3 * hour, 1, 0),
    ]
    with pytest.raises(ValueError, match="since"):
        store.histogram(Search(), width=hour)


def test_map_cells_are_half_degrees(store: Store) -> None:
    degrees = [(50.24, 8.2), (49.75, 8.0), (50.25, 8.0), (-50.25, -8.25), (90.0, 180.0)]
    store.append(
        [
            record(
                b"%d" % n,
                place=Place(kind=PlaceKind.CITY, country="DE", latitude=y, longitude=x),
                category=Category.XSS,
                intercepted=True,
            )
            for n, (y, x) in enumerate(degrees)
        ]
    )
    cells = store.map_cells(Search())
    assert [(c.latitude, c.longitude, c.transactions, c.intercepted) for c in cells] == [
        (50.0, 8.0, 2, 2),
        (-50.0, -8.0, 1, 1),
        (50.5, 8.0, 1, 1),
        (90.0, 180.0, 1, 1),
    ]
    assert {(c.country, c.sensor, c.category) for c in cells} == {("DE", "web1", "xss")}
    assert len(store.map_cells(Search(), limit=1)) == 1


def test_last_seen_is_the_newest_receipt(store: Store) -> None:
    store.append([record(b"1", received_at_us=NOON_US + 5), record(b"2", received_at_us=NOON_US)])
    store.append([record(b"3", received_at_us=NOON_US + 1), record(b"3", sensor="web2")])
    assert store.last_seen() == {"web1": from_us(NOON_US + 5), "web2": NOON}


def test_removing_a_sensor_removes_its_transactions_and_no_others(store: Store) -> None:
    gone = store.append([record(b"%d" % n, sensor="demo", matches=(match(),)) for n in range(2500)])
    (kept,) = store.append([FULL]).ids
    assert store.remove_sensor("demo") == 2500
    assert store.get(gone.ids[0]) is None
    assert store.raw(gone.ids[-1]) is None
    assert [row.id for row in store.page(Search()).rows] == [kept]
    assert store.last_seen().keys() == {"web1"}
    assert [c.transactions for c in store.facet(Search(), Facet.RULE)] == [1, 1]
    stored = store.get(kept)
    assert stored is not None
    assert stored.matches == FULL.transaction.matches
    assert len(store.append([record(b"1", sensor="demo")]).ids) == 1


@pytest.mark.promise("R3")
def test_many_threads_store_each_record_once_and_every_variant(store: Store) -> None:
    assert deliver(store) == []


@pytest.mark.promise("R3")
def test_dedupe_by_unique_id_alone_is_caught() -> None:
    """The sabotage of R3."""
    assert deliver(UniqueIdStore()) != []


@pytest.mark.parametrize("store", TRANSACTIONAL, indirect=True)
def test_readers_see_whole_batches_while_a_writer_writes(store: Store) -> None:
    stop = threading.Event()
    seen: list[int] = []

    def read() -> None:
        while not stop.is_set():
            seen.append(store.count(Search()).transactions)
            assert all(row.rule_ids == (7,) for row in store.page(Search(), limit=5).rows)

    with ThreadPoolExecutor(3) as pool:
        readers = [pool.submit(read) for _ in range(3)]
        for batch in range(20):
            store.append([record(b"%d-%d" % (batch, n), matches=(match(7),)) for n in range(10)])
        stop.set()
        for reader in readers:
            reader.result()
    assert all(count % 10 == 0 for count in seen)
