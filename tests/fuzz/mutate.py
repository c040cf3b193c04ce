"""Mutated entries against the decoders: `make fuzz`, or `python -m tests.fuzz.mutate --help`.

Every input is a real entry of the corpus with a few changes that know the format: bits, cuts,
splices from another entry, repeated metadata, forged markers and lines, values of other types. A
decoder must answer with a transaction that is JSON, or with `Refused`. Each registered format gets
as many inputs; the same seed gives the same inputs.
"""

import argparse
import multiprocessing
import random
import re
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from bartizan.decode import registry
from bartizan.domain.errors import Refused
from tests.fuzz import corpus

SMALL_BYTES = 2500
FORMATS = tuple(decoder.format.value for decoder in registry.DECODERS)
LARGE_SHARE = 0.002
FINDINGS = Path(__file__).parent / "findings"
TOKENS = (
    b"\n", b"\n\n", b"\0", b"\xff", b"\\", b'"', b'"] [', b'"]', b' [file "/f"]', b' [id "31337"]', b' [line "1"]',
    b' [tag "t"]', b' [msg "', b' [data "\\x"]', b' [severity "CRITICAL"]', b"Message: ", b"\nMessage: Warning. ",
    b"Access denied with code 403 (phase 2). ", b"\nAction: Intercepted (phase 2)\n", b"\nStopwatch: 1 2 (- - -)\n",
    b"\nStopwatch: 99999999999999999999 -1\n", b'\nEngine-Mode: "ENABLED"\n', b"\nProducer: ;;.\n", b"Total,1\n",
    b'1,2,"a","b"\n', b"HTTP/1.1 999 \n", b" HTTP/", b": ", b"[23/Nov/2026:02:12:15.089853 --03-30] ",
    b"--deadbeef-Z--\n\n--cafebabe-A--\n[23/Nov/2026:02:12:15 +0000] A 6.6.6.6 1 6.6.6.6 1\n--cafebabe-Z--\n",
    b"99999999999999999999", b"-1", b"\xc2\x85", b"\xe2\x80\xa8", b"\xed\xa0\x80", b"\r\n", b"%s",
    b"ModSecurity: Access denied with code 403 (phase 2). ", b'"] [unique_id "u"] [ref ""]', b'"] [data ""] [severity "2"] [ver ""] [maturity "0"] [accuracy "0"] [hostname "h"] [uri "',
    b' [file "/f"] [line "1"] [id "31337"] [rev ""] [msg "', b"' against variable `ARGS:x' (Value: `y' )", b', client: 6.6.6.6, server: _, request: "GET / HTTP/1.1", host: "h"', b" (9 characters omitted)",
    b'[client "6.6.6.6"] Coraza: Access denied (phase 2). ', b' [msg_match_1 "m"]', b"2026/11/23 05:44:15 [error] 1#1: *1 ", b"[Mon Nov 23 05:42:09.878176 2026] [security2:error] [pid 1:tid 2] [client 6.6.6.6:0] ",
    b', referer: x [hostname "h"] [uri "/"] [unique_id "u"]', b"\\\\x22", b"\\u2028", b"--abcdefghij-Z--\n\n--jihgfedcba-B--\n", b"---ZyXwVuTs---A--\n[01/Jan/2020:00:00:00 +0000] 1 6.6.6.6 1 7.7.7.7 80\n",
    b"Operator GE matched 5 at TX:x.", b'Match of "rx x" against "y" required.', b"Found 1 byte(s) in x outside range: 1.",
)  # fmt: skip
JSON_TOKENS = (
    b'"', b"{", b"}", b"[", b"]", b",", b":", b"\\", b"\n", b"\0", b"\xff", b"\xed\xa0\x80", b'"\\ud800"', b"\\ud83d\\ude00", b"\\x41", b"\\u00",
    b'{"transaction":{"client_ip":"1.1.1.1","time_stamp":"', b'}{"', b'"messages":[', b'"headers":{"a":"b","a":"c"},', b'"body":["a","b"],',
    b'"transaction":', b'"unix_timestamp":', b'"class_uid":6001,', b'"data":null,', b'"a\\":"', b"1795412649308337928", b"-1", b"0",
    b'[id \\"31337\\"]', b"Coraza: Access denied (phase 2). ", b"Access denied with code 403 (phase 2). ", b"\xf4\x8f\xbf\xbf", b"\r\n",
)  # fmt: skip
JSON_VALUES = (
    b"null", b"true", b"false", b"0", b"-1", b"1.5", b"1e999", b"99999999999999999999999999", b'""', b'"x"', b'"403"', b"{}", b"[]", b"[[]]",
    b'{"a":"b"}', b'["a"]', b"", b"NaN", b"1.1.1.1", b"[" * 50, b'{"a":' * 50, b'"\\ud800"', b'"\xff"', b"9" * 5000,
)  # fmt: skip
Mutation = Callable[[bytes, random.Random, Sequence[bytes]], bytes]


