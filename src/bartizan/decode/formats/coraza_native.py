"""Coraza's native format: parts A to K between boundary lines. See docs/formats.md."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from bartizan.decode import coraza_framing, coraza_message, native_parts, part_a
from bartizan.decode.boundary import Cut
from bartizan.decode.contract import Decoded, Parts, Span
from bartizan.decode.coraza_framing import CORAZA
from bartizan.decode.coraza_message import Message
from bartizan.decode.defects import DefectCode, defect
from bartizan.decode.escapes import unescaped_lines, unquoted_go
from bartizan.decode.http_head import Headers
from bartizan.decode.native_parts import PartRules
from bartizan.decode.part_a import PartA
from bartizan.domain.errors import Refused
from bartizan.domain.transaction import (
    Defect,
    Endpoint,
    Format,
    Intercept,
    Request,
    Response,
    Transaction,
    Zone,
)
from bartizan.kit.clock import from_us

# The order is that of SecAuditLogParts. Where both are logged, C and E stand before F, H and K.
_PARTS = PartRules("ABCDEFGHIJK", last_counts="FHK", has_order=False)
_BODIES = "CE"
_BEGIN = b'[client "'


class CorazaNative:
    """Decodes one entry, as it stands in a file or as the HTTPS writer sends it."""

    format = Format.CORAZA_NATIVE

    def recognises(self, head: bytes) -> bool:
        return CORAZA.begins(head)

    def parts(self, raw: bytes) -> Parts:
        return tuple(_parts(CORAZA.cut(raw)).items()) if CORAZA.begins(raw) else ()

    def end_mark(self, head: bytes) -> bytes:
        return CORAZA.end_mark(head)

    def split(self, data: bytes, start: int, *, is_last: bool) -> list[Span]:
        return CORAZA.split(data, start, is_last=is_last)

    def read(self, raw: bytes) -> Decoded:
        if not CORAZA.begins(raw):
            raise Refused("unknown-format", "does not begin with a boundary")
        defects: list[Defect] = []
        cut = CORAZA.cut(raw)
        parts = _parts(cut)
        is_escaped = coraza_framing.is_escaped(raw)
        letters = native_parts.told(cut, parts, _PARTS, defects)
        head = _head(parts, defects)
        messages = _messages(parts, defects, is_escaped=is_escaped)
        first = messages[0] if messages else None
        logged = head.logged if head else None
        intercept = _intercept(messages)
        bodies = {
            letter: native_parts.body(
                unescaped_lines(parts[letter]) if is_escaped else parts[letter]
            )
            for letter in _BODIES
            if parts.get(letter)  # an empty body is written too
        }
        request = native_parts.request(parts, bodies.get("C"), defects)
        response = native_parts.response(parts, bodies.get("E"), defects)
        if is_escaped:
            request, response = _unescaped_request(request), _unescaped_response(response)
        transaction = Transaction(
            format=self.format,
            unique_id=head.unique_id if head else first.unique_id if first else None,
            occurred_at=from_us(logged.at_us) if logged else None,
            zone=Zone.ASSUMED,
            client=head.client if head else _client(first),
            server=head.server if head else Endpoint(),
            request=request,
            response=response,
            matches=tuple([one.match for one in messages]),
            # A rule that denies without a log line leaves no trace here, so never False.
            intercepted=True if intercept else None,
            intercept=intercept,
            uploads=native_parts.uploaded(parts.get("J", b""), defects, unquoted_go),
            parts=letters,
            defects=tuple(defects),
        )
        return Decoded(transaction, tuple(parts.items()))


def _parts(cut: Cut) -> dict[str, bytes]:
    """As written; behind a body stand two newlines, of which one belongs to the marker."""
    parts = native_parts.believed(cut, _PARTS)
    for letter in _BODIES:
        if letter in parts:
            parts[letter] = parts[letter].removesuffix(b"\n")
    return parts


def _head(parts: Mapping[str, bytes], defects: list[Defect]) -> PartA | None:
    if "A" not in parts:
        defects.append(defect(DefectCode.PART_A_MISSING, "A"))
        return None
    head = part_a.read_coraza(parts["A"].removesuffix(b"\n"))
    if head is None:
        if len(parts) == 1:
            raise Refused("not-an-entry", "nothing follows the boundary of part A", "A")
        defects.append(defect(DefectCode.PART_A_MALFORMED, "A"))
    elif head.logged is None:
        defects.append(defect(DefectCode.TIME_MALFORMED, "A"))
    return head


def _messages(
    parts: Mapping[str, bytes], defects: list[Defect], *, is_escaped: bool
) -> list[Message]:
    r"""One for each rule that matched.

    With part K, Coraza writes the line of a rule once for each of the values that matched. Where
    newlines are not escaped, a line may go on in the next ones.
    """
    lines: list[list[bytes]] = []
    unreadable = 0
    for line in parts.get("H", b"").split(b"\n"):
        if line.startswith(_BEGIN) and coraza_message.MARK in line:
            lines.append([line])
        elif lines and not is_escaped:
            lines[-1].append(line)
        else:
            unreadable += bool(line)
    messages: list[Message] = []
    previous = b""
    for line in (b"\n".join(pieces).rstrip(b"\n") for pieces in lines):
        if line == previous and "K" in parts:
            continue
        previous = line
        one = coraza_message.read(unescaped_lines(line) if is_escaped else line)
        if one is None:
            unreadable += 1
            continue
        messages.append(one)
        if one.defect is not None:
            defects.append(defect(one.defect, f"H message {len(messages)}", one.detail))
    if unreadable:
        defects.append(defect(DefectCode.MESSAGE_MALFORMED, "H", f"{unreadable} lines"))
    return messages


def _client(message: Message | None) -> Endpoint:
    if message is None or message.client is None:
        return Endpoint()
    return Endpoint(address=part_a.address(message.client))


def _unescaped_request(request: Request) -> Request:
    return replace(
        request,
        method=_unescaped(request.method),
        uri=_unescaped(request.uri),
        protocol=_unescaped(request.protocol),
        headers=_unescaped_headers(request.headers),
    )


def _unescaped_response(response: Response) -> Response:
    return replace(response, headers=_unescaped_headers(response.headers))


def _unescaped_headers(headers: Headers) -> Headers:
    return tuple([(_unescaped(name) or "", _unescaped(value) or "") for name, value in headers])


def _unescaped(value: str | None) -> str | None:
    return unescaped_lines(value.encode()).decode() if value and "\\" in value else value


def _intercept(messages: Sequence[Message]) -> Intercept | None:
    """By the first message that says access was denied. None of them tells the status."""
    for one in messages:
        if one.match.disruptive:
            return Intercept(phase=one.match.phase, rule_id=one.match.rule_id)
    return None
