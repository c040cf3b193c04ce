"""Train the zstd dictionary of raw entries: `python -m scripts.train_dictionary OUTPUT`.

Each dialect of the corpus gives at most 600 entries, each cut at 16 KiB, so that none dominates. A
dictionary that was released is never trained again and never removed: add `entries-N.dict` with
the next number, and name it in `store/compression.py`.
"""

import sys
from pathlib import Path

import zstandard

from tests.fuzz import corpus

_DICTIONARY_BYTES = 112 * 1024
_PER_DIALECT = 600
_SAMPLE_BYTES = 16 * 1024
_LEAST_BYTES = 200


def samples(dialect: str) -> list[bytes]:
    """Entries from all over the captures of a dialect."""
    found = [
        raw
        for capture in corpus.CAPTURES[dialect]
        for raw in corpus.entries(capture)
        if len(raw) > _LEAST_BYTES
    ]
    some = found[:: max(1, len(found) // _PER_DIALECT)][:_PER_DIALECT]
    return [raw[:_SAMPLE_BYTES] for raw in some]


def main(output: str) -> None:
    entries = [raw for dialect in corpus.CAPTURES for raw in samples(dialect)]
    dictionary = zstandard.train_dictionary(_DICTIONARY_BYTES, entries, level=3)
    Path(output).write_bytes(dictionary.as_bytes())
    print(f"{len(entries)} samples, {len(dictionary.as_bytes())} bytes, id {dictionary.dict_id()}")


if __name__ == "__main__":
    main(*sys.argv[1:])
