"""ModSecurity 2's native format: parts A to K between boundary lines. See docs/formats.md."""

import re
from collections.abc import Iterable

from bartizan.decode import boundary, http_head, message, part_a, trailer, uploads
from bartizan.decode.apache_time import SECOND_US
from bartizan.decode.boundary import Cut
from bartizan.decode.contract import Decoded, Span
from bartizan.decode.defects import DefectCode, defect
from bartizan.decode.message import Message
from bartizan.decode.part_a import PartA
from bartizan.decode.trailer import Trailer
from bartizan.domain.errors import Refused
from bartizan.domain.transaction import (
    Body,
    Defect,
    Endpoint,
    Format,
    Intercept,
    Request,
    Response,
    Transaction,
    Upload,
    Zone,
)
from bartizan.kit.clock import from_us
from bartizan.kit.text import text

_WRITTEN_ORDER = "ABCIFEHJK"
_WRITTEN = re.compile("AB?C?I?F?E?H?J?K?")
_RESERVED = "DG"
# A forged copy of these can only stand before the real one: in C, I or E.
_LAST_COUNTS = "HJK"
_BODY_TEXT_BYTES = 64 * 1024
# The clock of part A and of the stopwatch are read one after the other; loggers may wait.
_CLOCK_TOLERANCE_US = 60 * SECOND_US


class ModSecurity2Native:
    """Decodes one entry as mlogc sends it, or as it stands in a serial file."""

    format = Format.MODSECURITY2_NATIVE

    def recognises(self, head: bytes) -> bool:
        return boundary.begins(head)

    def parts(self, raw: bytes) -> tuple[tuple[str, bytes], ...]:
        if not boundary.begins(raw):
            return ()
        return tuple(_believed(boundary.cut(raw)).items())

    def end_mark(self, head: bytes) -> bytes:
        return boundary.end_mark(head)

    def split(self, data: bytes, start: int, *, is_last: bool) -> list[Span]:
        return boundary.split(data, start, is_last=is_last)

    def read(self, raw: bytes) -> Decoded:
        if not boundary.begins(raw):
            raise Refused("unknown-format", "does not begin with a boundary of part A")
        defects: list[Defect] = []
        parts, letters = _parts(raw, defects)
        head = part_a.read(parts["A"])
        if head is None:
            if len(parts) == 1:
                raise Refused("not-an-entry", "nothing follows the boundary of part A", "A")
            defects.append(defect(DefectCode.PART_A_MALFORMED, "A"))
        ending = trailer.read(parts["H"]) if "H" in parts else None
        messages = _messages(ending, defects) if ending else []
        occurred_us, zone = _occurred(head, ending, defects)
        request = _request(parts, defects)
        response = _response(parts, defects)
        transaction = Transaction(
            format=self.format,
            unique_id=head.unique_id if head else None,
            occurred_at=None if occurred_us is None else from_us(occurred_us),
            zone=zone,
            client=head.client if head else Endpoint(),
            server=head.server if head else Endpoint(),
            request=request,
            response=response,
            matches=tuple([one.match for one in messages]),
            intercepted=ending.is_intercepted if ending else None,
            intercept=_intercept(ending, messages) if ending else None,
            engine_mode=ending.engine_mode if ending else None,
            producer=ending.producer if ending else None,
            ruleset=ending.ruleset if ending else None,
            uploads=_uploads(parts["J"], defects) if "J" in parts else (),
            parts=letters,
            defects=tuple(defects),
        )
        return Decoded(transaction, tuple(parts.items()))


def _parts(raw: bytes, defects: list[Defect]) -> tuple[dict[str, bytes], str]:
    """The parts by letter, and the letters present, in the order written."""
    cut = boundary.cut(raw)
    parts = _believed(cut)
    letters = "".join(parts)
    if letters != cut.letters or not _WRITTEN.fullmatch(letters):
        _tell_letters(cut.letters, defects)
    if not cut.has_end:
        defects.append(defect(DefectCode.END_MISSING))
        return parts, letters
    if cut.after_end:
        defects.append(defect(DefectCode.BYTES_AFTER_END, "Z", f"{cut.after_end} bytes"))
    return parts, letters + "Z"


def _believed(cut: Cut) -> dict[str, bytes]:
    """One part for each letter, in the order written: of a repeated one the likely real one."""
    if len(set(cut.letters)) == len(cut.letters):
        return dict(zip(cut.letters, cut.parts, strict=True))
    parts: dict[str, bytes] = {}
    for letter, content in zip(cut.letters, cut.parts, strict=True):
        if letter not in parts or letter in _LAST_COUNTS:
            parts[letter] = content
    return parts


