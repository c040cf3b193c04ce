"""What is only searched and never given back: texts of which any part may be asked for.

They are in lower case, so that no engine's idea of case matters, and without two characters that
some versions of the field type `wildcard` do not find.
"""

from collections.abc import Iterable
from typing import Final

from bartizan.store.limits import ascii_lower
from bartizan.store.opensearch.writes import Document, encode

# To characters that are none, and so in no text.
_UNFINDABLE: Final = {0: 0x10FFFE, ord("\\"): 0x10FFFF}


def written(document: Document) -> bytes:
    """A document of a transaction as it is sent to the cluster."""
    source, ours = document["source"], document["bartizan"]
    matches, url = ours["matches"], document["url"]
    rest = (
        url.get("domain"),
        source.get("address"),
        document["event"].get("id"),
        document["event"].get("reason"),
        *document["rule"].get("name", ()),
        *ours.get("target", ()),
    )
    text = {
        "uri": _texts([url.get("original")]),
        "data": _texts(match.get("data") for match in matches),
        "rest": _texts(rest),
    }
    if "triage" in ours["kept"]:
        text["note"] = _texts(note["text"] for note in ours["kept"]["triage"].get("notes", ()))
    return encode({**document, "bartizan": {**ours, "text": text}})


def _texts(values: Iterable[str | None]) -> list[str]:
    return [in_text(ascii_lower(value)) for value in dict.fromkeys(values) if value]


def in_text(value: str) -> str:
    """As it stands in the fields `bartizan.text`."""
    return value.translate(_UNFINDABLE)
