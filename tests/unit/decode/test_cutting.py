"""A stream of many entries is cut into the same entries, whatever stands between them."""

import base64
import functools
import json
import random
import re
import time

import hypothesis
import msgspec
import pytest
from hypothesis import strategies as st

from bartizan.decode.cutting import chunks_of, cut
from bartizan.decode.registry import detect
from tests.fuzz.corpus import CORPUS, serial_log

NATIVE = re.compile(rb"^(---?[0-9A-Za-z]{8,16}-{1,3})A--\n.*?\n\1Z--\n", re.DOTALL | re.MULTILINE)
CAPTURES = [
    json.loads(line)["capture"]
    for line in (CORPUS / "MANIFEST.jsonl").read_text().splitlines()
    if "entries" in json.loads(line)
]
# Coraza leaves parts A and Z out of some native entries, so what is whole is not all there is.
WHOLE = [capture for capture in CAPTURES if not capture.startswith("coraza-native")]
GARBAGE = [
    b"\n",
    b"\n\n\r\n",
    b"\0\0\0\0",
    b"2026-11-23 worker started\n",
    b"{not json\n",
    b'{"level": "info", "msg": "started"}\n',
    b'{"transaction": 1}\n',
    b"\xff\xfe binary \x00\n",
    b"[1, 2]\n",
    b"--zzzzzzzz-A--\nno boundary\n",
    b"x" * 10_000 + b"\n",
]


def entries_of(capture: str) -> list[bytes]:
    """The entries, found without the code under test: native ones from their A to their Z."""
    log = serial_log(capture)
    if log.startswith(b"{"):
        return [line for line in log.split(b"\n") if line]
    return [found[0] for found in NATIVE.finditer(log)]


def stripped(entries) -> list[bytes]:
    return [entry.strip(b"\n") for entry in entries]


def in_pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def known(entries) -> list[bytes]:
    """Those that begin like an entry; what stands between does not."""
    return [entry for entry in entries if detect(entry[:4096]) is not None]


@pytest.mark.parametrize("capture", WHOLE)
def test_a_capture_is_cut_into_its_entries(capture):
    log = serial_log(capture)
    found = list(cut(chunks_of(log)))
    assert stripped(found) == stripped(entries_of(capture))
    assert known(found) == found


