"""Train the zstd dictionary of raw entries from the corpus: `train_dictionary.py CORPUS OUTPUT`.

Every serial audit log of the corpus gives at most 400 entries, each cut at 16 KiB, so that no
format dominates. A dictionary that was released is never trained again: add `entries-2.dict`.
"""

import re
import sys
from pathlib import Path

import zstandard

_DICTIONARY_BYTES = 64 * 1024
_PER_LOG = 400
_SAMPLE_BYTES = 16 * 1024
_BOUNDARY = re.compile(rb"^(?=--\w+-A--)", re.MULTILINE)


def entries(log: Path) -> list[bytes]:
    """The entries of one log: native by part A, JSON by line. Good enough for training."""
    data = zstandard.ZstdDecompressor().decompressobj().decompress(log.read_bytes())
    found = data.splitlines(keepends=True) if data[:1] == b"{" else _BOUNDARY.split(data)
    whole = [entry[:_SAMPLE_BYTES] for entry in found if len(entry) > 200]
    return whole[:: max(1, len(whole) // _PER_LOG)][:_PER_LOG]


def main(corpus: str, output: str) -> None:
    samples = [
        entry for log in sorted(Path(corpus).glob("*/audit.log.zst")) for entry in entries(log)
    ]
    dictionary = zstandard.train_dictionary(_DICTIONARY_BYTES, samples, level=3)
    Path(output).write_bytes(dictionary.as_bytes())
    print(f"{len(samples)} samples, {len(dictionary.as_bytes())} bytes, id {dictionary.dict_id()}")


if __name__ == "__main__":
    main(*sys.argv[1:])
