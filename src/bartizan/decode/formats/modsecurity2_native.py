"""ModSecurity 2's native format: parts A to K between boundary lines. See docs/formats.md."""

from collections.abc import Iterable

from bartizan.decode import message, native_parts, part_a, trailer
from bartizan.decode.apache_time import SECOND_US
from bartizan.decode.boundary import MODSECURITY2
from bartizan.decode.contract import Decoded, Parts, Span
from bartizan.decode.defects import DefectCode, defect
from bartizan.decode.message import Message
from bartizan.decode.native_parts import PartRules
from bartizan.decode.part_a import PartA
from bartizan.decode.trailer import Trailer
from bartizan.domain.errors import Refused
from bartizan.domain.transaction import (
    Defect,
    Endpoint,
    Format,
    Intercept,
    Transaction,
    Zone,
)
from bartizan.kit.clock import from_us

# A forged copy of H, J or K can only stand before the real one: in C, I or E.
_PARTS = PartRules("ABCIFEHJK", last_counts="HJK", reserved="DG")
# The clock of part A and of the stopwatch are read one after the other; loggers may wait.
_CLOCK_TOLERANCE_US = 60 * SECOND_US


class ModSecurity2Native:
    """Decodes one entry as mlogc sends it, or as it stands in a serial file."""

    format = Format.MODSECURITY2_NATIVE

    def recognises(self, head: bytes) -> bool:
        return MODSECURITY2.begins(head)

    def parts(self, raw: bytes) -> Parts:
        if not MODSECURITY2.begins(raw):
            return ()
        return tuple(native_parts.believed(MODSECURITY2.cut(raw), _PARTS).items())

    def end_mark(self, head: bytes) -> bytes:
        return MODSECURITY2.end_mark(head)

    def split(self, data: bytes, start: int, *, is_last: bool) -> list[Span]:
        return MODSECURITY2.split(data, start, is_last=is_last)

    def read(self, raw: bytes) -> Decoded:
        if not MODSECURITY2.begins(raw):
            raise Refused("unknown-format", "does not begin with a boundary of part A")
        defects: list[Defect] = []
        cut = MODSECURITY2.cut(raw)
        parts = native_parts.believed(cut, _PARTS)
        letters = native_parts.told(cut, parts, _PARTS, defects)
        head = part_a.read(parts["A"])
        if head is None:
            if len(parts) == 1:
                raise Refused("not-an-entry", "nothing follows the boundary of part A", "A")
            defects.append(defect(DefectCode.PART_A_MALFORMED, "A"))
        ending = trailer.read(parts["H"]) if "H" in parts else None
        messages = _messages(ending, defects) if ending else []
        occurred_us, zone = _occurred(head, ending, defects)
        body = native_parts.body(parts.get("C", parts.get("I")))
        request = native_parts.request(parts, body, defects)
        response = native_parts.response(parts, native_parts.body(parts.get("E")), defects)
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
            uploads=native_parts.uploaded(parts["J"], defects) if "J" in parts else (),
            parts=letters,
            defects=tuple(defects),
        )
        return Decoded(transaction, tuple(parts.items()))


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
