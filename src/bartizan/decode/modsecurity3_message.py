r"""A message of ModSecurity 3: a line of part H of its native format, or of nginx's error log.

    ModSecurity: ACTION. MATCH [file "F"] [line "N"] [id "N"] [rev "R"] [msg "M"] [data "D"]
    [severity "n"] [ver "V"] [maturity "n"] [accuracy "n"]( [tag "T"])* [hostname "H"] [uri "U"]
    [unique_id "I"] [ref "X"] (all in one line)

All keys are always there and in this order. Quotes are escaped in R, D, V and T only: MATCH holds
the names and values of arguments as they came, U the decoded path. So metadata can be forged before
the real ones, where a forged M, or U, would have to swallow what is real, and after them, inside U.
What tells them apart is the order of the keys, that no M holds ` [file "`, and that U is never
longer than 200 bytes. Where more than one reading remains, none is believed.
"""

import re
from bisect import bisect_left
from functools import lru_cache

from msgspec.structs import replace

from bartizan.decode import match_words
from bartizan.decode.defects import DefectCode
from bartizan.decode.escapes import unhexed, unhexed_unprintable
from bartizan.decode.match_words import Words
from bartizan.domain.transaction import RuleMatch
from bartizan.kit.struct import Struct
from bartizan.kit.text import text

PREFIX = b"ModSecurity: "
_WARNING = b"ModSecurity: Warning. "
_DENIAL = re.compile(
    rb"ModSecurity: Access denied(?: with code (?P<status>\d{1,4}))?[^(\[]{0,300}"
    rb"(?:\(phase (?P<phase>\d)\)\. )?"
)
_FILE = b' [file "'
_DATA = b'"] [data "'
_SEVERITY = b'"] [severity "'
_HOSTNAME = b'"] [hostname "'
_URI = b'"] [uri "'
_UNIQUE_ID = b'"] [unique_id "'
_CLOSED = len(b'"]')
_START = re.compile(
    rb' \[file "([^"]*+)"\] \[line "(\d{1,9})"\] \[id "(\d{1,18})"\] \[rev "([^"]*+)"\] \[msg "'
)
_ENDING = re.compile(
    rb' \[severity "(\d{1,3})"\] \[ver "([^"]*+)"\] \[maturity "-?\d{1,9}"\]'
    rb' \[accuracy "-?\d{1,9}"\]((?: \[tag "[^"]*+"\])*+)'
)
# From the end of M to H. Nothing in it is raw.
_MIDDLE = re.compile(rb'"\] \[data "[^"]*+("\])' + _ENDING.pattern + rb'() \[hostname "')
_TAG = re.compile(rb' \[tag "([^"]*+)"\]')
_TO_URI = re.compile(rb'.{0,1024}?"\] \[uri "', re.DOTALL)
_TAIL = re.compile(
    rb'"\] \[unique_id "([^"]{0,1024}+)"\] \[ref "[^"]{0,4096}+"\]'
    rb'(?: \[hostname "[^"]*+"\] \[uri "[^"]*+"\] \[unique_id "[^"]*+"\])?'
)
_OMITTED = re.compile(rb"(.*) \(\d{1,9} characters omitted\)", re.DOTALL)
_LONGEST_URI = 200
# With each byte written as four, and what says that some were left out.
_LONGEST_URI_WRITTEN = 4 * _LONGEST_URI + len(b" (123456789 characters omitted)")
# What can stand before the metadata without a name that a client can make long. It cuts the
# parameter to 200 bytes and the value to 100, too little for whole metadata to be forged in.
_NOTE = rb"(?: \(\d{1,9} characters omitted\))?"
_SHORT = re.compile(
    rb"(?:detected (?:SQLi|XSS) using libinjection\."
    rb"|Matched \"Operator `\w{1,40}' with parameter `.{0,800}?" + _NOTE + rb"'"
    rb" against variable `(?:[A-Z_]{1,40}|TX:\w{1,64})' \(Value: `.{0,400}" + _NOTE + rb"' \))?",
    re.DOTALL,
)
_CLAIM = re.compile(rb' \[id "(\d{1,18})"')
_LEAST_SEVERITY = 7
_REMEMBERED_BYTES = 1024


class Message(Struct, frozen=True):
    """`end` is where in the line the message ends, `status` what the client was answered.

    `uri` is the decoded path without query, as written; `unique_id` as written.
    """

    match: RuleMatch
    status: int | None = None
    uri: bytes | None = None
    unique_id: bytes | None = None
    end: int = 0
    defect: DefectCode | None = None
    detail: str = ""


class _Action(Struct, frozen=True):
    end: int
    phase: int | None
    is_denial: bool
    status: int | None


class _Opening(Struct, frozen=True):
    file: str
    line: int
    rule_id: int
    revision: str | None
    message: str | None


