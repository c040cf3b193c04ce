"""Where JSON entries begin and end, whatever stands between them."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.decode import json_dialect, registry
from bartizan.decode.cutting import cut
from bartizan.decode.json_framing import split
from bartizan.domain.transaction import Format
from tests.fuzz import corpus

SAMPLES = {
    Format(name): next(
        raw for raw in corpus.entries(captures[0]) if 900 < len(raw) < 4000 and raw.isascii()
    )
    if name != "modsecurity2-json"
    else corpus.entries("v2-json-serial-block-pl1")[5]
    for name, captures in corpus.CAPTURES.items()
    if name in {"modsecurity2-json", "modsecurity3-json", "coraza-json", "coraza-jsonlegacy", "coraza-ocsf"}
}  # fmt: skip
each_dialect = pytest.mark.parametrize("dialect", SAMPLES, ids=lambda dialect: dialect.value)


def found(data: bytes, dialect: Format, *, is_last: bool = True) -> list[tuple[bytes, bool]]:
    spans = split(data, 0, dialect, is_last=is_last)
    return [(data[span.offset : span.offset + span.length], span.is_torn) for span in spans]


def sorted_keys(raw: bytes, indent: int | None = None) -> bytes:
    separators = (",", ": ") if indent else (",", ":")
    return json.dumps(
        json.loads(raw), sort_keys=True, indent=indent, separators=separators
    ).encode()


@each_dialect
def test_the_newline_belongs_to_what_modsecurity_writes_and_not_to_what_coraza_writes(dialect):
    line = SAMPLES[dialect].rstrip(b"\n") + b"\n"
    ending = b"\n" if dialect.value.startswith("modsecurity") else b""
    expected = line.rstrip(b"\n") + ending
    assert found(line * 3, dialect) == [(expected, False)] * 3
    assert found(line + b"\n\n" + line, dialect) == [(expected, False)] * 2


@each_dialect
def test_an_entry_is_told_and_read_the_same_with_its_keys_in_any_order(dialect):
    raw = SAMPLES[dialect]
    again = sorted_keys(raw)
    assert json_dialect.of(again[:4096]) is dialect
    expected = registry.decode(raw)
    found_again = registry.decode(again)
    assert found_again.matches == expected.matches
    assert found_again.unique_id == expected.unique_id
    assert sorted(found_again.request.headers) == sorted(expected.request.headers)


@each_dialect
def test_an_entry_printed_on_many_lines_is_one_entry(dialect):
    printed = sorted_keys(SAMPLES[dialect], indent=2) + b"\n"
    line = SAMPLES[dialect].rstrip(b"\n") + b"\n"
    spans = found(printed + printed + line, dialect)
    assert [one.rstrip(b"\n") for one, _ in spans] == [
        printed.rstrip(b"\n"), printed.rstrip(b"\n"), line.rstrip(b"\n"),
    ]  # fmt: skip
    assert registry.decode(spans[0][0]).matches == registry.decode(line).matches


@each_dialect
def test_entries_without_a_newline_between_them_are_told_apart(dialect):
    whole = SAMPLES[dialect].rstrip(b"\n")
    assert [one.rstrip(b"\n") for one, _ in found(whole * 3 + b"\n", dialect)] == [whole] * 3


@each_dialect
@given(data=st.data())
def test_a_torn_entry_costs_no_other_wherever_it_is_torn(dialect, data):
    whole = SAMPLES[dialect].rstrip(b"\n")
    at = data.draw(st.integers(120, len(whole) - 2))
    newline = data.draw(st.sampled_from((b"\n", b"")))
    log = whole + b"\n" + whole[:at] + newline + whole + b"\n" + whole + b"\n"
    spans = split(log, 0, dialect, is_last=True)
    pieces = [log[span.offset : span.offset + span.length].rstrip(b"\n") for span in spans]
    if newline or dialect is not Format.CORAZA_OCSF:
        assert pieces.count(whole) == 3
    else:  # in random order, no beginning can be told in the middle of a line
        assert pieces.count(whole) >= 2


@each_dialect
def test_nothing_is_given_out_before_its_end_is_there(dialect):
    whole = SAMPLES[dialect].rstrip(b"\n")
    for at in range(100, len(whole), 97):
        assert split(whole[:at], 0, dialect, is_last=False) == []
    assert split(whole, 0, dialect, is_last=False) == []
    assert [torn for _, torn in found(whole, dialect)] == [False]
    assert [torn for _, torn in found(whole[:-1], dialect)] == [True]


def test_a_run_ends_where_another_dialect_begins():
    lines = [raw.rstrip(b"\n") + b"\n" for raw in SAMPLES.values()]
    log = b"".join(lines)
    at, told = 0, []
    while at < len(log):
        decoder = registry.detect(log[at : at + 4096])
        spans = decoder.split(log, at, is_last=True)
        told += [decoder.format] * len(spans)
        at = spans[-1].offset + spans[-1].length
        at += log.startswith(b"\n", at)
    assert told == list(SAMPLES)


def test_text_in_strings_begins_no_entry():
    body = '}{"transaction":{"client_ip":"6.6.6.6","time_stamp":"x"}}\n{"transaction":{'
    for dialect, raw in SAMPLES.items():
        record = json.loads(raw)
        if dialect is Format.MODSECURITY3_JSON:
            record["transaction"]["request"]["uri"] = body
        elif dialect is Format.CORAZA_OCSF:
            record["http_request"]["url"]["url_string"] = body
        elif dialect is Format.CORAZA_JSON:
            record["transaction"]["request"]["uri"] = body
        else:
            record["request"]["request_line"] = f"GET {body} HTTP/1.1"
        log = json.dumps(record, separators=(",", ":")).encode() + b"\n"
        assert len(split(log * 2, 0, dialect, is_last=True)) == 2
        assert registry.decode(log).request.uri == body


def test_what_is_no_audit_log_entry_is_recognised_by_no_decoder():
    for raw in (
        b"{}", b'{"a":1}', b"[]", b"null", b'"x"', b'{"level":"info","message":"started"}',
        b'{"log":"{\\"transaction\\":{\\"client_ip\\"","stream":"stdout"}',
        b'{"error":"no route to host"}', b'{"request":{"uri":"/"},"status":200}',
        b'{"uri":"/?x={\\"transaction\\":{\\"client_ip\\":\\"1.1.1.1\\",\\"time_stamp\\":"}',
    ):  # fmt: skip
        assert registry.detect(raw) is None, raw


@pytest.mark.promise("S18")
@pytest.mark.parametrize(
    "piece",
    [
        b'{"transaction":{"client_ip":"1.1.1.1","time_stamp":"x',
        b'{"transaction":{"timestamp":"","a":1,',
        b'{"class_uid":6001}{"',
        b'{"transaction":{"timestamp":""}}',
        b'{"transaction":{"timestamp":"",\n',
        b'{"transaction":{"timestamp":"x\n',
        b'{"transaction":{"timestamp":"\\u0000"},"messages":[[[[\n "',
    ],
)
def test_splitting_takes_time_in_proportion_to_the_size(piece):
    def seconds(size: int) -> float:
        data = piece * (size // len(piece))
        dialect = json_dialect.of(data[:4096])
        start = time.process_time()
        split(data, 0, dialect, is_last=False)
        split(data, 0, dialect, is_last=True)
        return time.process_time() - start

    large = min(seconds(500_000) for _ in range(3))
    assert large < 0.5
    assert large < 3 * (min(seconds(250_000) for _ in range(3)) + 0.003)


@each_dialect
@pytest.mark.parametrize(
    ("begin", "between", "end"),
    [(b"[", b",", b"]"), (b"[\n", b",\n", b"\n]\n"), (b"[ ", b" , ", b" ]\n")],
)
def test_the_elements_of_an_array_are_entries_and_its_punctuation_is_none(
    dialect, begin, between, end
):
    whole = SAMPLES[dialect].rstrip(b"\n")
    array = begin + between.join([whole] * 3) + end
    assert registry.detect(array[:4096]).format is dialect
    spans = split(array, 0, dialect, is_last=True)
    assert [span.of(array).rstrip(b"\n") for span in spans] == [whole] * 3
    assert spans[-1].offset + spans[-1].length == len(array.rstrip(b"\n"))
    assert not any(span.is_torn for span in spans)


def test_an_array_may_hold_every_dialect_and_be_torn():
    entries = [raw.rstrip(b"\n") for raw in SAMPLES.values()]
    array = b"[" + b",".join(entries)
    for ending in (b"]\n", b"]", b"", b"," + entries[0][:200]):
        found = [one.rstrip(b"\n") for one in cut([array + ending])]
        assert found[: len(entries)] == entries


def test_brackets_that_hold_no_entry_begin_none():
    for line in (b"[]\n", b"[[{}]]\n", b"[1]\n", b'[{"a":1}]\n', b"[Mon Nov 23 05:42:09 2026]\n"):
        assert registry.detect(line) is None
