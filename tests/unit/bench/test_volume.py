"""The benchmark's records are what the worker would have made of their raw entries."""

from dataclasses import replace
from itertools import islice

import pytest

from bartizan.decode import registry as formats
from bartizan.domain.delivery import AuditLogEntry, Record
from bartizan.enrich.registry import enrichers
from bartizan.enrich.settings import EnrichSettings
from bartizan.ingest.pipeline import Pipeline
from bartizan.store.memory import MemoryStore
from bartizan.store.sql.columns import match_values, rule_text, transaction_values
from bench import volume

COUNT = 400


@pytest.fixture(scope="module")
def records() -> list[Record]:
    return next(volume.Volume(COUNT).batches(COUNT))


def _kept(record: Record) -> list[object]:
    """Everything that a SQL store keeps of it."""
    matches = record.transaction.matches
    return [
        transaction_values(1, record),
        [match_values(1, position, match, b"") for position, match in enumerate(matches)],
        [rule_text(match) for match in matches],
        record.parts,
        record.raw,
        record.digest,
    ]


def test_a_varied_entry_decodes_as_the_record_says(records: list[Record]) -> None:
    pipeline = Pipeline(formats.read, enrichers(EnrichSettings()), MemoryStore())
    entries = [
        AuditLogEntry(sensor=one.sensor, received_at_us=one.received_at_us, raw=one.raw)
        for one in records
    ]
    prepared = pipeline.prepare(entries)
    assert prepared.undecodable == ()
    for record, decoded in zip(records, prepared.records, strict=True):
        assert _kept(record) == _kept(decoded)


def test_every_format_is_among_them_and_no_entry_twice(records: list[Record]) -> None:
    assert {one.transaction.format.value for one in records} == set(volume.SHARES)
    assert len({one.digest for one in records}) == COUNT


def test_the_same_seed_gives_the_same_records_from_any_number_on(records: list[Record]) -> None:
    again = volume.Volume(COUNT)
    assert list(islice(again.batches(7, start=300), 1)) == [records[300:307]]
    assert next(volume.Volume(COUNT, seed=2).batches(1)) != records[:1]


def test_they_are_of_a_month_oldest_first(records: list[Record]) -> None:
    times = [one.transaction.occurred_at for one in records]
    assert None not in times
    days = {time.date() for time in times if time is not None}
    assert len(days) >= volume.DAYS
    assert times == sorted(times, key=lambda time: time.replace(microsecond=0) if time else 0)


def test_a_template_needs_all_that_is_varied() -> None:
    for templates in volume.templates().values():
        assert templates
        for template in templates:
            assert {piece for piece in template.raw if isinstance(piece, int)}
            assert replace(template) == template
