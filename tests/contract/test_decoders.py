"""What every decoder promises (src/bartizan/decode/contract.py), for each one registered."""

import functools
import random
import time

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.decode.contract import Decoder
from bartizan.decode.registry import DECODERS, detect
from bartizan.domain.errors import Refused
from bartizan.domain.transaction import Transaction
from tests.fuzz import corpus
from tests.fuzz.mutate import mutate

each_decoder = pytest.mark.parametrize(
    "decoder", DECODERS, ids=lambda decoder: decoder.format.value
)
LARGE_BYTES = 1 << 19


@functools.cache
def samples(decoder: Decoder) -> list[bytes]:
    found = [
        raw
        for capture in corpus.V2_NATIVE
        for raw in corpus.entries(capture)[::60]
        if decoder.recognises(raw)
    ]
    assert len(found) > 10, "add real entries of this format"
    return found


def decoded(decoder: Decoder, raw: bytes) -> Transaction | str:
    try:
        return decoder.read(raw).transaction
    except Refused as refusal:
        return refusal.code


def hostile_bodies(size: int) -> dict[str, bytes]:
    """Bytes that make a careless parser take time in proportion to the square of their number."""
    pieces = {
        "open brackets": b' [file "',
        "open groups": b' [id "1',
        "groups": b' [tag "x"]',
        "groups that end": b'"] [',
        "backslashes": b"\\",
        "escaped quotes": b'\\"] [tag "',
        "quotes": b'"',
        "spaces": b" ",
        "newlines": b"\n",
        "messages": b"\nMessage: Warning. x",
        "cut messages": b'\nMessage: Warning. Pattern match "x" at x [id "1',
        "continuations": b"\nMessage: x\n" + b"y\n" * 50,
        "sentences": b' outside range: 1" at x" required',
        "invalid encodings": b"\xff",
        "own markers, nearly": b"\n--44a9a375-",
        "own markers": b"\n--44a9a375-H--\n",
        "all letters": b"".join(b"\n--44a9a375-%c--\n" % letter for letter in range(65, 90)),
        "foreign markers": b"\n--deadbeef-A--\n[23/Nov/2026:02:12:15 +0000] i 1.1.1.1 1 1.1.1.1 1",
        "first markers": b"--deadbeef-A--\n",
        "headers": b"a: b\n",
        "no headers": b"a\n",
        "uploads": b'1,1,"\\"',
        "index tails": b'" A "-" /x 0 1 ',
        "braces": b"{[",
    }
    return {name: piece * (size // len(piece)) for name, piece in pieces.items()}


def hostile_entries(body: bytes) -> dict[str, bytes]:
    head = b"--44a9a375-A--\n[23/Nov/2026:02:12:15.089853 +0000] id 1.1.1.1 1 1.1.1.1 1"
    end = b"\n--44a9a375-Z--\n"
    words = b'Message: Warning. Pattern match "x" at '
    metadata = b' [file "f"] [line "1"] [id "7"] [msg "'
    return {
        "bare": body,
        "part A": head + body + end,
        **{f"part {letter}": head + b"\n--44a9a375-%s--\n" % letter.encode() + body + end for letter in "BCFHJK"},
        "in a name": head + b"\n--44a9a375-H--\n" + words + body + metadata + b'm"]\n' + end,
        "in a name, not cut": head + b"\n--44a9a375-H--\n" + words[:9] + words[18:] + body + metadata + b'm"]\n' + end,
        "in a value": head + b"\n--44a9a375-H--\n" + words[:9] + words[18:] + b"x." + metadata + body + b'"]\n' + end,
        "in an action": head + b"\n--44a9a375-H--\nMessage: Access denied with redirection to " + body + end,
        "in a redirection": head + b"\n--44a9a375-H--\nMessage: Access denied" + body + metadata + end,
    }  # fmt: skip


@each_decoder
@settings(deadline=None)  # other work on the machine takes time too
@given(st.binary(max_size=400))
def test_any_bytes_give_a_transaction_or_refused(decoder, raw):
    first = decoded(decoder, raw)
    assert isinstance(first, Transaction | str)


@each_decoder
@settings(deadline=None)  # other work on the machine takes time too
@given(st.data())
def test_any_bytes_in_a_real_entry_give_a_transaction_or_refused(decoder, data):
    raw = data.draw(st.sampled_from(samples(decoder)))[:20_000]
    at = data.draw(st.integers(0, len(raw)))
    changed = (
        raw[:at] + data.draw(st.binary(max_size=50)) + raw[at + data.draw(st.integers(0, 200)) :]
    )
    result = decoded(decoder, changed)
    if isinstance(result, Transaction):
        msgspec.json.encode(result)


@each_decoder
def test_the_same_bytes_give_the_same_transaction(decoder):
    for raw in samples(decoder):
        first = decoded(decoder, raw)
        decoded(decoder, mutate(raw, random.Random(1), [raw]))
        assert decoded(decoder, bytes(bytearray(raw))) == first


@each_decoder
def test_every_sample_is_recognised_by_this_decoder_alone(decoder):
    for raw in samples(decoder):
        assert detect(raw[:4096]) is decoder
        assert [one for one in DECODERS if one.recognises(raw[:4096])] == [decoder]


@each_decoder
def test_an_entry_ends_with_its_end_mark(decoder):
    for raw in samples(decoder):
        mark = decoder.end_mark(raw[:4096])
        assert raw.endswith(mark)
        assert raw.count(mark) == 1
        assert [(span.offset, span.length) for span in decoder.split(raw, 0, is_last=False)] == [
            (0, len(raw))
        ]
        assert decoder.split(raw[:-2], 0, is_last=False) == []
        torn = decoder.split(raw[:-2], 0, is_last=True)[0]
        assert (torn.offset, torn.is_torn) == (0, True)


def seconds(decoder: Decoder, raw: bytes) -> float:
    start = time.process_time()
    decoded(decoder, raw)
    decoder.split(raw, 0, is_last=True)
    return time.process_time() - start


@each_decoder
@pytest.mark.promise("S18")
@pytest.mark.timeout(300)
def test_time_grows_with_the_size_and_not_faster(decoder):
    """Promise S18. The limits are generous, since other work on the machine costs time too.

    Measured alone, the slowest takes 0.15 s for a MiB.
    """
    slow = []
    halves = hostile_bodies(LARGE_BYTES // 2)
    for name, body in hostile_bodies(LARGE_BYTES).items():
        for place, raw in hostile_entries(body).items():
            whole = seconds(decoder, raw)
            if whole < 0.04:  # too quick to be anything but linear at this size
                continue
            half = hostile_entries(halves[name])[place]
            # A real square shows every time, what other work on the machine costs does not.
            ratios = [seconds(decoder, raw) / (seconds(decoder, half) + 0.01) for _ in range(2)]
            while min(ratios) > 3 and len(ratios) < 8:
                ratios.append(seconds(decoder, raw) / (seconds(decoder, half) + 0.01))
            fastest = min(seconds(decoder, raw) for _ in range(2 if whole < 0.5 else 8))
            if min(ratios) > 3 or fastest > 0.5:
                slow.append((name, place, min(ratios), fastest))
    assert slow == []


@each_decoder
def test_nesting_does_not_exhaust_the_stack(decoder):
    for piece in (b"{", b"[", b"(", b'{"a":', b' [a "'):
        decoded(decoder, piece * 200_000)
