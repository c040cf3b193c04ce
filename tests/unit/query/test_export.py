"""Exports as a run of batches: everything once, in the order of the list, little at a time."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.domain.errors import Refused
from bartizan.domain.search import Search
from bartizan.kit.text import escaped
from bartizan.query import export
from bartizan.query.export import COLUMNS, read_columns, run
from bartizan.query.rows import RowViews
from bartizan.query.sensors import Sensors
from bartizan.store.memory import MemoryStore


class _NoSensors:
    def sensors(self) -> tuple[()]:
        return ()


@pytest.fixture
def store(make_record):
    store = MemoryStore()
    store.append([make_record(uri=f"/{n}", status=403 if n % 3 else 200) for n in range(50)])
    return store


@pytest.fixture
def views(store) -> RowViews:
    return RowViews(Sensors(_NoSensors(), store, home=(0.0, 0.0)))


@pytest.mark.parametrize("batch", [1, 7, 50, 1000])
def test_everything_comes_once_in_the_order_of_the_list(store, views, batch, monkeypatch):
    monkeypatch.setattr(export, "BATCH", batch)
    search = Search(statuses=(403,))
    found = [row.id for rows in run(store, views, search) for row in rows]
    assert found == [str(row.id) for row in store.page(search, limit=100).rows]


@pytest.mark.parametrize("most", [0, 1, 7, 8, 49, 50, 51])
def test_no_more_than_was_asked_for(store, views, most, monkeypatch):
    monkeypatch.setattr(export, "BATCH", 7)
    assert sum(len(rows) for rows in run(store, views, Search(), most=most)) == min(most, 50)


def test_only_what_is_taken_is_read(store, views, monkeypatch):
    monkeypatch.setattr(export, "BATCH", 5)
    asked = []
    page = store.page
    monkeypatch.setattr(store, "page", lambda *a, **k: asked.append(k) or page(*a, **k))
    batches = run(store, views, Search())
    next(batches)
    assert len(asked) == 1


def test_what_arrives_meanwhile_moves_nothing(store, views, make_record, monkeypatch):
    monkeypatch.setattr(export, "BATCH", 10)
    before = [str(row.id) for row in store.page(Search(), limit=100).rows]
    found = []
    for rows in run(store, views, Search()):
        found += [row.id for row in rows]
        store.append([make_record(uri="/new")])
    assert [row_id for row_id in found if row_id in set(before)] == before
    assert len(found) == len(set(found))


@pytest.mark.parametrize("names", [["nothing"], ["at", "at"], ["at", ""], ["at"] * 99])
def test_columns_that_are_none_are_refused(names):
    with pytest.raises(Refused, match="column"):
        read_columns(names)


def test_no_column_named_is_every_column():
    assert read_columns([]) == tuple(COLUMNS)
    assert read_columns(["status", "at"]) == ("status", "at")


@given(st.dictionaries(st.text(), st.text()))
def test_escaped_json_says_the_same_and_hides_nothing(value):
    json = msgspec.json.encode(value).decode()
    told = escaped(json)
    assert msgspec.json.decode(told) == value
    assert not any(
        ord(one) < 32 or 0x7F <= ord(one) < 0xA0 or one in "\u202e\u200b" for one in told
    )
