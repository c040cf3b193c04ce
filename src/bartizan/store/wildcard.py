"""Path patterns, in which `*` stands for any text and everything else for itself.

Two writings for databases, and a matcher that is linear in the text for each literal piece, so that
no pattern makes it slow.
"""

import re
from collections.abc import Iterable

_RUN = re.compile(r"\*+")


def around(pieces: Iterable[str]) -> str:
    """The pattern of what holds these texts one after the other."""
    return "*" + "*".join(pieces) + "*"


def is_pattern(pattern: str) -> bool:
    return "*" in pattern


def literal_length(pattern: str) -> int:
    return len(pattern) - pattern.count("*")


def as_glob(pattern: str) -> str:
    """For SQLite's GLOB, which is case-sensitive as paths are."""
    return _RUN.sub("*", pattern.replace("[", "[[]").replace("?", "[?]"))


def as_like(pattern: str) -> str:
    """For LIKE with `|` as its escape."""
    escaped = pattern.replace("|", "||").replace("%", "|%").replace("_", "|_")
    return _RUN.sub("%", escaped)


def as_wildcard(pattern: str) -> str:
    """For the wildcard query of OpenSearch and Elasticsearch."""
    return _RUN.sub("*", pattern.replace("\\", "\\\\").replace("?", "\\?"))


def matches(pattern: str, text: str) -> bool:
    """Leftmost matching of the pieces between the stars, which finds a match if there is one."""
    first, *middle = pattern.split("*")
    if not middle:
        return pattern == text
    last = middle.pop()
    if len(text) < len(first) + len(last) or not text.startswith(first):
        return False
    if not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for piece in middle:
        found = text.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True
