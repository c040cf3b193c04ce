"""What the collector will never take, kept beside the spool byte for byte: a log of its own.

One file for each reason, an ordinary serial log that `bartizan import` reads. When one has reached
256 MiB, it becomes `.1`, and what was `.1` goes: an attacker must not fill a sensor's disk.
"""

import os
import re
import threading
from pathlib import Path

from bartizan.domain.errors import Unavailable

_MOST_BYTES = 256 * 1024**2
_CODE = re.compile(r"[a-z][a-z-]{0,39}")


class RefusedLog:
    """Thread-safe."""

    def __init__(self, directory: Path, *, most_bytes: int = _MOST_BYTES) -> None:
        self._directory = directory
        self._most_bytes = most_bytes
        self._lock = threading.Lock()

    def add(self, code: str, raw: bytes, *, is_piece: bool = False) -> Path:
        """Keep it durably; the file that it is in. Raises `Unavailable` (`refused-failed`).

        A piece is followed by more, and by no newline.
        """
        name = code if _CODE.fullmatch(code) else "other"
        file = self._directory / f"{name}.log"
        with self._lock:
            try:
                self._append(file, raw if is_piece or raw.endswith(b"\n") else raw + b"\n")
            except OSError as error:
                raise Unavailable("refused-failed", f"cannot write: {error}", str(file)) from error
        return file

    def _append(self, file: Path, data: bytes) -> None:
        self._directory.mkdir(mode=0o700, exist_ok=True)
        if file.exists() and file.stat().st_size >= self._most_bytes:
            file.replace(file.with_suffix(".log.1"))
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        with open(os.open(file, flags, 0o600), "ab") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
