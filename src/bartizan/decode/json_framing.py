"""Where JSON entries begin and end in a larger file: one on each line, as the sensors write them.

A JSON string holds no newline as such, so a line is an entry, whatever an attacker sent. The
newline is written by ModSecurity together with the entry (mlogc sends it too), but added by
Coraza's serial writer: so it belongs to the one and not to the other, and an entry is the same
bytes whichever way it comes.
Entries printed on many lines, several on one line, elements of an array and torn ones are told
apart by their brackets. What stands between the elements of an array belongs to no entry.
"""

import re
from enum import Enum

from bartizan.decode import json_dialect
from bartizan.decode.contract import Span
from bartizan.domain.transaction import Format

_NEWLINE_IS_PART = frozenset((Format.MODSECURITY2_JSON, Format.MODSECURITY3_JSON))
_BLANK = re.compile(rb"[ \t\r\n]*+")
# Behind an element of an array: a comma and the next one, or the array's end.
_IN_ARRAY = re.compile(rb"[ \t\r\n]*+(?:,[ \t\r\n]*+(?=\{)|\](?=[ \t\r]*+(?:\n|\Z)))")
_LINE_REST = re.compile(rb"[ \t]*+\r?(?=\n)")
# Strings, and what JSON writes without quotes: all that stands between two brackets.
_BETWEEN = re.compile(
    rb'(?:[ \t\r\n,:0-9A-Za-z+.\-]++|"[^"\\\n]*+(?:\\[^\n][^"\\\n]*+)*+")*+', re.DOTALL
)
_BRACKETS = {ord("{"): 1, ord("["): 1, ord("}"): -1, ord("]"): -1}
# Within a line only where an entry gave way to the next: in a string the quotes are escaped.
_BEGIN = b'{"transaction":{"'
_NEXT = b'}{"'


class _Found(Enum):
    """What became of the search for the end of an entry."""

    WHOLE = 1
    TORN = 2
    UNFINISHED = 3  # more bytes are needed


def end_mark(head: bytes) -> bytes:
    """See `decode.contract`: a newline, or if printed on many lines a bracket that begins one."""
    line, newline, _ = head.partition(b"\n")
    return b"\n}" if newline and not line.rstrip().endswith(b"}") else b"\n"


def split(data: bytes, start: int, dialect: Format, *, is_last: bool) -> list[Span]:
    """Spans of the entries in one dialect that follow each other from `start`."""
    spans: list[Span] = []
    line_end = 0
    has_newline = dialect in _NEWLINE_IS_PART
    if data.startswith(b"[", start):
        start = json_dialect.first(data, start)
    while start < len(data) and json_dialect.of(data, start) is dialect:
        if start >= line_end:  # else this line has been searched before
            line_end = data.find(b"\n", start)
            if line_end < 0:
                if not is_last:
                    break
                line_end = len(data)
        end, found = line_end, _Found.WHOLE
        if not _is_one_entry(data, start, line_end):
            end, found = _closing_bracket(data, start, line_end, is_last=is_last)
            if found is _Found.UNFINISHED:
                break
        behind = end + 1 if has_newline and data.startswith(b"\n", end) else end
        spans.append(Span(start, behind - start, found is _Found.TORN))
        start = end + 1
        if not data.startswith(b"\n{", end):
            start = _end(_BLANK, data, max(behind, _past_comma(data, end, spans)))
    return spans


def _past_comma(data: bytes, end: int, spans: list[Span]) -> int:
    """Behind what stands between the elements of an array, if the last of the spans is one.

    The span then reaches as far, and its only piece is the entry.
    """
    between = _IN_ARRAY.match(data, end)
    if between is None:
        return end
    offset, length = spans[-1][:2]
    pieces = ((offset, length),)
    spans[-1] = spans[-1]._replace(length=between.end() - offset, pieces=pieces)
    return between.end()


def _is_one_entry(data: bytes, start: int, line_end: int) -> bool:
    """Whether the line holds a whole entry and nothing else, as nearly all do."""
    if line_end == len(data) or not data.endswith((b"}", b"}\r"), start, line_end):
        return False
    next_one = _BEGIN if data.startswith(_BEGIN, start) else _NEXT
    return data.find(next_one, start + 1, line_end) < 0


def _closing_bracket(
    data: bytes, start: int, line_end: int, *, is_last: bool
) -> tuple[int, _Found]:
    """Where the object that begins at `start` is closed, by counting brackets.

    A torn one ends where another entry begins, else with the line in which it stops being JSON.
    """
    depth = 0
    at = start
    while (at := _end(_BETWEEN, data, at)) < len(data):
        step = _BRACKETS.get(data[at])
        if step is None:
            return _torn_at(data, start, at, line_end, is_last=is_last)
        if depth and step > 0 and _begins_another(data, start, at):
            return at, _Found.TORN
        depth += step
        at += 1
        if depth <= 0:
            return _end(_LINE_REST, data, at), _Found.WHOLE
    return (at, _Found.TORN) if is_last else (start, _Found.UNFINISHED)


def _begins_another(data: bytes, start: int, at: int) -> bool:
    """Whether the object at `at` cannot be a part of the one that begins at `start`.

    What is printed on many lines is indented, so an object with its first key at a line's
    beginning is an entry. In an entry as a sensor writes it, none begins like an entry.
    """
    if data.endswith(b"\n", 0, at):
        return data.startswith((b'{"', b'{ "'), at)
    return data.startswith(_BEGIN, start) and json_dialect.is_written(data, at)


def _torn_at(
    data: bytes, start: int, at: int, line_end: int, *, is_last: bool
) -> tuple[int, _Found]:
    stop = line_end
    if at >= line_end:
        stop = data.find(b"\n", at)
        if stop < 0:
            if not is_last:
                return start, _Found.UNFINISHED
            stop = len(data)
    line = data.rfind(b"\n", start, at) + 1
    begin = data.find(_BEGIN, max(line, start + 1), stop)
    return (stop if begin < 0 else begin), _Found.TORN


def _end(pattern: "re.Pattern[bytes]", data: bytes, at: int) -> int:
    found = pattern.match(data, at)
    return found.end() if found else at
