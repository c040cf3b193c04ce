"""What somebody is typing at a place of a search text that need not be readable yet."""

import re
from typing import Final

from bartizan.domain.expression import Expression
from bartizan.kit.struct import Struct
from bartizan.query.language.fields import EXISTENCE, Known, named
from bartizan.query.language.mistake import Mistake
from bartizan.query.language.read import MOST_CHARACTERS, read

_TOKEN: Final = re.compile(
    r"\s+|(?P<open>\()|(?P<close>\))|(?P<field>-?@?[A-Za-z_][A-Za-z0-9_.\-]*:)"
    r'|(?P<quoted>"(?:[^"\\]|\\.)*"?)|(?P<word>(?:[^\s()"\\]|\\.?)+)',
    re.DOTALL,
)
_WORD_OF_LIST: Final = re.compile(r'(?:[^\s()"\\]|\\.?)+', re.DOTALL)
_REST: Final = re.compile(r'[^\s()"]*')
_LOOSE_END: Final = re.compile(r"(?:\b(?:AND|OR|NOT)|-|\()\s*$")


class Typing(Struct, frozen=True, kw_only=True):
    """`text[start:end]` is what to replace, `typed` what stands there up to the cursor.

    `known` is the field whose value is typed; None where a field or a word may stand. `others` is
    what the rest of the text asks for, as far as it can be read.
    """

    start: int
    end: int
    typed: str
    known: Known | None
    wants_field: bool
    others: Expression | None


def typing_at(text: str, at: int) -> Typing:
    text = text[:MOST_CHARACTERS]
    at = max(0, min(at, len(text)))
    scan = _Scan(text, at)
    end = at + len((_REST.match(text, at) or [""])[0])
    return Typing(
        start=scan.start,
        end=end,
        typed=text[scan.start : at],
        known=named(scan.field) if scan.field is not None else None,
        wants_field=scan.field == EXISTENCE,
        others=_others(text, scan.term, end, is_listed=scan.is_listed),
    )


class _Scan:
    """The text up to the cursor. `term` is where the condition began that is being typed."""

    def __init__(self, text: str, at: int) -> None:
        self.start = at
        self.term = at
        self.field: str | None = None
        self._lists: list[tuple[str | None, int]] = []
        place = 0
        while place < at:
            place = self._step(text, place, at)
        if self.field is None and self._lists and self._lists[-1][0] is not None:
            self.field, self.term = self._lists[-1]

    @property
    def is_listed(self) -> bool:
        return bool(self._lists) and self._lists[-1][0] is not None

    def _step(self, text: str, place: int, at: int) -> int:
        is_value = self.field is not None or self.is_listed
        found = (_WORD_OF_LIST if is_value else _TOKEN).match(text, place, at)
        found = found or _TOKEN.match(text, place, at)
        if found is None:
            return at
        kind, end = found.lastgroup or "word", found.end()
        if found[0].isspace():
            return end
        if kind == "open":
            self._lists.append((self.field, self.term))
            self.field = None
        elif kind == "close":
            if self._lists:
                self._lists.pop()
            self.field = None
        elif kind == "field":
            self.field = found[0].removeprefix("-")[:-1].lower()
            self.term, self.start = place, at
        elif end == at and not _is_closed(found[0]):
            self._typed(place, found[0])
        else:
            self.field = None
        return end

    def _typed(self, place: int, word: str) -> None:
        is_negated = self.field is None and not self.is_listed and word.startswith("-")
        self.start = place + is_negated
        if self.field is None:
            self.term = place


def _is_closed(word: str) -> bool:
    return len(word) > 1 and word.startswith('"') and word.endswith('"')


def _others(text: str, term: int, end: int, *, is_listed: bool) -> Expression | None:
    before = text[:term]
    for rest in (before if is_listed else before + text[end:], before):
        shown = rest
        while (cut := _LOOSE_END.sub("", shown)) != shown:
            shown = cut
        try:
            return read(shown)
        except Mistake:
            continue
    return None
