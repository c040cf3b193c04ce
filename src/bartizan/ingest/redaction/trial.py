"""What rules would make of one entry: nothing of it is stored, counted or logged."""

from collections.abc import Callable
from typing import Final

from bartizan.decode.contract import Decoded
from bartizan.domain.redaction import PLACEHOLDER, Kind, Piece, Trial
from bartizan.domain.transaction import Transaction
from bartizan.ingest.redaction.redactor import Change, Redactor
from bartizan.kit.text import text

_MOST_PIECES: Final = 5000


def try_rules(
    raw: bytes,
    redactor: Redactor,
    *,
    read: Callable[[bytes], Decoded],
    enrich: Callable[[Transaction], Transaction],
) -> Trial:
    """`Refused` for what is no entry."""
    decoded = read(raw)
    redacted = redactor.redact(raw, decoded, enrich(decoded.transaction))
    return Trial(
        transaction=redacted.transaction,
        pieces=_pieces(raw, redacted.raw, redactor.changes(raw, decoded)),
        findings=redacted.report.findings,
        is_withheld=redacted.report.is_withheld,
        size_before=len(raw),
        size_after=len(redacted.raw),
    )


def _pieces(raw: bytes, kept: bytes, changes: list[Change]) -> tuple[Piece, ...]:
    if not kept:
        return ()
    pieces, done, length = [], 0, 0
    for change in changes[:_MOST_PIECES]:
        pieces.append(Piece(text=text(raw[done : change.start])))
        pieces.append(Piece(text=text(change.mark), kind=change.kind, rule=change.rule))
        length += change.start - done + len(change.mark)
        done = change.end
    pieces.append(Piece(text=text(raw[done:])))
    if length + len(raw) - done == len(kept):
        return tuple(piece for piece in pieces if piece.text)
    return _marked(text(kept))


def _marked(kept: str) -> tuple[Piece, ...]:
    """Where not all was found at the first look: the marks without the rules they are of."""
    if PLACEHOLDER not in kept:
        return (Piece(text=kept),)
    pieces = []
    for between in kept.split(PLACEHOLDER, _MOST_PIECES):
        pieces += [Piece(text=between), Piece(text=PLACEHOLDER, kind=Kind.HEADER, rule="")]
    return tuple(piece for piece in pieces[:-1] if piece.text)