def flip(raw: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    changed = bytearray(raw)
    for _times in range(chance.randint(1, 8)):
        if changed:
            changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def cut(raw: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    return raw[: chance.randint(0, len(raw))]


def remove(raw: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    at = chance.randint(0, len(raw))
    return raw[:at] + raw[at + chance.randint(1, 400) :]


def repeat(raw: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    at = chance.randint(0, len(raw))
    piece = raw[at : at + chance.randint(1, 200)]
    return raw[:at] + piece * chance.randint(2, 6) + raw[at:]


def splice(raw: bytes, chance: random.Random, others: Sequence[bytes]) -> bytes:
    other = chance.choice(others)
    at, begin = chance.randint(0, len(raw)), chance.randint(0, len(other))
    return raw[:at] + other[begin : begin + chance.randint(1, 600)] + raw[at:]


def put_token(raw: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    at = chance.randint(0, len(raw))
    tokens = JSON_TOKENS if raw.startswith(b"{") else TOKENS
    return raw[:at] + chance.choice(tokens) + raw[at + chance.choice((0, 0, 1, 8)) :]


def put_value(raw: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    """Another value for some key."""
    at = raw.find(b'":', chance.randint(0, len(raw)))
    value = _VALUE.match(raw, at + 2) if at >= 0 else None
    if value is None:
        return raw
    return raw[: value.start()] + chance.choice(JSON_VALUES) + raw[value.end() :]


def move_member(raw: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    """Two pieces between commas change places, or one is doubled."""
    pieces = raw.split(b",")
    one, two = chance.randrange(len(pieces)), chance.randrange(len(pieces))
    if chance.random() < 0.5:
        pieces[one], pieces[two] = pieces[two], pieces[one]
    else:
        pieces.insert(one, pieces[two])
    return b",".join(pieces)


def print_on_lines(raw: bytes, _: random.Random, __: Sequence[bytes]) -> bytes:
    return raw.replace(b",", b",\n  ").replace(b'":', b'": ')


def forge_marker(raw: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    """A marker with the entry's own boundary, which an attacker would have to guess."""
    at = chance.randint(0, len(raw))
    own = raw[: raw.find(b"--\n") - 1] or b"--deadbeef-"
    marker = b"\n" + own + bytes([chance.choice(b"ABCDEFGHIJKZQaz-\n")]) + b"--\n"
    return raw[:at] + marker + raw[at:]


def swap_lines(raw: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    lines = raw.split(b"\n")
    one, two = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[two] = lines[two], lines[one]
    return b"\n".join(lines)


def stretch_message(raw: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    """A message around the length at which ModSecurity cuts."""
    begin = raw.find(b"Message: ") + 9
    end = raw.find(b"\n", begin)
    if begin < 9 or end < 0:
        return raw
    length = chance.choice((1022, 1023, 1024, 1500))
    message = raw[begin:end]
    filler = chance.choice((b"A", b"\\x41", b' [tag "x"]', b'"')) * 1500
    at = message.rfind(b" [file") if chance.random() < 0.5 else len(message)
    return raw[:begin] + (message[:at] + filler + message[at:])[:length] + raw[end:]


_VALUE = re.compile(rb'[ \t]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[^,{}\[\]"]*+)', re.DOTALL)
MUTATIONS: tuple[Mutation, ...] = (
    flip, cut, remove, repeat, splice, put_token, put_token, forge_marker, swap_lines, stretch_message,
)  # fmt: skip
JSON_MUTATIONS: tuple[Mutation, ...] = (
    flip, cut, remove, repeat, splice, put_token, put_token, put_value, put_value, put_value, move_member, print_on_lines,
)  # fmt: skip


def mutate(raw: bytes, chance: random.Random, others: Sequence[bytes]) -> bytes:
    """A changed copy. Most changes should reach the inside, so nearly always the beginning stays."""
    is_json = raw.startswith(b"{")
    head = raw[: 80 if is_json else raw.find(b"\n") + 1]
    for _ in range(chance.choice((1, 1, 2, 3))):
        raw = chance.choice(JSON_MUTATIONS if is_json else MUTATIONS)(raw, chance, others)
    if chance.random() < 0.9 and not registry.detect(raw[: registry.HEAD_BYTES]):
        raw = head + raw[len(head) :]
    return raw


def lean(raw: bytes) -> bytes:
    """The entry without the source of rules, which is opaque: ten times as many can be tried."""
    if raw.startswith(b"{"):
        rules = raw.find(b',"matched_rules":[')
        raw = raw if rules < 0 else raw[:rules] + b"}\n"
        return _RULE_SOURCE.sub(b"", raw)
    own = raw[: raw.find(b"--\n") - 1]
    rules = raw.find(b"\n%sK--\n" % own)
    return raw if rules < 0 else raw[:rules] + b"\n%sZ--\n" % own


_RULE_SOURCE = re.compile(rb',\\?"raw\\?":\\?"SecRule[^"\\]*+(?:\\.[^"\\]*+)*+"(?=[,}])', re.DOTALL)


def seeds(format_: str) -> tuple[list[bytes], list[bytes]]:
    """Small entries, which are tried most of the time, and large ones."""
    small, large = [], []
    for capture in corpus.CAPTURES[format_]:
        for number, raw in enumerate(corpus.entries(capture)):
            slim = lean(raw)
            if len(slim) <= SMALL_BYTES:
                small.append(slim)
            elif number % 10 == 0:
                large.append(raw)
    return small, large or small


def attempt(raw: bytes) -> str:
    """What came of it: a word for the count. Anything but a transaction or `Refused` is raised."""
    try:
        decoded = registry.read(raw)
    except Refused as refusal:
        return refusal.code
    transaction = decoded.transaction
    msgspec.json.encode(transaction)
    dict(decoded.parts)
    return "transaction with defects" if transaction.defects else "transaction"


def run(
    inputs: int,
    seed: int,
    format_: str,
    progress: Callable[[int], None] = lambda _: None,
) -> Counter[str]:
    """Try `inputs` mutated entries of a format.

    A finding is written to tests/fuzz/findings and raised.
    """
    chance = random.Random(f"{seed} {format_}")
    small, large = seeds(format_)
    chance.shuffle(small)
    outcomes: Counter[str] = Counter()
    for number in range(inputs):
        pool = large if chance.random() < LARGE_SHARE else small
        raw = mutate(chance.choice(pool), chance, small)
        try:
            outcomes[attempt(raw)] += 1
        except BaseException:
            FINDINGS.mkdir(exist_ok=True)
            (FINDINGS / f"{format_}-{seed}-{number}.entry").write_bytes(raw)
            raise
        if number % 1000 == 999:
            progress(1000)
    progress(inputs % 1000)
    return outcomes


def _worker(
    inputs: int, seed: int, formats: Sequence[str], results: "multiprocessing.Queue"
) -> None:
    try:
        for format_ in formats:
            results.put((format_, run(inputs, seed, format_, results.put)))
        results.put(None)
    except BaseException:  # noqa: BLE001 - told by the parent, which then ends with 1
        results.put(traceback.format_exc())


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--inputs", type=int, default=10_000_000, help="of each format")
    parser.add_argument("--format", action="append", choices=FORMATS, help="only this one")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    formats = arguments.format or FORMATS
    results: multiprocessing.Queue = multiprocessing.Queue()
    share, rest = divmod(arguments.inputs, arguments.processes)
    workers = [
        multiprocessing.Process(
            target=_worker,
            args=(share + (number < rest), arguments.seed + number, formats, results),
            daemon=True,
        )
        for number in range(arguments.processes)
    ]
    for worker in workers:
        worker.start()
    start, done, shown, finished = time.monotonic(), 0, 0.0, 0
    outcomes: dict[str, Counter[str]] = {format_: Counter() for format_ in formats}
    while finished < len(workers):
        told = results.get()
        if isinstance(told, str):
            print(f"\nseed {arguments.seed}\n{told}", file=sys.stderr)
            return 1
        if told is None:
            finished += 1
        elif isinstance(told, tuple):
            outcomes[told[0]] += told[1]
        else:
            done += told
        if time.monotonic() - shown > (1 if sys.stderr.isatty() else 30):
            shown = time.monotonic()
            rate = done / max(shown - start, 0.001)
            end = "\r" if sys.stderr.isatty() else "\n"
            total = arguments.inputs * len(formats)
            print(f"{done:,} of {total:,}, {rate:,.0f}/s ", end=end, file=sys.stderr)
    seconds = time.monotonic() - start
    print(f"\nseed {arguments.seed}: {done:,} inputs, nothing found, {seconds:.0f} s")
    for format_, counted in outcomes.items():
        print(f"{format_}: {counted.total():,} inputs")
        for outcome, count in counted.most_common():
            print(f"  {count:>12,}  {outcome}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
