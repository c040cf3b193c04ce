"""What is wrong in a store is found, each kind of it, and nothing in a sound one."""

import sqlite3
from contextlib import closing

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bartizan.app.store_verify import Verify
from bartizan.cli.store_verify import MEANINGS, lines
from bartizan.domain.retention import Preserved
from bartizan.store.contract import Expired, FaultKind
from bartizan.store.memory import MemoryStore
from bartizan.store.registry import open_store, upgrade_store
from tests.contract.records import NOON, match, record, records
from tests.contract.test_stores import FULL


@pytest.fixture
def make(tmp_path):
    opened = []

    def open_one(name="store"):
        url = f"sqlite:///{tmp_path}/{name}.sqlite"
        upgrade_store(url)
        opened.append(open_store(url))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def change(tmp_path):
    def execute(statement, *values):
        with closing(sqlite3.connect(tmp_path / "store.sqlite")) as database:
            count = database.execute(statement, values).rowcount
            database.commit()
            assert count, "the statement must change something"

    return execute


def fill(store):
    ids = store.append([FULL, *(record(b"%d" % n, matches=(match(n),)) for n in range(9))]).ids
    store.preserve(ids[:1], Preserved(at=NOON, by="anna"))
    only = Expired(before_id=ids[1] + 1)
    store.forget_payloads(only, after_id=ids[0], limit=1, at=NOON)
    return ids


def test_a_sound_store_has_no_fault(make):
    store = make()
    fill(store)
    store.remove_sensor("nobody")
    report = Verify(store, batch=3).run()
    assert report.is_whole
    assert (report.found.transactions, report.found.matches) == (10, 4 + 9)
    assert report.payloads_removed == 1
    assert report.hours
    assert report.is_all_counted


def test_an_empty_store_is_whole(make):
    assert Verify(make()).run().is_whole
    assert Verify(MemoryStore()).run().is_whole


@settings(
    max_examples=15,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(batches=st.lists(st.lists(records(), max_size=8), max_size=3))
def test_whatever_is_stored_is_whole(make, batches):
    store = make()
    for sensor in store.last_seen():
        store.remove_sensor(sensor)
    for batch in batches:
        store.append(batch)
    report = Verify(store, batch=3).run()
    assert report.is_whole, report.faults


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("UPDATE raw_entries SET data = substr(data, 1, 20)", FaultKind.ENTRY_DAMAGED),
        ("UPDATE raw_entries SET more_pieces = 1", FaultKind.ENTRY_DAMAGED),
        ("UPDATE transactions SET digest = zeroblob(32)", FaultKind.ENTRY_DIFFERS),
        ("UPDATE transactions SET size_bytes = 1", FaultKind.ENTRY_DIFFERS),
        ("DELETE FROM raw_entries", FaultKind.ENTRY_MISSING),
        ("DELETE FROM rule_texts", FaultKind.MATCH_WITHOUT_TEXT),
        ("DELETE FROM sensor_activity", FaultKind.SENSOR_NOT_COUNTED),
    ],
)
def test_damage_is_told(make, change, statement, kind):
    store = make()
    store.append([FULL])
    change(statement)
    report = Verify(store).run()
    assert kind in {fault.kind for fault in report.faults}
    assert not report.is_whole


def test_of_several_matches_one_that_is_gone_is_told(make, change):
    store = make()
    number = fill(store)[0]
    change("DELETE FROM rule_matches WHERE transaction_id = ? AND position = 1", number)
    assert [(fault.kind, fault.examples) for fault in Verify(store).run().faults] == [
        (FaultKind.MATCH_MISSING, (number,))
    ]


@pytest.mark.parametrize(
    ("table", "column", "kind"),
    [
        ("rule_matches", "transaction_id", FaultKind.ORPHANED_MATCH),
        ("raw_entries", "transaction_id", FaultKind.ORPHANED_ENTRY),
        ("transaction_parts", "transaction_id", FaultKind.ORPHANED_PARTS),
        ("preserved_transactions", "transaction_id", FaultKind.ORPHANED_MARK),
        ("removed_payloads", "transaction_id", FaultKind.ORPHANED_MARK),
    ],
)
@pytest.mark.parametrize("number", [3, 2**62])
def test_what_belongs_to_no_transaction_is_told(make, change, table, column, kind, number):
    """Also before the first and after the last transaction."""
    store = make()
    fill(store)
    change(
        f"UPDATE {table} SET {column} = ? WHERE {column} = (SELECT max({column}) FROM {table})",
        number,
    )
    faults = {fault.kind: fault for fault in Verify(store, batch=2).run().faults}
    assert faults[kind].count == 1
    assert faults[kind].examples == (number,)


@pytest.mark.parametrize("table", ["rollups", "rollup_ranks", "rollup_cells"])
@pytest.mark.parametrize("change_of_it", ["DELETE FROM {}", "UPDATE {} SET transactions = 77"])
def test_counts_that_are_wrong_are_told(make, change, table, change_of_it):
    store = make()
    fill(store)
    change(change_of_it.format(table))
    (fault,) = Verify(store).run().faults
    assert fault.kind is FaultKind.COUNTS_DIFFER
    assert fault.count


def test_every_kind_of_fault_has_a_meaning_and_advice():
    assert set(MEANINGS) == set(FaultKind)


def test_the_report_names_what_is_wrong_and_what_to_do(make, change):
    store = make()
    fill(store)
    change("DELETE FROM raw_entries")
    told = "\n".join(lines(Verify(store).run()))
    assert "entry-missing: 9 times" in told
    assert "what to do: " in told
    assert told.endswith("The store is damaged.")
