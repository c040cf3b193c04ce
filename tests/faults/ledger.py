"""The oracle's side of fault tests: entries that describe themselves, and what became of each.

An entry's bytes follow from its name, so what comes out of the spool can be recomputed: lost,
changed and invented entries are told apart. A reset or a time-out leaves an entry unknown: it may
exist or not. One that was acknowledged must exist; one that was never sent must not.
"""

import hashlib
import json
import re
import time
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

_FIRST_LINE = re.compile(rb"entry ([a-z0-9-]+) of (\d+) bytes\n")
# Below, at and above a page of the spool, and more than one read of the socket.
SIZES = (40, 500, 4_000, 4_096, 4_200, 5_000, 9_000, 70_000)


def make_entry(name: str, size: int | None = None) -> bytes:
    if size is None:
        size = SIZES[zlib.crc32(name.encode()) % len(SIZES)]
    head = f"entry {name} of {size} bytes\n".encode()
    stream = hashlib.shake_256(head).hexdigest(max(0, size - len(head)) // 2 + 1).encode()
    return (head + stream)[: max(size, len(head))]


def name_of(raw: bytes) -> str | None:
    """The name of an entry if every byte of it is as it was made, else None."""
    match = _FIRST_LINE.match(raw)
    if match is None:
        return None
    name = match[1].decode()
    return name if make_entry(name, int(match[2])) == raw else None


@dataclass(frozen=True)
class Report:
    acknowledged: int
    unknown: int
    missing: list[str]
    corrupted: int
    invented: list[str]
    doubled: list[str]

    def is_clean(self) -> bool:
        return not (self.missing or self.corrupted or self.invented or self.doubled)


@dataclass
class Ledger:
    """What was sent and answered. `file` keeps the history, one JSON object per operation."""

    file: Path
    sent: set[str] = field(default_factory=set)
    acknowledged: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    _lines: list[str] = field(default_factory=list)

    def note(self, process: int, name: str, kind: str) -> None:
        """`kind`: invoke, ok, refused (must not exist), busy or info (may exist or not)."""
        if kind == "invoke":
            self.sent.add(name)
        elif kind == "ok":
            self.acknowledged.add(name)
        elif kind == "refused":
            self.refused.add(name)
        line = {
            "process": process,
            "op": "put",
            "entry": name,
            "type": kind,
            "t_mono": time.monotonic(),
        }
        self._lines.append(json.dumps(line))

    def keep(self) -> None:
        """Write the history: the artefact of a failing run."""
        self.file.write_text("".join(f"{line}\n" for line in self._lines))

    def compare(self, raws: Iterable[bytes]) -> Report:
        self.keep()
        names = Counter(name_of(raw) for raw in raws)
        corrupted = names.pop(None, 0)
        found = set(names)
        return Report(
            acknowledged=len(self.acknowledged),
            unknown=len(self.sent - self.acknowledged - self.refused),
            missing=sorted(self.acknowledged - found)[:8],
            corrupted=corrupted,
            invented=sorted((found - self.sent) | (found & self.refused))[:8],
            doubled=sorted(name for name, count in names.items() if count > 1)[:8],
        )