@functools.cache
def some() -> list[bytes]:
    """A few entries of every dialect that is logged to a file. No fixture: Hypothesis prints those."""
    chosen = random.Random(7)
    names = [name for name in CAPTURES if "serial" in name]
    found = []
    for name in names:
        small = sorted(entries_of(name), key=len)
        found += chosen.sample(small[: len(small) // 2], 3)
    return [entry for entry in found if detect(entry[:4096]) is not None]


@hypothesis.settings(
    max_examples=60, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
@hypothesis.given(
    st.lists(
        st.tuples(st.lists(st.sampled_from(GARBAGE), max_size=3), st.integers(0, 1000)),
        max_size=12,
    ),
    st.sampled_from([17, 4096, 100_000, 1 << 30]),
)
def test_any_mixture_of_entries_with_garbage_between_is_cut_into_the_same_entries(mixture, size):
    wanted = [some()[number % len(some())] for _, number in mixture]
    stream = b"".join(
        b"".join(garbage) + entry.rstrip(b"\n") + b"\n\n"
        for (garbage, _), entry in zip(mixture, wanted, strict=True)
    )
    pieces = list(cut(in_pieces(stream, size)))
    assert stripped(known(pieces)) == stripped(wanted)


@hypothesis.settings(max_examples=300, deadline=None)
@hypothesis.given(
    st.lists(st.one_of(st.sampled_from(GARBAGE), st.binary(max_size=30)), max_size=20),
    st.integers(1, 64),
)
def test_nothing_but_blanks_is_lost_of_what_is_no_entry(pieces, size):
    stream = b"".join(pieces)
    out = b"".join(cut(in_pieces(stream, size)))
    blanks = b"\n\r\t \0"
    assert out.translate(None, blanks) == stream.translate(None, blanks)


def wrapped(line: bytes, how: str) -> bytes:
    text = line.decode(errors="surrogateescape")
    if how == "journal":
        return json.dumps({"_PID": "1", "MESSAGE": list(line)}).encode()
    if how == "original":
        content: object = {"event": {"kind": "event", "original": text}, "host": {"name": "a"}}
    elif how == "twice":
        content = {"message": json.dumps({"log": text + "\n", "stream": "stdout"}), "host": "a"}
    else:
        content = {"date": 1790000000.5, "host": "web-1", how: text, "file": "/var/log/audit.log"}
    # Invalid UTF-8 stands in a string as it was in the line.
    return json.dumps(content, ensure_ascii=False).encode(errors="surrogateescape")


@pytest.mark.parametrize(
    "how", ["message", "log", "msg", "event", "MESSAGE", "journal", "original", "twice"]
)
def test_lines_that_a_shipper_wrapped_give_the_entries_that_were_wrapped(how):
    valid = [entry for entry in some() if how != "twice" or _is_text(entry)]
    lines = [line for entry in valid for line in (*entry.rstrip(b"\n").split(b"\n"), b"")]
    stream = b"\n".join(wrapped(line, how) for line in lines)
    assert stripped(known(cut(chunks_of(stream)))) == stripped(valid)


def _is_text(entry: bytes) -> bool:
    try:
        entry.decode()
    except UnicodeDecodeError:
        return False
    return True


def test_an_entry_that_was_parsed_before_it_was_wrapped_is_what_the_field_holds():
    objects = [entry for entry in some() if entry.startswith(b"{") and _is_text(entry)]
    stream = b"\n".join(b'{"time": 1, "event": %s}' % entry for entry in objects)
    assert stripped(cut(chunks_of(stream))) == stripped(objects)


def test_an_entry_of_many_lines_wrapped_as_one_message_is_unwrapped():
    native = [entry for entry in some() if entry.startswith(b"--")]
    stream = b"\n".join(wrapped(entry, "message") for entry in native)
    assert stripped(cut(chunks_of(stream))) == stripped(native)


def test_what_is_wrapped_and_no_entry_is_kept_as_it_came():
    line = b'{"level": "info", "message": "started", "pid": 7}\n'
    assert b"".join(cut([line * 3])) == line * 3


def test_an_entry_is_never_unwrapped_although_it_has_such_a_field():
    entry = next(e for e in some() if e.startswith(b'{"transaction"'))
    inner = next(e for e in reversed(some()) if e.startswith(b"{") and e != entry and _is_text(e))
    forged = entry.rstrip(b"\n")[:-1] + b',"message":' + msgspec.json.encode(inner.decode()) + b"}"
    assert detect(forged[:4096]) is not None
    assert stripped(cut([forged + b"\n"])) == [forged]


def test_what_an_attacker_wrote_into_a_body_is_not_taken_for_a_wrapped_entry():
    """The body's line would be unwrapped if it stood where an entry may begin."""
    entry = next(e for e in some() if re.match(rb"--[0-9a-f]{8}-A--\n", e))
    victim = next(e for e in some() if e.startswith(b"{") and _is_text(e))
    mark = entry[: len(b"--44a9a375-")]
    forged = wrapped(victim, "message")
    body = entry.replace(
        b"\n" + mark + b"H--\n", b"\n" + mark + b"C--\n" + forged + b"\n" + mark + b"H--\n", 1
    )
    assert forged in body
    assert stripped(cut([body])) == stripped([body])


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b'{"message": ' + b"[" * 50_000,
        b'{"message": "\\ud800"}',
        b'{"message": null, "log": 5, "event": true}',
        b'{"MESSAGE": [256]}',
        b'{"MESSAGE": [-1, 2]}',
        b'{"event": {"original": 7}}',
        b'{"message": "' + base64.b64encode(bytes(3000)) + b'"}',
    ],
)
def test_odd_objects_are_kept_whole(line):
    assert b"".join(cut([line])) == line


TORN = {
    "v2": b"--%08x-A--\n[23/Nov/2026:02:12:15.089853 +0000] awPSN6iyRvYS6 192.0.2.1 1 192.0.2.2 80\n",
    "v3": b"---%08x---A--\n[23/Nov/2026:02:12:15 +0000] 179541151014.2 192.0.2.1 1 192.0.2.2 80\n",
    "v2, one boundary": (
        b"--44a9a375-A--\n[23/Nov/2026:02:12:15.0 +0000] %x 192.0.2.1 1 192.0.2.2 80\n"
    ),
}


@pytest.mark.promise("S18")
@pytest.mark.parametrize("kind", TORN)
@pytest.mark.parametrize("ending", [b"", b"\n--44a9a375-Z--\n"])
def test_the_time_to_cut_torn_entries_grows_with_their_number_and_no_faster(kind, ending):
    def seconds(count: int) -> float:
        data = b"".join(TORN[kind] % number for number in range(count)) + ending
        best = float("inf")
        for _ in range(3):
            began = time.process_time()
            found = sum(1 for _ in cut(chunks_of(data)))
            best = min(best, time.process_time() - began)
        assert found >= count
        return best

    assert seconds(6000) <= 2.6 * seconds(3000) + 0.01


@pytest.mark.promise("S18")
@pytest.mark.parametrize(
    "unit",
    [b"x\n", b"{\n", b"\n", b'{"message":"x"}\n', b"[", b'{"message":{', b"x" * 100, b"-\n"],
)
def test_the_time_to_cut_what_is_no_entry_grows_with_its_size_and_no_faster(unit):
    def seconds(size: int) -> float:
        data = (unit * (size // len(unit) + 1))[:size]
        best = float("inf")
        for _ in range(3):
            began = time.process_time()
            for _piece in cut(chunks_of(data)):
                pass
            best = min(best, time.process_time() - began)
        return best

    assert seconds(24_000) <= 2.6 * seconds(12_000) + 0.05


def test_work_on_what_is_no_entry_may_be_bounded_and_still_nothing_is_lost():
    entry = next(e for e in some() if e.startswith(b"{")).rstrip(b"\n")
    stream = b"one\ntwo\n" + entry + b"\nthree\nfour\n" + entry + b"\n" + b"x" * 3_000_000
    questions = iter(range(100))
    bounded = list(cut(chunks_of(stream), lambda: next(questions) < 1))
    assert stripped(known(bounded)) == [entry]
    assert b"".join(bounded).replace(b"\n", b"") == stream.replace(b"\n", b"")
    assert max(map(len, bounded)) <= 1024 * 1024
