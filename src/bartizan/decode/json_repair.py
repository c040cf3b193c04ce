"""JSON that is not quite JSON, or not of the shape expected: read as far as it can be believed.

`repaired` gives clean JSON of a given shape from anything: from a torn entry, raw control
characters, broken escapes, numbers out of range, nesting without end, values of another type. It
is asked only for entries that the strict decoder refuses. Linear; never recurses deeper than the
shape does; what had to be mended is told as defects.
"""

import re
from collections.abc import Callable
from enum import Enum
from json import JSONDecoder
from typing import Any, NoReturn

import msgspec

from bartizan.decode.defects import DefectCode, defect
from bartizan.domain.transaction import Defect


class Kind(Enum):
    """What a value is to be. Anything else is left out."""

    TEXT = "text"  # a string; of a number or true its digits
    NUMBER = "number"  # an integer, also one in a string
    FLAG = "flag"
    HEADERS = "headers"  # an object of strings, in which a name may stand twice
    ARRAYS = "arrays"  # headers with an array of values for each name
    ANY = "any"  # as it is, as deep as the reader goes


# A shape is a kind, a list of one shape, or an object's keys with the shape of each.
Shape = Kind | list[Any] | dict[str, Any]

_TOKEN = re.compile(
    r'[ \t\r\n]*+(?:"([^"\\]*+(?:\\.[^"\\]*+)*+)(")?|([{}\[\],:])|([^ \t\r\n{}\[\]:,"]++))',
    re.DOTALL,
)
# A member as nearly all are, with the comma behind it: what are four tokens otherwise.
_MEMBER = re.compile(
    r'[ \t\r\n]*+"([^"\\]*+(?:\\.[^"\\]*+)*+)"[ \t\r\n]*+:[ \t\r\n]*+'
    r'(?:"([^"\\]*+(?:\\.[^"\\]*+)*+)"|([^ \t\r\n{}\[\]:,"]++))[ \t\r\n]*+,',
    re.DOTALL,
)
_STRING_OR_BRACKET = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[{}\[\]]', re.DOTALL)
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*+)(?:\.\d++)?(?:[eE][+-]?\d++)?", re.ASCII)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})(?:\\u([dD][c-fC-F][0-9a-fA-F]{2}))?|(.))", re.DOTALL)
_LETTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "/": "/"}
_SURROGATE = re.compile("[\ud800-\udfff]")
_WORDS = {"true": True, "false": False, "null": None}
_DEEPEST = 24
_LONGEST_NUMBER = 18
_MOST_DEFECTS = 20
# An entry with all rules of the CRS in part K has 30,000.
_MOST_TOKENS = 100_000
_LONGEST_IN_ONE_GO = 400_000  # what it makes is not bounded by the number of tokens
_MOST_FAILURES = 64
_NOTHING = object()


class Members(list[tuple[str, Any]]):
    """An object's members in the order written, doubles kept."""


class _Number(str):
    """The digits of a number as written."""

    __slots__ = ()


def _refuse(word: str) -> NoReturn:
    raise ValueError(word)


# Reads a value that is JSON, and where it ends, as `_Reader` does but in one go.
_scan: Callable[[str, int], tuple[Any, int]] = JSONDecoder(
    object_pairs_hook=Members,
    parse_float=_Number,
    parse_int=_Number,
    parse_constant=_refuse,
    strict=False,
).scan_once  # type: ignore[attr-defined]


def repaired(text: str, shape: Shape) -> tuple[bytes, list[Defect]]:
    """Clean JSON of `shape`, and what was odd. An entry of which nothing is left gives `{}`."""
    reader = _Reader(text)
    value = reader.read()
    fitting = _Fitting()
    clean = fitting.fit(value, shape, "") if isinstance(value, Members) else {}
    defects = fitting.defects[:_MOST_DEFECTS]
    if reader.is_malformed:
        defects.append(defect(DefectCode.JSON_MALFORMED, "", reader.detail))
    if reader.is_torn:
        defects.append(defect(DefectCode.END_MISSING))
    if reader.after_end:
        defects.append(defect(DefectCode.BYTES_AFTER_END, "", f"{reader.after_end} characters"))
    return msgspec.json.encode({} if clean is _NOTHING else clean), defects


def members(text: str) -> Members:
    """The members of the object that `text` is, values as they are; none if it is no object."""
    value = _Reader(text).read()
    return value if isinstance(value, Members) else Members()


