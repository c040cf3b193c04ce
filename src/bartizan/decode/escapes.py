r"""Undoing log escapes: ModSecurity 2's `\b \n \r \t \v \\ \"` and `\xHH` for any other byte,
ModSecurity 3's `\xHH`, and Go's.

A cut can leave half an escape (`\x4`, a lone backslash); that stays as it is.
"""

import re
import sys

_ESCAPE = re.compile(rb'\\(?:x([0-9a-fA-F]{2})|([bnrtv\\"]))')
# Early versions of ModSecurity 3 wrote a negative number: `\xffffffd0`.
_HEX = re.compile(rb"\\x(?:f{6})?([0-9a-f]{2})")
_HEX_OF_UNPRINTABLE = re.compile(rb"\\x(?:f{6})?([01][0-9a-f]|7f|[89a-f][0-9a-f])")
_GO_ESCAPE = re.compile(rb"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|([abfnrtv\\\"']))")
_BYTES = {b"%02x" % code: bytes([code]) for code in range(256)}
_LETTERS = {
    b"b": b"\b",
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
    b"v": b"\v",
    b"\\": b"\\",
    b'"': b'"',
}
_GO_LETTERS = {**_LETTERS, b"a": b"\a", b"f": b"\f", b"'": b"'"}


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


def unhexed(value: bytes) -> str:
    r"""The text of a value in which ModSecurity 3 escaped quotes and backslashes too.

    >>> unhexed(rb"say \x22\xd0\xb6\x22")
    'say "ж"'
    """
    if b"\\x" in value:
        value = _HEX.sub(_undo_hex, value)
    return value.decode("utf-8", "replace")


def unhexed_unprintable(value: bytes) -> str:
    r"""The text of a value in which ModSecurity 3 escaped what cannot be printed and nothing else.

    A `\x41` was there as it is; only of `\x0a` and the like it cannot be told.
    """
    return unhexed_bytes(value).decode("utf-8", "replace")


def unhexed_bytes(value: bytes) -> bytes:
    """As `unhexed_unprintable`, before decoding."""
    if b"\\x" not in value:
        return value
    value = value.replace(b"\\x0a", b"\n").replace(b"\\x0d", b"\r")  # by far the most frequent
    return _HEX_OF_UNPRINTABLE.sub(_undo_hex, value) if b"\\x" in value else value


def _undo_hex(escape: re.Match[bytes]) -> bytes:
    return _BYTES[escape[1]]


def unquoted_go(value: bytes) -> str:
    r"""The text that Go's `%q` quoted, without its quotation marks.

    >>> unquoted_go(rb"say \"\u2028\x00\"")
    'say "\u2028\x00"'
    """
    if b"\\" in value:
        if value.count(b"\\") == value.count(b'\\"'):  # only quotes, as mostly
            value = value.replace(b'\\"', b'"')
        else:
            value = _GO_ESCAPE.sub(_undo_go, value)
    return value.decode("utf-8", "replace")


def _undo_go(escape: re.Match[bytes]) -> bytes:
    code, four, eight, letter = escape.groups()
    if letter:
        return _GO_LETTERS[letter]
    if code:
        return _BYTES[code]
    point = int(four or eight, 16)
    return chr(point).encode("utf-8", "replace") if point <= sys.maxunicode else escape[0]


# What Coraza does to every value of its native format since version 3.8.
_LINE_ESCAPE = re.compile(rb"\\([\\rn])")
_LINE_LETTERS = {b"\\": b"\\", b"r": b"\r", b"n": b"\n"}


def unescaped_lines(value: bytes) -> bytes:
    r"""The bytes in which `\\`, `\r` and `\n` stood for a backslash and the ends of lines.

    >>> unescaped_lines(rb"a\r\nb\\n")
    b'a\r\nb\\n'
    """
    return _LINE_ESCAPE.sub(_undo_line, value) if b"\\" in value else value


def _undo_line(escape: re.Match[bytes]) -> bytes:
    return _LINE_LETTERS[escape[1]]


_APACHE_ESCAPE = re.compile(rb"\\(?:x([0-9a-f]{2})|([bnrtv]))")


def unescaped_apache(value: bytes) -> bytes:
    r"""One level less: Apache's error log escapes what ModSecurity escaped before, but no quotes.

    >>> unescaped_apache(rb'say \\\\"\\\\xd0\\\\"')
    b'say \\\\"\\\\xd0\\\\"'
    """
    if b"\\" not in value:
        return value
    pieces = value.split(rb"\\")
    return b"\\".join([_APACHE_ESCAPE.sub(_undo, one) if b"\\" in one else one for one in pieces])
