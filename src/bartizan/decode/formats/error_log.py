"""Messages of ModSecurity and Coraza in error logs, for sites without an audit log.

An entry is the lines of one transaction; see `error_log_groups`. See docs/formats.md.
"""

from collections.abc import Iterator, Sequence

from bartizan.decode import error_log_groups, error_log_line
from bartizan.decode.contract import Decoded, Parts, Span
from bartizan.decode.defects import DefectCode, defect
from bartizan.decode.error_log_line import Frame, Kind, Line
from bartizan.decode.logger_line import unwrapped
from bartizan.domain.errors import Refused
from bartizan.domain.transaction import (
    Defect,
    Endpoint,
    Format,
    Intercept,
    Request,
    Transaction,
)
from bartizan.kit.clock import from_us


class ErrorLog:
    """Decodes the lines of one transaction; lines of other programs among them are passed over."""

    format = Format.ERROR_LOG

    def recognises(self, head: bytes) -> bool:
        return error_log_line.frame(unwrapped(head.partition(b"\n")[0])) is not None

    def parts(self, raw: bytes) -> Parts:  # noqa: ARG002 - there are none
        return ()

    def end_mark(self, head: bytes) -> bytes:  # noqa: ARG002 - the same for all
        return b"\n"

    def split(self, data: bytes, start: int, *, is_last: bool) -> list[Span]:
        return error_log_groups.split(data, start, is_last=is_last)

    def read(self, raw: bytes) -> Decoded:
        framed = list(_framed(raw))
        if not framed:
            raise Refused("unknown-format", "no line is one of an error log")
        said = [(line, one) for line, one in framed if one.kind is not Kind.FOREIGN]
        if not said:
            raise Refused("other-lines", "only lines of other programs")
        defects: list[Defect] = []
        lines = _of_one_transaction([error_log_line.read(*one) for one in said], defects)
        for number, line in enumerate(lines, start=1):
            if line.defect is not None:
                defects.append(defect(line.defect, f"message {number}", line.detail))
        occurred_us, zone = error_log_line.time_of(said[0][1])
        transaction = Transaction(
            format=self.format,
            unique_id=next((one.unique_id for one in lines if one.unique_id), None),
            occurred_at=None if occurred_us is None else from_us(occurred_us),
            zone=zone,
            client=_client(lines),
            request=_request(lines),
            matches=tuple([one.match for one in lines]),
            # Lines may be missing, by their level or their place, so never False.
            intercepted=True if any(one.match.disruptive for one in lines) else None,
            intercept=_intercept(lines),
            defects=tuple(defects),
        )
        return Decoded(transaction)


def _framed(raw: bytes) -> Iterator[tuple[bytes, Frame]]:
    """The lines of an error log, each with what may continue it: Coraza's can hold newlines."""
    pieces: list[bytes] = []
    last: Frame | None = None
    for written in raw.removesuffix(b"\n").split(b"\n"):
        line = unwrapped(written)
        framed = error_log_line.frame(line)
        if framed is None and last is not None and last.kind is Kind.CORAZA:
            pieces.append(line)
            continue
        if last is not None:
            yield b"\n".join(pieces), last
        pieces, last = [line], framed
    if last is not None:
        yield b"\n".join(pieces), last


def _of_one_transaction(lines: Sequence[Line], defects: list[Defect]) -> list[Line]:
    """Those of the first transaction that is named, and those that name none."""
    named = next((one.unique_id for one in lines if one.unique_id), None)
    own = [one for one in lines if one.unique_id in (None, named)]
    if len(own) < len(lines):
        defects.append(
            defect(DefectCode.OTHER_TRANSACTION, detail=f"{len(lines) - len(own)} lines")
        )
    return own


def _client(lines: Sequence[Line]) -> Endpoint:
    return next((one.client for one in lines if one.client.address), Endpoint())


def _request(lines: Sequence[Line]) -> Request:
    """By the line that tells most: nginx's tells the request line, but may be cut."""
    best = max(lines, key=lambda one: (one.method is not None, one.uri is not None))
    headers = next((one.headers for one in lines if one.headers), ())
    return Request(method=best.method, uri=best.uri, protocol=best.protocol, headers=headers)


def _intercept(lines: Sequence[Line]) -> Intercept | None:
    """By the first line that says access was denied."""
    for one in lines:
        if one.match.disruptive:
            return Intercept(status=one.status, phase=one.match.phase, rule_id=one.match.rule_id)
    return None
