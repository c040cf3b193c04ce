"""Entries and ground truth of the corpus, read without the code under test."""

import functools
import io
import json
import re
import tarfile
from pathlib import Path
from typing import Any

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
V2_JSON = (
    "v2-json-serial-detect-pl2",
    "v2-json-serial-block-pl1",
    "v2-json-concurrent",
    "v2-json-minparts",
    "mlogc-json-raw",
)
V3_JSON = (
    "v3-json-serial-detect-pl2",
    "v3-json-serial-block-pl4-v6",
    "v3-json-serial-crs4",
    "v3-json-parallel",
    "v3-json-minparts",
    "v3-https-raw",
)
CORAZA_JSON = (
    "coraza-json-serial-detect-pl2",
    "coraza-json-serial-block-pl1",
    "coraza-json-concurrent",
    "coraza-https-raw",
)
V3_NATIVE = (
    "v3-native-serial-detect-pl2",
    "v3-native-serial-block-pl1",
    "v3-native-parallel",
    "v3-native-minparts",
)
# Apache's, nginx's and a Go program's error.log of the runs that gave these captures.
ERROR_LOG = (
    "error.log of v2-native-serial-detect-pl2",
    "error.log of v2-native-serial-block-crs4-v6",
    "error.log of v3-native-serial-detect-pl2",
    "error.log of v3-native-serial-block-pl1",
    "error.log of coraza-native-serial",
)
# Each registered format with its captures: what the fuzzer and the decoders' contract suite try.
CAPTURES: dict[str, tuple[str, ...]] = {
    "modsecurity2-native": V2_NATIVE,
    "modsecurity2-json": V2_JSON,
    "modsecurity3-native": V3_NATIVE,
    "modsecurity3-json": V3_JSON,
    "coraza-native": ("coraza-native-serial", "coraza-native-serial-3.8"),
    "coraza-json": CORAZA_JSON,
    "coraza-jsonlegacy": ("coraza-jsonlegacy-serial",),
    "coraza-ocsf": ("coraza-ocsf-serial",),
    "error-log": ERROR_LOG,
}
JSON = (*V2_JSON, *V3_JSON, *CORAZA_JSON, "coraza-jsonlegacy-serial", "coraza-ocsf-serial")
_FIRST_MARKERS = {
    "v2": re.compile(rb"--([0-9a-f]{8})-A--\n"),
    "ml": re.compile(rb"--([0-9a-f]{8})-A--\n"),
    "v3": re.compile(rb"--(-[0-9A-Za-z]{8}--)-A--\n"),
}


_COUNTS = ("entries", "entry_files", "distinct_bodies")


def unpacked(path: Path) -> bytes:
    with zstandard.ZstdDecompressor().stream_reader(path.read_bytes()) as reader:
        return reader.read()


def serial_log(capture: str) -> bytes:
    return unpacked(CORPUS / capture / "audit.log.zst")


def archived(path: Path) -> dict[str, bytes]:
    """The files in a packed archive by name."""
    with tarfile.open(fileobj=io.BytesIO(unpacked(path))) as archive:
        files = ((member.name, archive.extractfile(member)) for member in archive)
        return {name: file.read() for name, file in files if file is not None}


@functools.cache
def entries(capture: str) -> tuple[bytes, ...]:
    """The entries of a capture as the sensor sends them or writes them each into a file."""
    if capture in ERROR_LOG:
        return tuple(_error_log_entries(error_log(capture)))
    if (CORPUS / capture / "requests.tar.zst").exists():
        files = archived(CORPUS / capture / "requests.tar.zst")
        bodies = sorted(name for name in files if name.endswith(".body"))
        return tuple(files[name] for name in bodies if files[name])
    if (CORPUS / capture / "audit.tar.zst").exists():
        return tuple(archived(CORPUS / capture / "audit.tar.zst").values())
    return serial_entries(capture, serial_log(capture))


def serial_entries(capture: str, log: bytes) -> tuple[bytes, ...]:
    """The entries of a serial log, by a splitter of its own for each way of framing."""
    if "native" not in capture:
        # The newline is part of what ModSecurity writes and sends; Coraza's serial writer adds it.
        ending = b"" if capture.startswith("coraza") else b"\n"
        return tuple(line + ending for line in log.split(b"\n") if line.strip())
    if capture.startswith("coraza"):
        return _coraza_entries(log)
    found = []
    at = 0
    while opening := _FIRST_MARKERS[capture[:2]].match(log, at):
        closing = b"\n--%s-Z--\n" % opening[1]
        end = log.index(closing, at) + len(closing)
        found.append(log[at:end])
        at = end + 1
    assert at == len(log)
    return tuple(found)


def _coraza_entries(log: bytes) -> tuple[bytes, ...]:
    """Entries without A and Z are among them, so an entry begins where the boundary changes."""
    starts = []
    boundary, has_end = b"", True
    for marker in re.finditer(rb"^--([A-Za-z]{10}|[A-Za-z]{16})-([A-Z])--\n", log, re.MULTILINE):
        if marker[1] != boundary:
            begins = re.match(
                rb"\[\d{4}/\d\d/\d\d [\d:]{8}\] \S+ ", log[marker.end() : marker.end() + 60]
            )
            if has_end or (marker[2] == b"A" and begins):
                starts.append(marker.start())
                boundary, has_end = marker[1], False
        elif marker[2] == b"Z":
            has_end = True
    return tuple(log[start:end] for start, end in zip(starts, [*starts[1:], len(log)], strict=True))


def error_log(capture: str) -> bytes:
    return unpacked(CORPUS / capture.removeprefix("error.log of ") / "error.log.zst")


def _error_log_entries(log: bytes) -> list[bytes]:
    """The lines of each transaction that names itself: no line here has two unique ids."""
    lines: dict[bytes, bytes] = {}
    for line in log.splitlines(keepends=True):
        told = re.search(rb' \[unique_id "([^"]*)"\]', line)
        if told and re.search(rb"(?:ModSecurity|Coraza): (?:Warning|Access)", line):
            lines[told[1]] = lines.get(told[1], b"") + line
    return list(lines.values())


def manifest(capture: str) -> dict[str, Any]:
    lines = (CORPUS / "MANIFEST.jsonl").read_text().splitlines()
    return next(one for one in map(json.loads, lines) if one["capture"] == capture)


def count(capture: str) -> int:
    """How many entries the manifest says there are."""
    told = manifest(capture)
    return int(next(told[key] for key in _COUNTS if key in told))


def by_log(capture: str) -> dict[str, dict[str, Any]]:
    """What error.log, a separate path through the sensor, says of each transaction."""
    lines = unpacked(CORPUS / capture / "bylog.jsonl.zst").splitlines()
    return {one["unique_id"]: one for one in map(json.loads, lines)}


def truth(capture: str) -> list[dict[str, Any]]:
    lines = unpacked(CORPUS / capture / "truth.jsonl.zst").splitlines()
    return [json.loads(line) for line in lines]
