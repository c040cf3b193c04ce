r"""The metadata at the end of a v2 message: ` [file "F"] [line "N"] [id "N"] ... [tag "T"]`.

What stands before the metadata holds names chosen by the attacker, quotes unescaped, so a search
for `[id "` from the left finds what he wrote. The real metadata are the run of groups that reaches
the end of the message, from its last ` [file "` on; values in it have their quotes escaped, and
ModSecurity puts a `.` between the attacker's name and the run, so that the run cannot reach back.

What is the same for every match of a rule stands before and after the data that matched. Both are
remembered by their bytes: nearly all the time of decoding would go there.
"""

import re
from collections import deque
from functools import lru_cache

from bartizan.decode.escapes import unescaped
from bartizan.kit.struct import Struct
from bartizan.kit.text import text

_GROUP = rb' \[([a-z_]+) "([^"\\]*+(?:\\.[^"\\]*+)*+)"\]'
_GROUPS = re.compile(_GROUP, re.DOTALL)
_RUN = re.compile(rb'(?: \[[a-z_]+ "[^"\\]*+(?:\\.[^"\\]*+)*+"\])++', re.DOTALL)
# A file name is not escaped: it may hold backslashes, but no quote.
_ORIGIN = re.compile(rb' \[file "([^"]*+)"\] \[line "(\d{1,9})"\] \[id "(\d{1,18})"\]')
_VALUE = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_FILE = b' [file "'
_DATA = b'"] [data "'
_SEVERITY = b'"] [severity "'
_ENDINGS = (b'"] [ver "', b'"] [maturity "', b'"] [accuracy "', b'"] [tag "')
_WORDS = frozenset((b"rev", b"msg"))
_SEVERITIES = {
    word: number
    for number, word in enumerate(
        (b"EMERGENCY", b"ALERT", b"CRITICAL", b"ERROR", b"WARNING", b"NOTICE", b"INFO", b"DEBUG")
    )
}
_REMEMBERED_BYTES = 1024


class Opening(Struct, frozen=True):
    """Where the rule stands, which it is and what it says."""

    file: str | None
    line: int | None
    rule_id: int | None
    revision: str | None
    message: str | None


class Ending(Struct, frozen=True):
    """What a rule says about itself, the same for each of its matches (but for macros)."""

    severity: int | None
    version: str | None
    tags: tuple[str, ...]


class Metadata(Struct, frozen=True):
    """`start` is where in the message the run begins."""

    start: int
    opening: Opening
    data: str | None
    ending: Ending


_NO_ENDING = Ending(None, None, ())


def read(message: bytes) -> Metadata | None:
    """The metadata of a message that was not cut; None if it does not end in any."""
    if not message.endswith(b'"]'):
        return None
    return _read_usual(message) or _read_any(message)


def _read_usual(message: bytes) -> Metadata | None:
    """The form that nearly all messages have; None means only: look closer."""
    start = message.rfind(_FILE)
    if start < 0:
        return None
    data: bytes | None = None
    middle = message.find(_DATA, start)
    end = _end_of_middle(message, start if middle < 0 else middle + len(_DATA))
    if middle < 0:
        middle = end
    else:
        data = message[middle + len(_DATA) : end]
        if (b'"' in data or data.endswith(b"\\")) and not _VALUE.fullmatch(data):
            return None
    if middle - start > _REMEMBERED_BYTES or len(message) - end > _REMEMBERED_BYTES:
        return None
    opening, ending = _opening(message[start : middle + 2]), _ending(message[end + 2 :])
    if opening is None or ending is None:
        return None
    return Metadata(start, opening, None if data is None else unescaped(data), ending)


def _end_of_middle(message: bytes, start: int) -> int:
    """Where the last group before the severity, or what else comes after the data, is closed."""
    end = message.find(_SEVERITY, start)
    if end >= 0:
        return end
    for following in _ENDINGS:
        end = message.find(following, start)
        if end >= 0:
            return end
    return len(message) - 2


def _read_any(message: bytes) -> Metadata | None:
    """Any run that reaches the end, in any order, with escaped quotes in it."""
    runs = deque(_RUN.finditer(message), maxlen=1)
    if not runs or runs[0].end() != len(message):
        return None
    groups = list(_GROUPS.finditer(message, runs[0].start()))
    files = [index for index, group in enumerate(groups) if group[1] == b"file"]
    if files:
        groups = groups[files[-1] :]
    elif groups[0][1] == b"offset":
        groups = groups[1:]
    if not groups:
        return None
    values = {group[1]: group[2] for group in reversed(groups)}
    return Metadata(
        groups[0].start(), _gather_opening(values), _value(values, b"data"), _gather(groups)
    )


def _gather_opening(values: dict[bytes, bytes]) -> Opening:
    line, rule_id = values.get(b"line", b""), values.get(b"id", b"")
    return Opening(
        text(values[b"file"]) if b"file" in values else None,
        int(line) if line.isdigit() and len(line) <= 9 else None,
        int(rule_id) if rule_id.isdigit() and len(rule_id) <= 18 else None,
        _value(values, b"rev"),
        _value(values, b"msg"),
    )


def _value(values: dict[bytes, bytes], key: bytes) -> str | None:
    return unescaped(values[key]) if key in values else None


def _gather(groups: "list[re.Match[bytes]]") -> Ending:
    severity = version = None
    tags = []
    for group in groups:
        key, value = group.groups()
        if key == b"tag":
            tags.append(unescaped(value))
        elif key == b"severity":
            severity = _severity(value)
        elif key == b"ver":
            version = unescaped(value)
    return Ending(severity, version, tuple(tags))


def _severity(value: bytes) -> int | None:
    """A word; ModSecurity 2.5 could print the number."""
    if value.isdigit():
        return int(value) if len(value) == 1 and value <= b"7" else None
    return _SEVERITIES.get(value)


@lru_cache(maxsize=4096)
def _opening(run: bytes) -> Opening | None:
    """File, line and id, then revision and message, if there are no other groups."""
    origin = _ORIGIN.match(run)
    if origin is None:
        return None
    words: dict[bytes, str] = {}
    end = origin.end()
    while group := _GROUPS.match(run, end):
        if group[1] not in _WORDS or group[1] in words:
            return None
        words[group[1]] = unescaped(group[2])
        end = group.end()
    if end != len(run):
        return None
    return Opening(
        text(origin[1]), int(origin[2]), int(origin[3]), words.get(b"rev"), words.get(b"msg")
    )


@lru_cache(maxsize=4096)
def _ending(run: bytes) -> Ending | None:
    if not run:
        return _NO_ENDING
    if _RUN.fullmatch(run) is None:
        return None
    groups = list(_GROUPS.finditer(run))
    if any(group[1] in (b"file", b"line", b"id", b"rev", b"msg", b"data") for group in groups):
        return None
    return _gather(groups)
