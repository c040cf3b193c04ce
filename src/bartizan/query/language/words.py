"""Words of the search text: escapes and stars read, and written again.

In a word `*` is any text, and a backslash before a space or one of `SPECIAL` takes its meaning from
it. In quotation marks only the marks themselves and backslashes are escaped; a star is a star.
"""

import re
from typing import Final

SPECIAL: Final = '\\*"():-'
_IN_WORD: Final = re.compile(r"\\([\s" + re.escape(SPECIAL) + r"])|(\*)")
_IN_QUOTES: Final = re.compile(r'\\(["\\])')
_NEEDS_QUOTES: Final = re.compile(r'[\s()"\\*]')
RESERVED: Final = frozenset(("AND", "OR", "NOT"))

Pieces = tuple[str, ...]


def read_word(word: str) -> Pieces:
    """The pieces between the stars; one piece if there is none."""
    pieces = [""]
    end = 0
    for found in _IN_WORD.finditer(word):
        pieces[-1] += word[end : found.start()] + (found[1] or "")
        if found[2]:
            pieces.append("")
        end = found.end()
    pieces[-1] += word[end:]
    return tuple(pieces)


def read_quoted(text: str) -> str:
    """What stands between quotation marks, these included in `text`."""
    return _IN_QUOTES.sub(r"\1", text[1:-1])


def write_quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def is_plain(text: str) -> bool:
    """Whether a word may stand for it as it is."""
    return bool(text) and text not in RESERVED and not _NEEDS_QUOTES.search(text)


def write_pieces(pieces: Pieces) -> str:
    """A word with a star between each two."""
    return "*".join(_escaped(piece) for piece in pieces)


def _escaped(piece: str) -> str:
    return re.sub(r'[\\*"()\s]', lambda found: "\\" + found[0], piece)
