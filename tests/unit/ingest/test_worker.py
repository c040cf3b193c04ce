"""The worker loses nothing, doubles nothing and is blocked by nothing."""

import gc
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.domain.delivery import Record
from bartizan.domain.errors import Misconfigured, Refused, Unavailable
from bartizan.ingest.pipeline import Pipeline
from bartizan.ingest.retry import Backoff
from bartizan.ingest.worker import Worker
from bartizan.kit.metrics import REGISTRY
from bartizan.spool.journal import Journal
from bartizan.spool.outlet import Outlet
from bartizan.spool.settings import SpoolSettings
from bartizan.store.contract import Appended
from bartizan.store.memory import MemoryStore
from tests.unit.ingest.spool import MemorySpool
from tests.unit.ingest.test_pipeline import entry, read


@pytest.fixture(autouse=True)
def _collector_as_before() -> Iterator[None]:
    threshold = gc.get_threshold()
    yield
    gc.set_threshold(*threshold)
    gc.unfreeze()


class Store(MemoryStore):
    """Away for some calls, and refuses batches that hold `bad` entries."""

    def __init__(self, away: int = 0) -> None:
        super().__init__()
        self.away = away
        self.batches: list[int] = []

    def append(self, records: Sequence[Record]) -> Appended:
        if self.away > 0:
            self.away -= 1
            raise Unavailable("store-unavailable", "away")
        if any(record.raw.startswith(b"bad") for record in records):
            raise Refused("store-refused", "a value that it cannot take")
        self.batches.append(len(records))
        return super().append(records)


def work(spool: MemorySpool, store: MemoryStore, **options: int) -> None:
    """Run a worker until the spool is empty."""
    stop = threading.Event()
    worker = Worker(spool, Pipeline(read, [], store), poll_s=0.001, **options)
    thread = threading.Thread(target=worker.run, args=(stop,), daemon=True)
    thread.start()
    assert spool.idle.wait(30)
    stop.set()
    thread.join(30)
    assert not thread.is_alive()


def _uids(store: MemoryStore) -> list[str | None]:
    return [row.unique_id for row in store.newer(0, limit=10_000)]


def test_entries_are_stored_in_order_and_leave_the_spool() -> None:
    spool, store = MemorySpool([entry(b"%03d" % n) for n in range(100)]), Store()
    work(spool, store, batch=7)
    assert _uids(store) == [f"{n:03}" for n in range(100)]
    assert not spool.waiting
    assert max(store.batches) == 7


def test_a_batch_is_bounded_in_bytes() -> None:
    spool, store = MemorySpool([entry(b"%03d" % n * 100) for n in range(20)]), Store()
    work(spool, store, batch_bytes=700)
    assert max(store.batches) == 3


@pytest.mark.promise("R4")
def test_bad_entries_are_buried_with_their_reason_and_block_no_other() -> None:
    good = [b"%03d" % n for n in range(40)]
    raws = [*good[:20], b"refuse", b"bug", b"bad 1", b"bad 2", *good[20:], b"bad 3"]
    spool, store = MemorySpool([entry(raw) for raw in raws]), Store()
    work(spool, store)
    assert _uids(store) == [raw.decode() for raw in good]
    assert {letter.entry.raw: letter.code for letter in spool.dead.values()} == {
        b"refuse": "not-an-entry",
        b"bug": "decoder-failed",
        b"bad 1": "store-refused",
        b"bad 2": "store-refused",
        b"bad 3": "store-refused",
    }


def test_a_store_that_is_away_is_waited_for() -> None:
    spool, store = MemorySpool([entry(b"%d" % n) for n in range(5)]), Store(away=3)
    work(spool, store)
    assert _uids(store) == list("01234")


