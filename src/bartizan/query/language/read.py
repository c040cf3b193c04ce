"""From a search text to an expression, or a `Mistake` that points at the character.

Whatever the text, reading it costs little: its length, its words and its depth have bounds that are
checked before anything is built.
"""

import re
from difflib import get_close_matches
from typing import Final, cast

from lark import Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from bartizan.domain.expression import Expression, Field, Has, either, every, negated
from bartizan.kit.networks import address
from bartizan.query.language.fields import BY_FIELD, BY_NAME, EXISTENCE, OPTIONAL, Known, named
from bartizan.query.language.grammar import parser
from bartizan.query.language.mistake import Mistake
from bartizan.query.language.values import Unreadable, condition
from bartizan.query.language.words import (
    RESERVED,
    is_plain,
    read_quoted,
    read_word,
    write_quoted,
)

MOST_CHARACTERS: Final = 2000
MOST_WORDS: Final = 100
MOST_DEPTH: Final = 20
_UNTYPED: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")
_VALUES: Final = ("WORD", "STRING")
_OPERATORS: Final = ("AND", "OR", "NOT", "MINUS")
_EXISTENCE: Final = object()


def read(text: str) -> Expression | None:
    """What the text asks for; None if it asks for everything. Raises `Mistake`."""
    try:
        return _read(text)
    except Mistake as mistake:
        suggestion = mistake.suggestion
        if suggestion is not None and _is_better(suggestion, mistake.position):
            raise
        raise Mistake(mistake.reason, mistake.position, mistake.length) from None


def _is_better(text: str, position: int) -> bool:
    """Whether a text can be read, at least farther than to this position."""
    try:
        _read(text)
    except Mistake as mistake:
        return mistake.position > position
    return bool(text)


def _read(text: str) -> Expression | None:
    if len(text) > MOST_CHARACTERS:
        raise Mistake(
            f"a search has at most {MOST_CHARACTERS:,} characters",
            MOST_CHARACTERS,
            len(text) - MOST_CHARACTERS,
        )
    control = _UNTYPED.search(text)
    if control:
        raise Mistake("a control character cannot be searched for", control.start())
    tree = _Parse(text).tree()
    return _Builder(text).build(tree.children[0]) if tree.children else None


