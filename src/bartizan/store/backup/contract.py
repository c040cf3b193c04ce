"""What backing up asks of a kind of database.

The file holds one state of the tables, the one at some moment while it was written, also if others
write meanwhile. `Misconfigured` (code `no-program`) names the program that is not installed,
`Unavailable` says that it failed, in its own words, which hold no password and no entry.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

OnPart = Callable[[int, int], None]


class Dumper(Protocol):
    """The tables of one store in one database."""

    engine: str
    suffix: str

    def save(self, file: Path, on_part: OnPart = lambda _done, _of: None) -> None:
        """Write a new file that only we may read. `on_part` hears how much of how much is done."""
        ...

    def load(self, file: Path) -> None:
        """Put what is in the file in the place of what is there."""
        ...
