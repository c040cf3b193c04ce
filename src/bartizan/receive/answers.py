"""Answers as ASGI messages, made once and sent many times."""

from collections.abc import Mapping

from bartizan.domain.delivery import Verdict
from bartizan.receive.contract import Dialect, Message, Send
from bartizan.receive.verdict import RETRY_AFTER_S

_TEXT = (b"content-type", b"text/plain; charset=utf-8")
_CLOSE = (b"connection", b"close")
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

    def __init__(
        self, status: int, text: str | bytes, *headers: tuple[bytes, bytes], is_last: bool = False
    ) -> None:
        body = text.encode() if isinstance(text, str) else text
        fields = [(b"content-length", b"%d" % len(body)), *headers]
        if body and not any(name == b"content-type" for name, _ in headers):
            fields.append(_TEXT)
        if is_last:
            fields.append(_CLOSE)
        self.status = status
        self._start: Message = {
            "type": "http.response.start",
            "status": status,
            "headers": fields,
        }
        self._body: Message = {"type": "http.response.body", "body": body}

    async def send(self, send: Send) -> None:
        await send(self._start)
        await send(self._body)


def verdict_answers(
    dialect: Dialect, max_body_bytes: int, *, is_last: bool = False
) -> Mapping[Verdict, Answer]:
    """The dialect's answer to every verdict; `is_last` closes the connection after it."""
    return {
        verdict: Answer(
            dialect.answers[verdict],
            _REASONS[verdict].format(limit=max_body_bytes),
            *_EXTRA.get(verdict, ()),
            is_last=is_last,
        )
        for verdict in Verdict
    }
