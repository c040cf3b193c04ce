"""What can still be read of a damaged spool, copied into a new one."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, Final

from bartizan.domain.errors import Misconfigured
from bartizan.kit.struct import Struct
from bartizan.spool import schema
from bartizan.spool.verify import readable, reading

_AT_ONCE: Final = 256  # rows of one transaction
_CHECKPOINT_PAGES: Final = 1_000
_ENTRY: Final = tuple(schema.ENTRY_COLUMNS.split(", "))
_LETTER: Final = (
    "digest", "code", "detail", "died_at_us", "tried_at_us", "program", "size_bytes", *_ENTRY
)  # fmt: skip
_KEEP = """UPDATE tally SET (dead_letters, dead_bytes, buried) =
  (SELECT count(*), coalesce(sum(size_bytes), 0), count(*) FROM dead_letter)"""


class Salvaged(Struct, frozen=True, kw_only=True):
    """How many could be copied."""

    entries: int
    dead_letters: int


def salvage(damaged: Path, fresh: Path) -> Salvaged:
    """Copy every entry and dead letter that can be read in `damaged` into a new spool in `fresh`.

    Nothing is changed in `damaged`, which nobody may write to meanwhile. The new spool is durable
    when this returns. Raises `Misconfigured` if there is a spool in `fresh` already.
    """
    if (fresh / schema.FILE_NAME).exists():
        raise Misconfigured("spool-there", "there is a spool already", str(fresh))
    with (
        reading(damaged) as source,
        closing(schema.connect(fresh, "FULL", _CHECKPOINT_PAGES)) as target,
    ):
        entries = _copy(source, target, "entry", _ENTRY)
        letters = _copy(source, target, "dead_letter", _LETTER)
        target.execute(_KEEP)
    return Salvaged(entries=entries, dead_letters=letters)


def _copy(
    source: sqlite3.Connection, target: sqlite3.Connection, table: str, columns: tuple[str, ...]
) -> int:
    """In the order of ids, with new ones. The same letter is copied once."""
    names, places = ", ".join(columns), ", ".join("?" * len(columns))
    query = f"SELECT {names} FROM {table} WHERE id BETWEEN ? AND ?"  # noqa: S608 - constants
    insert = f"INSERT INTO {table} ({names}) VALUES ({places}) ON CONFLICT DO NOTHING"  # noqa: S608
    copied = 0
    for some in _groups(readable(source, table, query)):
        target.execute("BEGIN IMMEDIATE")
        copied += sum(target.execute(insert, row).rowcount for row in some)
        target.execute("COMMIT")
    return copied


def _groups(rows: Iterable[Any]) -> Iterator[list[Any]]:
    left = iter(rows)
    while some := list(islice(left, _AT_ONCE)):
        yield some
