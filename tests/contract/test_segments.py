"""The search index and the roll-ups answer as the rows do, also where everything is small."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import inspect

from bartizan.domain.delivery import Record
from bartizan.domain.expression import Contains, During, Field, Is, Matches, every, negated
from bartizan.domain.search import Facet, Search
from bartizan.domain.transaction import Endpoint, Request
from bartizan.store.contract import Expired, KeptRecord, Store
from bartizan.store.memory import MemoryStore
from bartizan.store.registry import open_store, upgrade_store
from bartizan.store.sql import rollup_top, segment_search, segment_writer, segments
from bartizan.store.sql.tables import METADATA
from tests.contract.numbered import Numbered, empty
from tests.contract.records import match, record, records, searches
from tests.contract.test_sql import _engine, _execute


@pytest.fixture
def sql(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """Segments of four transactions, looked into for everything but the newest row."""
    monkeypatch.setattr(segment_writer, "AT_ONCE", 3)
    monkeypatch.setattr(segment_writer, "SEGMENT", 4)
    monkeypatch.setattr(segment_search, "_NEWEST", 1)
    monkeypatch.setattr(segment_search, "_LAST_GROUP", 4)
    monkeypatch.setattr(segment_search, "_CHECKED", 3)
    monkeypatch.setattr(segments, "BLOCK", 2)
    upgrade_store(url)
    opened = open_store(url)
    yield opened
    opened.close()


@settings(
    max_examples=15,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    batches=st.lists(st.lists(records(), max_size=8), min_size=1, max_size=3),
    again=st.lists(records(), max_size=2),
    questions=st.lists(searches, min_size=1, max_size=5),
    limit=st.integers(1, 7),
)
def test_small_segments_answer_as_the_model(
    sql: Store,
    batches: list[list[Record]],
    again: list[Record],
    questions: list[Search],
    limit: int,
) -> None:
    empty(sql)
    model, tested = Numbered(MemoryStore()), Numbered(sql)
    for batch in batches:
        assert tested.append(batch) == model.append(batch)
    anew = dict(enumerate(again[: len(model.pages(Search(), 100))]))
    tested.replace(anew, is_rehearsal=False)
    model.replace(anew, is_rehearsal=False)
    for search in (Search(), *questions):
        assert tested.pages(search, limit) == model.pages(search, limit)
        assert tested.store.count(search) == model.store.count(search)
        for facet in Facet:
            assert tested.store.facet(search, facet, limit=limit) == model.store.facet(
                search, facet, limit=limit
            )


MONTH = datetime(2026, 10, 1, 5, 42, 9, 123, tzinfo=UTC)


@pytest.fixture
def month(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Store, Store]]:
    """A store, and the model, with 600 transactions of a month whose clients are skewed."""
    monkeypatch.setattr(segment_writer, "AT_ONCE", 100)
    monkeypatch.setattr(segment_search, "_NEWEST", 5)
    monkeypatch.setattr(rollup_top, "_FIRST", 6)
    upgrade_store(url)
    opened, model = open_store(url), MemoryStore()
    some = [
        record(
            b"%d" % n,
            sensor=f"web{n % 3}",
            occurred_at=MONTH + timedelta(minutes=70 * n, seconds=n % 60),
            received_at_us=int((MONTH + timedelta(minutes=70 * n + 1)).timestamp() * 1e6),
            client=Endpoint(address=f"192.0.2.{n % 7 * (n % 5) * (n % 11) % 97}"),
            request=Request(uri=f"/{n % 50}/x{n}", headers=(("Host", f"h{n % 13 * (n % 3)}"),)),
            matches=(match(n % 20), match(n % 20), match(7)),
            intercepted=(None, True, False)[n % 3],
        )
        for n in range(600)
    ]
    for start in range(0, len(some), 200):
        opened.append(some[start : start + 200])
        model.append(some[start : start + 200])
    yield opened, model
    opened.close()


RULE_7 = Is(field=Field.RULE, value=7)
UNLIKE_SEVEN = negated(Matches(field=Field.PATH, pieces=("/7", "")))
SPANS = (
    (None, None),
    (timedelta(0), None),
    (None, timedelta(days=20, hours=3, minutes=7, seconds=1)),
    (timedelta(days=1, hours=2, minutes=3), timedelta(days=25, hours=13, minutes=5)),
    (timedelta(days=3, hours=2), timedelta(days=3, hours=4, minutes=59, seconds=30)),
    (timedelta(hours=29, minutes=17, seconds=51), timedelta(days=9)),
    (timedelta(minutes=1), timedelta(minutes=1, seconds=2)),
)


@pytest.mark.parametrize("span", SPANS)
def test_long_spans_are_counted_exactly(
    month: tuple[Store, Store],
    span: tuple[timedelta | None, timedelta | None],
) -> None:
    store, model = month
    since, until = (None if one is None else MONTH + one for one in span)
    plain = Search(since=since, until=until)
    narrow = [
        {},
        {"sensors": ("web1",)},
        {"intercepted": True},
        {"intercepted": False, "sensors": ("web2", "web1")},
        {"rule_ids": (7,)},
        {"rule_ids": (3, 4)},
        {"hosts": ("H13", "h0")},
        {"sensors": ("web2",), "statuses": (200,)},
        {"text": "X29"},
        {"paths": ("/7/*",)},
        {"expression": every(RULE_7, Contains(field=Field.URI, pieces=("7/", "X2")))},
        {"expression": During(field=Field.AT, since=MONTH + timedelta(days=2, hours=1))},
        {"expression": every(RULE_7, Is(field=Field.BLOCKED, value=True), UNLIKE_SEVEN)},
    ]
    for fields in narrow:
        search = msgspec.structs.replace(plain, **fields)
        assert store.count(search) == model.count(search)
        for facet in Facet:
            assert store.facet(search, facet, limit=3) == model.facet(search, facet, limit=3)
        for width in (timedelta(hours=6), timedelta(minutes=30), timedelta(seconds=7777)):
            for begin in (since or MONTH, MONTH.replace(hour=6, minute=0, second=0, microsecond=0)):
                dated = msgspec.structs.replace(search, since=begin)
                assert store.histogram(dated, width=width) == model.histogram(dated, width=width)


def test_roll_ups_forget_what_was_removed_and_minutes_that_are_old(
    month: tuple[Store, Store],
) -> None:
    store, model = month
    for one in (store, model):
        one.remove_sensor("web1")
    for search in (Search(), Search(since=MONTH + timedelta(days=2, minutes=3))):
        assert store.count(search) == model.count(search)
        for facet in Facet:
            assert store.facet(search, facet) == model.facet(search, facet)


def test_statistics_go_by_whole_days_and_never_those_of_what_is_there(
    month: tuple[Store, Store], url: str
) -> None:
    """What retention removed stays counted as removed, until the statistics go too."""
    store, model = month
    ids = [row.id for row in store.newer(0, limit=600)]
    expired = Expired(before_id=ids[200])
    assert store.remove_transactions(expired, after_id=0, limit=1000).removed == 200
    assert store.count(Search()).transactions == 400
    removed = "SELECT sum(removed) FROM rollups WHERE width_s = {} AND facet = 'all'"
    for width in (86400, 3600):
        assert _answer(url, removed.format(width)) == 200
    edge = MONTH + timedelta(minutes=70 * 100)
    while store.remove_statistics(edge, limit=7):
        pass
    assert 0 < _answer(url, removed.format(86400)) < 200
    while store.remove_statistics(MONTH + timedelta(days=99), limit=50):
        pass
    hours, days = (_answer(url, removed.format(width)) for width in (3600, 86400))
    assert hours == days < 24, "of the day in which the first one is that is still there"
    for facet in (Facet.RULE, Facet.COUNTRY, Facet.CLIENT):
        since = Search(since=MONTH + timedelta(minutes=70 * 200))
        assert store.facet(since, facet) == model.facet(since, facet)


def _answer(url: str, statement: str) -> int:
    engine = _engine(url)
    with engine.connect() as connection:
        found = connection.exec_driver_sql(statement).scalar()
    engine.dispose()
    return int(found or 0)


def test_an_upgrade_counts_and_indexes_what_is_there(month: tuple[Store, Store], url: str) -> None:
    """Back to the tables of before, and up again; the second time it was killed in the middle."""
    store, model = month
    drop = "DROP TABLE {}".format
    names = [name for name in METADATA.tables if name.startswith(("rollup", "search_"))]
    key = "INSERT INTO rollups VALUES (60, 0, 'all', '', 'left over', 1, 1, 1, 0, 0)"
    for statements in (
        [drop(name) for name in names],
        [key, "DELETE FROM search_segments", drop("search_loose")],
    ):
        _execute(
            url,
            *statements,
            "UPDATE bartizan_transactions_version SET version_num = 't0004'",
            "CREATE INDEX ix_rule_matches_rule ON rule_matches (rule_id, transaction_id)",
        )
        upgrade_store(url)
        assert not _has_index(url, "ix_rule_matches_rule")
        for search in (Search(), Search(text="x29"), Search(since=MONTH + timedelta(hours=30))):
            assert store.count(search) == model.count(search)
            assert [row.uri for row in store.page(search).rows] == [
                row.uri for row in model.page(search).rows
            ]
            for facet in Facet:
                assert store.facet(search, facet) == model.facet(search, facet)
        assert store.map_cells(Search()) == model.map_cells(Search())


def _has_index(url: str, name: str) -> bool:
    engine = _engine(url)
    found = {one["name"] for one in inspect(engine).get_indexes("rule_matches")}
    engine.dispose()
    return name in found


def test_what_another_store_had_is_indexed_whatever_the_order_of_its_ids(sql: Store) -> None:
    ids = (9_000, 7_000, 8_000, 6_500, 6_000)
    kept = [KeptRecord(id=one, record=record(b"%d" % one), size_bytes=4) for one in ids]
    assert sql.restore(kept).stored == 5
    assert [row.id for row in sql.page(Search(sensors=("web1",))).rows] == sorted(ids)[::-1]
