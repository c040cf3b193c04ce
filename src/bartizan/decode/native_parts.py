"""What the three native formats have in common behind the framing: parts by letter, heads, bodies.

How often a letter may stand in an entry, in which order they are written and which of two copies
is the likely real one differs between sensors: `PartRules`.
"""

import re
from collections.abc import Callable, Mapping

from bartizan.decode import http_head, uploads
from bartizan.decode.boundary import Cut
from bartizan.decode.defects import DefectCode, defect
from bartizan.decode.escapes import unescaped
from bartizan.domain.transaction import Body, Defect, Request, Response, Upload
from bartizan.kit.text import text

_BODY_TEXT_BYTES = 64 * 1024


class PartRules:
    """The letters of one format."""

    def __init__(
        self, letters: str, *, last_counts: str, reserved: str = "", has_order: bool = True
    ) -> None:
        """`letters` in the order written, if there is one (`has_order`).

        Of a part that stands twice the last is the likely real one if it is in `last_counts`: a
        forged copy can only stand in a body, before the real one.
        """
        self.last_counts = last_counts
        self._letters = letters
        self._reserved = reserved
        self._has_order = has_order
        in_order = "".join(f"{letter}?" for letter in letters)
        self._usual = re.compile(in_order if has_order else f"[{letters}]*")

    def are_usual(self, letters: str) -> bool:
        """Whether none is unknown or out of order, given that none is repeated."""
        return self._usual.fullmatch(letters) is not None

    def tell_letters(self, letters: str, defects: list[Defect]) -> None:
        """Defects for letters that are unknown, repeated or out of order."""
        distinct = "".join(dict.fromkeys(letters))
        known = [letter for letter in distinct if letter in self._letters]
        for letter in distinct:
            if letter not in self._letters + self._reserved:
                defects.append(defect(DefectCode.PART_UNKNOWN, letter))
            if letters.count(letter) > 1:
                defects.append(defect(DefectCode.PART_REPEATED, letter))
        if self._has_order and known != sorted(known, key=self._letters.index):
            defects.append(defect(DefectCode.PART_ORDER, detail=distinct))


def believed(cut: Cut, rules: PartRules) -> dict[str, bytes]:
    """One part for each letter, in the order written: of a repeated one the likely real one."""
    if len(set(cut.letters)) == len(cut.letters):
        return dict(zip(cut.letters, cut.parts, strict=True))
    parts: dict[str, bytes] = {}
    for letter, content in zip(cut.letters, cut.parts, strict=True):
        if letter not in parts or letter in rules.last_counts:
            parts[letter] = content
    return parts


def told(cut: Cut, parts: Mapping[str, bytes], rules: PartRules, defects: list[Defect]) -> str:
    """The letters present, in the order written; what is odd about them becomes a defect."""
    letters = "".join(parts)
    if letters != cut.letters or not rules.are_usual(letters):
        rules.tell_letters(cut.letters, defects)
    if not cut.has_end:
        defects.append(defect(DefectCode.END_MISSING))
        return letters
    if cut.after_end:
        defects.append(defect(DefectCode.BYTES_AFTER_END, "Z", f"{cut.after_end} bytes"))
    return letters + "Z"


def request(parts: Mapping[str, bytes], body: Body | None, defects: list[Defect]) -> Request:
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


def response(parts: Mapping[str, bytes], body: Body | None, defects: list[Defect]) -> Response:
    if "F" not in parts:
        return Response(body=body)
    head = http_head.read_response(parts["F"])
    if head.is_malformed:
        defects.append(defect(DefectCode.STATUS_LINE_MALFORMED, "F"))
    if head.nameless:
        defects.append(defect(DefectCode.HEADER_MALFORMED, "F", f"{head.nameless} lines"))
    return Response(status=head.status, protocol=head.protocol, headers=head.headers, body=body)


def body(content: bytes | None) -> Body | None:
    if content is None:
        return None
    size = len(content)
    if size <= _BODY_TEXT_BYTES:
        return Body(text=text(content), size=size)
    return Body(text=text(content[:_BODY_TEXT_BYTES]), size=size, truncated=True)


def uploaded(
    part: bytes, defects: list[Defect], unquoted: Callable[[bytes], str] = unescaped
) -> tuple[Upload, ...]:
    read = uploads.read(part, unquoted)
    if read.unreadable:
        defects.append(defect(DefectCode.UPLOAD_MALFORMED, "J", f"{read.unreadable} lines"))
    return read.files
