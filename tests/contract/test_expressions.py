"""Every store finds by an expression what the memory model finds, and the model what it should."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bartizan.domain.delivery import Record
from bartizan.domain.expression import Expression
from bartizan.domain.retention import Preserved
from bartizan.domain.search import Facet, Search
from bartizan.domain.triage import Triage
from bartizan.store.contract import Store
from bartizan.store.memory import MemoryStore
from tests.contract.expressions import conditions, expressions
from tests.contract.numbered import Numbered, empty
from tests.contract.records import NOON, records
from tests.contract.triage import triages

MARK = Preserved(at=NOON, by="anna", reason="evidence")


@pytest.mark.timeout(400)
@settings(
    max_examples=20,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    batch=st.lists(records(), min_size=1, max_size=8),
    simple=st.lists(conditions, min_size=10, max_size=20),
    questions=st.lists(expressions, min_size=4, max_size=8),
    judged=st.lists(triages(), min_size=3, max_size=3),
)
def test_a_store_finds_what_the_model_finds(
    sql: Store,
    batch: list[Record],
    simple: list[Expression],
    questions: list[Expression],
    judged: list[Triage],
) -> None:
    empty(sql)
    model, tested = Numbered(MemoryStore()), Numbered(sql)
    assert tested.append(batch) == model.append(batch)
    for numbered in (model, tested):
        ids = [row.id for row in numbered.store.newer(0)]
        numbered.store.preserve(ids[:1], MARK)
        for number, triage in zip(ids, judged, strict=False):
            numbered.store.triage([number], lambda _, triage=triage: triage)  # type: ignore[misc]
    for expression in (*simple, *questions):
        search = Search(expression=expression)
        assert tested.pages(search, 50) == model.pages(search, 50), expression
        narrowed = Search(expression=expression, since=NOON - timedelta(hours=3), text="a")
        assert tested.store.count(narrowed) == model.store.count(narrowed)
        bars = tested.store.histogram(narrowed, width=timedelta(hours=1))
        assert bars == model.store.histogram(narrowed, width=timedelta(hours=1))
        assert tested.store.map_cells(narrowed) == model.store.map_cells(narrowed)
    for facet in Facet:
        assert tested.store.facet(search, facet) == model.store.facet(search, facet)
    assert tested.entries(search, 3) == model.entries(search, 3)