def _tell_letters(letters: str, defects: list[Defect]) -> None:
    distinct = "".join(dict.fromkeys(letters))
    known = [letter for letter in distinct if letter in _WRITTEN_ORDER]
    for letter in distinct:
        if letter not in _WRITTEN_ORDER + _RESERVED:
            defects.append(defect(DefectCode.PART_UNKNOWN, letter))
        if letters.count(letter) > 1:
            defects.append(defect(DefectCode.PART_REPEATED, letter))
    if known != sorted(known, key=_WRITTEN_ORDER.index):
        defects.append(defect(DefectCode.PART_ORDER, detail=distinct))


def _messages(ending: Trailer, defects: list[Defect]) -> list[Message]:
    messages = [message.read(line) for line in ending.messages]
    for number, one in enumerate(messages, start=1):
        if one.defect is not None:
            defects.append(defect(one.defect, f"H message {number}", one.detail))
    return messages


def _occurred(
    head: PartA | None, ending: Trailer | None, defects: list[Defect]
) -> tuple[int | None, Zone]:
    """When the request began: by the stopwatch, which is UTC, or else by the log time."""
    logged = head.logged if head else None
    if head and logged is None:
        defects.append(defect(DefectCode.TIME_MALFORMED, "A"))
    if logged and not logged.has_zone:
        defects.append(defect(DefectCode.ZONE_MALFORMED, "A"))
    watch = ending.stopwatch if ending else None
    if ending and ending.has_bad_stopwatch:
        defects.append(defect(DefectCode.STOPWATCH_MALFORMED, "H"))
    if watch and watch.start_us is not None:
        if logged and logged.has_zone:
            late_us = logged.at_us - watch.start_us - watch.duration_us
            if not -_CLOCK_TOLERANCE_US <= late_us <= _CLOCK_TOLERANCE_US:
                detail = f"{late_us // SECOND_US} s"
                defects.append(defect(DefectCode.TIME_DISAGREES, "A", detail))
        return watch.start_us, Zone.STATED
    if logged is None:
        return None, Zone.ASSUMED
    began_us = logged.at_us - (watch.duration_us if watch else 0)
    zone = Zone.STATED if logged.has_zone else Zone.ASSUMED
    return (began_us if began_us >= 0 else logged.at_us), zone


def _request(parts: dict[str, bytes], defects: list[Defect]) -> Request:
    body = _body(parts.get("C", parts.get("I")))
    if "B" not in parts:
        return Request(body=body)
    head = http_head.read_request(parts["B"])
    if head.is_malformed:
        defects.append(defect(DefectCode.REQUEST_LINE_MALFORMED, "B"))
    if head.nameless:
        defects.append(defect(DefectCode.HEADER_MALFORMED, "B", f"{head.nameless} lines"))
    return Request(
        method=head.method, uri=head.uri, protocol=head.protocol, headers=head.headers, body=body
    )


def _response(parts: dict[str, bytes], defects: list[Defect]) -> Response:
    body = _body(parts.get("E"))
    if "F" not in parts:
        return Response(body=body)
    head = http_head.read_response(parts["F"])
    if head.is_malformed:
        defects.append(defect(DefectCode.STATUS_LINE_MALFORMED, "F"))
    if head.nameless:
        defects.append(defect(DefectCode.HEADER_MALFORMED, "F", f"{head.nameless} lines"))
    return Response(status=head.status, protocol=head.protocol, headers=head.headers, body=body)


def _body(content: bytes | None) -> Body | None:
    if content is None:
        return None
    size = len(content)
    if size <= _BODY_TEXT_BYTES:
        return Body(text=text(content), size=size)
    return Body(text=text(content[:_BODY_TEXT_BYTES]), size=size, truncated=True)


def _uploads(part: bytes, defects: list[Defect]) -> tuple[Upload, ...]:
    read = uploads.read(part)
    if read.unreadable:
        defects.append(defect(DefectCode.UPLOAD_MALFORMED, "J", f"{read.unreadable} lines"))
    return read.files


def _intercept(ending: Trailer, messages: Iterable[Message]) -> Intercept | None:
    """`Action:` says that and in which phase; the rule is the first that denied in that phase."""
    if not ending.is_intercepted:
        return None
    denials = [one for one in messages if one.match.disruptive]
    same_phase = [one for one in denials if one.match.phase == ending.intercept_phase]
    denial = next(iter(same_phase or denials), None)
    return Intercept(
        status=denial.status if denial else None,
        phase=ending.intercept_phase,
        rule_id=denial.match.rule_id if denial else None,
    )
