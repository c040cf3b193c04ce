"""Where a long command was when it ended early, so that the same command goes on from there."""

import contextlib
import hashlib
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from bartizan.kit.struct import Struct


class Place(Struct, frozen=True, kw_only=True):
    """Everything up to `position` is done, of what reaches to `until`."""

    position: int
    until: int
    looked_at: int


_P = TypeVar("_P", bound=Struct)


class Bookmark(Generic[_P]):
    """One file per task. Losing it costs only time."""

    def __init__(self, directory: Path, task: str, kind: type[_P]) -> None:
        """`task` says exactly what is being done: another one has another bookmark."""
        self._kind = kind
        name = hashlib.sha256(task.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        self._file = directory / f"{name}.json"

    def read(self) -> _P | None:
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=self._kind)
        except (OSError, msgspec.MsgspecError):
            return None

    def write(self, place: _P) -> None:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = self._file.with_suffix(".new")
        fresh.write_bytes(msgspec.json.encode(place))
        fresh.replace(self._file)

    def remove(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._file.unlink()