@settings(max_examples=15, deadline=None)
@given(
    raws=st.lists(st.sampled_from([b"1", b"2", b"3", b"4", b"refuse", b"bug", b"bad"]), max_size=9),
    away=st.integers(0, 2),
    take=st.integers(0, 1),
    done=st.integers(0, 2),
    bury=st.integers(0, 1),
    batch=st.integers(1, 4),
)
@pytest.mark.promise("R13")
def test_whatever_fails_every_entry_is_accounted_for_once(
    raws: list[bytes], away: int, take: int, done: int, bury: int, batch: int
) -> None:
    """Acknowledged = stored + duplicates + dead letters, in the spool, the store and the metrics."""
    spool, store = MemorySpool([entry(raw) for raw in raws]), Store(away)
    spool.failing = {"take": take, "done": done, "bury": bury}
    before = _counted()
    work(spool, store, batch=batch)
    good = [raw.decode() for raw in raws if raw.isdigit()]
    assert not spool.waiting
    assert _uids(store) == list(dict.fromkeys(good))
    assert len(spool.dead) == len(raws) - len(good)
    assert _counted() - before == len(raws)


def _counted() -> float:
    return _value(
        "bartizan_ingest_stored_total",
        "bartizan_ingest_duplicates_total",
        "bartizan_ingest_dead_letters_total",
    )


def _value(*names: str) -> float:
    return sum(
        sample.value
        for family in REGISTRY.collect()
        for sample in family.samples
        if sample.name in names
    )


def test_dead_letters_of_another_version_are_decoded_again_once() -> None:
    spool, store = MemorySpool([entry(b"refuse %d" % n) for n in range(250)]), Store()
    work(spool, store, is_reviving=True)
    assert sorted(spool.dead) == list(range(1, 251))
    spool.program = "2"
    spool.idle.clear()
    work(spool, store)
    assert sorted(spool.dead) == list(range(1, 251)), "not by the other workers"
    spool.idle.clear()
    worker_runs_until(lambda: {letter.program for letter in spool.dead.values()} == {"2"}, spool)
    assert sorted(spool.dead) == list(range(251, 501))
    assert not spool.waiting


def worker_runs_until(is_done: Callable[[], bool], spool: MemorySpool) -> None:
    """Run a worker that revives, until the spool has nothing outdated and nothing waiting."""

    class Ending(MemorySpool):
        def revive_outdated(self, limit: int) -> int:
            revived = super().revive_outdated(limit)
            if not revived:
                ended.set()
            return revived

    ended, stop = threading.Event(), threading.Event()
    spool.__class__ = Ending
    worker = Worker(spool, Pipeline(read, [], Store()), poll_s=0.001, is_reviving=True)
    thread = threading.Thread(target=worker.run, args=(stop,), daemon=True)
    thread.start()
    assert ended.wait(30)
    stop.set()
    thread.join(30)
    assert is_done()


def test_an_entry_that_is_a_dead_letter_already_is_counted_as_a_duplicate(tmp_path: Path) -> None:
    """Else `acknowledged = ... + dead letters` would count a letter twice."""
    journal, outlet = Journal(tmp_path, SpoolSettings(min_free_bytes=0)), Outlet(tmp_path)
    journal.commit([entry(b"refuse"), entry(b"refuse"), entry(b"1")])
    before = _counted(), _value("bartizan_ingest_duplicates_total")
    worker = Worker(outlet, Pipeline(read, [], Store()))
    worker._step(threading.Event())
    assert outlet.level().dead_letters == 1
    assert _value("bartizan_ingest_duplicates_total") - before[1] == 1
    assert _counted() - before[0] == 3
    journal.close()
    outlet.close()


def test_a_newer_schema_ends_the_worker() -> None:
    class Newer(MemoryStore):
        def append(self, records: Sequence[Record]) -> Appended:
            raise Misconfigured("newer-schema", "newer")

    spool = MemorySpool([entry(b"1")])
    with pytest.raises(Misconfigured):
        Worker(spool, Pipeline(read, [], Newer())).run(threading.Event())
    assert spool.waiting


def test_a_worker_that_is_told_to_stop_while_its_store_is_away_stops() -> None:
    spool, stop = MemorySpool([entry(b"1")]), threading.Event()
    worker = Worker(spool, Pipeline(read, [], Store(away=10**9)), poll_s=0.001)
    thread = threading.Thread(target=worker.run, args=(stop,), daemon=True)
    thread.start()
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    assert spool.waiting


def test_waits_grow_to_five_seconds_and_are_not_all_the_same() -> None:
    longest = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0]
    backoff = Backoff()
    for limit in longest:
        assert limit / 2 <= backoff.next_s() <= limit
    backoff.reset()
    assert backoff.next_s() <= 0.1
    assert len({Backoff().next_s() for _ in range(20)}) > 1
