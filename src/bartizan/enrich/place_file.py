"""MMDB files: opened, checked before use, and opened anew when they change on disk.

The reader that is in use stays in use until a new file has proved to be one. Thread-safe: a
look-up works with the reader it took, and a replaced reader is closed when nobody holds it.
"""

from datetime import UTC, datetime
from ipaddress import IPv6Address
from itertools import islice
from pathlib import Path

import maxminddb
from maxminddb.reader import Metadata

from bartizan.domain.errors import Misconfigured
from bartizan.enrich import place_record
from bartizan.enrich.address import Address
from bartizan.enrich.place_record import Finding
from bartizan.kit import log

_LOG = log.get("enrich")
Mark = tuple[int, int, int]
_PROBES = 200  # records to look at before a file is believed to hold places


class PlaceFile:
    """One MMDB file. Raises `Misconfigured` (code `bad-place-database`) if it cannot be used.

    `source` is the database's name with the date of its data, as stored with each place.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._mark = mark(path)
        self._reader = _open(path)
        self._describe()

    def find(self, address: Address) -> Finding | None:
        """About a microsecond. None if the file has nothing, or is damaged at that record."""
        if isinstance(address, IPv6Address) and not self.knows_v6:
            return None
        try:
            return place_record.read(self._reader.get(address))
        except (maxminddb.InvalidDatabaseError, ValueError):
            return None

    def reload_if_changed(self) -> bool:
        """Open the file anew if it is another than before; True if the new one is in use."""
        now = mark(self.path)
        if now is None or now == self._mark:
            return False
        self._mark = now
        try:
            reader = _open(self.path)
        except Misconfigured as error:
            _LOG.warning("place.file.refused", path=str(self.path), reason=error.message)
            return False
        self._reader = reader
        self._describe()
        _LOG.info("place.file.reloaded", path=str(self.path), source=self.source)
        return True

    def _describe(self) -> None:
        metadata = self._reader.metadata()
        # "GeoLite2-City" says who made it; "city ipv4" does not, but the file's name may.
        kind = str(metadata.database_type)[:60]
        self.database = kind if "-" in kind else self.path.stem
        self.date = _date(metadata)
        self.knows_v6 = metadata.ip_version == 6
        self.source = f"{self.database} {self.date}" if self.date else self.database


def _open(path: Path) -> maxminddb.Reader:
    try:
        # MODE_AUTO is the C extension over mmap where it was built, else its Python twin.
        reader = maxminddb.open_database(path, maxminddb.MODE_AUTO)
        holds_places = any(place_record.read(record) for _, record in islice(reader, _PROBES))
    except (OSError, maxminddb.InvalidDatabaseError, ValueError, UnicodeDecodeError) as error:
        raise Misconfigured("bad-place-database", str(error), str(path)) from error
    if not holds_places:
        raise Misconfigured(
            "bad-place-database", "it names neither countries nor coordinates", str(path)
        )
    return reader


def mark(path: Path) -> Mark | None:
    """What changes when a file is replaced or written; None if it is not there."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _date(metadata: Metadata) -> str | None:
    try:
        return datetime.fromtimestamp(metadata.build_epoch, UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return None
