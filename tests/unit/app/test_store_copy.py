"""A copy of a store: everything arrives, once, whatever happens meanwhile."""

from contextlib import closing
from datetime import timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bartizan.app.store_copy import Copy, Place, Step
from bartizan.domain.errors import Refused, Unavailable
from bartizan.domain.retention import Preserved
from bartizan.domain.search import Search
from bartizan.store.contract import Expired, KeptRecord
from bartizan.store.memory import MemoryStore
from bartizan.store.registry import open_store, upgrade_store
from tests.contract.records import NOON, match, record, records
from tests.contract.test_moving import everything, take
from tests.contract.test_stores import FULL
from tests.contract.test_triage import FULL as JUDGED

MARK = Preserved(at=NOON, by="anna", reason="evidence")


@pytest.fixture
def make_sqlite(tmp_path):
    opened = []

    def make(name="store"):
        url = f"sqlite:///{tmp_path}/{name}.sqlite"
        upgrade_store(url)
        opened.append(open_store(url))
        return opened[-1]

    yield make
    for store in opened:
        store.close()


def filled(count=25, store=None):
    store = store or MemoryStore()
    for start in range(0, count, 10):
        store.append(
            [
                record(b"%d" % n, sensor=f"web{n % 3}", matches=(match(n), match(7, data="x" * n)))
                for n in range(start, min(count, start + 10))
            ]
        )
    return store


def test_a_copy_is_equal_in_every_answer(make_sqlite):
    source = filled()
    (preserved, forgotten) = source.append([FULL, record(b"forgotten")]).ids
    source.preserve([preserved], MARK)
    source.triage([preserved], lambda _: JUDGED)
    only = Expired(before_id=forgotten + 1)
    source.forget_payloads(only, after_id=forgotten - 1, limit=1, at=NOON)
    target = make_sqlite()
    report = Copy(source, target, batch=4).run()
    assert report.is_equal
    assert (report.stored, report.present, report.sensors) == (27, 0, 3)
    assert (report.differences, report.elsewhere, report.corrected) == (0, 0, 0)
    assert report.source.transactions == report.target.transactions == 27
    assert take(target) == take(source)
    assert everything(target) == everything(source)
    again = Copy(source, target, batch=4).run()
    assert (again.stored, again.present, again.is_equal) == (0, 27, True)
    assert again.source == report.source
    assert everything(target) == everything(source)


def test_an_empty_store_is_copied_too():
    report = Copy(MemoryStore(), MemoryStore()).run()
    assert report.is_equal
    assert report.stored == 0


