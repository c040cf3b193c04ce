"""Which lines of an error log are of one transaction.

An error log has a line for each rule that matched, and the lines of transactions that ran at the
same time stand between each other. Lines with the same unique id are one entry, as long as no more
than `GAP_BYTES` of log stand between one and the next; so which lines belong together depends on
the log alone, and not on how it is read. A line whose unique id was cut off belongs to the lines of
the same connection and the same second.
"""

import re

from bartizan.decode import error_log_line, json_dialect
from bartizan.decode.boundary import MODSECURITY2, MODSECURITY3
from bartizan.decode.contract import Span
from bartizan.decode.coraza_framing import CORAZA
from bartizan.decode.error_log_line import Frame, Kind
from bartizan.decode.logger_line import unwrapped
from bartizan.kit.struct import Struct

GAP_BYTES = 1024 * 1024
# What is not settled within so much of the log is cut off there, so that memory stays bounded.
_LONGEST_BLOCK = 8 * GAP_BYTES
_QUICK_BYTES = 128 * 1024
_LONGEST_INTERLUDE = 16 * 1024
_HEAD_BYTES = 4096
_SECOND = len("2026/11/23 05:42:33")


_ZEROS = re.compile(rb"\0*+")
_Pieces = list[tuple[int, int]]


class _Line(Struct, frozen=True):
    """A line up to `end`; more may follow up to the next that is not an error log's own."""

    start: int
    end: int
    framed: Frame
    unique_id: str | None
    has_end: bool

    @property
    def moment(self) -> tuple[bytes, bytes] | None:
        """The connection and the second; None where the log does not tell them."""
        if not self.framed.thread.strip():
            return None
        return self.framed.thread, self.framed.stamp[:_SECOND]


class _Run(Struct, frozen=True):
    """Lines of an error log up to `end`; `is_over` if it does not go on there."""

    lines: list[_Line]
    end: int
    is_over: bool


_Group = list[int]


def split(data: bytes, start: int, *, is_last: bool) -> list[Span]:
    """Spans of the transactions in the run of lines that begins at `start`; see `decode.contract`.

    All other lines of the run come as one span that is foreign.
    """
    if not is_last and _QUICK_BYTES < len(data) - start < 2 * GAP_BYTES:
        return []  # so little would be settled that it is not worth reading all of it again
    run = _run(data, start, is_last=is_last)
    if not run.lines:
        return []
    groups = _groups(run.lines)
    end = _end_of_settled(run, groups)
    if end == start:
        if run.end - start < _LONGEST_BLOCK:
            return []
        end = run.lines[-1].start
    return _spans(run, groups, start, end)


def _run(data: bytes, start: int, *, is_last: bool) -> _Run:
    lines: list[_Line] = []
    at = end = start
    while at < len(data) and at - start < 2 * _LONGEST_BLOCK:
        at = _after_hole(data, at)
        newline = data.find(b"\n", at)
        if newline < 0 and not is_last:
            return _Run(lines, end, is_over=False)
        stop = len(data) if newline < 0 else newline
        following = min(stop + 1, len(data))
        line = unwrapped(data[at:stop])
        framed = error_log_line.frame(line)
        if framed is not None:
            if end < at:
                lines[-1] = _continued(data, lines[-1], at)
            unique_id = _unique_id(line, framed)
            lines.append(_Line(at, following, framed, unique_id, newline >= 0))
            end = following
        elif not lines or following - end > _LONGEST_INTERLUDE or _begins_entry(data, at):
            return _Run(lines, end, is_over=True)
        at = following
    return _Run(lines, end, is_over=is_last and at >= len(data))


def _after_hole(data: bytes, at: int) -> int:
    """Behind zeros, which a log has where it was truncated under a writer that goes on."""
    if not data.startswith(b"\0", at):
        return at
    found = _ZEROS.match(data, at)
    return found.end() if found else at


def _unique_id(line: bytes, framed: Frame) -> str | None:
    return None if framed.kind is Kind.FOREIGN else error_log_line.unique_id(line, framed)


