"""What one program made of one log, and the child process that measures Bartizan:
`python -m bench.reading LOG`.

Reading is all of it: cutting the log into entries, telling the format of each run, and decoding
every entry with its headers, matches and tags. The unit is CPU time. Of an error log, where a
transaction is all its lines, lines are counted.
"""

import json
import re
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import msgspec

from bartizan.decode import registry
from bartizan.domain.errors import Refused
from bartizan.domain.transaction import Format, Transaction

AT_LEAST_S = 2.0
_BLANK = re.compile(rb"\s*")


class Reading(msgspec.Struct, kw_only=True):
    """How many entries, how often each rule id, and entries per second of CPU time."""

    entries: int
    rule_ids: dict[int, int]
    per_second: float


def transactions(log: bytes) -> Iterable[Transaction]:
    """Every entry of a log that holds nothing else."""
    at = 0
    while decoder := registry.detect(log[at : at + registry.HEAD_BYTES]):
        spans = decoder.split(log, at, is_last=True)
        for span in spans:
            with suppress(Refused):  # lines of an error log that are nobody's
                yield decoder.read(log[span.offset : span.offset + span.length]).transaction
        end = spans[-1].offset + spans[-1].length
        blank = _BLANK.match(log, end)
        at = blank.end() if blank else end


def rate(read: Callable[[], int]) -> float:
    """Entries per second; `read` reads the whole log once and gives the number of entries."""
    done = 0
    began = time.process_time()
    while (took := time.process_time() - began) < AT_LEAST_S:
        done += read()
    return done / took


def main() -> None:
    log = Path(sys.argv[1]).read_bytes()
    found = list(transactions(log))
    ids = Counter(match.rule_id for one in found for match in one.matches if match.rule_id)
    entries = log.count(b"\n") if found[0].format is Format.ERROR_LOG else len(found)
    del found

    def read_all() -> int:
        deque(transactions(log), maxlen=0)
        return entries

    reading = Reading(entries=entries, rule_ids=dict(ids), per_second=rate(read_all))
    print(json.dumps(msgspec.to_builtins(reading, str_keys=True)))


if __name__ == "__main__":
    main()
