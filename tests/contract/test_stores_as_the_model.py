"""Every SQL store answers as the memory model does, whatever was stored and whatever is asked."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bartizan.domain.delivery import Record, Row
from bartizan.domain.search import Facet, Search
from bartizan.domain.sensor_health import Slice
from bartizan.store.contract import Store
from bartizan.store.memory import MemoryStore
from bartizan.store.registry import open_store, upgrade_store
from tests.contract.records import NOON, records, searches


@pytest.fixture
def sql(url: str) -> Iterator[Store]:
    upgrade_store(url)
    opened = open_store(url)
    yield opened
    opened.close()


class Numbered:
    """A store whose ids are shown as the how-manieth they are, so that two stores compare."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._numbers: dict[int, int] = {}

    def append(self, batch: list[Record]) -> tuple[list[int], int]:
        appended = self.store.append(batch)
        for number in appended.ids:
            self._numbers[number] = len(self._numbers)
        return [self._numbers[number] for number in appended.ids], appended.duplicates

    def replace(self, new: dict[int, Record], *, is_rehearsal: bool) -> list[Any]:
        """Replace the transactions of these numbers."""
        ids = {number: key for key, number in self._numbers.items()}
        records = [(ids[number], record) for number, record in new.items()]
        found = self.store.replace(records, is_rehearsal=is_rehearsal)
        return sorted((self._numbers[one.id], one.fields) for one in found)

    def entries(self, search: Search, limit: int) -> list[Any]:
        found: list[Any] = []
        after = 0
        while (page := self.store.entries(search, after_id=after, limit=limit)).looked_at:
            found += [(self._numbers[one.id], one.entry) for one in page.entries]
            after = page.position
        return found

    def pages(self, search: Search, limit: int) -> list[Row]:
        rows: list[Row] = []
        cursor = None
        while True:
            page = self.store.page(search, before=cursor, limit=limit)
            rows += page.rows
            cursor = page.next
            if cursor is None:
                return [self._shown(row) for row in rows]

    def everything(self) -> list[Any]:
        """Each transaction in full, in the order of ids."""
        found: list[Any] = []
        for row in self.store.newer(0, limit=10_000):
            stored = self.store.get(row.id)
            assert stored is not None
            assert stored.row == row
            variants = sorted(self._numbers[number] for number in stored.variants)
            plain = msgspec.structs.replace(stored, row=self._shown(row), variants=())
            found.append((plain, variants, self.store.raw(row.id)))
        return found

    def _shown(self, row: Row) -> Row:
        return msgspec.structs.replace(row, id=self._numbers[row.id])


def _health(store: Store) -> list[Any]:
    since = NOON - timedelta(hours=3)
    return [
        *(store.sensor_activity(since, slices) for slices in Slice),
        store.sensor_activity(NOON - timedelta(days=30), Slice.HOUR, sensor="web1"),
        store.sensor_traits(),
        store.sensor_traits(sensor="web1"),
        store.sensor_defects(NOON - timedelta(days=2)),
        store.sensor_defects(NOON, sensor="web1"),
    ]


def _empty(store: Store) -> None:
    for sensor in store.last_seen():
        store.remove_sensor(sensor)


@settings(
    max_examples=20,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    batches=st.lists(st.lists(records(), max_size=8), min_size=1, max_size=3),
    questions=st.lists(searches, min_size=1, max_size=4),
    limit=st.integers(1, 7),
    width=st.sampled_from([timedelta(minutes=7), timedelta(hours=1), timedelta(microseconds=1)]),
)
def test_a_sql_store_answers_as_the_model(
    sql: Store, batches: list[list[Record]], questions: list[Search], limit: int, width: timedelta
) -> None:
    _empty(sql)
    model, tested = Numbered(MemoryStore()), Numbered(sql)
    for batch in batches:
        assert tested.append(batch) == model.append(batch)
    assert tested.everything() == model.everything()
    assert tested.store.last_seen() == model.store.last_seen()
    assert _health(tested.store) == _health(model.store)
    for search in (Search(), *questions):
        assert tested.pages(search, limit) == model.pages(search, limit)
        assert tested.store.count(search) == model.store.count(search)
        for facet in Facet:
            assert tested.store.facet(search, facet, limit=limit) == model.store.facet(
                search, facet, limit=limit
            )
        dated = msgspec.structs.replace(search, since=search.since or NOON)
        assert tested.store.histogram(dated, width=width) == model.store.histogram(
            dated, width=width
        )
        assert tested.store.map_cells(search, limit=limit) == model.store.map_cells(
            search, limit=limit
        )


@settings(
    max_examples=20,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    batch=st.lists(records(), min_size=1, max_size=8),
    news=st.lists(st.lists(records(), max_size=8), min_size=1, max_size=3),
    questions=st.lists(searches, min_size=1, max_size=3),
    limit=st.integers(1, 7),
)
def test_a_sql_store_replaces_as_the_model(
    sql: Store,
    batch: list[Record],
    news: list[list[Record]],
    questions: list[Search],
    limit: int,
) -> None:
    _empty(sql)
    model, tested = Numbered(MemoryStore()), Numbered(sql)
    numbers, _ = model.append(batch)
    assert tested.append(batch)[0] == numbers
    for some in news:
        new = dict(zip(numbers, some, strict=False))
        for is_rehearsal in (True, False, False):
            told = tested.replace(new, is_rehearsal=is_rehearsal)
            assert told == model.replace(new, is_rehearsal=is_rehearsal)
        assert told == [], "a repeat changes nothing"
        assert tested.everything() == model.everything()
    for search in (Search(), *questions):
        assert tested.entries(search, limit) == model.entries(search, limit)
        assert tested.pages(search, limit) == model.pages(search, limit)
        assert tested.store.count(search) == model.store.count(search)
        for facet in Facet:
            assert tested.store.facet(search, facet, limit=limit) == model.store.facet(
                search, facet, limit=limit
            )
