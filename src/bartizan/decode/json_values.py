"""Values as the JSON dialects write them: an empty string or a 0 where nothing is known, numbers
as strings in one version and as numbers in the next.
"""

import re
from functools import lru_cache

from bartizan.domain.transaction import Body, Endpoint

Number = int | str | None
_TENS = tuple(10**digits for digits in range(20))
_LONGEST_LINE = 9
_LAST_PORT = 65535
_BODY_TEXT_CHARACTERS = 64 * 1024
_RULESET = re.compile(r"OWASP_CRS/[0-9A-Za-z.-]*[0-9A-Za-z]")
_UNBLOCKING = frozenset(("DetectionOnly", "Off"))


def number(value: Number, longest: int = 18) -> int | None:
    """A whole number of at most `longest` digits."""
    if isinstance(value, str):
        return _number(value) if len(value) <= longest else None
    return value if value is None or -_TENS[longest] < value < _TENS[longest] else None


@lru_cache(maxsize=4096)
def _number(digits: str) -> int | None:
    is_number = digits.isascii() and digits.removeprefix("-").isdigit()
    return int(digits) if is_number else None


@lru_cache(maxsize=4096)
def endpoint(address: str | None, port: Number) -> Endpoint:
    """Port 0 says that it is not known. IPv6 loses the brackets that Coraza leaves."""
    known = number(port, 5)
    if address and address.startswith("[") and address.endswith("]"):
        address = address[1:-1]
    return Endpoint(
        address=address or None, port=known if known and 0 < known <= _LAST_PORT else None
    )


def status(value: Number) -> int | None:
    """0 says that there was no response."""
    known = number(value, 3)
    return known if known and known >= 100 else None


def severity(value: Number, *, unset: int) -> int | None:
    """0 to 7; the number that says "none" differs between sensors."""
    known = number(value, 2)
    return known if known is not None and known != unset and 0 <= known <= 7 else None


@lru_cache(maxsize=4096)
def rule_facts(
    rule_id: Number, line: Number, stated: Number, revision: Number, version: Number, *, unset: int
) -> tuple[int | None, int | None, int | None, str | None, str | None]:
    """What is the same each time a rule matches: id, line, severity, revision and version."""
    return (
        number(rule_id),
        number(line, _LONGEST_LINE),
        severity(stated, unset=unset),
        word(revision),
        word(version),
    )


def word(value: Number | float) -> str | None:
    """A text that may have been written as a number."""
    return None if value is None or value == "" else str(value)


def body(text: str | None) -> tuple[Body | None, bytes | None]:
    """The body and its bytes; None for an empty one, which is written where there is none."""
    if not text:
        return None, None
    content = text.encode("utf-8")
    is_cut = len(text) > _BODY_TEXT_CHARACTERS
    shown = text[:_BODY_TEXT_CHARACTERS] if is_cut else text
    return Body(text=shown, size=len(content), truncated=is_cut), content


def ruleset(components: tuple[str, ...]) -> str | None:
    """The CRS with its version, else all components that the sensor names."""
    named = "; ".join(components)
    stated = _RULESET.findall(named)
    return stated[-1] if stated else named or None


def intercepted_by_mode(engine_mode: str | None) -> bool | None:
    """What the mode alone tells: an engine that only detects has stopped nothing."""
    return False if engine_mode in _UNBLOCKING else None
