"""The rule matches of Coraza's JSON and OCSF: an object for each datum that a rule matched.

A rule that matched several data (a chain, `multiMatch`) is one match here, as it is everywhere
else. Without part K the objects are missing and only the text of the message is there.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

import msgspec
from msgspec import Raw

from bartizan.decode import coraza_message
from bartizan.decode import json_values as values
from bartizan.decode.defects import DefectCode, defect
from bartizan.decode.json_repair import Kind, Shape
from bartizan.decode.json_values import Number
from bartizan.domain.transaction import Defect, RuleMatch

_NO_SEVERITY = -1
_NOTHING = Raw()
_ACTION = re.compile(
    r'\[client "[^"]*+"\] Coraza: (Access (?:denied|dropped|redirected))?(?:Warning\.)?'
    r"(?: \(phase (\d)\))?"
)
# The first quoted operator of a rule's source, which is JSON in JSON: quotes have a backslash.
_OPERATOR = re.compile(rb'\\"(!?)@([A-Za-z]\w{0,40})')
_REMEMBERED_BYTES = 4096


class Data(msgspec.Struct, gc=False):
    """What Coraza says of one matched datum; `raw` is the rule's source."""

    file: str | None = None
    line: Number = None
    id: Number = None
    rev: Number = None
    msg: str | None = None
    data: str | None = None
    severity: Number = None
    ver: Number = None
    tags: tuple[str, ...] | None = None
    raw: Raw = _NOTHING


class Message(msgspec.Struct, gc=False):
    """One element of `messages`."""

    message: str | None = None
    error_message: str | None = None
    data: Data | None = None


_TEXT = Kind.TEXT
DATA_SHAPE: Shape = {
    **dict.fromkeys(("file", "rev", "msg", "data", "ver", "raw"), _TEXT),
    **dict.fromkeys(("line", "id", "severity", "maturity", "accuracy"), Kind.NUMBER),
    "tags": [_TEXT],
}
MESSAGE_SHAPE: Shape = {
    **dict.fromkeys(("actionset", "message", "error_message"), _TEXT),
    "data": DATA_SHAPE,
}


def matches(messages: Iterable[Message], defects: list[Defect]) -> tuple[RuleMatch, ...]:
    """One match for each rule that matched, in the order of the log."""
    found: list[RuleMatch] = []
    before: tuple[Number, str | None] | None = None
    for number, one in enumerate(messages, start=1):
        said = one.error_message
        if one.data is None:
            found.append(_from_text(said or "", one.message, number, defects))
            before = None
            continue
        this = one.data.id, said
        if this != before or one.data.id is None:
            found.append(_from_data(one.data, said))
        elif one.data.data and not found[-1].data:
            found[-1] = msgspec.structs.replace(found[-1], data=one.data.data)
        before = this
    return tuple(found)


def _from_data(data: Data, said: str | None) -> RuleMatch:
    action = _ACTION.match(said) if said else None
    phase = action[2] if action else None
    rule_id, line, severity, revision, version = values.rule_facts(
        data.id, data.line, data.severity, data.rev, data.ver, unset=_NO_SEVERITY
    )
    return RuleMatch(
        rule_id=rule_id,
        message=data.msg or None,
        data=data.data or None,
        severity=severity,
        tags=data.tags or (),
        file=data.file or None,
        line=line,
        revision=revision,
        version=version,
        phase=int(phase) if phase else None,
        operator=_operator(bytes(data.raw)),
        disruptive=action is not None and action[1] is not None,
    )


def _from_text(said: str, shown: str | None, number: int, defects: list[Defect]) -> RuleMatch:
    read = coraza_message.read(said.encode()) if said else None
    if read is None:
        defects.append(defect(DefectCode.METADATA_MISSING, f"messages {number}"))
        return RuleMatch(message=shown or None)
    if read.defect is not None:
        defects.append(defect(read.defect, f"messages {number}", read.detail))
    return read.match


def _operator(source: bytes) -> str | None:
    """The operator of a rule, of a chain that of its first rule; None where it is not written."""
    if len(source) > _REMEMBERED_BYTES:
        return _read_operator(source)
    return _read_operator_remembered(source)


def _read_operator(source: bytes) -> str | None:
    found = _OPERATOR.search(source)
    return (found[1] + found[2]).decode("ascii") if found else None


_read_operator_remembered = lru_cache(maxsize=2048)(_read_operator)
