"""Entries of the corpus as a sensor has them on its disk."""

import io
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

import zstandard

CORPUS = Path(__file__).parents[1] / "corpus"
SERIAL = (
    "v2-native-serial-detect-pl2",
    "v2-native-serial-block-pl4",
    "v2-native-serial-block-crs4-v6",
    "v2-native-minparts",
)
CONCURRENT = "v2-native-concurrent"


def serial_log(capture: str) -> bytes:
    return _unpack(CORPUS / capture / "audit.log.zst")


def serial_entries(capture: str) -> list[bytes]:
    """Split at each entry's own boundary; the captures are known to be whole."""
    log = serial_log(capture)
    entries = []
    at = 0
    while opening := re.compile(rb"--([0-9a-f]{8})-A--\n").match(log, at):
        closing = b"\n--%s-Z--\n" % opening[1]
        end = log.index(closing, at) + len(closing)
        entries.append(log[at:end])
        at = end + 1
    assert at == len(log)
    return entries


def concurrent_tree(capture: str = CONCURRENT) -> Iterator[tuple[str, bytes]]:
    """Path and content of each file of a concurrent audit log."""
    with tarfile.open(fileobj=io.BytesIO(_unpack(CORPUS / capture / "audit.tar.zst"))) as archive:
        for member in archive:
            if member.isfile():
                file = archive.extractfile(member)
                assert file is not None
                yield member.name, file.read()


def unpacked_lines(path: Path) -> list[bytes]:
    """The lines of a packed file of the corpus."""
    return _unpack(path).splitlines()


def _unpack(path: Path) -> bytes:
    with zstandard.ZstdDecompressor().stream_reader(path.read_bytes()) as reader:
        return reader.read()
