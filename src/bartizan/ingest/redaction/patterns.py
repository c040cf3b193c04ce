"""Card numbers and e-mail addresses, recognised by their shape in what an entry says."""

import re
from collections.abc import Iterator
from typing import Final

from bartizan.domain.redaction import Pattern

# Issued numbers begin with 2 to 6; a time in microseconds, which logs are full of, with 1.
_CARD = re.compile(rb"(?<![\d.])[2-6]\d{3}(?:[ -]?\d){9,15}(?![\d]|\.\d)")
_LEAST_DIGITS: Final = 13
_MOST_DIGITS: Final = 19
_EMAIL = re.compile(
    rb"(?<![a-z0-9._%-])[a-z0-9_][a-z0-9._%'-]{0,63}@"
    rb"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,8}[a-z]{2,24}(?![a-z0-9-])"
)


def spans(pattern: Pattern, text: bytes) -> Iterator[tuple[int, int]]:
    """Where in the text of a `Reading` such things stand. Linear."""
    if pattern is Pattern.EMAILS:
        for found in _EMAIL.finditer(text) if b"@" in text else ():
            yield found.span()
        return
    for found in _CARD.finditer(text):
        if is_card(found[0]):
            yield found.span()


def is_card(written: bytes) -> bool:
    """Whether the digits are as many as on a card, and the last one checks the others (Luhn)."""
    digits = [digit - 48 for digit in written if 48 <= digit <= 57]
    if not _LEAST_DIGITS <= len(digits) <= _MOST_DIGITS or len(set(digits)) == 1:
        return False
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
