"""Stored entries through another decoder than the one that stored them."""

import hashlib
from collections.abc import Sequence

import msgspec
import pytest

from bartizan.decode.contract import Decoded
from bartizan.domain.delivery import Record
from bartizan.domain.errors import Refused, Unavailable
from bartizan.domain.search import Search
from bartizan.domain.transaction import Format, Transaction
from bartizan.ingest.pipeline import Pipeline
from bartizan.ingest.reprocess import Reprocess
from bartizan.store.contract import Replaced, Store
from bartizan.store.memory import MemoryStore
from tests.unit.ingest.test_pipeline import entry

MD5_OF_2 = hashlib.md5(b"2", usedforsecurity=False).hexdigest()


def old(raw: bytes) -> Decoded:
    return Decoded(Transaction(format=Format.MODSECURITY2_NATIVE, verdict="old"), (("A", raw),))


def new(raw: bytes) -> Decoded:
    """Another verdict for odd numbers; refuses what holds a 7, and has a bug for what holds an 8."""
    if b"7" in raw:
        raise Refused("not-an-entry", "nothing in it", "A")
    if b"8" in raw:
        raise ZeroDivisionError
    verdict = "new" if int(raw) % 2 else "old"
    return Decoded(Transaction(format=Format.MODSECURITY2_NATIVE, verdict=verdict), (("A", raw),))


def stored(count: int, store: Store | None = None) -> Store:
    """A store that holds the numbers below `count` as the old decoder left them."""
    made = store or MemoryStore()
    Pipeline(old, [], made).run([entry(b"%d" % number) for number in range(count)])
    return made


def verdicts(store: Store) -> list[str | None]:
    return [row.verdict for row in store.newer(0, limit=10_000)]


def run(store: Store, **options: object) -> Reprocess:
    return Reprocess(store, Pipeline(new, [], store), batch=4, **options)  # type: ignore[arg-type]


def test_only_what_differs_changes_and_the_rest_is_accounted_for() -> None:
    store = stored(20)
    findings = run(store).run(Search())
    assert (findings.looked_at, findings.matched) == (20, 20)
    assert findings.refused == {"not-an-entry": 2, "decoder-failed": 2}
    assert findings.changed == 8
    assert findings.unchanged == 8
    assert findings.fields == {"verdict": 8}
    expected = ["new" if n % 2 and "7" not in str(n) else "old" for n in range(20)]
    assert verdicts(store) == expected
    first = findings.examples["verdict"][0]
    assert (first.before, first.after) == ("old", "new")
    assert len(findings.examples["verdict"]) == 3


def test_what_is_refused_today_keeps_its_row_and_is_named() -> None:
    store = stored(9)
    rows = store.newer(0)
    findings = run(store).run(Search())
    assert [(one.id, one.code, one.detail) for one in findings.refusals] == [
        (rows[7].id, "not-an-entry", "nothing in it (A)"),
        (rows[8].id, "decoder-failed", "ZeroDivisionError"),
    ]
    assert store.newer(rows[6].id) == rows[7:]
    assert store.raw(rows[7].id) == b"7"


def test_a_rehearsal_tells_the_same_and_writes_nothing() -> None:
    store = stored(30)
    before = store.newer(0)
    rehearsed = run(store, is_rehearsal=True).run(Search())
    assert store.newer(0) == before
    done = run(store).run(Search())
    assert (rehearsed.changed, rehearsed.fields) == (done.changed, done.fields)
    assert rehearsed.examples == done.examples
    assert run(store).run(Search()).changed == 0


def test_it_goes_on_where_it_was_interrupted() -> None:
    store = stored(30)
    last = store.last_id()

    class PowerCut(Exception):  # noqa: N818 - named for what happens
        pass

    places: list[int] = []

    def cut(position: int) -> None:
        places.append(position)
        if len(places) == 3:
            raise PowerCut

    with pytest.raises(PowerCut):
        run(store).run(Search(), on_batch=cut)
    assert verdicts(store).count("new") == 5
    later = run(store)
    later.run(Search(), after_id=places[-1], until_id=last)
    assert later.findings.looked_at == 18
    assert run(store).run(Search()).changed == 0


def test_what_is_stored_meanwhile_is_not_chased() -> None:
    store = stored(6)
    added: list[int] = []

    def add(_position: int) -> None:
        number = 1000 + len(added)
        added.append(number)
        Pipeline(new, [], store).run([entry(b"%d" % number)])

    findings = run(store).run(Search(), on_batch=add)
    assert findings.looked_at <= 6 + len(added)
    assert len(added) <= 2


def test_a_hash_that_differed_still_does() -> None:
    """The claim is not in the entry's bytes, so the store must remember it."""
    store = MemoryStore()
    Pipeline(old, [], store).run([entry(b"1", "md5:0"), entry(b"2", "md5:" + MD5_OF_2)])
    before = [row.defect_count for row in store.newer(0)]
    findings = run(store).run(Search())
    assert findings.fields == {"verdict": 1}
    assert [row.defect_count for row in store.newer(0)] == before == [1, 0]


def test_a_filter_that_no_longer_fits_afterwards_does_no_harm() -> None:
    """The change moves rows out of the search that found them."""

    def moved(raw: bytes) -> Decoded:
        transaction = msgspec.structs.replace(new(raw).transaction, format=Format.ERROR_LOG)
        return Decoded(transaction)

    store = stored(7)
    work = Reprocess(store, Pipeline(moved, [], store), batch=2)
    assert work.run(Search(formats=("modsecurity2-native",))).changed == 7
    again = Reprocess(store, Pipeline(moved, [], store), batch=2)
    findings = again.run(Search(formats=("modsecurity2-native",)))
    assert (findings.looked_at, findings.matched) == (7, 0)


def test_what_the_store_refuses_costs_only_itself() -> None:
    class Picky(MemoryStore):
        def replace(
            self, records: Sequence[tuple[int, Record]], *, is_rehearsal: bool = False
        ) -> tuple[Replaced, ...]:
            if any(record.raw == b"3" for _, record in records):
                raise Refused("store-refused", "a value that it cannot take")
            return super().replace(records, is_rehearsal=is_rehearsal)

    store = stored(7, Picky())
    findings = run(store).run(Search())
    assert findings.refused == {"store-refused": 1}
    assert verdicts(store) == ["old", "new", "old", "old", "old", "new", "old"]


def test_a_store_that_goes_away_ends_it_with_what_was_done_so_far() -> None:
    class Leaving(MemoryStore):
        batches = 0

        def replace(
            self, records: Sequence[tuple[int, Record]], *, is_rehearsal: bool = False
        ) -> tuple[Replaced, ...]:
            self.batches += 1
            if self.batches == 3:
                raise Unavailable("store-unavailable", "away")
            return super().replace(records, is_rehearsal=is_rehearsal)

    store = stored(20, Leaving())
    places: list[int] = []
    with pytest.raises(Unavailable):
        run(store).run(Search(), on_batch=places.append)
    assert len(places) == 2
    run(store).run(Search(), after_id=places[-1])
    assert verdicts(store).count("new") == 8
