"""From bytes to text, and text made safe to look at."""

import re

_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f"
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f\ud800-\udfff\t\n]"
)


def text(data: bytes) -> str:
    """Decode UTF-8; each byte that is not becomes U+FFFD. The raw entry keeps the bytes."""
    return data.decode("utf-8", "replace")


def escaped(json: str) -> str:
    """JSON that says the same, with those characters written as escapes: nothing is lost.

    Only its strings can hold any, so an escape may stand wherever one is found. Line breaks
    between its values, if there are any, are taken out.
    """
    return _INVISIBLE.sub(_escape, json)


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    if character in "\t\n\r":
        return ""
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def visible(value: str) -> str:
    """Replace control, bidi and zero-width characters by their names, for one terminal or log line.

    >>> visible("a" + chr(27) + "[31m" + chr(0x202E))
    'a<U+001B>[31m<U+202E>'
    """
    return _INVISIBLE.sub(lambda match: f"<U+{ord(match.group()):04X}>", value)