class _Parse:
    """One text through the parser, with the tokens that it has had so far, to explain mistakes."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[Token] = []

    def tree(self) -> Tree[Token]:
        going = parser().parse_interactive(self._text)
        words = depth = negations = 0
        try:
            for token in going.iter_parse():
                self._refuse_joined(token)
                self._tokens.append(token)
                words += token.type in _VALUES
                depth += (token.type == "LPAR") - (token.type == "RPAR")
                negations = negations + 1 if token.type in ("NOT", "MINUS") else 0
                if words > MOST_WORDS:
                    raise Mistake(f"a search has at most {MOST_WORDS} words", _start(token))
                if max(depth, negations) > MOST_DEPTH:
                    raise Mistake(f"nested deeper than {MOST_DEPTH}", _start(token))
            found: Tree[Token] = going.feed_eof()  # type: ignore[no-untyped-call]
        except UnexpectedInput as error:
            raise self._explained(error) from None
        return found

    def _refuse_joined(self, token: Token) -> None:
        """`sleep(5)` and `a"b"` hardly mean two words."""
        before = self._tokens[-1] if self._tokens else None
        if before is None or before.type not in _VALUES or _end(before) != _start(token):
            return
        if token.type not in (*_VALUES, "LPAR"):
            return
        start = _start(before)
        end = start + len(self._text[start:].split(None, 1)[0])
        while self._text[start:end].count(")") > self._text[start:end].count("("):
            end -= 1
        whole = self._text[start:end]
        meant = read_quoted(whole) if whole.startswith('"') and whole.endswith('"') else whole
        what = "a parenthesis" if token.type == "LPAR" else "a quotation mark"
        raise Mistake(
            f"{what} inside a word; put quotation marks around all of it",
            _start(token),
            1,
            self._instead(start, end, write_quoted(meant)),
        )

    def _explained(self, error: UnexpectedInput) -> Mistake:
        token = error.token if isinstance(error, UnexpectedToken) else None
        if self._tokens and self._tokens[-1] is token:
            self._tokens.pop()
        last = self._tokens[-1] if self._tokens else None
        if isinstance(error, UnexpectedCharacters):
            return self._at_character(error.pos_in_stream or 0, last)
        if token is None or token.type == "$END":
            return self._at_end(last)
        return self._at_token(token, last)

    def _at_token(self, token: Token, last: Token | None) -> Mistake:
        if last is not None and last.type in ("FIELD", *_OPERATORS):
            return self._unfinished(last, token)
        start, length = _start(token), len(token)
        if token.type in _OPERATORS:
            instead = self._cut(token)
            return Mistake(f"{token} needs something before it", start, length, instead)
        if token.type == "RPAR" and last is not None and last.type == "LPAR":
            return Mistake("nothing is between the parentheses", _start(last), 2)
        if token.type == "RPAR":
            return Mistake("this parenthesis closes nothing", start, length, self._cut(token))
        return Mistake("this was not expected here", start, length)

    def _at_character(self, position: int, last: Token | None) -> Mistake:
        if self._text[position] == '"':
            return Mistake(
                "this quotation mark is not closed", position, 1, self._text.rstrip() + '"'
            )
        if self._text[position] == "-" or last is None:
            return Mistake("this was not expected here", position)
        return self._unfinished(last, None)

    def _at_end(self, last: Token | None) -> Mistake:
        if last is not None and last.type in ("FIELD", *_OPERATORS):
            return self._unfinished(last, None)
        opened: list[Token] = []
        for token in self._tokens:
            if token.type == "LPAR":
                opened.append(token)
            elif token.type == "RPAR":
                opened.pop()
        position = _start(opened[-1]) if opened else len(self._text)
        return Mistake("this parenthesis is not closed", position, 1, self._text.rstrip() + ")")

    def _unfinished(self, last: Token, token: Token | None) -> Mistake:
        if last.type == "FIELD":
            return Mistake(f"{last} needs a value", _start(last), len(last))
        instead = self._cut(last) if token is None else None
        return Mistake(f"{last} needs something after it", _start(last), len(last), instead)

    def _cut(self, token: Token) -> str:
        """The text without this token."""
        return (
            f"{self._text[: _start(token)].rstrip()} {self._text[_end(token) :].lstrip()}".strip()
        )

    def _instead(self, start: int, end: int, text: str) -> str:
        return self._text[:start] + text + self._text[end:]


class _Builder:
    """From the parser's tree to an expression. As deep as the tree, which is bounded."""

    def __init__(self, text: str) -> None:
        self._text = text

    def build(self, node: Tree[Token] | Token, known: Known | object | None = None) -> Expression:
        if isinstance(node, Token):
            return self._value(node, known)
        parts = [part for part in node.children if not _is_mark(part)]
        match node.data:
            case "either" | "any_of":
                return either(*(self.build(part, known) for part in parts))
            case "both" | "all_of":
                return every(*(self.build(part, known) for part in parts))
            case "negated":
                return negated(self.build(parts[0], known))
            case "condition" | "listed":
                return self.build(parts[1], self._field(cast("Token", parts[0]), parts[1]))
            case _:
                return self.build(parts[0], known)

    def _field(self, name: Token, value: Tree[Token] | Token) -> Known | object:
        written_as = str(name[:-1])
        if written_as.lower() == EXISTENCE:
            return _EXISTENCE
        known = named(written_as)
        if known is not None:
            return known
        start = _start(name)
        whole = self._text[start:].split(None, 1)[0]
        close = get_close_matches(written_as.lower(), [*BY_NAME, EXISTENCE], n=1)
        if isinstance(value, Token) and address(whole) is not None:
            instead = f"client:{whole}"
        elif close:
            instead = close[0] + ":" + self._text[_end(name) : start + len(whole)]
        else:
            instead = write_quoted(whole.replace('"', ""))
        raise Mistake(
            f"there is no field {written_as}; text with a colon in it needs quotation marks",
            start,
            len(written_as),
            self._text[:start] + instead + self._text[start + len(whole) :],
        )

    def _value(self, token: Token, known: Known | object | None) -> Expression:
        is_quoted = token.type == "STRING"
        pieces = (read_quoted(token),) if is_quoted else read_word(token)
        if known is _EXISTENCE:
            return self._existence(token, pieces)
        if not is_quoted and token in RESERVED:
            what = "something" if known is None else "a value"
            raise Mistake(
                f'{what} is missing before {token}; "{token}" in quotation marks is the word',
                _start(token),
                len(token),
            )
        field = known if isinstance(known, Known) else BY_FIELD[Field.TEXT]
        try:
            return condition(field, str(token), pieces, is_quoted=is_quoted)
        except Unreadable as error:
            raise Mistake(
                str(error), _start(token), len(token), self._meant(token, error.value)
            ) from None

    def _existence(self, token: Token, pieces: tuple[str, ...]) -> Expression:
        known = named(pieces[0]) if len(pieces) == 1 else None
        if known is not None and known.field in OPTIONAL:
            return Has(field=known.field)
        if known is not None:
            message = f"every transaction has {known.name}"
        else:
            message = "has: needs the name of a field, such as has:country"
        raise Mistake(message, _start(token), len(token))

    def _meant(self, token: Token, value: str | None) -> str | None:
        if value is None:
            return None
        instead = value if is_plain(value) else write_quoted(value)
        return self._text[: _start(token)] + instead + self._text[_end(token) :]


def _is_mark(part: Tree[Token] | Token) -> bool:
    return isinstance(part, Token) and part.type in ("LPAR", "RPAR", *_OPERATORS)


def _start(token: Token) -> int:
    return token.start_pos or 0


def _end(token: Token) -> int:
    return token.end_pos or 0