class _Reader:
    """One pass over the text with a stack of its own."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._root: Members | list[Any] | None = None
        self._open: list[Members | list[Any]] = []
        self._keys: list[str | None] = []
        self._has_value = False  # the member or element begun has got its value
        self.is_malformed = False
        self.detail = ""
        self._tokens = 0
        self.is_torn = False
        self.after_end = 0
        # How often it may still be tried to read in one go what is JSON of it: not at all if halves
        # of surrogate pairs may be in it.
        is_long = len(text) > _LONGEST_IN_ONE_GO
        self._tries = 0 if is_long or "\\ud" in text or "\\uD" in text else _MOST_FAILURES

    def read(self) -> Members | list[Any] | None:
        """The object or array that the text begins with; None if it begins with neither."""
        at = 0
        while (self._root is None or self._open) and (found := _TOKEN.match(self._text, at)):
            self._tokens += 1
            if self._tokens > _MOST_TOKENS:
                self._odd("more than can be read", at)
                break
            string, quote, sign, word = found.groups()
            if self._root is None and sign not in ("{", "["):
                return None
            at = found.end() if string is None or quote else len(self._text)
            if string is not None:
                self._string(string)
            elif word is not None:
                self._put(self._word(word, at))
            elif sign in "{[":
                at = self._container(sign, at)
            elif sign in "}]":
                self._close(at)
            elif sign == ",":
                at = self._next(at)
        self.is_torn = bool(self._open)
        self.after_end = 0 if self.is_torn else len(self._text[at:].strip(" \t\r\n"))
        return self._root

    def _container(self, sign: str, at: int) -> int:
        """Take the bracket that ends at `at`, and maybe more; where to go on."""
        if self._tries and (end := self._whole(at - 1)):
            return end
        if len(self._open) >= _DEEPEST:
            return self._passed(at)
        self._begin(sign)
        return self._members(at) if sign == "{" else at

    def _whole(self, at: int) -> int:
        """Take the object or array at `at` in one go; where it ends, or 0 if it is not quite JSON.

        What fails is tried again from each bracket in it, so the tries are bounded.
        """
        try:
            value, end = _scan(self._text, at)
        except (ValueError, StopIteration, RecursionError):
            self._tries -= 1
            return 0
        if _is_deeper(value, _DEEPEST - len(self._open)):
            self._tries -= 1
            return 0
        if self._open:
            self._put(value)
        else:
            self._root = value
        return end

    def _odd(self, what: str, at: int) -> None:
        if not self.is_malformed:
            self.is_malformed = True
            self.detail = f"{what} at character {at}"

    def _passed(self, at: int) -> int:
        """Behind the container that begins before `at` and is too deep to be kept."""
        depth = 1
        for found in _STRING_OR_BRACKET.finditer(self._text, at):
            sign = found[0]
            if sign in ("{", "["):
                depth += 1
            elif sign in ("}", "]"):
                depth -= 1
                if depth == 0:
                    return found.end()
        return len(self._text)

    def _begin(self, sign: str) -> None:
        made: Members | list[Any] = Members() if sign == "{" else []
        if self._open:
            self._put(made)
        else:
            self._root = made
        self._open.append(made)
        self._keys.append(None)
        self._has_value = False

    def _close(self, at: int) -> None:
        if self._keys[-1] is not None and not self._has_value:
            self._odd(f"no value for {self._keys[-1][:60]}", at)
        self._open.pop()
        self._keys.pop()
        self._has_value = True

    def _next(self, at: int) -> int:
        """A comma ends at `at`."""
        if self._keys[-1] is not None and not self._has_value:
            self._odd(f"no value for {self._keys[-1][:60]}", at)
        self._keys[-1] = None
        self._has_value = False
        return self._members(at) if isinstance(self._open[-1], Members) else at

    def _members(self, at: int) -> int:
        """Take the members at `at` that are as nearly all are, with the commas; where they end."""
        container = self._open[-1]
        while found := _MEMBER.match(self._text, at):
            self._tokens += 4
            key, string, word = found.groups()
            value = unescaped(string) if word is None else self._word(word, found.end(3))
            container.append((unescaped(key), value))
            at = found.end()
        return at

    def _string(self, string: str) -> None:
        value = unescaped(string)
        if isinstance(self._open[-1], Members) and self._keys[-1] is None:
            self._keys[-1] = value
            self._has_value = False
        else:
            self._put(value)

    def _word(self, word: str, at: int) -> Any:
        """The value of what stands without quotes and ends at `at`."""
        if word in _WORDS:
            return _WORDS[word]
        if _NUMBER.fullmatch(word):
            return _Number(word)
        self._odd(f"{word[:20]!r} is no value", at)
        return word

    def _put(self, value: Any) -> None:
        container = self._open[-1]
        if isinstance(container, Members):
            key = self._keys[-1]
            if key is not None and not self._has_value:
                container.append((key, value))
        else:
            container.append(value)
        self._has_value = True


def _is_deeper(value: Any, depth: int) -> bool:
    """Whether containers stand in it deeper than `depth`, itself counted."""
    level = [value]
    while level:
        depth -= 1
        if depth < 0:
            return True
        inside = [one for container in level for one in _values(container)]
        level = [one for one in inside if isinstance(one, list)]
    return False


def _values(container: Any) -> Any:
    if isinstance(container, Members):
        return [value for _, value in container]
    return container


def unescaped(string: str) -> str:
    """A JSON string's inside. A broken escape stays as it is, half a surrogate pair is U+FFFD."""
    if "\\" not in string:
        return string
    return _SURROGATE.sub("\ufffd", _ESCAPE.sub(_undo, string))


