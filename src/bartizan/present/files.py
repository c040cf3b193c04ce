"""Rows as files: CSV for spreadsheets, NDJSON for programs; of the API and of the command line.

Both are safe to look at. In CSV the characters that a screen would hide or obey are replaced by
their names, and no cell is a formula. NDJSON loses nothing: there they are JSON escapes.
"""

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum

from bartizan.kit.text import escaped, visible
from bartizan.present.answers import encode
from bartizan.present.spreadsheet import csv_line
from bartizan.query.export import COLUMNS
from bartizan.query.views import RowView

WriteRows = Callable[[Iterable[RowView]], bytes]


class FileFormat(StrEnum):
    CSV = "csv"
    NDJSON = "ndjson"


def head(kind: FileFormat, columns: Sequence[str]) -> bytes:
    """What stands before the first row."""
    return csv_line(columns) if kind is FileFormat.CSV else b""


def writer(kind: FileFormat, columns: Sequence[str]) -> WriteRows:
    """What writes rows as whole lines."""
    if kind is FileFormat.NDJSON:
        return _json_lines
    cells = [COLUMNS[name].of for name in columns]

    def csv_lines(rows: Iterable[RowView]) -> bytes:
        return b"".join(csv_line(_cell(cell(row)) for cell in cells) for row in rows)

    return csv_lines


def _json_lines(rows: Iterable[RowView]) -> bytes:
    return b"".join(json_line(encode(row)) for row in rows)


def json_line(json: bytes) -> bytes:
    return escaped(json.decode()).encode() + b"\n"


def _cell(value: object) -> object:
    return visible(value) if isinstance(value, str) else value
