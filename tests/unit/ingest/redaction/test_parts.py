"""Patterns, pseudonyms, the key, the settings, and the pipeline that puts them to use."""

import hashlib
import ipaddress
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bartizan.decode import registry
from bartizan.domain.delivery import AuditLogEntry
from bartizan.domain.errors import Misconfigured
from bartizan.domain.redaction import PLACEHOLDER, Pattern, RawPolicy, Rules
from bartizan.domain.search import Search
from bartizan.ingest.pipeline import Pipeline
from bartizan.ingest.redaction import key, patterns
from bartizan.ingest.redaction.pseudonyms import Pseudonyms, is_pseudonym
from bartizan.ingest.redaction.redactor import Redactor
from bartizan.ingest.redaction.settings import RedactionSettings, settings_lines
from bartizan.ingest.redaction.spelling import Reading, meaning
from bartizan.ingest.reprocess import Reprocess
from bartizan.kit import metrics
from bartizan.store.memory import MemoryStore
from tests.contract.records import NOON_US
from tests.unit.ingest.redaction.test_redactor import native

NAMES = Pseudonyms(b"k" * 32)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (b"4111111111111111", True),
        (b"4111-1111-1111-1111", True),
        (b"378282246310005", True),
        (b"4111111111111112", False),
        (b"1795411304000000", False),  # a time in microseconds
        (b"4444444444444444444444", False),
        (b"192.168.100.200", False),
        (b"0000000000000000", False),
    ],
)
def test_card_numbers_are_told_from_other_numbers(text: bytes, *, is_one: bool) -> None:
    assert bool(list(patterns.spans(Pattern.CARDS, b"a " + text + b" b"))) is is_one


def test_patterns_take_time_by_the_length() -> None:
    for text in (b"4 " * 50_000, b"a@" * 50_000, b"a." * 50_000, b"a@b." * 50_000, b"4" * 100_000):
        for pattern in Pattern:
            assert list(patterns.spans(pattern, text)) == []


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_every_place_in_what_is_meant_is_a_place_in_what_is_written(raw: bytes) -> None:
    reading = Reading(raw)
    for start in range(0, len(reading.text), 3):
        first, last = reading.span(start, min(start + 4, len(reading.text)))
        assert 0 <= first <= last <= len(raw)
    assert meaning(raw) == reading.text.rstrip(b"\\").strip(b" ")


@pytest.mark.parametrize(
    "spelled",
    [b"S/e \xd0\xb6", b"s%2Fe%20%D0%96".replace(b"96", b"B6"), b"s\\/e+\\u0436", rb"\x73\\/e \xd0\xb6",
     b"&#115;%2fe%2520%25d0%25b6"],
)  # fmt: skip
def test_all_spellings_mean_the_same(spelled: bytes) -> None:
    assert meaning(spelled) == "s/e ж".encode()


@pytest.mark.parametrize(
    "raw", [b"\\" * 200_000, b"\\ud800" * 40_000, b"%5c" * 70_000, b"%25" * 70_000]
)
def test_reading_takes_time_by_the_length(raw: bytes) -> None:
    assert len(Reading(raw).text) <= len(raw)


ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6))


@given(ADDRESSES, ADDRESSES)
def test_pseudonyms_are_addresses_that_keep_networks_together(one: object, other: object) -> None:
    names = [NAMES.of(str(address)) for address in (one, other)]
    assert None not in names
    assert all(map(is_pseudonym, names))
    assert [NAMES.of(name) for name in names if name] == names
    networks = [ipaddress.ip_network(f"{name}/48", strict=False) for name in names]
    assert (networks[0] == networks[1]) is (_network(one) == _network(other))


def _network(address: object) -> object:
    parsed = ipaddress.ip_address(str(address))
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    bits = 24 if parsed.version == 4 else 48
    return ipaddress.ip_network((parsed, bits), strict=False)


def test_another_key_gives_other_pseudonyms() -> None:
    assert NAMES.of("192.0.2.1") != Pseudonyms(b"l" * 32).of("192.0.2.1")


@pytest.mark.promise("S15")
def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "data" / "redaction.key"
    made = key.read_or_make(file)
    assert key.read_or_make(file) == made
    assert len(made) == 32
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in file.parent.iterdir()] == ["redaction.key"]
    file.write_text("short")
    with pytest.raises(Misconfigured):
        key.read_or_make(file)


def test_settings_that_cannot_work_are_refused() -> None:
    for wrong in (
        {"headers": [" "]},
        {"literals": ["abc"]},
        {"patterns": ["phones"]},
        {"raw": "x"},
    ):
        with pytest.raises(ValidationError):
            RedactionSettings.model_validate(wrong)


def test_the_lines_for_the_settings_file_are_the_rules() -> None:
    import tomllib

    rules = Rules(literals=('a "quoted" \\ text ж',), raw=RawPolicy.KEPT, patterns=(Pattern.CARDS,))
    read = tomllib.loads(settings_lines(rules))["redaction"]
    assert RedactionSettings.model_validate(read).rules() == rules


def entry(raw: bytes) -> AuditLogEntry:
    return AuditLogEntry(sensor="web1", received_at_us=NOON_US, raw=raw)


RAW = native("/?password=hunter22222", "Cookie: sid=deadbeef42\n")


def pipeline(store: MemoryStore, rules: Rules | None) -> Pipeline:
    redactor = None if rules is None else Redactor(rules, registry.read, NAMES)
    return Pipeline(registry.read, [], store, redactor=redactor)


@pytest.mark.promise("S15")
def test_what_is_stored_is_redacted_and_counted() -> None:
    store, before = MemoryStore(), dict(metrics.counted(metrics.REDACTED))
    outcome = pipeline(store, Rules()).run([entry(RAW), entry(native()), entry(RAW)])
    assert (outcome.stored, outcome.duplicates) == (2, 1)
    first, second = store.records(after_id=0, limit=10).records
    assert b"hunter22222" not in first.record.raw
    assert b"deadbeef42" not in first.record.raw
    assert first.record.digest == hashlib.sha256(RAW).digest()
    assert first.record.kept_digest == hashlib.sha256(first.record.raw).digest()
    assert first.record.transaction.request.uri == f"/?password={PLACEHOLDER}"
    assert (second.record.raw, second.record.kept_digest) == (native(), None)
    after = dict(metrics.counted(metrics.REDACTED))
    assert after["header", "Cookie"] - before.get(("header", "Cookie"), 0) == 2


def test_reprocessing_takes_out_of_kept_entries_only_when_told_to() -> None:
    store = MemoryStore()
    pipeline(store, None).run([entry(RAW)])
    (one,) = store.newer(0)
    Reprocess(store, pipeline(store, Rules())).run(Search())
    found = store.get(one.id)
    assert found is not None
    assert found.row.uri == f"/?password={PLACEHOLDER}"
    assert store.raw(one.id) == RAW
    findings = Reprocess(store, pipeline(store, Rules()), redacts_entries=True).run(Search())
    assert findings.fields["entry"] == 1
    assert b"hunter22222" not in (store.raw(one.id) or b"")
    assert (
        Reprocess(store, pipeline(store, Rules()), redacts_entries=True).run(Search()).changed == 0
    )


def test_entries_that_were_dropped_are_left_out_of_reprocessing() -> None:
    store = MemoryStore()
    pipeline(store, Rules(raw=RawPolicy.DROPPED)).run([entry(RAW)])
    findings = Reprocess(store, pipeline(store, Rules())).run(Search())
    assert (findings.looked_at, findings.without_payload, findings.matched) == (1, 1, 0)
