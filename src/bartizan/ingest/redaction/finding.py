"""Where in a transaction the secrets are that the rules name, by header, argument and variable.

Runs for every entry, so what holds none of the names is told apart first.
"""

import base64
import json
import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import product
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import unquote, unquote_plus

from bartizan.domain.redaction import PLACEHOLDER, Kind, Rules
from bartizan.domain.transaction import RuleMatch, Transaction

_MOST_PIECES: Final = 64  # of one header, query or body; of more, the whole of it is one secret
_LONGEST_CONTEXT: Final = 60
_LONGEST_KNOWN: Final = 100
_T = TypeVar("_T")
_SCHEMES: Final = frozenset(
    [
        "basic",
        "bearer",
        "digest",
        "negotiate",
        "ntlm",
        "token",
        "apikey",
        "hawk",
        "aws4-hmac-sha256",
        "dpop",
        "key",
    ]
)
_COOKIE_ATTRIBUTES: Final = frozenset(
    [
        "path",
        "domain",
        "expires",
        "max-age",
        "secure",
        "httponly",
        "samesite",
        "partitioned",
        "priority",
    ]
)
# Headers in which an address with a query can stand.
_WITH_ADDRESSES: Final = frozenset(
    [
        "referer",
        "location",
        "content-location",
        "refresh",
        "link",
        "x-original-url",
        "x-rewrite-url",
    ]
)
_FRAME = "Matched Data: "
_WITHIN = re.compile(r" found within ([^ ]{1,300}?): ")
# ModSecurity 3 logs the value it matched in front of the rule's own words.
_VALUE = b"(Value: `"
_AGAINST = re.compile(
    rb"against variable `([A-Z_]{1,40}(?::[^'\n]{1,200})?)' "
    rb"\(Value: `([^\n]{0,1000}?)(?: \(\d{1,9} characters omitted\))?' \)"
)
# Letters that are spelled in another way, in which a name may hide.
_HIDES = re.compile(r"%(?:25|[4-7][0-9a-f])|\\u|&#")
_SEGMENTS = re.compile(r"[.\[\]:]+")


class Secret(NamedTuple):
    """A text to be taken out, by which rule.

    `before` and `after` are what stands next to it, but for punctuation: where it is too short to
    be looked for everywhere, it is looked for there.
    """

    kind: Kind
    rule: str
    text: str
    before: str = ""
    after: str = ""


