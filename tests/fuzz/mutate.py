"""Mutated entries against the decoders: `make fuzz`, or `python -m tests.fuzz.mutate --help`.

Every input is a real entry of the corpus with a few changes that know the format: bits, cuts,
splices from another entry, repeated metadata, forged markers and lines. A decoder must answer with
a transaction that is JSON, or with `Refused`. The same seed gives the same inputs.
"""

import argparse
import multiprocessing
import random
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
    b"Operator GE matched 5 at TX:x.", b'Match of "rx x" against "y" required.', b"Found 1 byte(s) in x outside range: 1.",
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
    return raw[:at] + chance.choice(TOKENS) + raw[at + chance.choice((0, 0, 1, 8)) :]


def forge_marker(raw: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    """A marker with the entry's own boundary, which an attacker would have to guess."""
    at = chance.randint(0, len(raw))
    marker = b"\n" + raw[:11] + bytes([chance.choice(b"ABCDEFGHIJKZQaz-\n")]) + b"--\n"
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


MUTATIONS: tuple[Mutation, ...] = (
    flip, cut, remove, repeat, splice, put_token, put_token, forge_marker, swap_lines, stretch_message,
)  # fmt: skip


def mutate(raw: bytes, chance: random.Random, others: Sequence[bytes]) -> bytes:
    for _ in range(chance.choice((1, 1, 2, 3))):
        raw = chance.choice(MUTATIONS)(raw, chance, others)
    if chance.random() < 0.9 and not registry.detect(raw[:64]):
        # Most changes should reach the parts, and not end at the door.
        raw = others[0][:15] + raw[15:]
    return raw


def seeds() -> tuple[list[bytes], list[bytes]]:
    """Small entries, which are tried most of the time, and large ones."""
    small, large = [], []
    for capture in corpus.V2_NATIVE:
        for number, raw in enumerate(corpus.entries(capture)):
            # Part K is opaque; without it an entry costs a tenth, so ten times as many are tried.
            without_k = raw[: raw.find(b"\n%sK--\n" % raw[:11])] + b"\n%sZ--\n" % raw[:11]
            lean = without_k if b"\n%sK--\n" % raw[:11] in raw else raw
            if len(lean) <= SMALL_BYTES:
                small.append(lean)
            elif number % 10 == 0:
                large.append(raw)
    return small, large


def attempt(raw: bytes) -> str:
    """What came of it: a word for the count. Anything but a transaction or `Refused` is raised."""
    try:
        transaction = registry.decode(raw)
    except Refused as refusal:
        return refusal.code
    msgspec.json.encode(transaction)
    return "transaction with defects" if transaction.defects else "transaction"


def run(inputs: int, seed: int, progress: Callable[[int], None] = lambda _: None) -> Counter[str]:
    """Try `inputs` mutated entries. A finding is written to tests/fuzz/findings and raised."""
    chance = random.Random(seed)
    small, large = seeds()
    chance.shuffle(small)
    outcomes: Counter[str] = Counter()
    for number in range(inputs):
        pool = large if chance.random() < LARGE_SHARE else small
        raw = mutate(chance.choice(pool), chance, small)
        try:
            outcomes[attempt(raw)] += 1
        except BaseException:
            FINDINGS.mkdir(exist_ok=True)
            (FINDINGS / f"{seed}-{number}.entry").write_bytes(raw)
            raise
        if number % 1000 == 999:
            progress(1000)
    progress(inputs % 1000)
    return outcomes


def _worker(inputs: int, seed: int, results: "multiprocessing.Queue") -> None:
    try:
        results.put(run(inputs, seed, results.put))
    except BaseException:  # noqa: BLE001 - told by the parent, which then ends with 1
        results.put(traceback.format_exc())


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--inputs", type=int, default=10_000_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    results: multiprocessing.Queue = multiprocessing.Queue()
    share, rest = divmod(arguments.inputs, arguments.processes)
    workers = [
        multiprocessing.Process(
            target=_worker,
            args=(share + (number < rest), arguments.seed + number, results),
            daemon=True,
        )
        for number in range(arguments.processes)
    ]
    for worker in workers:
        worker.start()
    start, done, shown, finished = time.monotonic(), 0, 0.0, 0
    outcomes: Counter[str] = Counter()
    while finished < len(workers):
        told = results.get()
        if isinstance(told, str):
            print(f"\nseed {arguments.seed}\n{told}", file=sys.stderr)
            return 1
        if isinstance(told, Counter):
            finished += 1
            outcomes += told
        else:
            done += told
        if time.monotonic() - shown > (1 if sys.stderr.isatty() else 30):
            shown = time.monotonic()
            rate = done / max(shown - start, 0.001)
            end = "\r" if sys.stderr.isatty() else "\n"
            print(f"{done:,} of {arguments.inputs:,}, {rate:,.0f}/s ", end=end, file=sys.stderr)
    print(
        f"\nseed {arguments.seed}: {done:,} inputs, nothing found, {time.monotonic() - start:.0f} s"
    )
    for outcome, count in outcomes.most_common():
        print(f"  {count:>12,}  {outcome}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
