r"""Text as it is meant, however it is spelled: where in an entry it stands, in any dialect.

`%41`, `\x41`, `\u0041`, `&#65;` and `A` are the same; so are `\/` and `/`, `+` and a space,
capitals and small letters, also where one spelling wraps another. A run of bytes that are no UTF-8
is one mark, since dialects differ in what they make of those. Linear in the length of the text.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import Final

_MOST_ROUNDS: Final = 6
_ENTITIES: Final = {
    b"lt": b"<", b"gt": b">", b"quot": b'"', b"amp": b"&", b"apos": b"'", b"nbsp": b" "
}  # fmt: skip
# Each alternative begins with a byte of its own, so that what holds none is passed over fast.
_ESCAPE = re.compile(
    rb"%(?:u(?P<percent_u>[0-9a-f]{4})|(?P<percent>[0-9a-f]{2}))"
    rb"|\\\\*+u(?P<high>d[89ab][0-9a-f]{2})\\+u(?P<low>d[c-f][0-9a-f]{2})"
    rb"|\\\\*+(?:x(?:f{6})?(?P<hex>[0-9a-f]{2})|u(?P<u>[0-9a-f]{4})|(?P<letter>[^\\]))"
    rb"|&(?:#(?P<decimal>\d{1,3})|#x(?P<entity_hex>[0-9a-f]{2})|(?P<entity>[a-z]{2,4}));"
    rb"|\x00",
    re.DOTALL,
)
_OTHER = re.compile(rb"[\x80-\xff]+")
_SPACES: Final = bytes(32 if code < 32 or code in (43, 127) else code for code in range(256))
_UNKNOWN = re.compile("\ufffd+")
_BLANKS: Final = frozenset(b"abfnrtv")
_BYTES: Final = [bytes([code]).lower() for code in range(256)]


def _meant(escape: re.Match[bytes]) -> bytes:
    kind = escape.lastgroup
    if kind is None:
        return b""
    value = escape[kind]
    if kind in ("percent", "hex", "entity_hex"):
        return _BYTES[int(value, 16)]
    if kind in ("percent_u", "u", "decimal"):
        return _character(int(value, 10 if kind == "decimal" else 16))
    if kind == "low":
        pair = bytes.fromhex((escape["high"] + value).decode())
        return pair.decode("utf-16-be").encode()
    if kind == "letter":
        return b" " if value[0] in _BLANKS else value
    return _ENTITIES.get(value, escape[0])


def _character(point: int) -> bytes:
    return _BYTES[point] if point < 0x80 else chr(point).encode("utf-8", "replace")


def _other(found: re.Match[bytes]) -> bytes:
    run = found[0]
    text = run.decode("utf-8", "replace")
    return _UNKNOWN.sub("\ufffd", text).encode() if "\ufffd" in text else run


def meaning(data: bytes) -> bytes:
    """What `data` says, to be looked for in the `text` of a `Reading`."""
    return Reading(data).text.rstrip(b"\\").strip(b" ")


class Reading:
    """What an entry says (`text`), and where in it each piece of that stands."""

    def __init__(self, raw: bytes) -> None:
        self._rounds: list[tuple[list[int], list[int]]] = []
        text = raw.lower()
        for _ in range(_MOST_ROUNDS):
            before, text = text, self._undo(_ESCAPE, _meant, text)
            if text is before:
                break
        if not text.isascii():
            text = self._undo(_OTHER, _other, text)
        self.text = text.translate(_SPACES)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The bytes of the entry that `text[start:end]` stands for; whole escapes only."""
        for meant, written in reversed(self._rounds):
            index = bisect_right(meant, start) - 1
            inside = 0 if index % 2 else start - meant[index]  # those of an escape are at odd ones
            start = written[index] + inside
            index = bisect_left(meant, end)
            if index < len(meant) and meant[index] == end:
                end = written[index]
            elif index % 2:
                end = written[index - 1] + (end - meant[index - 1])
            else:
                end = written[index]
        return start, max(start, end)

    def _undo(
        self, escapes: re.Pattern[bytes], undone: Callable[[re.Match[bytes]], bytes], text: bytes
    ) -> bytes:
        """`text` without these; remembers where what is left comes from."""
        pieces: list[bytes] = []
        meant, written = [0], [0]
        done = length = 0
        # At the end a run of backslashes escapes nothing, and would be tried from each of them.
        for escape in escapes.finditer(text, 0, len(text.rstrip(b"\\"))):
            character = undone(escape)
            if character == escape[0]:
                continue
            start, end = escape.span()
            pieces += (text[done:start], character)
            length += start - done
            ended = length + len(character)
            meant += (length, ended)
            written += (start, end)
            length, done = ended, end
        if not pieces:
            return text
        pieces.append(text[done:])
        self._rounds.append((meant, written))
        return b"".join(pieces)
