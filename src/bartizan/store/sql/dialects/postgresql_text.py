"""Texts as PostgreSQL can keep them: it refuses U+0000, and an entry may hold one anywhere.

U+0000 to U+0003 are written as three characters each, U+0001 and two of U+0002 and U+0003, and read
back as what they were. Nothing else begins with U+0001 or holds the other two, so that

* every text comes back exactly, and two are equal if they are equal as written;
* they sort as written just as their bytes do (in the C collation, which all our columns have);
* a text holds another, as LIKE finds it, exactly if it does so as written.

All of this happens where the driver takes and gives values, so no statement has to know of it.
"""

import re
from typing import Any, Final

from psycopg import Connection, postgres
from psycopg.adapt import Buffer, Dumper, Loader
from psycopg.pq import Format

_WRITTEN: Final = {
    "\x00": "\x01\x02\x02",
    "\x01": "\x01\x02\x03",
    "\x02": "\x01\x03\x02",
    "\x03": "\x01\x03\x03",
}
_TABLE: Final = str.maketrans(_WRITTEN)
_MEANT: Final = {written: meant for meant, written in _WRITTEN.items()}
_WRITTEN_ONE: Final = re.compile("\x01[\x02\x03]{2}")
_TEXT: Final = postgres.types["text"].oid
_VARCHAR: Final = postgres.types["varchar"].oid


def written(text: str) -> str:
    if "\x00" in text or "\x01" in text or "\x02" in text or "\x03" in text:
        return text.translate(_TABLE)
    return text


def meant(text: str) -> str:
    """The reverse of `written`; what it never writes is left as it is."""
    if "\x01" in text:
        return _WRITTEN_ONE.sub(lambda found: _MEANT[found[0]], text)
    return text


class _Copied(Dumper):
    """A text in a COPY."""

    oid = _TEXT
    format = Format.BINARY

    def dump(self, obj: str) -> Buffer | None:
        return written(obj).encode()


class _Parameter(Dumper):
    """A text in a statement, which says of what type it is."""

    format = Format.TEXT

    def dump(self, obj: str) -> Buffer | None:
        return written(obj).encode()


class _Found(Loader):
    format = Format.TEXT

    def load(self, data: Buffer) -> str:
        return meant(bytes(data).decode())


class _FoundInBinary(_Found):
    format = Format.BINARY


def adapt(connection: "Connection[Any]") -> None:
    """Write and read all texts of this connection so."""
    connection.adapters.register_dumper(str, _Copied)
    connection.adapters.register_dumper(str, _Parameter)  # the last one is the default
    for kind in (_TEXT, _VARCHAR):
        connection.adapters.register_loader(kind, _Found)
        connection.adapters.register_loader(kind, _FoundInBinary)
