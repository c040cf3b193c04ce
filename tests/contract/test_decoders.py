"""What every decoder promises (src/bartizan/decode/contract.py), for each one registered."""

import functools
import gc
import random
import time
from itertools import zip_longest

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.decode.contract import Decoder
from bartizan.decode.registry import DECODERS, detect
from bartizan.domain.errors import Refused
from bartizan.domain.transaction import Format, Transaction
from tests.fuzz import corpus
from tests.fuzz.mutate import mutate

each_decoder = pytest.mark.parametrize(
    "decoder", DECODERS, ids=lambda decoder: decoder.format.value
)
# Of these sizes, what takes less than so many seconds is too quick to be anything but linear: at the
# size of the largest entries, a square of which this is a part would still take less than a minute.
# A quarter of the size shows it in a sixteenth of the time.
LARGE_BYTES, QUICK_S = 1 << 18, 0.025
SLOW_S = 1.0  # four times what the slowest takes on a machine with other work
UNSURE_S = 0.0025  # by which half the size may seem quicker than it is
# Hostile bodies that mean nothing to a decoder of JSON.
ONLY_IN_TEXT = {
    "starts of v3", "middles of v3", "paths of v3", "tails of v3", "metadata of v3", "requests", "referers",
    "messages of Coraza", "entries without A", "clients",
}  # fmt: skip


@functools.cache
def samples(decoder: Decoder) -> list[bytes]:
    found = [
        raw
        for capture in corpus.CAPTURES[decoder.format.value]
        for raw in corpus.entries(capture)[::60]
        if decoder.recognises(raw[:4096])
    ]
    assert len(found) >= 5, "add real entries of this format"
    return found


def is_json(decoder: Decoder) -> bool:
    return samples(decoder)[0].startswith(b"{")


