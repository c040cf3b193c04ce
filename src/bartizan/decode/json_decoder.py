"""What the decoders of all JSON dialects have in common: how entries are found and read."""

from collections.abc import Callable

from bartizan.decode import json_dialect, json_framing, json_record
from bartizan.decode.contract import Decoded, Parts, Span
from bartizan.decode.json_repair import Shape
from bartizan.domain.errors import Refused
from bartizan.domain.transaction import Format


class JsonDecoder:
    """Decodes one dialect: `build` makes a transaction of clean JSON of `shape`."""

    def __init__(self, format_: Format, build: Callable[[bytes], Decoded], shape: Shape) -> None:
        self.format = format_
        self._build = build
        self._shape = shape

    def recognises(self, head: bytes) -> bool:
        start = json_dialect.first(head) if head.startswith(b"[") else 0
        return json_dialect.of(head, start) is self.format

    def read(self, raw: bytes) -> Decoded:
        return json_record.read(raw, self._build, self._shape)

    def parts(self, raw: bytes) -> Parts:
        try:
            return self.read(raw).parts
        except Refused:
            return ()

    def end_mark(self, head: bytes) -> bytes:
        return json_framing.end_mark(head)

    def split(self, data: bytes, start: int, *, is_last: bool) -> list[Span]:
        return json_framing.split(data, start, self.format, is_last=is_last)
