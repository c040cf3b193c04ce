"""Every SQL store answers as the memory model does, whatever was stored and whatever is asked."""

from datetime import timedelta
from typing import Any

import msgspec
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bartizan.domain.delivery import Record
from bartizan.domain.search import SPLITS, Facet, Search
from bartizan.domain.sensor_health import Slice
from bartizan.store.contract import Store
from bartizan.store.memory import MemoryStore
from tests.contract.numbered import Numbered, empty
from tests.contract.records import NOON, records, searches


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
    empty(sql)
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
        for split in (None, *SPLITS):
            assert tested.store.histogram(dated, width=width, split=split) == (
                model.store.histogram(dated, width=width, split=split)
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
    empty(sql)
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
