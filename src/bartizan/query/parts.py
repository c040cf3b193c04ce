"""The parts of an entry as the event page shows them."""

from collections.abc import Iterable

from bartizan.kit.text import text
from bartizan.query.views import PartView

MAX_TEXT_BYTES = 64 * 1024
_NAMES = {
    "A": "header",
    "B": "request headers",
    "C": "request body",
    "D": "intermediary response headers",
    "E": "intermediary response body",
    "F": "response headers",
    "G": "response body",
    "H": "trailer",
    "I": "request body without files",
    "J": "uploaded files",
    "K": "matched rules",
    "Z": "end",
}


def view_parts(parts: Iterable[tuple[str, bytes]]) -> tuple[PartView, ...]:
    """Each part in the order it stood in; bytes that are not UTF-8 show as U+FFFD."""
    return tuple(
        PartView(
            letter=letter,
            name=_NAMES.get(letter, "part of an unknown kind"),
            size=len(content),
            text=text(content[:MAX_TEXT_BYTES]),
            truncated=len(content) > MAX_TEXT_BYTES,
        )
        for letter, content in parts
    )