class _Ending(Struct, frozen=True):
    severity: int | None
    version: str | None
    tags: tuple[str, ...]


class _Reading(Struct, frozen=True):
    """One way to read a line. `start` is where the metadata begin, `end` where they end."""

    start: int
    opening: _Opening
    data: bytes
    ending: _Ending
    uri: bytes
    unique_id: bytes | None
    end: int


_WARNED = _Action(len(_WARNING), None, False, None)


def read(line: bytes, *, is_followed: bool = False, is_cut: bool = False) -> Message:
    """Read the line, which begins with `PREFIX`. Total, linear; believes no forged metadata.

    `is_followed`: behind the message there may be what nginx adds. `is_cut`: the end of the line is
    missing.
    """
    action = _action(line)
    if is_cut:
        return _read_cut(line, action)
    usual = _usual(line, is_followed=is_followed)
    if usual is not None:
        return _believed(line, action, usual)
    readings = _readings(line, is_followed=is_followed)
    if len(readings) > 1:
        readings = [one for one in readings if _is_path(one.uri)]
    if len(readings) == 1:
        return _believed(line, action, readings[0])
    if readings or _FILE in line:
        return _not_believed(line, action, DefectCode.METADATA_DOUBTFUL)
    match = RuleMatch(
        message=unhexed_unprintable(line[action.end :]),
        phase=action.phase,
        disruptive=action.is_denial,
    )
    return Message(match, action.status, defect=DefectCode.METADATA_MISSING)


def _read_cut(line: bytes, action: _Action) -> Message:
    """Of a cut line the real metadata may be gone, and only what a long name forges be left.

    So they are believed only where no name stands before them that a client can make long.
    """
    start = _START.search(line, action.end)
    if start is None or not _SHORT.fullmatch(line, action.end, start.start()):
        return _not_believed(line, action, DefectCode.MESSAGE_CUT)
    middle = _MIDDLE.search(line, start.end())
    if middle is None or line.find(_FILE, start.end(), middle.start()) >= 0:
        return _not_believed(line, action, DefectCode.MESSAGE_CUT)
    opening = _opening(line[start.start() : middle.start()])
    ending = _ending(line[middle.end(1) : middle.start(5)])
    if opening is None or ending is None:
        return _not_believed(line, action, DefectCode.MESSAGE_CUT)
    uri = _TO_URI.match(line, middle.end())
    tails = list(_TAIL.finditer(line, uri.end())) if uri else []
    data = line[middle.start() + len(_DATA) : middle.start(1)]
    if uri is None or len(tails) != 1:
        found = _Reading(start.start(), opening, data, ending, b"", None, len(line))
        return replace(_believed(line, action, found), defect=None, uri=None)
    tail = tails[0]
    path = line[uri.end() : tail.start()]
    found = _Reading(start.start(), opening, data, ending, path, tail[1], tail.end())
    return _believed(line, action, found)


def _not_believed(line: bytes, action: _Action, code: DefectCode) -> Message:
    claims = _CLAIM.findall(line)
    match = RuleMatch(phase=action.phase, disruptive=action.is_denial)
    detail = f"claims rule {claims[-1].decode('ascii')}" if claims else ""
    return Message(match, action.status, defect=code, detail=detail)


def _believed(line: bytes, action: _Action, found: _Reading) -> Message:
    opening, ending = found.opening, found.ending
    operator, target = _matched(line[action.end : found.start])
    match = RuleMatch(
        rule_id=opening.rule_id,
        message=opening.message,
        data=unhexed(found.data) or None,
        severity=ending.severity,
        tags=ending.tags,
        file=opening.file,
        line=opening.line,
        revision=opening.revision,
        version=ending.version,
        phase=action.phase,
        target=target,
        operator=operator,
        disruptive=action.is_denial,
    )
    if found.unique_id is None:
        code, detail = DefectCode.METADATA_DOUBTFUL, "unique id"
        return Message(match, action.status, found.uri, None, found.end, code, detail)
    return Message(match, action.status, found.uri, found.unique_id, found.end)


def _action(line: bytes) -> _Action:
    if line.startswith(_WARNING):
        return _WARNED
    found = _DENIAL.match(line)
    if found is None:
        return _Action(len(PREFIX), None, False, None)
    status, phase = found.group("status", "phase")
    return _Action(
        found.end(), int(phase) if phase else None, True, int(status) if status else None
    )


