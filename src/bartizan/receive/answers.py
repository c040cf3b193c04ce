"""Answers as bytes, made once and sent many times."""

from collections.abc import Mapping
from http import HTTPStatus

from bartizan.domain.delivery import Verdict
from bartizan.receive.contract import Dialect
from bartizan.receive.settings import CollectorSettings
from bartizan.receive.verdict import RETRY_AFTER_S

_TEXT = (b"content-type", b"text/plain; charset=utf-8")
_REASONS: Mapping[Verdict, str] = {
    Verdict.ACCEPTED: "",
    Verdict.EMPTY: "The entry is empty.{fate}\n",
    Verdict.TOO_LARGE: "It is larger than {limit}.{fate}\n",
    Verdict.UNAUTHENTICATED: "Unknown sensor or wrong password.\n",
    Verdict.BUSY: "Not now. Nothing was accepted; send it again later.\n",
    Verdict.MALFORMED: "The body is not what its headers say.\n",
    Verdict.UNSUPPORTED: "A body may be packed once, with gzip or zstd.\n",
    Verdict.WRONG_METHOD: "This is for {methods} only.\n",
    Verdict.FAILED: "Something went wrong here. Send it again later.\n",
}
_STAYS = " It stays on the sensor."


class Answer:
    """One status with its headers and text."""

    def __init__(self, status: int, text: str | bytes, *headers: tuple[bytes, bytes]) -> None:
        self._body = text.encode() if isinstance(text, str) else text
        fields = [(b"content-length", b"%d" % len(self._body)), *headers]
        if self._body and not any(name == b"content-type" for name, _ in headers):
            fields.append(_TEXT)
        self.status = status
        self._head = b"HTTP/1.1 %d %s\r\n" % (status, HTTPStatus(status).phrase.encode())
        self._head += b"".join(b"%s: %s\r\n" % field for field in fields)

    def wire(self, date: bytes, *, is_last: bool = False, has_body: bool = True) -> bytes:
        """As sent. `date` is a header line; `has_body` is false for the answer to a `HEAD`."""
        end = b"connection: close\r\n\r\n" if is_last else b"\r\n"
        return b"".join((self._head, date, end, self._body if has_body else b""))


def verdict_answers(dialect: Dialect, settings: CollectorSettings) -> Mapping[Verdict, Answer]:
    """The dialect's answer to every verdict."""
    limit = f"{settings.max_body_bytes} bytes"
    if dialect.make_entry is None:
        unpacked = settings.max_unpacked_batch_bytes
        limit = f"{settings.max_batch_bytes} bytes, or {unpacked} when unpacked"
    methods = ", ".join(sorted(dialect.methods))
    fate = _STAYS if dialect.keeps_refused else ""
    headers = {
        401: ((b"www-authenticate", b'Basic realm="Bartizan collector", charset="UTF-8"'),),
        405: ((b"allow", methods.encode()),),
        503: ((b"retry-after", b"%d" % RETRY_AFTER_S),),
    }
    return {
        verdict: Answer(
            dialect.answers[verdict],
            _REASONS[verdict].format(limit=limit, fate=fate, methods=methods),
            *headers.get(dialect.answers[verdict], ()),
        )
        for verdict in Verdict
    }
