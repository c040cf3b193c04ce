"""The list, one transaction opened, its neighbours, and why a list is empty."""

import random
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from bartizan.domain.errors import Refused
from bartizan.domain.search import Search
from bartizan.domain.transaction import (
    Category,
    Format,
    Place,
    PlaceKind,
    Request,
    Source,
    Transaction,
)
from bartizan.query import neighbours
from bartizan.query.transactions import Transactions
from bartizan.query.views import EmptyReason

_START = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


def _decode(raw: bytes) -> Transaction:
    if raw.startswith(b"bad"):
        raise Refused("not-an-entry", "this is no entry")
    return Transaction(
        format=Format.MODSECURITY2_NATIVE, request=Request(method="PUT"), verdict="of this version"
    )


def _parts(raw: bytes) -> list[tuple[str, bytes]]:
    return [("A", b"header\n"), ("C", raw), ("Q", b"?")]


@pytest.fixture
def transactions(store, sensors, rows) -> Transactions:
    return Transactions(store, sensors, rows, decode=_decode, parts=_parts)


def test_pages_hold_every_row_once_while_others_arrive(store, transactions, make_record):
    store.append([make_record() for _ in range(25)])
    expected = [str(row.id) for row in store.page(Search(), limit=200).rows]
    seen, cursor = [], None
    while True:
        page = transactions.list(Search(), cursor=cursor, limit=4)
        seen += [row.id for row in page.transactions]
        store.append([make_record(at=_START + timedelta(hours=1, seconds=len(seen)))])
        if page.next is None:
            break
        cursor = page.next
    assert seen == expected


def test_a_transaction_that_was_read_from_a_file_says_from_where(store, transactions, make_record):
    read = msgspec.structs.replace(make_record(), origin="/old.zip!/audit.log", origin_offset=77)
    from_file, delivered = store.append([read, make_record()]).ids
    source = transactions.open(from_file).transaction.source
    assert source == Source(path="/old.zip!/audit.log", offset=77, length=len(read.raw))
    assert transactions.open(delivered).transaction.source is None


def test_a_list_says_how_many_match_in_all(store, transactions, make_record):
    store.append([make_record(intercepted=number < 3) for number in range(10)])
    page = transactions.list(Search(), limit=2)
    assert (page.total.transactions, page.total.intercepted, page.empty) == (10, 3, None)


def test_rows_carry_country_names_and_say_what_is_demo(
    store, transactions, make_record, add_sensor
):
    add_sensor("demo-1", is_demo=True)
    store.append([make_record(sensor="demo-1"), make_record(country=None)])
    real, demo = transactions.list(Search()).transactions
    assert (demo.is_demo, real.is_demo) == (True, False)
    assert demo.place is not None
    assert (demo.place.kind, demo.place.country_name) == ("city", "France")
    assert real.place is None


def test_an_opened_transaction_is_decoded_again_with_the_facts_as_stored(
    store, transactions, make_record
):
    raw = b"x" * 70_000 + b"\xff"
    (row_id,) = store.append([make_record(raw=raw)]).ids
    opened = transactions.open(row_id)
    assert opened.transaction.request.method == "PUT"
    assert opened.transaction.verdict == "Blocked: SQL injection"
    assert opened.transaction.category is Category.SQLI
    assert opened.transaction.place == Place(
        kind=PlaceKind.CITY, country="FR", city="Paris", latitude=48.9, longitude=2.3
    )
    assert (opened.size_bytes, len(opened.digest)) == (len(raw), 64)
    header, body, other = opened.parts
    assert (header.letter, header.name, header.text) == ("A", "header", "header\n")
    assert (body.size, len(body.text), body.truncated) == (70_001, 64 * 1024, True)
    assert other.name == "part of an unknown kind"
    assert transactions.raw(row_id) == raw


def test_an_entry_that_cannot_be_decoded_any_more_still_opens(store, transactions, make_record):
    (row_id,) = store.append([make_record(raw=b"bad")]).ids
    transaction = transactions.open(row_id).transaction
    assert transaction.request.uri == "/search?q=1"
    assert [match.rule_id for match in transaction.matches] == [942100]
    assert [defect.code for defect in transaction.defects] == ["not-decodable"]


def test_an_unknown_id_is_refused(transactions):
    for ask in (transactions.open, transactions.raw):
        with pytest.raises(Refused) as refused:
            ask(1)
        assert refused.value.code == "no-such-transaction"


def test_variants_are_named(store, transactions, make_record):
    first, second = store.append(
        [make_record(unique_id="same", raw=b"one"), make_record(unique_id="same", raw=b"two")]
    ).ids
    assert transactions.open(first).variants == (str(second),)


