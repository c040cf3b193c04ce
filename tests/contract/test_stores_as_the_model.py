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