def _undo(escape: "re.Match[str]") -> str:
    code, low, letter = escape.groups()
    if code is None:
        return _LETTERS.get(letter, escape[0])
    high = int(code, 16)
    if low is None:
        return chr(high)
    if 0xD800 <= high <= 0xDBFF:
        return chr(0x10000 + ((high - 0xD800) << 10) + (int(low, 16) - 0xDC00))
    return chr(high) + "\ufffd"


class _Fitting:
    """Values by shape, ready to be written; the depth of the recursion is the shape's."""

    def __init__(self) -> None:
        self.defects: list[Defect] = []

    def fit(self, value: Any, shape: Shape, where: str) -> Any:
        """`_NOTHING` if the value is null or not of the shape; the latter is told."""
        if value is None:
            return _NOTHING
        if isinstance(shape, dict):
            fitted = self._object(value, shape, where) if isinstance(value, Members) else _NOTHING
        elif isinstance(shape, list):
            fitted = self._array(value, shape[0], where)
        elif shape in (Kind.HEADERS, Kind.ARRAYS):
            fitted = self._headers(value, shape, where) if isinstance(value, Members) else _NOTHING
        else:
            fitted = _ANY[shape](value)
        if fitted is _NOTHING:
            self.defects.append(defect(DefectCode.VALUE_MALFORMED, where))
        return fitted

    def _object(self, members: Members, shape: dict[str, Any], where: str) -> Any:
        fitted = []
        for key, value in members:
            kind = shape.get(key)
            if kind is Kind.TEXT and type(value) is str:  # as nearly all are
                fitted.append((key, value))
            elif kind is not None:
                clean = self.fit(value, kind, f"{where}.{key}" if where else key)
                if clean is not _NOTHING:
                    fitted.append((key, clean))
        return _object(fitted)

    def _array(self, values: Any, shape: Shape, where: str) -> Any:
        if isinstance(values, Members) or not isinstance(values, list):
            return _NOTHING
        if shape is Kind.TEXT and all(type(value) is str for value in values):
            return values
        fitted = [self.fit(value, shape, where) for value in values]
        return [one for one in fitted if one is not _NOTHING]

    def _headers(self, members: Members, shape: Kind, where: str) -> Any:
        by_name: dict[str, list[str]] = {}
        fitted = []
        for name, value in members:
            values = (
                value if isinstance(value, list) and not isinstance(value, Members) else [value]
            )
            texts = [str(one) for one in values if isinstance(one, str)]
            if len(texts) < len(values):
                self.defects.append(defect(DefectCode.VALUE_MALFORMED, where))
            by_name.setdefault(name, []).extend(texts)
            fitted += [(name, one) for one in texts]
        return by_name if shape is Kind.ARRAYS else _object(fitted)


def _object(members: list[tuple[str, Any]]) -> Any:
    """An object in which a name may stand twice."""
    once = dict(members)
    if len(once) == len(members):
        return once
    encode = msgspec.json.encode
    written = [encode(name) + b":" + encode(value) for name, value in members]
    return msgspec.Raw(b"{" + b",".join(written) + b"}")


def _as_text(value: Any) -> Any:
    if isinstance(value, str):
        return str(value)
    return _NOTHING if not isinstance(value, bool) else "true" if value else "false"


def _as_number(value: Any) -> Any:
    if not isinstance(value, str):
        return _NOTHING
    digits = value.partition(".")[0]
    is_number = digits.removeprefix("-").isdecimal() and digits.isascii()
    return int(digits) if is_number and len(digits) <= _LONGEST_NUMBER + 1 else _NOTHING


def _as_flag(value: Any) -> Any:
    if isinstance(value, str):
        value = {"true": True, "1": True, "false": False, "0": False}.get(value.lower())
    return value if isinstance(value, bool) else _NOTHING


def _as_it_is(value: Any) -> Any:
    """As deep as the reader kept it, which is less than Python may recurse."""
    if isinstance(value, Members):
        return _object([(key, _as_it_is(one)) for key, one in value])
    if isinstance(value, list):
        return [_as_it_is(one) for one in value]
    return msgspec.Raw(value.encode("ascii")) if isinstance(value, _Number) else value


_ANY = {Kind.TEXT: _as_text, Kind.NUMBER: _as_number, Kind.FLAG: _as_flag, Kind.ANY: _as_it_is}
