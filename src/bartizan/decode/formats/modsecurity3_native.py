"""ModSecurity 3's native format: parts A to K between boundary lines. See docs/formats.md."""

from collections.abc import Sequence

from bartizan.decode import modsecurity3_message, native_parts, part_a
from bartizan.decode.boundary import MODSECURITY3, Cut
from bartizan.decode.contract import Decoded, Parts, Span
from bartizan.decode.defects import DefectCode, defect
from bartizan.decode.escapes import unhexed_bytes
from bartizan.decode.modsecurity3_message import Message
from bartizan.decode.native_parts import PartRules
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

# Of the bodies only C is logged raw, and it stands before all but A and B.
_PARTS = PartRules("ABCDEFGHIJK", last_counts="DEFGHIJK")
_BODIES = "CE"


class ModSecurity3Native:
    """Decodes one entry, as it stands in a serial file or in a file of its own."""

    format = Format.MODSECURITY3_NATIVE

    def recognises(self, head: bytes) -> bool:
        return MODSECURITY3.begins(head)

    def parts(self, raw: bytes) -> Parts:
        return tuple(_parts(MODSECURITY3.cut(raw)).items()) if MODSECURITY3.begins(raw) else ()

    def end_mark(self, head: bytes) -> bytes:
        return MODSECURITY3.end_mark(head)

    def split(self, data: bytes, start: int, *, is_last: bool) -> list[Span]:
        return MODSECURITY3.split(data, start, is_last=is_last)

    def read(self, raw: bytes) -> Decoded:
        if not MODSECURITY3.begins(raw):
            raise Refused("unknown-format", "does not begin with a boundary of part A")
        defects: list[Defect] = []
        cut = MODSECURITY3.cut(raw)
        parts = _parts(cut)
        letters = native_parts.told(cut, parts, _PARTS, defects)
        head = part_a.read_modsecurity3(parts["A"].removesuffix(b"\n"))
        if head is None:
            if len(parts) == 1:
                raise Refused("not-an-entry", "nothing follows the boundary of part A", "A")
            defects.append(defect(DefectCode.PART_A_MALFORMED, "A"))
        logged = head.logged if head else None
        if head and logged is None:
            defects.append(defect(DefectCode.TIME_MALFORMED, "A"))
        if logged and not logged.has_zone:
            defects.append(defect(DefectCode.ZONE_MALFORMED, "A"))
        messages = _messages(parts.get("H", b""), defects)
        intercept = _intercept(messages)
        request_body = native_parts.body(parts.get("C"))
        response_body = native_parts.body(unhexed_bytes(parts["E"]) if "E" in parts else None)
        transaction = Transaction(
            format=self.format,
            unique_id=head.unique_id if head else None,
            occurred_at=from_us(logged.at_us) if logged else None,
            zone=Zone.STATED if logged and logged.has_zone else Zone.ASSUMED,
            client=head.client if head else Endpoint(),
            server=head.server if head else Endpoint(),
            request=native_parts.request(parts, request_body, defects),
            response=native_parts.response(parts, response_body, defects),
            matches=tuple([one.match for one in messages]),
            # A rule that denies without a log line leaves no trace here, so never False.
            intercepted=True if intercept else None,
            intercept=intercept,
            parts=letters,
            defects=tuple(defects),
        )
        return Decoded(transaction, tuple(parts.items()))


def _parts(cut: Cut) -> dict[str, bytes]:
    """Behind a body stand two newlines, of which one belongs to the marker."""
    parts = native_parts.believed(cut, _PARTS)
    for letter in _BODIES:
        if letter in parts:
            parts[letter] = parts[letter].removesuffix(b"\n")
    return parts


def _messages(part: bytes, defects: list[Defect]) -> list[Message]:
    messages: list[Message] = []
    unreadable = 0
    for line in part.split(b"\n"):
        if not line.startswith(modsecurity3_message.PREFIX):
            unreadable += bool(line)
            continue
        one = modsecurity3_message.read(line)
        messages.append(one)
        if one.defect is not None:
            defects.append(defect(one.defect, f"H message {len(messages)}", one.detail))
    if unreadable:
        defects.append(defect(DefectCode.MESSAGE_MALFORMED, "H", f"{unreadable} lines"))
    return messages


def _intercept(messages: Sequence[Message]) -> Intercept | None:
    """By the first message that says access was denied."""
    for one in messages:
        if one.match.disruptive:
            return Intercept(status=one.status, phase=one.match.phase, rule_id=one.match.rule_id)
    return None