def test_neighbours_are_the_next_rows_of_the_list(store, make_record):
    chance = random.Random(7)
    gaps = [0, 0, 0, 1e-6, 0.4, 3, 200, 7200, 86_400 * 3, 86_400 * 90]
    moment = _START - timedelta(days=4000)
    records = []
    for _ in range(150):
        moment += timedelta(seconds=chance.choice(gaps))
        records.append(make_record(at=moment))
    chance.shuffle(records)
    store.append(records)
    listed = store.page(Search(), limit=200).rows
    for place, row in enumerate(listed):
        before = neighbours.older(store, row)
        after = neighbours.newer(store, row)
        assert before == (listed[place + 1] if place + 1 < len(listed) else None)
        assert after == (listed[place - 1] if place else None)


def test_a_neighbour_is_found_among_hundreds_of_the_same_moment(store, make_record):
    store.append([make_record(at=_START) for _ in range(450)])
    store.append([make_record(at=_START + timedelta(seconds=0.5)) for _ in range(300)])
    (row,) = store.page(Search(), limit=200).rows[199:]
    after = neighbours.newer(store, row)
    assert after is not None
    assert after.id == store.page(Search(), limit=200).rows[198].id
    oldest = store.newer(0, limit=1)[0]
    after = neighbours.newer(store, oldest)
    assert after is not None
    assert neighbours.older(store, after) == oldest


def test_neighbours_within_a_search_are_the_next_rows_of_its_list(store, make_record):
    chance = random.Random(11)
    records = [
        make_record(
            at=_START - timedelta(seconds=chance.choice([0, 1, 1, 50, 4000, 200_000])),
            sensor=chance.choice(["edge", "other"]),
        )
        for _ in range(120)
    ]
    store.append(records)
    for search in (
        Search(sensors=("edge",)),
        Search(sensors=("edge",), since=_START - timedelta(seconds=60), until=_START),
    ):
        listed = store.page(search, limit=200).rows
        assert listed
        for place, row in enumerate(listed):
            before = neighbours.older(store, row, search)
            after = neighbours.newer(store, row, search)
            assert before == (listed[place + 1] if place + 1 < len(listed) else None)
            assert after == (listed[place - 1] if place else None)


def test_an_entry_is_read_in_windows(store, transactions, make_record):
    raw = bytes(range(256)) * 600
    (row_id,) = store.append([make_record(raw=raw)]).ids
    found, offset = b"", 0
    while offset is not None:
        window = transactions.window(row_id, offset)
        assert (window.offset, window.size_bytes) == (offset, len(raw))
        assert len(window.content) <= 65_536
        found, offset = found + window.content, window.next
    assert found == raw
    with pytest.raises(Refused):
        transactions.window(row_id, len(raw) + 1)


def test_every_match_has_its_note(store, transactions, make_record):
    (row_id,) = store.append([make_record(raw=b"bad")]).ids
    opened = transactions.open(row_id)
    assert [note.points for note in opened.rules] == [5]
    assert opened.worked_out is not None
    assert opened.worked_out.inbound == 5


def _reason(transactions: Transactions, search: Search):
    empty = transactions.list(search).empty
    assert empty is not None
    return empty.reason, empty.newest_at, empty.filters


def test_nothing_at_all_without_a_sensor_is_no_sensor(transactions):
    assert _reason(transactions, Search()) == (EmptyReason.NO_SENSOR, None, ())


def test_nothing_at_all_with_a_sensor_is_a_silent_sensor(transactions, add_sensor):
    add_sensor("edge")
    assert _reason(transactions, Search()) == (EmptyReason.SILENT_SENSOR, None, ())


def test_a_chosen_sensor_that_never_sent_is_a_silent_sensor(
    store, transactions, add_sensor, make_record
):
    add_sensor("edge")
    add_sensor("quiet")
    store.append([make_record()])
    reason = _reason(transactions, Search(sensors=("quiet",)))
    assert reason == (EmptyReason.SILENT_SENSOR, None, ("sensor",))


def test_nothing_in_the_range_says_when_there_was_something(store, transactions, make_record):
    store.append([make_record(at=_START)])
    reason = _reason(transactions, Search(since=_START + timedelta(hours=1)))
    assert reason == (EmptyReason.NOTHING_IN_RANGE, _START, ("since",))


def test_a_narrow_filter_is_named(store, transactions, make_record):
    store.append([make_record(at=_START)])
    search = Search(countries=("DE",), hosts=("shop.example",), since=_START)
    assert _reason(transactions, search) == (EmptyReason.FILTER_TOO_NARROW, None, ("country",))


def test_filters_that_only_exclude_together_are_all_named(store, transactions, make_record):
    store.append([make_record(at=_START)])
    search = Search(countries=("DE",), statuses=(200,))
    assert _reason(transactions, search)[2] == ("country", "status")
