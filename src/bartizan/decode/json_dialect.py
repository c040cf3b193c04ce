"""Which JSON dialect an entry is in, told from its beginning.

Sensors write their keys in a fixed order, which one look at the first bytes tells. Programs in
between (Vector, Fluent Bit) sort the keys, add some or print them on many lines; such an entry is
told by the names of its keys, wherever they stand. No key inside a string is believed: in JSON the
quotes in a string are escaped.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from bartizan.domain.transaction import Format

# The first keys as the sensors write them; the group that matched names the dialect.
_WRITTEN = re.compile(
    rb'\{"(?:transaction":\{"(?:client_ip":"[^"\\]{0,256}+","time_stamp":"()|timestamp":"()'
    rb'|time":"(?:\d\d/[A-Z]()|\d{4}/\d\d/()))|error":"ModSecurity was not compiled with JSON())'
)
_WRITTEN_FORMATS = (
    Format.MODSECURITY3_JSON,
    Format.CORAZA_JSON,
    Format.MODSECURITY2_JSON,
    Format.CORAZA_JSONLEGACY,
    Format.MODSECURITY3_JSON,
)
_ARRAY = re.compile(rb"\[[ \t\r\n]*+(?=\{)")
_OBJECT = re.compile(rb"[ \t\r\n]*+\{")
_TOKEN = re.compile(rb'"([^"\\]*+(?:\\.[^"\\]*+)*+)"?|([{}\[\]])|([^\s{}\[\]:,"]++)', re.DOTALL)

Path = tuple[bytes, ...]
_TRANSACTION: Path = (b"transaction",)
_TOLD_BY_KEY: dict[tuple[Path, bytes], Format] = {
    **dict.fromkeys(
        [(_TRANSACTION, key) for key in (b"time_stamp", b"unique_id", b"messages")],
        Format.MODSECURITY3_JSON,
    ),
    **dict.fromkeys(
        [
            (_TRANSACTION, key)
            for key in (b"timestamp", b"unix_timestamp", b"is_interrupted", b"highest_severity")
        ],
        Format.CORAZA_JSON,
    ),
    ((b"messages", b"[]"), b"actionset"): Format.CORAZA_JSON,
    ((b"messages", b"[]"), b"error_message"): Format.CORAZA_JSON,
    ((), b"matched_rules"): Format.MODSECURITY2_JSON,
    ((), b"class_uid"): Format.CORAZA_OCSF,
    ((), b"class_name"): Format.CORAZA_OCSF,
    ((), b"enrichments"): Format.CORAZA_OCSF,
    ((), b"web_resources"): Format.CORAZA_OCSF,
    ((), b"http_request"): Format.CORAZA_OCSF,
    ((), b"http_response"): Format.CORAZA_OCSF,
}
# Keys of more than one dialect, for an entry whose telling ones stand too far behind.
_GUESSED_BY_KEY: dict[tuple[Path, bytes], Format] = {
    ((), b"audit_data"): Format.MODSECURITY2_JSON,
    (_TRANSACTION, b"client_ip"): Format.MODSECURITY3_JSON,
}
_DEEPEST = 3
HEAD_BYTES = 4096


def is_written(data: bytes, start: int = 0) -> bool:
    """Whether what begins at `start` begins as a sensor writes it: neither sorted nor wrapped."""
    return _WRITTEN.match(data, start) is not None


def first(data: bytes, start: int = 0) -> int:
    """Where the first element begins if an array of objects begins at `start`; else `start`."""
    found = _ARRAY.match(data, start)
    return found.end() if found else start


def of(data: bytes, start: int = 0) -> Format | None:
    """The dialect of the entry that begins at `start`; None if it is none of them."""
    found = _WRITTEN.match(data, start)
    if found is not None:
        return _WRITTEN_FORMATS[(found.lastindex or 1) - 1]
    if _OBJECT.match(data, start) is None:
        return None
    return _by_keys(data[start : start + HEAD_BYTES])


@lru_cache(maxsize=16)
def _by_keys(head: bytes) -> Format | None:
    """By the first key that only one dialect has. Each decoder asks, so it is remembered."""
    guess = None
    for member in _members(head):
        place = member.path, member.key
        told = _TOLD_BY_KEY.get(place) or _told_by_value(member)
        if told is not None:
            return told
        guess = _GUESSED_BY_KEY.get(place) or guess
    return guess


class _Member(NamedTuple):
    """`value` is the inside of a string as written, a word or a bracket."""

    path: Path
    key: bytes
    value: bytes
    is_string: bool


def _members(head: bytes) -> Iterator[_Member]:
    """The members of the outer objects, in the order in which they stand."""
    path: list[bytes] = []
    is_object: list[bool] = []
    key: bytes | None = None
    for token in _TOKEN.finditer(head):
        string, bracket, word = token.groups()
        if bracket in (b"}", b"]"):
            key = None
            if not is_object:
                return
            is_object.pop()
            if path:
                path.pop()
            if not is_object:
                return
            continue
        in_object = bool(is_object) and is_object[-1]
        if in_object and key is None:
            key = string
            continue
        if key is not None and len(path) <= _DEEPEST:
            value = string if string is not None else bracket or word
            yield _Member(tuple(path), key, value, string is not None)
        if bracket is not None:
            if is_object:
                path.append(key or b"[]")
            is_object.append(bracket == b"{")
        key = None


def _told_by_value(member: _Member) -> Format | None:
    """What the two dialects of ModSecurity 2's shape write differently."""
    is_legacy: bool | None = None
    if member.path == _TRANSACTION and member.key == b"time" and member.is_string:
        is_legacy = member.value[4:5] == b"/"
    elif member.path == (b"audit_data",):
        if member.key == b"engine_mode" and member.is_string:
            is_legacy = member.value in (b"On", b"Off", b"DetectionOnly")
        elif member.key == b"error_messages" and member.value == b"null":
            is_legacy = True
    if is_legacy is None:
        return None
    return Format.CORAZA_JSONLEGACY if is_legacy else Format.MODSECURITY2_JSON
