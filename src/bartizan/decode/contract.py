"""What every decoder promises.

Duties of a decoder:
* total: any bytes give a Transaction or `Refused`; no other exception, no recursion limit, no hang;
* linear: time and memory grow with the size of the entry and not faster;
* pure: no I/O, no clock, no globals that change what comes out; the same bytes give the same
  Transaction (a bounded cache is allowed);
* honest: what is odd is a `Defect`, what is forged is not believed, what is not stated is None;
* frugal: it does not keep a reference to the raw bytes.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from bartizan.domain.transaction import Format, Transaction


class Span(NamedTuple):
    """Where an entry stands in a buffer, in bytes; `is_torn` if its end is missing.

    An entry whose lines stand between those of others has `pieces`, pairs of offset and length;
    `offset` is where its first line begins and `length` reaches to the end of its last.
    `is_foreign`: lines of other programs, to be passed over.
    """

    offset: int
    length: int
    is_torn: bool = False
    pieces: tuple[tuple[int, int], ...] = ()
    is_foreign: bool = False

    def of(self, data: bytes) -> bytes:
        """The entry's bytes out of the buffer."""
        if not self.pieces:
            return data[self.offset : self.offset + self.length]
        return b"".join([data[offset : offset + length] for offset, length in self.pieces])


Parts = tuple[tuple[str, bytes], ...]
"""Letter and bytes, each letter once, in order."""
Written = bytes | Callable[[], bytes]
"""A part, or what writes it: JSON has none as they are, and few ask for them."""


class Decoded:
    """An entry's transaction, and its parts. Those may hold the entry until they are asked for."""

    __slots__ = ("_written", "transaction")

    def __init__(
        self, transaction: Transaction, written: Sequence[tuple[str, Written]] = ()
    ) -> None:
        self.transaction = transaction
        self._written = written

    @property
    def parts(self) -> Parts:
        return tuple(
            [
                (letter, part if isinstance(part, bytes) else part())
                for letter, part in self._written
            ]
        )

    def with_transaction(self, transaction: Transaction) -> "Decoded":
        """The same parts with another transaction."""
        return Decoded(transaction, self._written)


class Decoder(Protocol):
    """One audit log format. Registered by one line in `registry.py`."""

    format: Format

    def recognises(self, head: bytes) -> bool:
        """Whether an entry that begins with `head` (at most 4 KiB of it) may be in this format.

        Cheap: it is asked for every entry. Two decoders never both say yes to a real entry.
        """
        ...

    def read(self, raw: bytes) -> Decoded:
        """Decode exactly one entry. Raises `Refused` if nothing in `raw` can be believed."""
        ...

    def parts(self, raw: bytes) -> Parts:
        """Only the parts, also of an entry that `read` refuses; () if there are none."""
        ...

    def end_mark(self, head: bytes) -> bytes:
        """The bytes that end an entry which begins with `head`, and that stand nowhere inside it.

        For an entry too large to be held, so that what its body forges is not taken for entries.
        """
        ...

    def split(self, data: bytes, start: int, *, is_last: bool) -> list[Span]:
        """Find the entries of this format that begin at `start` in a buffer of a larger file.

        Returns the spans of complete entries in order, a contiguous run of this format only; blank
        lines between entries belong to none. Only spans with pieces may overlap: all before the
        greatest end of a span is then accounted for. `is_last` says that no bytes follow `data`, so
        a torn entry is returned too, up to where the next entry begins or the data end.
        """
        ...
