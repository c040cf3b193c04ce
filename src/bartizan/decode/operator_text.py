"""Which operator matched which target, from a v2 message's words before its metadata.

The words are ModSecurity 2's own, the target's name in them is the attacker's: it is taken from
where the sentence puts it, never searched for. A sentence that is not known gives (None, None).
Source: apache2/re_operators.c of ModSecurity 2.9.
"""

import re
from functools import lru_cache

from bartizan.decode.escapes import unescaped
from bartizan.kit.struct import Struct

_QUOTED = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'


def _sentence(words: bytes) -> re.Pattern[bytes]:
    return re.compile(words, re.DOTALL)


# By first word: sentences whose only group is the target, and the operator they tell of. The
# sentence of @streq, @contains, @beginsWith and @endsWith is the same.
_SENTENCES: dict[bytes, tuple[tuple[re.Pattern[bytes], str | None], ...]] = {
    b"Pattern": ((_sentence(rb"Pattern match " + _QUOTED + rb" at (.+)"), "rx"),),
    b"Matched": ((_sentence(rb"Matched phrase " + _QUOTED + rb" at (.+)"), "pm"),),
    b"String": (
        (_sentence(rb"String match within " + _QUOTED + rb" at (.+)"), "within"),
        (_sentence(rb"String match " + _QUOTED + rb" at (.+)"), None),
    ),
    b"CC#": ((_sentence(rb"CC# match " + _QUOTED + rb" at (.+)"), "verifyCC"),),
    b"SSN#": ((_sentence(rb"SSN# match " + _QUOTED + rb" at (.+)"), "verifySSN"),),
    b"CPF#": ((_sentence(rb"CPF# match " + _QUOTED + rb" at (.+)"), "verifyCPF"),),
    b"IPmatch:": ((_sentence(rb"IPmatch: " + _QUOTED + rb" matched at (.+)"), "ipMatch"),),
    b"Found": (
        (
            _sentence(rb"Found \d+ byte\(s\) in (.+) outside range: [^ ]*"),
            "validateByteRange",
        ),
    ),
    b"Invalid": (
        (
            _sentence(rb"Invalid URL Encoding: [A-Za-z-]+(?: [A-Za-z-]+)*? at (.+)"),
            "validateUrlEncoding",
        ),
        (
            _sentence(rb"Invalid UTF-8 encoding: [A-Za-z-]+(?: [A-Za-z-]+)*? at (.+)"),
            "validateUtf8Encoding",
        ),
    ),
}
_COMPARED = _sentence(rb"Operator ([A-Z]{2}) matched (\S+) at (.+)")
_REQUIRED = _sentence(
    rb'Match of "([A-Za-z]\w*+)[^"\\]*+(?:\\.[^"\\]*+)*+" against "(.+)" required'
)
_WITHOUT_TARGET = (
    (b"detected SQLi using libinjection", "detectSQLi"),
    (b"detected XSS using libinjection", "detectXSS"),
    (b"Unconditional match in SecAction", "unconditionalMatch"),
)
_FIRST_WORDS = (
    *(word + b" " for word in _SENTENCES),
    b"Operator ",
    b"Match of ",
    *(opening for opening, _ in _WITHOUT_TARGET),
    b"RBL lookup of ",
    b"Geo lookup for ",
    b"Gsb lookup for ",
    b"Fuzzy hash of ",
    b"VAT# match ",
)
_OFFSET = b'. [offset "'
_REMEMBERED_BYTES = 1024


class OperatorText(Struct, frozen=True):
    """`operator` as in the rule (`rx`, `!within`, `ge 5`), `target` as `ARGS:q`; or None."""

    operator: str | None
    target: str | None


_NOTHING = OperatorText(None, None)


def is_known(words: bytes) -> bool:
    """Whether the words begin like an operator's, and not like an engine's own message."""
    return words.startswith(_FIRST_WORDS)


def read(words: bytes) -> OperatorText:
    """Read the words of a whole (uncut) message, without action text and metadata."""
    if len(words) <= _REMEMBERED_BYTES:
        return _read_remembered(words)
    return _read(words)


def _read(words: bytes) -> OperatorText:
    if words.endswith(b'"]'):
        end = words.rfind(_OFFSET)
        words = words[:end] if end >= 0 else words
    words = words.removesuffix(b".")
    for pattern, operator in _SENTENCES.get(words[: words.find(b" ")], ()):
        if found := pattern.fullmatch(words):
            return OperatorText(operator, unescaped(found[1]))
    if found := _COMPARED.fullmatch(words):
        name = found[1].decode("ascii").lower()
        return OperatorText(f"{name} {unescaped(found[2])}", unescaped(found[3]))
    if found := _REQUIRED.fullmatch(words):
        return OperatorText("!" + found[1].decode("ascii"), unescaped(found[2]))
    for opening, operator in _WITHOUT_TARGET:
        if words.startswith(opening):
            return OperatorText(operator, None)
    return _NOTHING


_read_remembered = lru_cache(maxsize=4096)(_read)
