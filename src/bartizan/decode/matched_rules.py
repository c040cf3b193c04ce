"""Which rule a cut message of ModSecurity 2 is of, from part K of its JSON (`matched_rules`).

A message was cut because something in it is long, and what is left of its metadata may be forged.
But it begins with the rule's own operator and parameter, and part K has those of every rule that
matched, with its id, as JSON, where nothing of an attacker's is taken for structure. A message is
given to a rule if that is the only one that it may be of.
"""

import re
from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from bartizan.decode import json_values as values
from bartizan.decode.escapes import unescaped
from bartizan.decode.json_values import Number
from bartizan.domain.transaction import RuleMatch

_NO_SEVERITY = -1
# Source: apache2/re_operators.c of ModSecurity 2.9, which cuts a long parameter.
_QUOTED = rb'"([^"\\]*+(?:\\.[^"\\]*+)*+)"'
_WITH_PARAMETER = (
    (re.compile(rb"Pattern match " + _QUOTED + rb" at ", re.DOTALL), ("rx", "strmatch")),
    (re.compile(rb"String match within " + _QUOTED + rb" at ", re.DOTALL), ("within",)),
    (
        re.compile(rb"String match " + _QUOTED + rb" at ", re.DOTALL),
        ("streq", "contains", "containsWord", "beginsWith", "endsWith"),
    ),
)
_LEFT_OUT = " ..."
_WITHOUT_PARAMETER = (
    (b"detected SQLi using libinjection", "detectSQLi"),
    (b"detected XSS using libinjection", "detectXSS"),
    (b"Found ", "validateByteRange"),
    (b"Invalid URL Encoding: ", "validateUrlEncoding"),
    (b"Invalid UTF-8 encoding: ", "validateUtf8Encoding"),
)


class _Actions(msgspec.Struct, gc=False):
    id: Number = None
    rev: Number = None
    version: Number = None
    severity: Number = None
    tags: tuple[str, ...] = ()


class _Operator(msgspec.Struct, gc=False):
    operator: str = ""
    operator_param: str = ""
    negated: bool = False


class _Config(msgspec.Struct, gc=False):
    filename: str | None = None
    line_num: Number = None


class _Rule(msgspec.Struct, gc=False):
    actionset: _Actions
    operator: _Operator
    config: _Config | None = None
    is_matched: bool = True


class _Matched(msgspec.Struct, gc=False):
    """A rule, or a chain of them, which has matched if the last of them has."""

    rules: tuple[_Rule, ...] = ()
    full_chain_match: bool = True


_matched = msgspec.json.Decoder(tuple[_Matched, ...])


class MatchedRules:
    """Part K of one entry; knows no rule if it is not as ModSecurity writes it."""

    def __init__(self, written: bytes) -> None:
        try:
            self._matched = _matched.decode(written) if written else ()
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self._matched = ()

    def restored(self, match: RuleMatch, words: bytes) -> RuleMatch:
        """`match` with what part K says of its rule; as it is if it may be of none or several.

        `words` are what follows the action in the message: they begin with the operator's.
        """
        starters = list(self._that_say(words))
        if len({starter.actionset.id for starter in starters}) != 1:
            return match
        actions, config = starters[0].actionset, starters[0].config or _Config()
        rule_id, line, severity, revision, version = values.rule_facts(
            actions.id,
            config.line_num,
            actions.severity,
            _text(actions.rev),
            _text(actions.version),
            unset=_NO_SEVERITY,
        )
        return replace(
            match,
            rule_id=rule_id,
            severity=severity,
            tags=tuple([unescaped(tag.encode()) for tag in actions.tags]),
            file=config.filename,
            line=line,
            revision=revision,
            version=version,
        )

    def _that_say(self, words: bytes) -> Iterator[_Rule]:
        """The rules with an id (of a chain its first) whose message may begin with the words.

        Of a chain, the last rule's operator speaks.
        """
        names, parameter = _operator(words)
        for one in self._matched:
            if not one.rules or not one.full_chain_match or one.rules[0].actionset.id is None:
                continue
            last = one.rules[-1]
            if (
                last.is_matched
                and not last.operator.negated
                and last.operator.operator in names
                and _is_of(parameter, last.operator.operator_param)
            ):
                yield one.rules[0]


def _text(value: Number) -> Number:
    """Escaped for the log as in messages, unlike an operator's parameter."""
    return unescaped(value.encode()) if isinstance(value, str) else value


def _operator(words: bytes) -> tuple[tuple[str, ...], str | None]:
    """The operators that begin their sentence so, and the parameter if that is in it."""
    for pattern, names in _WITH_PARAMETER:
        if found := pattern.match(words):
            return names, unescaped(found[1])
    for opening, name in _WITHOUT_PARAMETER:
        if words.startswith(opening):
            return (name,), None
    return (), None


def _is_of(parameter: str | None, whole: str) -> bool:
    if parameter is None or parameter == whole:
        return True
    return parameter.endswith(_LEFT_OUT) and whole.startswith(parameter.removesuffix(_LEFT_OUT))
