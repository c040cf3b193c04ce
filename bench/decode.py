"""How fast entries of each format are decoded on one core: `python -m bench.decode`.

The entries are real ones of the corpus, those of 2.5 to 9 KB, smallest first, as long as their mean
stays at about 5 KB (ModSecurity 2, native) or 4.5 KB (all others; where a format's are smaller, all
of them). They are decoded one after the other in one process, in rounds; the unit is process CPU
time, so that other work on the machine counts as little as it can. What is measured is all of
`registry.decode`: from bytes to a transaction with every header, every rule match, every tag, and
its parts; and apart from it, finding the entries in a file of them.
"""

import argparse
import gc
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from bartizan.decode import registry
from tests.fuzz import corpus

NATIVE = "modsecurity2-native"
FORMATS = tuple(decoder.format.value for decoder in registry.DECODERS)
SMALLEST_BYTES, LARGEST_BYTES = 2500, 9000
MEAN_BYTES = {NATIVE: 5000}
USUAL_MEAN_BYTES = 4500
# Those of the first goal, so that figures can be compared with earlier ones.
NATIVE_CAPTURES = (
    "v2-native-serial-block-pl4",
    "v2-native-serial-block-crs4-v6",
    "v2-native-serial-detect-pl2",
)
FEWEST = 50


@dataclass(frozen=True)
class Result:
    """Rates are per second of CPU time of one core; `entries` of `mean_bytes` each."""

    format: str
    entries: int
    mean_bytes: int
    mean_matches: float
    median_per_second: int
    best_per_second: int
    split_and_decoded_per_second: int
    median_megabytes_per_second: int


def entries(format_: str = NATIVE) -> list[bytes]:
    """The entries described above."""
    captures = NATIVE_CAPTURES if format_ == NATIVE else corpus.CAPTURES[format_]
    every = [raw for capture in captures for raw in corpus.entries(capture)]
    found = [raw for raw in every if SMALLEST_BYTES <= len(raw) <= LARGEST_BYTES]
    found = sorted(found if len(found) >= FEWEST else every, key=len)
    while sum(map(len, found)) > MEAN_BYTES.get(format_, USUAL_MEAN_BYTES) * len(found):
        found.pop()
    return found


def measure(rounds: int, format_: str = NATIVE) -> Result:
    """Decode the entries again and again; a round is long enough for the clock."""
    raws = entries(format_)
    log = b"".join(raw if raw.endswith(b"\n") else raw + b"\n" for raw in raws)
    matches = sum(len(registry.decode(raw).matches) for raw in raws)
    repeats = max(1, 5000 // len(raws))
    gc.collect()
    gc.freeze()
    decoding = _seconds(rounds, repeats, lambda: _decode(raws))
    splitting = statistics.median(_seconds(rounds, repeats, lambda: _split(log)))
    size = sum(map(len, raws)) / len(raws)
    median = statistics.median(decoding)
    return Result(
        format=format_,
        entries=len(raws),
        mean_bytes=round(size),
        mean_matches=round(matches / len(raws), 2),
        median_per_second=round(len(raws) / median),
        best_per_second=round(len(raws) / min(decoding)),
        split_and_decoded_per_second=round(len(raws) / (median + splitting)),
        median_megabytes_per_second=round(len(raws) / median * size / 1e6),
    )


def _seconds(rounds: int, repeats: int, work: Callable[[], object]) -> list[float]:
    """CPU seconds of one go of the work, for each round."""
    found = []
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(repeats):
            work()
        found.append((time.process_time() - start) / repeats)
    return found


def _decode(raws: list[bytes]) -> None:
    for raw in raws:
        registry.decode(raw)


def _split(log: bytes) -> None:
    at = 0
    while at < len(log):
        decoder = registry.detect(log[at : at + registry.HEAD_BYTES])
        spans = decoder.split(log, at, is_last=True) if decoder else []
        if not spans:
            return
        for span in spans:
            span.of(log)
        at = spans[-1].offset + spans[-1].length + 1


def entries_per_second() -> float:
    """The median rate of ModSecurity 2's native format, for the table of `make bench`."""
    return measure(rounds=9).median_per_second


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--format", action="append", choices=FORMATS, help="only this one")
    parser.add_argument("--json", action="store_true", help="print one JSON object for each format")
    arguments = parser.parse_args()
    native = measure(arguments.rounds)
    for format_ in arguments.format or FORMATS:
        result = native if format_ == NATIVE else measure(arguments.rounds, format_)
        ratio = result.median_per_second / native.median_per_second
        if arguments.json:
            print(json.dumps(asdict(result) | {"ratio_to_modsecurity2_native": round(ratio, 2)}))
            continue
        print(
            f"{format_:20} {result.median_per_second:>8,}/s (best round"
            f" {result.best_per_second:,}),"
            f" with splitting {result.split_and_decoded_per_second:,}/s,"
            f" {result.median_megabytes_per_second} MB/s, {ratio:.2f} times ModSecurity 2 native;"
            f" {result.entries} entries of {result.mean_bytes:,} bytes and"
            f" {result.mean_matches} matches"
        )


if __name__ == "__main__":
    main()
