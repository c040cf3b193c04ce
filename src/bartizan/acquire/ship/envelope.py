"""What the shipper sends: entries with their exact bytes and places, msgpack packed with zstd.

docs/api.md has the endpoint; `receive/shipped.py` is the other side.
"""

from collections.abc import Sequence

import msgspec
import zstandard

from bartizan.domain.delivery import AuditLogEntry

PATH = "/v1/entries"
HEADERS = {
    "Content-Type": "application/vnd.bartizan.entries+msgpack",
    "Content-Encoding": "zstd",
}
_LEVEL = 3
_LONGEST_ORIGIN = 4096


class Envelope:
    """Packs batches. For one thread."""

    def __init__(self) -> None:
        self._packer = zstandard.ZstdCompressor(level=_LEVEL)
        self._encoder = msgspec.msgpack.Encoder()

    def pack(self, entries: Sequence[AuditLogEntry]) -> bytes:
        return self._packer.compress(self._encoder.encode([_map(entry) for entry in entries]))


def _map(entry: AuditLogEntry) -> dict[str, bytes | str | int | None]:
    return {
        "raw": entry.raw,
        "origin": entry.origin[:_LONGEST_ORIGIN] if entry.origin else None,
        "origin_offset": entry.origin_offset,
    }


def endpoint(url: str) -> str:
    """The address to post to: `url` may be the collector's, or already that of the endpoint."""
    url = url.rstrip("/")
    return url if url.endswith(PATH) else url + PATH