def decoded(decoder: Decoder, raw: bytes) -> Transaction | str:
    try:
        one = decoder.read(raw)
    except Refused as refusal:
        return refusal.code
    assert "".join(letter for letter, _ in one.parts) == one.transaction.parts.removesuffix("Z")
    return one.transaction


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
        "starts of v3": b' [file "f"] [line "1"] [id "7"] [rev ""] [msg "',
        "middles of v3": b'"] [data ""] [severity "2"] [ver ""] [maturity "0"] [accuracy "0"] [hostname "',
        "paths of v3": b'"] [uri "',
        "tails of v3": b'"] [unique_id "u"] [ref ""], client: 1.1.1.1',
        "metadata of v3": b' [file "f"] [line "1"] [id "7"] [rev ""] [msg "m"] [data ""] [severity "2"] [ver ""] [maturity "0"] [accuracy "0"] [hostname "h"] [uri "/"] [unique_id "u"] [ref ""]',
        "requests": b'", host: "h", referrer: "r HTTP/1.1',
        "referers": b' [hostname "h"] [uri "/"] [unique_id "u"], referer: ',
        "messages of Coraza": b'\n[client "1.1.1.1"] Coraza: Warning. x',
        "entries without A": b"\n--klmnopqrst-B--\nGET / HTTP/1.1\n",
        "clients": b"[client 1.1.1.1] ",
        "braces": b"{[",
        "objects": b'{"a":',
        "members": b'"a":"b",',
        "members of this and that": b'"a":[{}],"a":1e999,',
        "nulls": b"null,",
        "escapes": b"\\u0000",
        "half pairs": b"\\ud800",
        "half escapes": b"\\x",
        "entries begun": b'{"transaction":{"client_ip":"1.1.1.1","time_stamp":"x',
        "entries on one line": b'{"transaction":{"timestamp":""}}',
        "glued objects": b'{"x":1}{"',
        "keys in strings": b'\\"transaction\\":',
    }
    return {name: piece * (size // len(piece)) for name, piece in pieces.items()}


def hostile_native_entries(body: bytes) -> dict[str, bytes]:
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


def hostile_modsecurity3_entries(body: bytes) -> dict[str, bytes]:
    head = b"---44a9a375---A--\n[23/Nov/2026:02:12:15 +0000] id 1.1.1.1 1 1.1.1.1 1\n"
    end = b"\n---44a9a375---Z--\n\n"
    body = body.replace(b"--44a9a375-", b"---44a9a375---")
    words = b"\n---44a9a375---H--\nModSecurity: Warning. Matched \"Operator `Rx' with parameter `x' against variable `ARGS:"
    metadata = b'\' (Value: `v\' ) [file "f"] [line "1"] [id "7"] [rev ""] [msg "'
    middle = b'm"] [data ""] [severity "2"] [ver ""] [maturity "0"] [accuracy "0"]'
    tail = b' [hostname "h"] [uri "/"] [unique_id "u"] [ref ""]\n'
    return {
        "bare": body,
        "part A": b"---44a9a375---A--\n" + body + end,
        **{f"part {letter}": head + b"\n---44a9a375---%s--\n" % letter.encode() + body + end for letter in "BCEFHJK"},
        "in a name": head + words + body + metadata + middle + tail + end,
        "in a message": head + words + metadata + body + middle + tail + end,
        "in data": head + words + metadata + b'm"] [data "' + body + middle + tail + end,
        "in tags": head + words + metadata + middle + b' [tag "' + body + b'"]' + tail + end,
        "in the path": head + words + metadata + middle + b' [hostname "h"] [uri "' + body + tail + end,
        "in a line without end": head + words + metadata + middle + tail[:-8] + body + end,
    }  # fmt: skip


def hostile_coraza_entries(body: bytes) -> dict[str, bytes]:
    head = b"--abcdefghij-A--\n[2026/11/23 05:44:15] id 1.1.1.1 1  0\n"
    end = b"\n--abcdefghij-Z--\n\n"
    body = body.replace(b"44a9a375", b"abcdefghij").replace(b"deadbeef", b"klmnopqrst")
    words = b'\n--abcdefghij-H--\n[client "1.1.1.1"] Coraza: Warning. '
    opening = b' [file "f"] [line "1"] [id "7"] [rev ""] [msg "'
    middle = b'"] [data "d"] [severity "critical"] [ver ""] [maturity "0"] [accuracy "0"]'
    tail = b' [hostname "h"] [uri "/"] [unique_id "u"]\n'
    escaped = {
        f"{name}, escaped": raw.replace(b"abcdefghij", b"abcdefghijklmnop")
        for name, raw in {
            "part B": head + b"\n--abcdefghij-B--\n" + body + end,
            "part H": head + words + opening + body + middle + tail + end,
        }.items()
    }
    return {
        "bare": body,
        "part A": b"--abcdefghij-A--\n" + body + end,
        **{f"part {letter}": head + b"\n--abcdefghij-%s--\n" % letter.encode() + body + end for letter in "BCEFHJK"},
        **{f"part {letter} and no A": b"--abcdefghij-B--\nGET / HTTP/1.1\n\n--abcdefghij-%s--\n" % letter.encode() + body for letter in "BCEFHJK"},
        "in a text": head + words + body + opening + middle + tail + end,
        "in a message": head + words + opening + body + middle + tail + end,
        "in tags": head + words + opening + middle + b' [tag "' + body + b'"]' + tail + end,
        "in the path": head + words + opening + middle + b' [hostname "h"] [uri "' + body + b'"] [unique_id "u"]\n' + end,
        "behind": head + words + opening + middle + tail[:-1] + b'[msg_match_1 "' + body + end,
        **escaped,
    }  # fmt: skip


def hostile_error_log_entries(body: bytes) -> dict[str, bytes]:
    nginx = b"2026/11/23 05:44:15 [error] 1#1: *1 "
    apache = b"[Mon Nov 23 05:42:09.878176 2026] [security2:error] [pid 1:tid 2] [client 1.1.1.1:0] [client 1.1.1.1] "
    v3 = hostile_modsecurity3_entries(body)
    coraza = hostile_coraza_entries(body)
    lines = {
        **{f"{name}, nginx": nginx + raw.partition(b"\n---44a9a375---H--\n")[2] for name, raw in v3.items() if name[:2] == "in"},
        **{f"{name}, Coraza": raw.partition(b"-H--\n")[2] for name, raw in coraza.items() if name[:2] == "in"},
        "request": nginx + b'ModSecurity: Warning.  [file "f"] [line "1"] [id "7"] [rev ""] [msg "m"] [data ""] [severity "2"] [ver ""] [maturity "0"] [accuracy "0"] [hostname "h"] [uri "/"] [unique_id "u"] [ref ""], client: 1.1.1.1, server: _, request: "' + body,
        "nginx": nginx + b"ModSecurity: Warning. " + body,
        "Apache": apache + b"ModSecurity: Warning. " + body + b' [hostname "h"] [uri "/"] [unique_id "u"]',
        "Apache's path": apache + b'ModSecurity: Warning. x. [file "f"] [line "1"] [id "7"] [hostname "h"] [uri "' + body,
        "referer": apache + b'ModSecurity: Warning. x. [file "f"] [line "1"] [id "7"] [hostname "h"] [uri "/"] [unique_id "u"], referer: ' + body,
        "foreign": nginx + body,
        "other groups": b"[Mon Nov 23 05:42:09.878176 2026] " + body,
    }  # fmt: skip
    many = {
        "many lines": (apache + b'ModSecurity: Warning. x [unique_id "u"]\n' + nginx + b"x\n")
        * (len(body) // 200)
    }
    ids = {
        "many transactions": b"".join(
            apache + b'ModSecurity: Warning. x [unique_id "%d"]\n' % number
            for number in range(len(body) // 120)
        )
    }
    return {"bare": body, **lines, **many, **ids}


def hostile_json_entries(format_: str, body: bytes) -> dict[str, bytes]:
    """The body where values of a dialect may stand, as it is and as a string."""
    string = b'"' + body.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n") + b'"'
    request, rest, entry = {
        "modsecurity3-json": (
            (b'"uri":%s', b'"headers":{"a":%s}', b'"headers":%s'),
            (b'"messages":[{"message":"","details":{"match":%s}}]', b'"producer":%s', b'"messages":%s'),
            b'{"transaction":{"client_ip":"1.1.1.1","time_stamp":"Mon Nov 23 05:42:41 2026","request":{%s},%s}}\n',
        ),
        "coraza-json": (
            (b'"headers":{"a":[%s]}',),
            (b'"messages":[{"error_message":%s}]', b'"messages":[{"data":{"id":1,"raw":%s}}]'),
            b'{"transaction":{"timestamp":"","unix_timestamp":1795412642988565458,"request":{%s}},%s}\n',
        ),
        "modsecurity2-json": (
            (b'"body":[%s]', b'"request_line":%s'),
            (b'"audit_data":{"messages":[%s]}', b'"matched_rules":%s'),
            b'{"transaction":{"time":"23/Nov/2026:05:42:25 +0000"},"request":{%s},%s}\n',
        ),
        "coraza-jsonlegacy": (
            (b'"request_line":%s',),
            (b'"audit_data":{"messages":[%s]}',),
            b'{"transaction":{"time":"2026/11/23 05:44:12"},"request":{%s},%s}\n',
        ),
        "coraza-ocsf": (
            (b'"http_headers":[%s]',),
            (b'"enrichments":[{"data":%s}]',),
            b'{"class_uid":6001,"http_request":{%s},%s}\n',
        ),
    }[format_]  # fmt: skip
    warning = string.replace(b'"', b'"Warning. Pattern match ', 1)
    denial = string.replace(b'"', b'"[client \\"1.1.1.1\\"] Coraza: Access denied (phase 2). ', 1)
    values = {
        "raw": body, "string": string, "object": b"{" + body + b"}", "array": b"[" + body + b"]",
        "warning": warning, "denial": denial,
    }  # fmt: skip
    return {
        "bare": body,
        "unclosed": entry[:40] + b'",' + body,
        **{
            f"{name} {number}": entry % (before % value, after % value)
            for name, value in values.items()
            for number, (before, after) in enumerate(zip_longest(request, rest, fillvalue=rest[0]))
        },
    }


def hostile_entries(decoder: Decoder, body: bytes) -> dict[str, bytes]:
    if is_json(decoder):
        return hostile_json_entries(decoder.format.value, body)
    hostile = {
        Format.MODSECURITY2_NATIVE: hostile_native_entries,
        Format.MODSECURITY3_NATIVE: hostile_modsecurity3_entries,
        Format.CORAZA_NATIVE: hostile_coraza_entries,
        Format.ERROR_LOG: hostile_error_log_entries,
    }
    return hostile[decoder.format](body)


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


# Where the last line of a transaction stands in an error log, nothing marks it.
@pytest.mark.parametrize(
    "decoder",
    [one for one in DECODERS if one.format is not Format.ERROR_LOG],
    ids=lambda decoder: decoder.format.value,
)
def test_an_entry_ends_with_its_end_mark(decoder):
    for raw in samples(decoder):
        # In a file a newline stands there, whoever writes it and whether it is part of the entry.
        written = raw.rstrip(b"\n") + b"\n"
        mark = decoder.end_mark(raw[:4096])
        assert written.endswith(mark)
        assert written.count(mark) == 1
        [found] = decoder.split(written, 0, is_last=False)
        assert not found.is_torn
        assert found.offset == 0
        assert written[found.length :].strip(b"\n") == b""
        cut = written[:-2]
        assert decoder.split(cut, 0, is_last=False) == []
        torn = decoder.split(cut, 0, is_last=True)[0]
        assert (torn.offset, torn.is_torn) == (0, True)


def seconds(decoder: Decoder, raw: bytes) -> float:
    """CPU time without looking for garbage, which takes by the size of the whole test run."""
    gc.disable()
    try:
        start = time.process_time()
        decoded(decoder, raw)
        decoder.split(raw, 0, is_last=True)
        return time.process_time() - start
    finally:
        gc.enable()


@each_decoder
@pytest.mark.promise("S18")
@pytest.mark.timeout(300)
def test_time_grows_with_the_size_and_not_faster(decoder):
    """Promise S18: n bytes against 2n, in CPU time, since other work on the machine costs time too.

    A square shows each time it is measured; what other work costs does not.
    """
    slow = []
    # A body stands in more places of a JSON entry, and what is no JSON is slower to read; so are
    # lines of an error log.
    has_many = is_json(decoder) or decoder.format is Format.ERROR_LOG
    size = LARGE_BYTES // 4 if has_many else LARGE_BYTES
    bodies, halves = hostile_bodies(size), hostile_bodies(size // 2)
    for name, quarter in hostile_bodies(size // 4).items():
        if is_json(decoder) and name in ONLY_IN_TEXT:
            continue
        small = hostile_entries(decoder, quarter)
        places = [place for place, raw in small.items() if seconds(decoder, raw) > QUICK_S / 16]
        large = hostile_entries(decoder, bodies[name]) if places else {}
        for place in places:
            raw = large[place]
            whole = seconds(decoder, raw)
            if whole < QUICK_S:
                continue
            half = hostile_entries(decoder, halves[name])[place]
            ratio = whole / (seconds(decoder, half) + UNSURE_S)
            for _ in range(8):
                if ratio <= 3 and whole <= SLOW_S:
                    break
                whole = min(whole, seconds(decoder, raw))
                ratio = min(ratio, whole / (seconds(decoder, half) + UNSURE_S))
            else:
                slow.append((name, place, ratio, whole))
    assert slow == []


@each_decoder
def test_nesting_does_not_exhaust_the_stack(decoder):
    for piece in (b"{", b"[", b"(", b'{"a":', b' [a "'):
        decoded(decoder, piece * 200_000)
        for raw in hostile_entries(decoder, piece * 100_000).values():
            decoded(decoder, raw)
            decoder.split(raw, 0, is_last=True)
