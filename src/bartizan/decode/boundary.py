"""The framing of ModSecurity 2's native format: `--BBBBBBBB-A--` ... `--BBBBBBBB-Z--`.

Bodies are logged raw and may hold any number of forged markers. What protects an entry is its
random boundary: inside it only its own markers count, and it ends only at its own Z. Every marker
but the first begins with a newline that belongs to the marker and not to the part before.
"""

import re
from string import ascii_uppercase

from bartizan.decode import part_a
from bartizan.decode.contract import Span
from bartizan.kit.struct import Struct

_FIRST = re.compile(rb"--[0-9a-f]{8}-A--\n")
_FIRST_LENGTH = len(b"--44a9a375-A--\n")
_OWN = slice(0, len(b"--44a9a375-"))
_REST = b"--\n"
# What follows an own boundary where it is a marker, and the letter of the part that begins.
_MARKERS = {letter.encode() + _REST: letter for letter in ascii_uppercase}
_MARKER_LENGTH = 1 + len(_REST)
_LONGEST_PART_A = 4096


class Cut(Struct, frozen=True):
    """The parts of an entry in the order written, without Z: `letters[n]` is that of `parts[n]`.

    `has_end` says whether Z was there, `after_end` how many bytes follow that should not.
    """

    letters: str
    parts: list[bytes]
    has_end: bool
    after_end: int


def begins(head: bytes) -> bool:
    """Whether `head` begins with the first marker of an entry."""
    return _FIRST.match(head) is not None


def cut(raw: bytes) -> Cut:
    """Cut one entry, which must begin with a first marker, into its parts.

    Never resynchronises: a second A with another boundary is content, wherever it stands.
    """
    own = b"\n" + raw[_OWN]
    pieces = raw.split(own)
    letters, parts = "A", []
    begin, marker_length = 0, _FIRST_LENGTH
    for number in range(1, len(pieces)):
        letter = _MARKERS.get(pieces[number][:_MARKER_LENGTH])
        if letter is None and number + 1 < len(pieces):
            # A marker's last newline may be the first of the next one.
            letter = _MARKERS.get(pieces[number] + b"\n")
        if letter is None:
            continue
        part = pieces[begin] if begin + 1 == number else own.join(pieces[begin:number])
        parts.append(part[marker_length:])
        begin, marker_length = number, _MARKER_LENGTH
        if letter == "Z":
            rest = own.join(pieces[begin:])[marker_length:]
            return Cut(letters, parts, True, 0 if rest in (b"", b"\n") else len(rest))
        letters += letter
    parts.append(own.join(pieces[begin:])[marker_length:])
    return Cut(letters, parts, False, 0)


def end_mark(head: bytes) -> bytes:
    """The marker of Z of the entry that begins with `head`."""
    return b"\n" + head[_OWN] + b"Z" + _REST


def split(data: bytes, start: int, *, is_last: bool) -> list[Span]:
    """Spans of the entries that follow each other from `start`; see `decode.contract`."""
    spans = []
    while begins(data[start : start + _FIRST_LENGTH]):
        mark = end_mark(data[start : start + _FIRST_LENGTH])
        at = data.find(mark, start + _FIRST_LENGTH - 1)
        if at < 0:
            if is_last:
                end = _next_entry(data, start + _FIRST_LENGTH, len(data), b"--")
                spans.append(Span(start, end - start, is_torn=True))
                start = end
                continue
            break
        end = _next_entry(data, start + _FIRST_LENGTH, at, data[start : start + _OWN.stop])
        if end < at:
            spans.append(Span(start, end - start, is_torn=True))
            start = end
            continue
        end = at + len(mark)
        spans.append(Span(start, end - start))
        start = after_blank(data, end)
    return spans


def after_blank(data: bytes, start: int) -> int:
    """Where the newlines that stand at `start` end."""
    while data.startswith(b"\n", start):
        start += 1
    return start


def _next_entry(data: bytes, start: int, end: int, opening: bytes) -> int:
    """Where a torn entry gives way to the next: a first marker with a well-formed part A behind.

    Looks for markers that begin with `opening` up to `end`, which is the answer if there is none.
    With any boundary (`--`) this is the one place where text forged by an attacker could win, so
    that is asked only for an entry without an end. With the entry's own boundary it is always
    asked: Apache's children draw the same boundaries, so the end found may be that of a later
    entry. The marker need not begin a line: the torn entry may end in the middle of one.
    """
    at = data.find(b"-A--\n", start, end)
    while at >= 0:
        begin = at - (_FIRST_LENGTH - len(b"-A--\n"))
        if begin >= start and data.startswith(opening, begin) and begins(data[begin : at + 5]):
            stop = data.find(b"\n", at + 5, at + 5 + _LONGEST_PART_A)
            line = part_a.read(data[at + 5 : stop]) if stop >= 0 else None
            if line is not None and line.logged is not None:
                return begin
        at = data.find(b"-A--\n", at + 1, end)
    return end