@settings(
    max_examples=15,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(batch=st.lists(records(), max_size=10))
def test_any_records_are_equal_after_two_moves(make_sqlite, batch):
    middle = make_sqlite()
    for sensor in middle.last_seen():
        middle.remove_sensor(sensor)
    first, last = MemoryStore(), MemoryStore()
    first.append(batch)
    one = Copy(first, middle, batch=3).run()
    two = Copy(middle, last, batch=3).run()
    assert one.is_equal
    assert two.is_equal
    assert one.source == two.target
    assert everything(last) == everything(first)


def test_parts_are_cut_from_the_entries(make_sqlite, tmp_path):
    import sqlite3

    target = make_sqlite("parts")
    Copy(filled(3), target, parts=lambda raw: (("A", b"part of " + raw),)).run()
    with closing(sqlite3.connect(tmp_path / "parts.sqlite")) as database:
        found = database.execute("SELECT part_a FROM transaction_parts ORDER BY transaction_id")
        assert [text for (text,) in found] == ["part of 0", "part of 1", "part of 2"]


def test_it_goes_on_where_it_was_and_takes_what_came_since(make_sqlite):
    source, target = filled(25), make_sqlite()
    places = []

    class EndedError(Exception):
        pass

    def stop(_step, place):
        places.append(place)
        if len(places) == 3:
            raise EndedError

    with pytest.raises(EndedError):
        Copy(source, target, batch=5, on_batch=stop).run()
    assert target.count(Search()).transactions == 15
    source.append([record(b"new")])
    report = Copy(source, target, batch=5, place=places[-1]).run()
    assert report.is_equal
    assert report.source.transactions == 26
    assert everything(target) == everything(source)


def test_ended_at_any_batch_it_is_whole_in_the_end(make_sqlite):
    source = filled(25)
    whole = Copy(source, MemoryStore(), batch=5).run()
    for number in range(1, 11):
        target = make_sqlite(f"target{number}")
        places = []

        def stop(_step, place, places=places, number=number):
            places.append(msgspec.json.decode(msgspec.json.encode(place), type=Place))
            if len(places) == number:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            Copy(source, target, batch=5, on_batch=stop).run()
        report = Copy(source, target, batch=5, place=places[-1]).run()
        assert report.is_equal
        assert (report.source, report.target) == (whole.source, whole.target)
        assert everything(target) == everything(source)


def test_what_came_late_or_changed_while_copying_is_put_right(make_sqlite):
    """Comparing sees what copying could not."""
    source, target = filled(20), make_sqlite()
    ids = [one.id for one in take(source)]
    late = KeptRecord(id=ids[4] - 1, record=record(b"late"), size_bytes=4)
    only = Expired(before_id=ids[9] + 1)
    steps = []

    def meanwhile(step, _place):
        if step is Step.COPYING and not steps:
            source.restore([late])
            source.replace([(ids[2], record(b"2", sensor="web2", verdict="another"))])
            source.preserve([ids[3]], MARK)
            source.triage([ids[5]], lambda _: JUDGED)
            source.forget_payloads(only, after_id=ids[9] - 1, limit=1, at=NOON)
        steps.append(step)

    report = Copy(source, target, batch=20, on_batch=meanwhile).run()
    assert report.is_equal
    assert report.corrected == 5
    assert take(target) == take(source)


def test_what_the_target_has_under_another_id_is_told(make_sqlite):
    source, target = filled(10), make_sqlite()
    target.append([record(b"3", sensor="web0", matches=(match(3), match(7, data="xxx")))])
    target.append([record(b"its own", sensor="other", received_at_us=5)])
    report = Copy(source, target).run()
    assert report.is_equal
    assert (report.stored, report.elsewhere, report.differences) == (9, 1, 0)
    assert target.count(Search()).transactions == 11
    assert Copy(source, target).run().is_equal


def test_a_target_that_is_not_equal_is_told(make_sqlite):
    class Forgetful(MemoryStore):
        def restore(self, records):
            kept = [one for one in records if one.record.raw != b"3"]
            return super().restore(kept)

    class Wrong(MemoryStore):
        def restore(self, records):
            changed = [
                msgspec.structs.replace(
                    one, record=msgspec.structs.replace(one.record, origin="elsewhere")
                )
                for one in records
            ]
            return super().restore(changed)

    class Garbling(MemoryStore):
        def restore(self, records):
            changed = [
                msgspec.structs.replace(one, record=msgspec.structs.replace(one.record, raw=b"?"))
                for one in records
            ]
            return super().restore(changed)

    source = filled(10)
    report = Copy(source, Forgetful()).run()
    assert not report.is_equal
    assert [one.code for one in report.examples] == ["missing"]
    for target, name in ((Wrong(), "origin"), (Garbling(), "raw")):
        report = Copy(source, target).run()
        assert not report.is_equal
        assert report.differences == 10
        assert {(one.code, one.detail) for one in report.examples} == {("different", name)}


def test_what_the_target_refuses_hinders_nothing_else():
    class Picky(MemoryStore):
        def restore(self, records):
            if any(one.record.raw == b"3" for one in records):
                raise Refused("store-refused", "too large")
            return super().restore(records)

    report = Copy(filled(10), Picky()).run()
    assert not report.is_equal
    assert report.stored == 9
    assert [(one.code, one.detail) for one in report.examples] == [("refused", "too large")]


def test_a_store_that_is_away_for_a_moment_is_asked_again():
    class Shaky(MemoryStore):
        calls = 0

        def _now_and_then(self):
            self.calls += 1
            if self.calls % 3 == 0:
                raise Unavailable("store-unavailable", "away")

        def records(self, **question):
            self._now_and_then()
            return super().records(**question)

        def restore(self, records):
            self._now_and_then()
            return super().restore(records)

    target = Shaky()
    source = filled(12, Shaky())
    assert Copy(source, target, batch=5).run().is_equal


def test_counts_of_sensors_are_joined_and_a_target_that_went_on_loses_nothing(make_sqlite):
    source, target = filled(9), make_sqlite()
    Copy(source, target).run()
    later = FULL.received_at_us + int(timedelta(hours=2).total_seconds()) * 1_000_000
    target.append([record(b"later", sensor="web1", received_at_us=later)])
    before = everything(target)
    Copy(source, target).run()
    assert everything(target) == before