class Finder:
    """Pure; for one set of rules."""

    def __init__(self, rules: Rules) -> None:
        self._headers = {name.lower(): name for name in rules.headers}
        self._arguments = [
            (re.compile(_name_pattern(name), re.IGNORECASE | re.DOTALL), name)
            for name in rules.arguments
        ]
        self._argument_rule = _remembered(self._rule_of_argument)
        self._variable_rule = _remembered(self._rule_of_variable)
        self._pieces = _pieces(rules.arguments)
        self._in_text = _text_patterns(rules.arguments)

    def secrets(self, transaction: Transaction, raw: bytes) -> list[Secret]:
        """Those that were not taken out yet, each once."""
        found: list[Secret] = []
        request, response = transaction.request, transaction.response
        rules = self._headers
        for headers in (request.headers, response.headers):
            for name, value in headers:
                lowered = name.lower()
                if lowered in rules:
                    found += _of_header(name, value, rules[lowered])
        if self._arguments:
            found += self._of_arguments(transaction, raw)
        for match in transaction.matches:
            if match.data:
                found += self._of_match(match)
        if _VALUE in raw:
            found += self._of_values(raw)
        if not found:
            return found
        return [one for one in dict.fromkeys(found) if not _is_out(one.text)]

    def _of_arguments(self, transaction: Transaction, raw: bytes) -> Iterator[Secret]:
        request, response = transaction.request, transaction.response
        uri = request.uri
        if uri is not None and "?" in uri and self._may_name(uri):
            yield from self._in_pairs(uri.partition("?")[2])
            yield from self._in_words(uri)
        for headers in (request.headers, response.headers):
            for name, value in headers:
                if "?" in value and name.lower() in _WITH_ADDRESSES and self._may_name(value):
                    yield from self._in_pairs(value.partition("?")[2])
                    yield from self._in_words(value)
        for body in (request.body, response.body):
            if body is None:
                continue
            if body.truncated:
                whole = raw.decode("utf-8", "replace")
                if self._may_name(whole):
                    yield from self._in_words(whole)
            if self._may_name(body.text):
                yield from self._in_body(body.text)

    def _may_name(self, text: str) -> bool:
        """Whether any of the names stands in it, spelled in whichever way."""
        lowered = text.lower()
        for piece in self._pieces:
            if piece in lowered:
                return True
        if _HIDES.search(lowered):
            plain = unquote(unquote(lowered))
            return "\\u" in plain or "&#" in plain or any(piece in plain for piece in self._pieces)
        return False

    def _rule_of_argument(self, name: str) -> str | None:
        """The first rule that names it, or something that it is part of."""
        name = name.strip()
        parts = [name, *_SEGMENTS.split(name)] if _SEGMENTS.search(name) else [name]
        for pattern, rule in self._arguments:
            if any(pattern.fullmatch(part) for part in parts):
                return rule
        return None

    def _in_body(self, text: str) -> Iterator[Secret]:
        if text.lstrip()[:1] in ("{", "["):
            yield from self._in_json(text)
        elif "=" in text:
            yield from self._in_pairs(text)
        yield from self._in_words(text)

    def _in_pairs(self, query: str) -> Iterator[Secret]:
        """`name=value&...`, both URL-encoded, perhaps twice."""
        found = []
        for pair in query.split("&"):
            name, equals, value = pair.partition("=")
            if not equals or not value:
                continue
            plain = unquote_plus(name)
            rule = self._argument_rule(plain) or (
                self._argument_rule(unquote_plus(plain)) if "%" in plain else None
            )
            if rule is not None:
                found.append(Secret(Kind.ARGUMENT, rule, value, _context(name)))
        if len(found) > _MOST_PIECES:
            found = [Secret(Kind.ARGUMENT, found[0].rule, query)]
        yield from found

    def _in_json(self, text: str) -> Iterator[Secret]:
        """The values of named keys, and all that is below those. What is no JSON has words."""
        try:
            todo: list[tuple[str, Any, str | None]] = [("", json.loads(text), None)]
        except (ValueError, RecursionError):
            return
        found: list[Secret] = []
        while todo:
            key, value, rule = todo.pop()
            if isinstance(value, dict):
                for name, inner in value.items():
                    todo.append((name, inner, rule or self._argument_rule(name)))
            elif isinstance(value, list):
                todo += [(key, inner, rule) for inner in value]
            elif rule is not None and value is not None:
                word = value if isinstance(value, str) else json.dumps(value)
                found.append(Secret(Kind.ARGUMENT, rule, word, _context(key)))
        if len(found) > _MOST_PIECES:
            found = [Secret(Kind.ARGUMENT, found[0].rule, text)]
        yield from found

    def _in_words(self, text: str) -> Iterator[Secret]:
        """Names with values in text of any kind, also of what is cut or malformed."""
        found: list[Secret] = []
        plain = unquote_plus(text) if "%" in text else text
        plainer = unquote_plus(plain) if "%" in plain else plain
        for pattern, spelled in product(self._in_text, dict.fromkeys((text, plain, plainer))):
            for match in pattern.finditer(spelled):
                rule = self._argument_rule(match["name"])
                if rule is not None and match["value"]:
                    found.append(
                        Secret(Kind.ARGUMENT, rule, match["value"], _context(match["name"]))
                    )
                if len(found) > _MOST_PIECES:
                    found = [Secret(Kind.ARGUMENT, found[0].rule, text)]
                    yield from found
                    return
        yield from found

    def _of_match(self, match: RuleMatch) -> Iterator[Secret]:
        """What a rule logged of a variable that is secret."""
        data, target = match.data or "", match.target
        by_target = None if target is None else self._variable_rule(target)
        if by_target is None and " found within " not in data:
            return
        for frame in _WITHIN.finditer(data):
            named = self._variable_rule(frame[1]) or by_target
            if named is not None:
                kind, rule = named
                start = len(_FRAME) if data.startswith(_FRAME) else 0
                after = f"found within {frame[1]}"
                yield Secret(kind, rule, data[start : frame.start()], "matched data", after)
                yield Secret(kind, rule, data[frame.end() :], _context(frame[1]))
                return
        if by_target is not None:
            kind, rule = by_target
            yield Secret(kind, rule, data, "data")

    def _of_values(self, raw: bytes) -> Iterator[Secret]:
        for variable, value in _AGAINST.findall(raw):
            named = self._variable_rule(variable.decode("utf-8", "replace"))
            if named is not None:
                kind, rule = named
                yield Secret(kind, rule, value.decode("utf-8", "replace"), "value")

    def _rule_of_variable(self, variable: str) -> tuple[Kind, str] | None:
        """The rule that names what a variable such as `REQUEST_COOKIES:id` holds."""
        variable = variable.removeprefix("MATCHED_VARS:")
        collection, _, key = variable.partition(":")
        collection = collection.upper()
        rule = None
        if collection in ("REQUEST_HEADERS", "RESPONSE_HEADERS"):
            rule = self._headers.get(key.lower())
        elif collection == "REQUEST_COOKIES":
            rule = self._headers.get("cookie")
        elif collection.startswith("ARGS") and collection in ("ARGS", "ARGS_GET", "ARGS_POST"):
            rule = self._argument_rule(key)
            return None if rule is None else (Kind.ARGUMENT, rule)
        return None if rule is None else (Kind.HEADER, rule)


