"""The sensors as a file on this node, so that authentication works while the control store is down.

JSON, mode 0600, always complete: written beside and renamed over. It holds hashes, no secrets.
"""

import os
import tempfile
from pathlib import Path

import msgspec

from bartizan.domain.errors import Corrupt, Unavailable
from bartizan.domain.sensor import Sensor
from bartizan.kit import log
from bartizan.kit.struct import Struct
from bartizan.store.control import ControlStore

_VERSION = 1
_log = log.get("sensors")


class _Snapshot(Struct, frozen=True, kw_only=True):
    version: int
    sensors: tuple[Sensor, ...]


def publish(control: ControlStore, file: Path) -> bool:
    """Copy the sensors from the control store to `file`; False if it says the same already.

    Raises `Unavailable` (the store's, or `snapshot-failed`) and leaves the file as it was.
    """
    sensors = sorted(control.sensors(), key=lambda sensor: sensor.name)
    content = msgspec.json.encode(_Snapshot(version=_VERSION, sensors=tuple(sensors)))
    try:
        if file.exists() and file.read_bytes() == content:
            return False
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _replace(file, content)
    except OSError as error:
        raise Unavailable("snapshot-failed", f"cannot write it: {error}", str(file)) from error
    return True


def read_snapshot(file: Path) -> tuple[Sensor, ...]:
    """The sensors of the snapshot. Raises `OSError`, or `Corrupt` if it is not one of ours."""
    try:
        snapshot = msgspec.json.decode(file.read_bytes(), type=_Snapshot)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Corrupt("bad-snapshot", f"not a snapshot of sensors: {error}", str(file)) from error
    if snapshot.version != _VERSION:
        raise Corrupt("bad-snapshot", f"snapshot of version {snapshot.version}", str(file))
    return snapshot.sensors


class SnapshotWatch:
    """Reads the snapshot again when it was replaced. Cheap to ask: one `stat`."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._identity: tuple[int, int, int] | None = None

    def look(self) -> tuple[Sensor, ...] | None:
        """The sensors, if the file is another one than at the last look; else None.

        A file that is missing or cannot be read changes nothing.
        """
        try:
            status = self._file.stat()
            identity = (status.st_ino, status.st_mtime_ns, status.st_size)
            if identity == self._identity:
                return None
            sensors = read_snapshot(self._file)
        except FileNotFoundError:
            return None
        except (OSError, Corrupt) as error:
            _log.error("snapshot.unreadable", reason=str(error))
            return None
        self._identity = identity
        return sensors


def _replace(file: Path, content: bytes) -> None:
    descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)  # mode 0600
    try:
        with os.fdopen(descriptor, "wb") as beside:
            beside.write(content)
            beside.flush()
            os.fsync(beside.fileno())
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
