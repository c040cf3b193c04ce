"""Entries and ground truth of the corpus, read without the code under test."""

import functools
import io
import json
import re
import tarfile
from pathlib import Path

import zstandard

CORPUS = Path(__file__).parents[1] / "corpus"
V2_NATIVE = (
    "v2-native-serial-detect-pl2",
    "v2-native-serial-block-pl4",
    "v2-native-serial-block-crs4-v6",
    "v2-native-concurrent",
    "v2-native-minparts",
    "mlogc-raw",
)
SERIAL = tuple(name for name in V2_NATIVE if "serial" in name or "minparts" in name)


def unpacked(path: Path) -> bytes:
    with zstandard.ZstdDecompressor().stream_reader(path.read_bytes()) as reader:
        return reader.read()


def serial_log(capture: str) -> bytes:
    return unpacked(CORPUS / capture / "audit.log.zst")


def archived(path: Path) -> dict[str, bytes]:
    """The files in a packed archive by name."""
    with tarfile.open(fileobj=io.BytesIO(unpacked(path))) as archive:
        return {
            member.name: archive.extractfile(member).read() for member in archive if member.isfile()
        }


@functools.cache
def entries(capture: str) -> tuple[bytes, ...]:
    """The entries of a v2 native capture as mlogc sends them."""
    if capture.startswith("mlogc"):
        files = archived(CORPUS / capture / "requests.tar.zst")
        bodies = sorted(name for name in files if name.endswith(".body"))
        return tuple(files[name] for name in bodies if files[name])
    if capture.endswith("concurrent"):
        return tuple(archived(CORPUS / capture / "audit.tar.zst").values())
    log = serial_log(capture)
    found = []
    at = 0
    while opening := re.compile(rb"--([0-9a-f]{8})-A--\n").match(log, at):
        closing = b"\n--%s-Z--\n" % opening[1]
        end = log.index(closing, at) + len(closing)
        found.append(log[at:end])
        at = end + 1
    assert at == len(log)
    return tuple(found)


def manifest(capture: str) -> dict:
    lines = (CORPUS / "MANIFEST.jsonl").read_text().splitlines()
    return next(one for one in map(json.loads, lines) if one["capture"] == capture)


def by_log(capture: str) -> dict[str, dict]:
    """What error.log, a separate path through the sensor, says of each transaction."""
    lines = unpacked(CORPUS / capture / "bylog.jsonl.zst").splitlines()
    return {one["unique_id"]: one for one in map(json.loads, lines)}


def truth(capture: str) -> list[dict]:
    lines = unpacked(CORPUS / capture / "truth.jsonl.zst").splitlines()
    return [json.loads(line) for line in lines]