def _continued(data: bytes, line: _Line, end: int) -> _Line:
    """A message of Coraza may hold a raw newline: then it is whole only with what follows."""
    if line.framed.kind is not Kind.CORAZA or line.unique_id is not None:
        return line
    unique_id = error_log_line.unique_id(data[line.start : end].rstrip(b"\n"), line.framed)
    if unique_id is None:
        return line
    return _Line(line.start, end, line.framed, unique_id, has_end=True)


def _begins_entry(data: bytes, at: int) -> bool:
    """Whether an entry of another format begins here."""
    if data.startswith(b"--", at):
        return any(framing.begins(data, at) for framing in (MODSECURITY2, MODSECURITY3, CORAZA))
    return data.startswith(b"{", at) and json_dialect.of(data[at : at + _HEAD_BYTES]) is not None


def _groups(lines: list[_Line]) -> list[_Group]:
    """The numbers of the lines of each transaction, in order."""
    groups: list[_Group] = []
    by_id: dict[tuple[bytes, str], _Group] = {}
    latest: dict[tuple[bytes, bytes], _Group] = {}
    without_id: dict[tuple[bytes, bytes], _Group] = {}
    for number, line in enumerate(lines):
        if line.framed.kind is Kind.FOREIGN:
            continue
        moment = line.moment
        # Ids of nginx's workers may collide, for each draws the same random numbers.
        key = (line.framed.thread if line.framed.is_nginx else b"", line.unique_id or "")
        group = None
        if line.unique_id is not None:
            group = by_id.get(key)
            if group is None and moment is not None:
                group = without_id.pop(moment, None)
        elif moment is not None:
            group = latest.get(moment)
        if group is None or not _goes_on(lines, group, number):
            group = []
            groups.append(group)
            if line.unique_id is None and moment is not None:
                without_id[moment] = group
        group.append(number)
        if line.unique_id is not None:
            by_id[key] = group
        if moment is not None:
            latest[moment] = group
    return groups


def _goes_on(lines: list[_Line], group: _Group, number: int) -> bool:
    """Whether a line may be of the group. One without its end only if no other stands between.

    It may be written to its end later, and then be read again, alone or with what is behind it.
    """
    if not lines[number].has_end and group[0] + len(group) != number:
        return False
    return lines[number].start - lines[group[-1]].end <= GAP_BYTES


def _end_of_settled(run: _Run, groups: list[_Group]) -> int:
    """The last place that no transaction stands astride, nor one to which lines may yet come."""
    if run.is_over:
        return run.end
    end = run.lines[-1].start
    for group in reversed(groups):  # by their first lines
        last = run.lines[group[-1]]
        if last.start >= end or run.end - last.end <= GAP_BYTES:
            end = min(end, run.lines[group[0]].start)
    return end


def _spans(run: _Run, groups: list[_Group], start: int, end: int) -> list[Span]:
    """In the order in which they begin; the last byte of one of them is the last before `end`."""
    spans = []
    own: _Pieces = []
    for group in groups:
        lines = [run.lines[number] for number in group if run.lines[number].start < end]
        if lines:
            pieces = _merged([(line.start, line.end) for line in lines])
            own += pieces
            spans.append(_span(pieces, is_torn=not lines[-1].has_end))
    foreign = _between(sorted(own), start, end)
    if foreign:
        is_torn = end == run.end and not run.lines[-1].has_end
        spans.append(_span(foreign, is_torn=is_torn)._replace(is_foreign=True))
    return sorted(spans)


def _span(pieces: _Pieces, *, is_torn: bool) -> Span:
    begin, end = pieces[0][0], pieces[-1][1]
    places = tuple([(at, stop - at) for at, stop in pieces]) if len(pieces) > 1 else ()
    return Span(begin, end - begin, is_torn, places)


def _merged(places: _Pieces) -> _Pieces:
    """Places that touch as one."""
    merged: _Pieces = []
    for begin, end in places:
        if merged and merged[-1][1] == begin:
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((begin, end))
    return merged


def _between(places: _Pieces, start: int, end: int) -> _Pieces:
    """What is left of a stretch without some places in it."""
    left = []
    for begin, stop in places:
        if start < begin:
            left.append((start, begin))
        start = stop
    if start < end:
        left.append((start, end))
    return left
