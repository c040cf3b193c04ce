"""JSON that is not quite JSON, or not of the shape expected: read as far as it can be believed.

`repaired` gives clean JSON of a given shape from anything: from a torn entry, raw control
characters, broken escapes, numbers out of range, nesting without end, values of another type. It
is asked only for entries that the strict decoder refuses. Linear; never recurses deeper than the
shape does; what had to be mended is told as defects.
"""

import re
from enum import Enum
from typing import Any

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


class Members(list[tuple[str, Any]]):
    """An object's members in the order written, doubles kept."""


class _Number(str):
    """The digits of a number as written."""

    __slots__ = ()


def repaired(text: str, shape: Shape) -> tuple[bytes, list[Defect]]:
    """Clean JSON of `shape`, and what was odd. An entry of which nothing is left gives `{}`."""
    reader = _Reader(text)
    value = reader.read()
    fitting = _Fitting()
    clean = fitting.fit(value, shape, "") if isinstance(value, Members) else "{}"
    defects = fitting.defects[:_MOST_DEFECTS]
    if reader.is_malformed:
        defects.append(defect(DefectCode.JSON_MALFORMED, "", reader.detail))
    if reader.is_torn:
        defects.append(defect(DefectCode.END_MISSING))
    if reader.after_end:
        defects.append(defect(DefectCode.BYTES_AFTER_END, "", f"{reader.after_end} characters"))
    return (clean or "{}").encode("utf-8"), defects


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
        self.is_torn = False
        self.after_end = 0

    def read(self) -> Members | list[Any] | None:
        """The object or array that the text begins with; None if it begins with neither."""
        at = tokens = 0
        while (self._root is None or self._open) and (found := _TOKEN.match(self._text, at)):
            tokens += 1
            if tokens > _MOST_TOKENS:
                self._odd("more than can be read", at)
                break
            string, quote, sign, word = found.groups()
            if self._root is None and sign not in ("{", "["):
                return None
            at = found.end() if string is None or quote else len(self._text)
            if string is not None:
                self._string(string)
            elif word is not None:
                self._word(word, at)
            elif sign in "{[":
                if len(self._open) >= _DEEPEST:
                    at = self._passed(at)
                else:
                    self._begin(sign)
            elif sign in "}]":
                self._close(at)
            else:
                self._separator(sign, at)
        self.is_torn = bool(self._open)
        self.after_end = 0 if self.is_torn else len(self._text[at:].strip(" \t\r\n"))
        return self._root

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

    def _separator(self, sign: str, at: int) -> None:
        if sign == ":":
            return
        if self._keys[-1] is not None and not self._has_value:
            self._odd(f"no value for {self._keys[-1][:60]}", at)
        self._keys[-1] = None
        self._has_value = False

    def _string(self, string: str) -> None:
        value = unescaped(string)
        if isinstance(self._open[-1], Members) and self._keys[-1] is None:
            self._keys[-1] = value
            self._has_value = False
        else:
            self._put(value)

    def _word(self, word: str, at: int) -> None:
        if word in _WORDS:
            self._put(_WORDS[word])
        elif _NUMBER.fullmatch(word):
            self._put(_Number(word))
        else:
            self._odd(f"{word[:20]!r} is no value", at)
            self._put(word)

    def _put(self, value: Any) -> None:
        container = self._open[-1]
        if isinstance(container, Members):
            key = self._keys[-1]
            if key is not None and not self._has_value:
                container.append((key, value))
        else:
            container.append(value)
        self._has_value = True


def unescaped(string: str) -> str:
    """A JSON string's inside. A broken escape stays as it is, half a surrogate pair is U+FFFD."""
    if "\\" in string:
        string = _ESCAPE.sub(_undo, string)
    return _SURROGATE.sub("\ufffd", string)


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
    """Clean JSON text from values, by shape; the depth of the recursion is the shape's."""

    def __init__(self) -> None:
        self.defects: list[Defect] = []

    def fit(self, value: Any, shape: Shape, where: str) -> str | None:
        """None if the value is not of the shape, and told so."""
        if value is None:
            return None
        if isinstance(shape, dict):
            fitted = self._object(value, shape, where) if isinstance(value, Members) else None
        elif isinstance(shape, list):
            fitted = self._array(value, shape[0], where)
        elif shape in (Kind.HEADERS, Kind.ARRAYS):
            fitted = self._headers(value, shape, where) if isinstance(value, Members) else None
        else:
            fitted = _ANY[shape](value)
        if fitted is None:
            self.defects.append(defect(DefectCode.VALUE_MALFORMED, where))
        return fitted

    def _object(self, members: Members, shape: dict[str, Any], where: str) -> str:
        fitted = []
        for key, value in members:
            if key in shape:
                clean = self.fit(value, shape[key], f"{where}.{key}" if where else key)
                if clean is not None:
                    fitted.append(f"{_text(key)}:{clean}")
        return "{" + ",".join(fitted) + "}"

    def _array(self, values: Any, shape: Shape, where: str) -> str | None:
        if isinstance(values, Members) or not isinstance(values, list):
            return None
        fitted = [self.fit(value, shape, where) for value in values]
        return "[" + ",".join(one for one in fitted if one is not None) + "]"

    def _headers(self, members: Members, shape: Kind, where: str) -> str:
        by_name: dict[str, list[str]] = {}
        fitted = []
        for name, value in members:
            values = (
                value if isinstance(value, list) and not isinstance(value, Members) else [value]
            )
            texts = [_text(one) for one in values if isinstance(one, str)]
            if len(texts) < len(values):
                self.defects.append(defect(DefectCode.VALUE_MALFORMED, where))
            by_name.setdefault(_text(name), []).extend(texts)
            fitted += [f"{_text(name)}:{one}" for one in texts]
        if shape is Kind.ARRAYS:
            fitted = [f"{name}:[{','.join(texts)}]" for name, texts in by_name.items()]
        return "{" + ",".join(fitted) + "}"


def _text(value: str) -> str:
    return msgspec.json.encode(value + "").decode("utf-8")


def _as_text(value: Any) -> str | None:
    if isinstance(value, str):
        return _text(value)
    return _text("true" if value else "false") if isinstance(value, bool) else None


def _as_number(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    digits = value.partition(".")[0]
    is_number = digits.removeprefix("-").isdecimal() and digits.isascii()
    return str(int(digits)) if is_number and len(digits) <= _LONGEST_NUMBER + 1 else None


def _as_flag(value: Any) -> str | None:
    if isinstance(value, str):
        value = {"true": True, "1": True, "false": False, "0": False}.get(value.lower())
    return None if value is None or not isinstance(value, bool) else str(value).lower()


def _as_it_is(value: Any) -> str:
    """As deep as the reader kept it, which is less than Python may recurse."""
    if isinstance(value, Members):
        return "{" + ",".join(f"{_text(key)}:{_as_it_is(one)}" for key, one in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_as_it_is, value)) + "]"
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, str):
        return _text(value)
    return "null" if value is None else str(value).lower()


_ANY = {Kind.TEXT: _as_text, Kind.NUMBER: _as_number, Kind.FLAG: _as_flag, Kind.ANY: _as_it_is}
