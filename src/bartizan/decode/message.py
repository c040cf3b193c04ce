"""A v2 message, as in part H, in `messages` of the JSON format and in error logs.

    [<action text> ]<operator text>.[ [file "F"] [line "N"]][ [id "I"]]...( [tag "T"])*

A message that went through the error log's function was cut to 1,023 bytes, anywhere. Then the real
metadata may have been pushed out by forged ones, so none are believed: the match has no rule id.
Messages without an action text are either of `nolog,auditlog` rules (never cut) or the engine's own
("Multipart parsing error: ..."), which quote the attacker and have no metadata.
"""

import re

from bartizan.decode import metadata, operator_text
from bartizan.decode.defects import DefectCode
from bartizan.decode.escapes import unescaped
from bartizan.domain.transaction import RuleMatch
from bartizan.kit.struct import Struct

_CUT_AT = 1023
_WARNING = b"Warning. "
# The URL of a redirection may hold anything; only its sentence has a text of unknown length.
_ACTIONS = (
    re.compile(rb"Access denied with code (?P<status>\d{3}) \(phase (?P<phase>\d)\)\. "),
    re.compile(
        rb"Access denied with redirection to .*? using status (?P<status>\d{3})"
        rb" \(phase (?P<phase>\d)\)\. ",
        re.DOTALL,
    ),
    re.compile(rb"Access denied[a-z ]*(?P<status>\d{3})?[^(]*(?:\(phase (?P<phase>\d)\)\.? )?"),
    re.compile(
        rb"(?:Access allowed|Access to (?:phase|request) allowed|Paused Access)(?P<status>\b)"
        rb" \(phase (?P<phase>\d)\)\. "
    ),
)
_CLAIM = re.compile(rb' \[id "(\d{1,18})"')


class Message(Struct, frozen=True):
    """`status` is what the client was answered, for a match that denied access.

    `words` are what follows the action in a message that was cut.
    """

    match: RuleMatch
    status: int | None
    defect: DefectCode | None
    detail: str = ""
    words: bytes = b""


class _Action(Struct, frozen=True):
    end: int
    phase: int | None
    is_denial: bool
    status: int | None


_NO_ACTION = _Action(0, None, False, None)
_WARNED = _Action(len(_WARNING), None, False, None)


def read(message: bytes) -> Message:
    """Read one message without its `Message: `. Total; believes no forged metadata."""
    action = _WARNED if message.startswith(_WARNING) else _action(message)
    if action is _NO_ACTION and not operator_text.is_known(message):
        return _engine_message(message)
    if len(message) >= _CUT_AT and _is_cut(message, action):
        return _cut_message(message, action)
    found = metadata.read(message)
    if found is None:
        match = RuleMatch(
            message=unescaped(message), phase=action.phase, disruptive=action.is_denial
        )
        return Message(match, action.status, DefectCode.METADATA_MISSING)
    words = operator_text.read(message[action.end : found.start])
    opening, ending = found.opening, found.ending
    match = RuleMatch(
        rule_id=opening.rule_id,
        message=opening.message,
        data=found.data,
        severity=ending.severity,
        tags=ending.tags,
        file=opening.file,
        line=opening.line,
        revision=opening.revision,
        version=ending.version,
        phase=action.phase,
        target=words.target,
        operator=words.operator,
        disruptive=action.is_denial,
    )
    return Message(match, action.status, None)


def _action(message: bytes) -> _Action:
    if not message.startswith((b"Access ", b"Paused Access ")):
        return _NO_ACTION
    for pattern in _ACTIONS:
        if found := pattern.match(message):
            status, phase = found.group("status", "phase")
            return _Action(
                found.end(),
                int(phase) if phase else None,
                message.startswith(b"Access denied"),
                int(status) if status else None,
            )
    return _NO_ACTION


def _is_cut(message: bytes, action: _Action) -> bool:
    """A cut may fall behind a forged group's end, so exactly 1,023 bytes are enough to doubt."""
    return not message.endswith(b'"]') or (len(message) == _CUT_AT and action is not _NO_ACTION)


def _engine_message(message: bytes) -> Message:
    doubtful = DefectCode.METADATA_DOUBTFUL if metadata.read(message) else None
    cut = DefectCode.MESSAGE_CUT if len(message) >= _CUT_AT else None
    return Message(RuleMatch(message=unescaped(message)), None, doubtful or cut)


def _cut_message(message: bytes, action: _Action) -> Message:
    claims = _CLAIM.findall(message)
    words = message[action.end :]
    match = RuleMatch(
        message=None,
        phase=action.phase,
        operator=operator_text.read(words).operator,
        disruptive=action.is_denial,
    )
    detail = f"claims rule {claims[-1].decode('ascii')}" if claims else ""
    return Message(match, action.status, DefectCode.MESSAGE_CUT, detail, words)
