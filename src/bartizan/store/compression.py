"""Raw entries in small: zstd with dictionaries trained on real entries.

A frame carries the id of its dictionary and a checksum of its content. Dictionaries are package
data (`data/entries-N.dict`, made by scripts/train_dictionary.py) and are never removed, so that
every frame ever written can be read.
"""

import threading
from functools import cache
from importlib.resources import files
from typing import Final

import zstandard

from bartizan.domain.errors import Corrupt

_LEVEL: Final = 3
_NEWEST: Final = "entries-2.dict"


@cache
def _dictionaries() -> dict[int, zstandard.ZstdCompressionDict]:
    loaded = [
        zstandard.ZstdCompressionDict(file.read_bytes())
        for file in files("bartizan.store").joinpath("data").iterdir()
        if file.name.endswith(".dict")
    ]
    return {dictionary.dict_id(): dictionary for dictionary in loaded}


def _newest() -> zstandard.ZstdCompressionDict:
    content = files("bartizan.store").joinpath("data", _NEWEST).read_bytes()
    return _dictionaries()[zstandard.ZstdCompressionDict(content).dict_id()]


class Compression(threading.local):
    """Compresses and restores entries; each thread has its own (de)compressors."""

    def __init__(self) -> None:
        self._compressor = zstandard.ZstdCompressor(
            level=_LEVEL, dict_data=_newest(), write_checksum=True
        )
        self._decompressors: dict[int, zstandard.ZstdDecompressor] = {}

    def compress(self, raw: bytes) -> bytes:
        return self._compressor.compress(raw)

    def restore(self, frame: bytes) -> bytes:
        """The bytes that were compressed; `Corrupt` if the frame is damaged."""
        try:
            number = zstandard.get_frame_parameters(frame).dict_id
            return self._decompressor(number).decompress(frame)
        except (zstandard.ZstdError, KeyError) as error:
            raise Corrupt("damaged-entry", "a stored raw entry cannot be restored") from error

    def _decompressor(self, number: int) -> zstandard.ZstdDecompressor:
        if number not in self._decompressors:
            dictionary = _dictionaries()[number]
            self._decompressors[number] = zstandard.ZstdDecompressor(dict_data=dictionary)
        return self._decompressors[number]