def _remembered(answer: Callable[[str], _T]) -> Callable[[str], _T]:
    """Answers for short names are kept, a bounded number of them."""
    known = lru_cache(4096)(answer)
    return lambda name: known(name) if len(name) <= _LONGEST_KNOWN else answer(name)


def _of_header(name: str, value: str, rule: str) -> Iterable[Secret]:
    lowered = name.lower()
    if lowered == "cookie":
        return _of_cookies(name, value.split(";"), rule, value)
    if lowered == "set-cookie":
        first, *others = value.split(";")
        unknown = [
            one for one in others if one.partition("=")[0].strip().lower() not in _COOKIE_ATTRIBUTES
        ]
        return _of_cookies(name, [first, *unknown], rule, value)
    return _of_credentials(name, value, rule)


def _of_cookies(name: str, pieces: list[str], rule: str, whole: str) -> list[Secret]:
    if len(pieces) > _MOST_PIECES:
        return [Secret(Kind.HEADER, rule, whole, name)]
    found = []
    for piece in pieces:
        key, equals, value = piece.partition("=")
        text, before = (value, key.strip()) if equals else (piece, "")
        text = text.strip().strip('"')
        if text:
            found.append(Secret(Kind.HEADER, rule, text, _context(before or name)))
    return found


def _of_credentials(name: str, value: str, rule: str) -> Iterator[Secret]:
    """The scheme stays; of Basic, what it encodes is a secret too, as rules may log that."""
    scheme, _, rest = value.strip().partition(" ")
    if rest and scheme.lower() in _SCHEMES:
        yield Secret(Kind.HEADER, rule, rest.strip(), scheme)
        if scheme.lower() == "basic" and PLACEHOLDER not in rest:
            yield from _of_basic(rest.strip(), rule)
    elif value.strip():
        yield Secret(Kind.HEADER, rule, value.strip(), name)


def _of_basic(encoded: str, rule: str) -> Iterator[Secret]:
    try:
        plain = base64.b64decode(encoded + "=" * (-len(encoded) % 4)).decode("utf-8", "replace")
    except ValueError:
        return
    if plain:
        yield Secret(Kind.HEADER, rule, plain, "authorization")
        _, colon, password = plain.partition(":")
        if colon and password:
            yield Secret(Kind.HEADER, rule, password, plain.partition(":")[0])


def _is_out(text: str) -> bool:
    """Whether nothing is left of it but marks and punctuation that stood around."""
    return text.strip("\\\"' ") in ("", PLACEHOLDER)


def _context(name: str) -> str:
    return name.strip()[-_LONGEST_CONTEXT:]


def _name_pattern(name: str, any_text: str = ".*") -> str:
    return any_text.join(re.escape(piece) for piece in name.split("*"))


def _pieces(names: Iterable[str]) -> tuple[str, ...]:
    """The longest plain text of each name, without those that hold another one."""
    longest = {max(name.lower().split("*"), key=len) for name in names}
    return tuple(
        sorted(
            (one for one in longest if not any(other in one for other in longest - {one})), key=len
        )
    )


def _text_patterns(names: tuple[str, ...]) -> list[re.Pattern[str]]:
    if not names:
        return []
    name = "|".join(_name_pattern(one, r"[\w.\-]{0,60}") for one in names)
    within = r"(?:[\w.\-\[\]]{0,80}[.\[])?"  # user[password], user.password
    ended = r"(?:[.\[][\w.\-\[\]]{0,80})?"
    start = rf"(?P<name>{within}(?:{name}){ended})"
    multipart = (
        rf"\bname=\"?{start}\"?[^\r\n]{{0,300}}\r?\n(?:[^\r\n]{{1,300}}\r?\n){{0,10}}\r?\n"
        r"(?P<value>.*?)(?=\r?\n--|\Z)"
    )
    shapes = (
        rf"(?<![\w.\-\[\]]){start}=(?P<value>[^&\s\"<>]*)",
        rf"\"{start}\"\s*:\s*\"(?P<value>(?:[^\"\\]|\\.)*)",
        rf"\"{start}\"\s*:\s*(?P<value>-?[\d.eE+]+|true|false)",
        rf"<(?:\w+:)?{start}(?:\s[^<>]*)?>(?P<value>[^<]+)",
        multipart,
    )
    return [re.compile(shape, re.IGNORECASE | re.DOTALL) for shape in shapes]
