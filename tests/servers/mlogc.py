"""The real mlogc fed by hand: entries put on disk, and index lines as mod_security2 writes them."""

import hashlib
import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.servers.apache import mlogc_conf

_PART_A = re.compile(rb"--[0-9a-f]{8}-A--\n\[([^\]\n]+)\] (\S+) (\S+) ")


@dataclass(frozen=True)
class Waiting:
    """One entry that waits on a sensor's disk. `claimed_md5` None means the true one."""

    unique_id: str
    raw: bytes
    claimed_md5: str | None = None


def waiting(entries: Iterable[bytes]) -> list[Waiting]:
    """Native entries with the unique ids they state."""
    found = [(_PART_A.match(raw), raw) for raw in entries]
    return [Waiting(unique_id=head[2].decode(), raw=raw) for head, raw in found if head]


def send(entries: Sequence[Waiting], console_uri: str, *, delay_ms: int = 1) -> str:
    """Let `mlogc -f` deliver all of them, in its own order; gives what it wrote to its log.

    Files are kept on disk (KeepEntries 1), as when two mlogc share them.
    """
    with tempfile.TemporaryDirectory(prefix="bartizan-mlogc-") as name:
        directory = Path(name)
        (directory / "mlogc").mkdir()
        lines = []
        for number, entry in enumerate(entries):
            path = directory / f"audit/{number // 1000}/{number}-{entry.unique_id}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(entry.raw)
            lines.append(_index_line(entry, "/" + str(path.relative_to(directory / "audit"))))
        configuration = mlogc_conf(directory, console_uri, keep=1, delay_ms=delay_ms)
        done = subprocess.run(
            ["/usr/bin/mlogc", "-f", str(configuration)],
            input=b"".join(lines),
            env={k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")},
            capture_output=True,
            check=False,
            timeout=600,
        )
        log = directory / "mlogc/error.log"
        text = log.read_text(errors="replace") if log.exists() else ""
        assert done.returncode == 0, f"mlogc ended with {done.returncode}: {done.stderr!r}\n{text}"
        return text


def completed(log: str) -> list[str]:
    """Unique ids that the collector answered with 200."""
    return re.findall(r"Entry completed \(.*?\): (\S+)", log)


def refused(log: str) -> list[str]:
    """Unique ids that the collector answered with 409."""
    return re.findall(r'Failed to submit entry with "409[^"]*": (\S+)', log)


def stalled(log: str) -> bool:
    """Whether any other answer made mlogc stop its whole sensor."""
    return "Flagging server as errored" in log


def _index_line(entry: Waiting, path: str) -> bytes:
    md5 = entry.claimed_md5 or hashlib.md5(entry.raw).hexdigest()
    line = (
        'shop.example.test 81.2.69.142 - - [23/Nov/2026:02:12:15.298606 +0000] "GET / HTTP/1.1"'
        f' 403 239 "-" "-" {entry.unique_id} "-" {path} 0 {len(entry.raw)} md5:{md5} \n'
    )
    return line.encode()
