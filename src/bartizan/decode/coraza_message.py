r"""A message of Coraza: a line of part H of its native format, `error_message` of its JSON, or what
its host logs.

    [client "C"] Coraza: ACTION (phase N). TEXT [file "F"] [line "n"] [id "n"] [rev "R"] [msg "M"]
    [data "D"] [severity "word"] [ver "V"] [maturity "n"] [accuracy "n"]( [tag "T"])*
    [hostname "H"] [uri "U"] [unique_id "I"]( [msg_match_1 "M"] [data_match_1 "D"])* (one line)

Go's `%q` quotes all values, so what is behind the real ` [file "` cannot forge one. Only TEXT,
which is M once more, is raw, so the last ` [file "` is the real one.
"""

import re
from functools import lru_cache

from bartizan.decode.defects import DefectCode
from bartizan.decode.escapes import unquoted_go
from bartizan.domain.transaction import RuleMatch
from bartizan.kit.struct import Struct

_QUOTED = rb'"((?:[^"\\]++|\\.)*+)"'
_BEGIN = re.compile(rb'(?:\[client "(?P<client>[^"\n]{0,256})"\] )?Coraza: ')
MARK = b"] Coraza: "
_ACTION = re.compile(
    rb"(?P<words>Warning\.|Access (?:denied|dropped|allowed|redirected)"
    rb"|Custom disruptive action triggered)(?: \(phase (?P<phase>\d)\)\.?)? ?"
)
_DENIALS = frozenset((b"Access denied", b"Access dropped", b"Access redirected"))
_FILE = b' [file "'
_DATA = b'"] [data "'
_SEVERITY = b'"] [severity "'
_HOSTNAME = b'"] [hostname "'
_CLOSED = len(b'"]')
_OPENING = re.compile(
    rb" \[file " + _QUOTED + rb'\] \[line "(\d{1,9})"\] \[id "(-?\d{1,18})"\]'
    rb" \[rev " + _QUOTED + rb"\] \[msg " + _QUOTED + rb"\]",
    re.DOTALL,
)
_ENDING = re.compile(
    rb' \[severity "([a-z]{0,16})"\] \[ver ' + _QUOTED + rb'\] \[maturity "-?\d{1,9}"\]'
    rb' \[accuracy "-?\d{1,9}"\]((?: \[tag "(?:[^"\\]++|\\.)*+"\])*+)',
    re.DOTALL,
)
_TAG = re.compile(rb" \[tag " + _QUOTED + rb"\]", re.DOTALL)
_TAIL = re.compile(
    rb" \[hostname " + _QUOTED + rb"\] \[uri " + _QUOTED + rb"\] \[unique_id " + _QUOTED + rb"\]",
    re.DOTALL,
)
_CLAIM = re.compile(rb' \[id "(\d{1,18})"')
_SEVERITIES = {
    word: number
    for number, word in enumerate(
        (b"emergency", b"alert", b"critical", b"error", b"warning", b"notice", b"info", b"debug")
    )
}
_REMEMBERED_BYTES = 1024


class Message(Struct, frozen=True):
    """`uri` is as sent, with query. `is_denial`: access was denied, dropped or redirected."""

    match: RuleMatch
    is_denial: bool
    client: bytes | None = None
    uri: str | None = None
    unique_id: str | None = None
    defect: DefectCode | None = None
    detail: str = ""


class _Opening(Struct, frozen=True):
    file: str
    line: int
    rule_id: int | None
    revision: str | None
    message: str | None


class _Ending(Struct, frozen=True):
    severity: int | None
    version: str | None
    tags: tuple[str, ...]


def read(line: bytes) -> Message | None:
    """Read a line, which may go on behind the message; None if no message begins it.

    Total, linear; believes no forged metadata.
    """
    begin = _BEGIN.match(line)
    if begin is None:
        return None
    action = _ACTION.match(line, begin.end())
    phase = int(action["phase"]) if action and action["phase"] else None
    is_denial = action is not None and action["words"] in _DENIALS
    client = begin["client"] or None
    start = line.rfind(_FILE)
    data_at = line.find(_DATA, start)
    severity_at = line.find(_SEVERITY, data_at)
    hostname_at = line.find(_HOSTNAME, severity_at)
    if 0 <= start < data_at < severity_at < hostname_at:
        opening = _opening(line[start : data_at + _CLOSED])
        ending = _ending(line[severity_at + _CLOSED : hostname_at + _CLOSED])
        tail = _tail(line[hostname_at + _CLOSED :])
        if opening is not None and ending is not None and tail is not None:
            data = line[data_at + len(_DATA) : severity_at]
            match = RuleMatch(
                rule_id=opening.rule_id,
                message=opening.message,
                data=unquoted_go(data) or None,
                severity=ending.severity,
                tags=ending.tags,
                file=opening.file,
                line=opening.line,
                revision=opening.revision,
                version=ending.version,
                phase=phase,
                disruptive=is_denial,
            )
            return Message(match, is_denial, client, *tail)
    match = RuleMatch(phase=phase, disruptive=is_denial)
    claims = _CLAIM.findall(line)
    detail = f"claims rule {claims[-1].decode('ascii')}" if claims else ""
    code = DefectCode.MESSAGE_CUT if start >= 0 else DefectCode.METADATA_MISSING
    return Message(match, is_denial, client, defect=code, detail=detail)


def _opening(run: bytes) -> _Opening | None:
    """From ` [file` to the end of M."""
    return _opening_remembered(run) if len(run) <= _REMEMBERED_BYTES else _read_opening(run)


def _read_opening(run: bytes) -> _Opening | None:
    found = _OPENING.fullmatch(run)
    if found is None:
        return None
    file, line, rule_id, revision, message = found.groups()
    return _Opening(
        unquoted_go(file),
        int(line),
        int(rule_id) if int(rule_id) > 0 else None,
        unquoted_go(revision) or None,
        unquoted_go(message) or None,
    )


def _ending(run: bytes) -> _Ending | None:
    """From ` [severity` to the end of the last tag."""
    return _ending_remembered(run) if len(run) <= _REMEMBERED_BYTES else _read_ending(run)


def _read_ending(run: bytes) -> _Ending | None:
    found = _ENDING.fullmatch(run)
    if found is None:
        return None
    return _Ending(
        _SEVERITIES.get(found[1]),
        unquoted_go(found[2]) or None,
        tuple([unquoted_go(tag) for tag in _TAG.findall(found[3])]),
    )


def _tail(run: bytes) -> tuple[str | None, str | None] | None:
    """URI and unique id, from ` [hostname` on. All messages of a transaction have the same."""
    return _tail_remembered(run) if len(run) <= _REMEMBERED_BYTES else _read_tail(run)


def _read_tail(run: bytes) -> tuple[str | None, str | None] | None:
    found = _TAIL.match(run)
    return found and (unquoted_go(found[2]) or None, unquoted_go(found[3]) or None)


_tail_remembered = lru_cache(maxsize=64)(_read_tail)
_opening_remembered = lru_cache(maxsize=4096)(_read_opening)
_ending_remembered = lru_cache(maxsize=4096)(_read_ending)
