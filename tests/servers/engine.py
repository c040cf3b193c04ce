"""A web server's rule engine as its audit log sees it: writes entries in pieces, is rotated, reloads.

Keeps the account: what was written whole, what a truncation has cut or destroyed. Every entry's
bytes follow from its number, so what arrives can be compared with what was written.
"""

import gzip
import hashlib
import os
import random
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

_KEPT = 40
_NUMBER = re.compile(rb"entry(\d{6})z")


def make_entry(number: int) -> bytes:
    """An entry of ModSecurity 2 (native) or 3 (JSON), by turns; some are large."""
    size = (40, 700, 3_000, 9_000, 200_000)[number % 5 if number % 29 else 4] + number % 7
    if number % 5 == 4 and number % 29:
        size = 400
    body = hashlib.shake_256(b"%d" % number).hexdigest(size // 2)
    return _native(number, body) if number % 2 else _json(number, body)


def _native(number: int, body: str) -> bytes:
    mark = f"--{number:08x}-"
    return (
        f"{mark}A--\n[23/Nov/2026:02:12:15.089853 +0000] entry{number:06d}z 41.231.22.1 33210"
        f" 127.0.0.1 443\n{mark}C--\n{body}\n{mark}Z--\n\n"
    ).encode()


def _json(number: int, body: str) -> bytes:
    return (
        '{"transaction":{"client_ip":"81.2.69.142","time_stamp":"Mon Nov 23 05:42:41 2026",'
        f'"server_id":"{"a" * 40}","client_port":1,"host_ip":"127.0.0.1","host_port":80,'
        f'"unique_id":"entry{number:06d}z","request":{{"method":"POST","http_version":1.1,'
        f'"uri":"/{number}","body":"{body}","headers":{{"Host":"a"}}}},"response":{{"http_code":200,'
        '"headers":{}},"producer":{"modsecurity":"ModSecurity v3.0.9 (Linux)","connector":"x",'
        '"secrules_engine":"Enabled","components":[]},"messages":[]}}\n'
    ).encode()


@dataclass
class Engine:
    """Writes to `path`. `rng` decides where its writes are cut."""

    path: Path
    rng: random.Random
    written: set[int] = field(default_factory=set)
    destroyed: set[int] = field(default_factory=set)  # may have been read before, or not
    broken: set[int] = field(default_factory=set)  # a truncation came in the middle of it
    _next: int = 1
    _rest: bytes = b""
    _current: int = 0

    def __post_init__(self) -> None:
        self._descriptor = self._open()

    def _open(self) -> int:
        return os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def write(self, entries: int) -> None:
        """So many entries, the last of which may stop half-way until the next write."""
        for _ in range(entries):
            self.finish()
            self._current, self._next = self._next, self._next + 1
            self._rest = make_entry(self._current)
            while self._rest and self.rng.random() < 0.9:
                self._write_some(self.rng.randint(1, len(self._rest)))

    def finish(self) -> None:
        """Complete the entry that is half written."""
        if self._rest:
            self._write_some(len(self._rest))

    def _write_some(self, count: int) -> None:
        os.write(self._descriptor, self._rest[:count])
        self._rest = self._rest[count:]
        if not self._rest and self._current not in self.broken:
            self.written.add(self._current)

    def reload(self) -> None:
        """As after SIGHUP: the entry at hand goes to the file it was begun in."""
        self.finish()
        os.close(self._descriptor)
        self._descriptor = self._open()

    def rotate(self, *, reload: bool, compress: bool) -> None:
        """As logrotate does it without `copytruncate`; without reload we go on in the old file."""
        self._shift()
        if self.path.exists():
            self.path.rename(self._old(1))
        if reload:
            self.reload()
            if compress:
                self._compress(self._old(1))

    def copytruncate(self, *, compress: bool) -> None:
        self._shift()
        if self.path.exists():
            shutil.copyfile(self.path, self._old(1))
            self._truncate()
            if compress:
                self._compress(self._old(1))

    def truncate(self) -> None:
        """Without a copy: what nobody has read is gone."""
        if self.path.exists():
            content = self.path.read_bytes()
            self.destroyed |= {int(number) for number in _NUMBER.findall(content)}
            self._truncate()

    def delete_and_recreate(self) -> None:
        """What was written stays readable for who has opened it."""
        if self.path.exists():
            content = self.path.read_bytes()
            self.destroyed |= {int(number) for number in _NUMBER.findall(content)}
            self.path.unlink()
        self.finish()
        if self._current in self.written and self._current not in self.destroyed:
            self.destroyed.add(self._current)
        self.reload()

    def _truncate(self) -> None:
        status = os.fstat(self._descriptor)
        is_ours = self.path.stat().st_ino == status.st_ino
        if self._rest and is_ours:
            self.broken.add(self._current)
        os.truncate(self.path, 0)

    def _shift(self) -> None:
        for number in range(_KEPT, 0, -1):
            for suffix in ("", ".gz"):
                old = self._old(number).with_name(self._old(number).name + suffix)
                if old.exists():
                    old.rename(self._old(number + 1).with_name(self._old(number + 1).name + suffix))

    def _compress(self, file: Path) -> None:
        if not file.exists():
            return
        packed = file.with_name(file.name + ".gz")
        with gzip.open(packed, "wb") as out:
            out.write(file.read_bytes())
        os.utime(packed, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns))
        file.unlink()

    def _old(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")

    def close(self) -> None:
        os.close(self._descriptor)


@dataclass(frozen=True)
class Account:
    """`missing` and `invented` must be empty; `lost` may be what a truncation destroyed unread."""

    arrived: int
    missing: list[int]
    invented: list[bytes]
    lost: list[int]
    doubled: int


def compare(engine: Engine, raws: Iterable[bytes]) -> Account:
    found: list[int] = []
    invented: list[bytes] = []
    for raw in raws:
        number = _exact(raw)
        if number is not None and number in engine.written:
            found.append(number)
        elif not _is_made_of(raw, engine.broken | engine.destroyed):
            invented.append(raw[:200])
    absent = engine.written - set(found) - engine.broken
    return Account(
        arrived=len(set(found)),
        missing=sorted(absent - engine.destroyed)[:8],
        invented=invented[:8],
        lost=sorted(absent & engine.destroyed),
        doubled=len(found) - len(set(found)),
    )


def _exact(raw: bytes) -> int | None:
    found = _NUMBER.search(raw)
    if found is None:
        return None
    number = int(found[1])
    return number if make_entry(number).rstrip(b"\n") == raw.rstrip(b"\n") else None


def _is_made_of(raw: bytes, cut: set[int]) -> bool:
    """Whether every line is of an entry that was cut: what is left of two may stand together."""
    entries = [make_entry(number) for number in cut]
    return all(any(line in entry for entry in entries) for line in raw.split(b"\n"))