def _usual(line: bytes, *, is_followed: bool) -> _Reading | None:
    """The form that nearly all lines have: each key once. None means only: look closer."""
    file_at = line.find(_FILE)
    data_at = line.find(_DATA, file_at)
    severity_at = line.find(_SEVERITY, data_at)
    hostname_at = line.find(_HOSTNAME, severity_at)
    tail_at = line.find(_UNIQUE_ID, hostname_at)
    if not 0 <= file_at < data_at < severity_at < hostname_at < tail_at:
        return None
    if line.find(_FILE, file_at + 1) >= 0 or line.find(_UNIQUE_ID, tail_at + 1) >= 0:
        return None
    tail = _TAIL.match(line, tail_at)
    uri_at = line.find(_URI, hostname_at + len(_HOSTNAME), tail_at)
    opening = _opening(line[file_at:data_at])
    ending = _ending(line[severity_at + _CLOSED : hostname_at + _CLOSED])
    data = line[data_at + len(_DATA) : severity_at]
    if tail is None or uri_at < 0 or opening is None or ending is None or b'"' in data:
        return None
    if not _is_end(line, tail.end(), is_followed=is_followed):
        return None
    path = line[uri_at + len(_URI) : tail_at]
    return _Reading(file_at, opening, data, ending, path, tail[1], tail.end())


def _readings(line: bytes, *, is_followed: bool) -> list[_Reading]:
    """Every way to read the line in which no M holds ` [file "`, from left to right."""
    tails = [
        one for one in _TAIL.finditer(line) if _is_end(line, one.end(), is_followed=is_followed)
    ]
    tails_at = [one.start() for one in tails]
    middles = list(_MIDDLE.finditer(line))
    middles_at = [one.start() for one in middles]
    readings = []
    for opening in _START.finditer(line):
        number = bisect_left(middles_at, opening.end())
        if number == len(middles):
            break
        middle = middles[number]
        if line.find(_FILE, opening.end(), middle.start()) >= 0:
            continue
        uri = _TO_URI.match(line, middle.end())
        place = bisect_left(tails_at, uri.end()) if uri else len(tails)
        if uri is None or place == len(tails):
            continue
        tail = tails[place]
        # Longer than a path can be is enough: many readings of a long line must not copy it all.
        longest = uri.end() + _LONGEST_URI_WRITTEN + 1
        is_doubtful = place + 1 < len(tails) and _is_path(
            line[uri.end() : min(tails_at[place + 1], longest)]
        )
        read_opening = _opening(line[opening.start() : middle.start()])
        read_ending = _ending(line[middle.end(1) : middle.start(5)])
        if read_opening is None or read_ending is None:
            continue
        readings.append(
            _Reading(
                opening.start(),
                read_opening,
                line[middle.start() + len(_DATA) : middle.start(1)],
                read_ending,
                line[uri.end() : min(tail.start(), longest)],
                None if is_doubtful else tail[1],
                tail.end(),
            )
        )
    return readings


def _is_end(line: bytes, at: int, *, is_followed: bool) -> bool:
    return at == len(line) or (is_followed and line.startswith((b", ", b" while "), at))


def _is_path(written: bytes) -> bool:
    """Whether ModSecurity may have written this as the path: it cuts it to 200 bytes."""
    if len(written) > _LONGEST_URI_WRITTEN:
        return False
    cut = _OMITTED.fullmatch(written)
    return len(unhexed_unprintable(cut[1] if cut else written)) <= _LONGEST_URI


def _opening(run: bytes) -> _Opening | None:
    """From ` [file "` to the end of M."""
    return _opening_remembered(run) if len(run) <= _REMEMBERED_BYTES else _read_opening(run)


def _read_opening(run: bytes) -> _Opening | None:
    found = _START.match(run)
    if found is None:
        return None
    file, line, rule_id, revision = found.groups()
    return _Opening(
        text(file),
        int(line),
        int(rule_id),
        unhexed(revision) or None,
        unhexed_unprintable(run[found.end() :]) or None,
    )


def _ending(run: bytes) -> _Ending | None:
    """From ` [severity "` to the last tag's end."""
    return _ending_remembered(run) if len(run) <= _REMEMBERED_BYTES else _read_ending(run)


def _read_ending(run: bytes) -> _Ending | None:
    """Severity 0 is also what is written where a rule has none, so it is not stated."""
    found = _ENDING.fullmatch(run)
    if found is None:
        return None
    severity = int(found[1])
    return _Ending(
        severity if 0 < severity <= _LEAST_SEVERITY else None,
        unhexed(found[2]) or None,
        tuple([unhexed(tag) for tag in _TAG.findall(found[3])]),
    )


def _matched(words: bytes) -> Words:
    """Operator and target; None where the words do not say."""
    return _matched_remembered(words) if len(words) <= _REMEMBERED_BYTES else _read_matched(words)


def _read_matched(words: bytes) -> Words:
    return match_words.read(unhexed_unprintable(words))


_opening_remembered = lru_cache(maxsize=4096)(_read_opening)
_ending_remembered = lru_cache(maxsize=4096)(_read_ending)
_matched_remembered = lru_cache(maxsize=4096)(_read_matched)
