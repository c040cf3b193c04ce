"""What every decoder promises.

Duties of a decoder:
* total: any bytes give a Transaction or `Refused`; no other exception, no recursion limit, no hang;
* linear: time and memory grow with the size of the entry and not faster;
* pure: no I/O, no clock, no globals that change; the same bytes give the same Transaction;
* honest: what is odd is a `Defect`, what is forged is not believed, what is not stated is None;
* frugal: it does not keep a reference to the raw bytes.
"""

from typing import Protocol

from bartizan.domain.transaction import Format, Transaction


class Decoder(Protocol):
    """One audit log format. Registered by one line in `registry.py`."""

    format: Format

    def recognises(self, head: bytes) -> bool:
        """Whether an entry that begins with `head` (at most 4 KiB of it) may be in this format.

        Cheap: it is asked for every entry. Two decoders never both say yes to a real entry.
        """
        ...

    def decode(self, raw: bytes) -> Transaction:
        """Decode exactly one entry. Raises `Refused` if nothing in `raw` can be believed."""
        ...

    def split(self, data: bytes, start: int, *, is_last: bool) -> "list[tuple[int, int]]":
        """Find the entries of this format that begin at `start` in a buffer of a larger file.

        Returns (offset, length) pairs of complete entries in order, contiguous runs of this format
        only. `is_last` says that no bytes follow `data`, so a torn last entry is returned too.
        """
        ...
