"""Part J: `index,size,"file name","content type"` per file, then `Total,bytes`."""

import re
from collections.abc import Callable

from bartizan.decode.escapes import unescaped
from bartizan.domain.transaction import Upload
from bartizan.kit.struct import Struct

_LINE = re.compile(
    rb'\d+,(\d{1,18}),"([^"\\]*+(?:\\.[^"\\]*+)*+)"(?:,"([^"\\]*+(?:\\.[^"\\]*+)*+)")?', re.DOTALL
)
_TOTAL = re.compile(rb"Total,-?\d+")
_UNKNOWN_TYPES = frozenset((b"<Unknown ContentType>", b"<Unknown Content-Type>"))


class Uploads(Struct, frozen=True):
    files: tuple[Upload, ...]
    unreadable: int


def read(part: bytes, unquoted: Callable[[bytes], str] = unescaped) -> Uploads:
    """Lines that are neither a file nor the total are counted in `unreadable`."""
    files = []
    unreadable = 0
    for line in part.split(b"\n"):
        found = _LINE.fullmatch(line)
        if found is not None:
            size, name, kind = found.groups()
            files.append(
                Upload(
                    name=unquoted(name),
                    size=int(size),
                    content_type=unquoted(kind) if kind and kind not in _UNKNOWN_TYPES else None,
                )
            )
        elif line and not _TOTAL.fullmatch(line):
            unreadable += 1
    return Uploads(tuple(files), unreadable)
