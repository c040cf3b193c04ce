"""How fast ModSecurity 2 native entries are decoded on one core: `python -m bench.decode`.

The entries are real ones of the corpus's serial captures, those of 3-9 KB, smallest first, as long
as their mean stays at about 5 KB. They are decoded one after the other in one process, in rounds;
the unit is process CPU time, so that other work on the machine counts as little as it can. What is
measured is all of `registry.decode`: from bytes to a transaction with every header, every rule
match, every tag.
"""

import argparse
import gc
import json
import statistics
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import zstandard

from bartizan.decode import boundary, registry

CORPUS = Path(__file__).parents[1] / "tests" / "corpus"
CAPTURES = (
    "v2-native-serial-block-pl4",
    "v2-native-serial-block-crs4-v6",
    "v2-native-serial-detect-pl2",
)
SMALLEST_BYTES, LARGEST_BYTES, MEAN_BYTES = 3000, 9000, 5000


@dataclass(frozen=True)
class Result:
    """Rates are per second of CPU time of one core; `entries` of `mean_bytes` each."""

    entries: int
    mean_bytes: int
    mean_matches: float
    median_per_second: int
    best_per_second: int
    median_megabytes_per_second: int


def entries() -> list[bytes]:
    """The entries described above."""
    found: list[bytes] = []
    for capture in CAPTURES:
        path = CORPUS / capture / "audit.log.zst"
        with zstandard.ZstdDecompressor().stream_reader(path.read_bytes()) as reader:
            log = reader.read()
        spans = boundary.MODSECURITY2.split(log, 0, is_last=True)
        found += [log[span.offset : span.offset + span.length] for span in spans]
    found = sorted((raw for raw in found if SMALLEST_BYTES <= len(raw) <= LARGEST_BYTES), key=len)
    while sum(map(len, found)) > MEAN_BYTES * len(found):
        found.pop()
    return found


def measure(rounds: int) -> Result:
    """Decode the entries again and again; a round is long enough for the clock."""
    raws = entries()
    matches = sum(len(registry.decode(raw).matches) for raw in raws)
    repeats = max(1, 5000 // len(raws))
    rates = []
    gc.collect()
    gc.freeze()
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(repeats):
            for raw in raws:
                registry.decode(raw)
        rates.append(repeats * len(raws) / (time.process_time() - start))
    size = sum(map(len, raws)) / len(raws)
    median = statistics.median(rates)
    return Result(
        entries=len(raws),
        mean_bytes=round(size),
        mean_matches=round(matches / len(raws), 2),
        median_per_second=round(median),
        best_per_second=round(max(rates)),
        median_megabytes_per_second=round(median * size / 1e6),
    )


def entries_per_second() -> float:
    """The median rate, for the table of `make bench`."""
    return measure(rounds=9).median_per_second


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    result = measure(arguments.rounds)
    if arguments.json:
        print(json.dumps(asdict(result)))
    else:
        print(
            f"decode v2 native: {result.median_per_second:,} entries/s on one core (best round"
            f" {result.best_per_second:,}), {result.median_megabytes_per_second} MB/s;"
            f" {result.entries} entries of {result.mean_bytes:,} bytes and"
            f" {result.mean_matches} matches on average"
        )


if __name__ == "__main__":
    main()
