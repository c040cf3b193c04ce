r"""Undoing ModSecurity's log escapes: `\b \n \r \t \v \\ \"` and `\xHH` for any other byte.

A cut can leave half an escape (`\x4`, a lone backslash); that stays as it is.
"""

import re

_ESCAPE = re.compile(rb'\\(?:x([0-9a-fA-F]{2})|([bnrtv\\"]))')
_LETTERS = {
    b"b": b"\b",
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
    b"v": b"\v",
    b"\\": b"\\",
    b'"': b'"',
}


def _undo(escape: re.Match[bytes]) -> bytes:
    code, letter = escape.groups()
    return bytes.fromhex(code.decode("ascii")) if code else _LETTERS[letter]


def unescaped(value: bytes) -> str:
    r"""The text that was logged.

    >>> unescaped(rb"say \"\xd0\xb6\"")
    'say "ж"'
    """
    if b"\\" in value:
        value = _ESCAPE.sub(_undo, value)
    return value.decode("utf-8", "replace")
