"""Answers as bytes, made once and sent many times."""

from collections.abc import Mapping
from http import HTTPStatus

from bartizan.domain.delivery import Verdict
from bartizan.receive.contract import Dialect
from bartizan.receive.verdict import RETRY_AFTER_S

_TEXT = (b"content-type", b"text/plain; charset=utf-8")
_REASONS: Mapping[Verdict, str] = {
    Verdict.ACCEPTED: "",
    Verdict.EMPTY: "The entry is empty. It stays on the sensor.\n",
    Verdict.TOO_LARGE: "The entry is larger than {limit} bytes. It stays on the sensor.\n",
    Verdict.UNAUTHENTICATED: "Unknown sensor or wrong password.\n",
    Verdict.BUSY: "Not now. The entry was not accepted; send it again later.\n",
}
_EXTRA: Mapping[Verdict, tuple[tuple[bytes, bytes], ...]] = {
    Verdict.UNAUTHENTICATED: (
        (b"www-authenticate", b'Basic realm="Bartizan collector", charset="UTF-8"'),
    ),
    Verdict.BUSY: ((b"retry-after", b"%d" % RETRY_AFTER_S),),
}


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


def verdict_answers(dialect: Dialect, max_body_bytes: int) -> Mapping[Verdict, Answer]:
    """The dialect's answer to every verdict."""
    return {
        verdict: Answer(
            dialect.answers[verdict],
            _REASONS[verdict].format(limit=max_body_bytes),
            *_EXTRA.get(verdict, ()),
        )
        for verdict in Verdict
    }
