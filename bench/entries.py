"""Real entries as templates: each request gets a fresh unique id and the time of now.

The entries are those of 2-10 KB in the capture with the recipe's own parts, smallest first, as
long as their mean stays at about 5 KB. Nothing else in them is changed, so no two requests carry
the same entry and none looks as if its sensor's clock were wrong.
"""

import base64
import hashlib
import re
import time
from dataclasses import dataclass
from pathlib import Path

import zstandard

CAPTURE = Path(__file__).parents[1] / "tests/corpus/v2-native-serial-block-pl4/audit.log.zst"
MEAN_BYTES = 5000
PATH = "/rpc/auditLogReceiver.php"
USER, PASSWORD = "admin", "admin"
AUTHORIZATION = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

# What stands in the gaps between a template's texts, and how many bytes it takes.
ID, TIME, STOPWATCH, HASH = 1, 2, 3, 4
WIDTH = {ID: 27, TIME: 33, STOPWATCH: 16, HASH: 32}

Pieces = tuple[bytes | int, ...]


@dataclass(frozen=True)
class Template:
    """One entry and the index line its sensor would send with it."""

    summary: Pieces
    body: Pieces

    @property
    def size_bytes(self) -> int:
        return sum(WIDTH[p] if isinstance(p, int) else len(p) for p in self.body)

    def request(self, unique_id: bytes) -> bytes:
        """The whole HTTP request, as mlogc sends it (docs/formats.md)."""
        now_us = time.time_ns() // 1000
        clock = time.strftime("%d/%b/%Y:%H:%M:%S", time.gmtime(now_us // 1_000_000))
        gaps = {
            ID: unique_id,
            TIME: f"{clock}.{now_us % 1_000_000:06d} +0000".encode(),
            STOPWATCH: str(now_us).encode(),
        }
        body = _fill(self.body, gaps)
        gaps[HASH] = hashlib.md5(body).hexdigest().encode()
        return b"".join(
            [
                f"PUT {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\n".encode(),
                f"Authorization: {AUTHORIZATION}\r\nAccept: */*\r\n".encode(),
                b"X-Content-Hash: md5:%s \r\n" % gaps[HASH],
                b"X-ForensicLog-Summary: %s\r\n" % _fill(self.summary, gaps),
                b"Content-Length: %d\r\n\r\n" % len(body),
                body,
            ]
        )


def _fill(pieces: Pieces, gaps: dict[int, bytes]) -> bytes:
    return b"".join(gaps[p] if isinstance(p, int) else p for p in pieces)


def templates() -> list[Template]:
    """The chosen entries."""
    chosen: list[Template] = []
    total = 0
    for raw in sorted(_split(_capture()), key=len):
        if not 2_000 <= len(raw) <= 10_000:
            continue
        template = _template(raw)
        total += template.size_bytes
        if total / (len(chosen) + 1) > MEAN_BYTES:
            break
        chosen.append(template)
    return chosen


def lua(chosen: list[Template]) -> str:
    """The templates as a Lua table for load.lua."""

    def literal(pieces: Pieces) -> str:
        texts = (
            str(p) if isinstance(p, int) else '"' + "".join(f"\\{byte:03d}" for byte in p) + '"'
            for p in pieces
        )
        return "{" + ",".join(texts) + "}"

    rows = (
        f"{{summary={literal(t.summary)},body={literal(t.body)},size={t.size_bytes}}}"
        for t in chosen
    )
    return "return {\n" + ",\n".join(rows) + "\n}\n"


def _capture() -> bytes:
    return zstandard.ZstdDecompressor().decompress(
        CAPTURE.read_bytes(), max_output_size=64 * 1024 * 1024
    )


def _split(log: bytes) -> list[bytes]:
    """The entries of a serial log that is known to be whole."""
    entries = []
    at = 0
    while opening := re.compile(rb"--([0-9a-f]{8})-A--\n").match(log, at):
        closing = b"\n--%s-Z--\n" % opening[1]
        end = log.index(closing, at) + len(closing)
        entries.append(log[at:end])
        at = end + 1  # a serial log has a blank line after each entry
    return entries


def _template(raw: bytes) -> Template:
    head = re.match(rb"--\w{8}-A--\n\[([^\]]+)\] (\S+) (\S+) ", raw)
    assert head
    stated, unique_id, client = head.groups()
    stopwatch = re.search(rb"^Stopwatch: (\d{16}) ", raw, re.MULTILINE)
    assert stopwatch
    gaps = {unique_id: ID, stated: TIME, stopwatch[1]: STOPWATCH}
    request = re.search(rb"-B--\n([^\n]*)\n", raw)
    line = request[1].replace(b'"', b'\\"') if request else b""
    body = _pieces(raw, gaps)
    size = sum(WIDTH[p] if isinstance(p, int) else len(p) for p in body)
    summary: Pieces = (
        b"shop.example.test %s - - [" % client,
        TIME,
        b'] "%s" 403 239 "-" "-" ' % line[:2000],
        ID,
        b' "-" /www-data/20261123/20261123-0212/20261123-021215-',
        ID,
        b" 0 %d md5:" % size,
        HASH,
        b" ",
    )
    return Template(summary=summary, body=body)


def _pieces(raw: bytes, gaps: dict[bytes, int]) -> Pieces:
    found = re.split(b"(" + b"|".join(re.escape(text) for text in gaps) + b")", raw)
    return tuple(gaps.get(piece, piece) for piece in found)
