"""A span of time as whole days, hours and minutes, and what is left at its edges."""

from collections.abc import Iterator
from typing import Final

from bartizan.kit.struct import Struct

_SECOND_US: Final = 1_000_000


class Piece(Struct, frozen=True):
    """From `since_us` until before `until_us` (None: without end), in slices of `width_s`.

    A width of 0 is what must be counted from the rows themselves.
    """

    width_s: int
    since_us: int | None
    until_us: int | None


def pieces(
    since_us: int | None, until_us: int | None, widths: tuple[int, ...], minutes_from_us: int | None
) -> list[Piece]:
    """The span cut, oldest piece first. Minutes are whole only from `minutes_from_us` on."""
    return list(_cut(since_us, until_us, widths, minutes_from_us))


def _cut(
    since_us: int | None, until_us: int | None, widths: tuple[int, ...], whole_from_us: int | None
) -> Iterator[Piece]:
    if since_us is not None and until_us is not None and since_us >= until_us:
        return
    if not widths:
        yield Piece(0, since_us, until_us)
        return
    width_s, *finer = widths
    width_us = width_s * _SECOND_US
    first = None if since_us is None else -(-since_us // width_us) * width_us
    last = None if until_us is None else until_us // width_us * width_us
    if width_s == 60 and whole_from_us is not None:
        whole = -(-whole_from_us // width_us) * width_us
        first = whole if first is None else max(first, whole)
    if first is not None and last is not None and first >= last:
        yield from _cut(since_us, until_us, tuple(finer), whole_from_us)
        return
    if first != since_us:
        yield from _cut(since_us, first, tuple(finer), whole_from_us)
    yield Piece(width_s, first, last)
    if last != until_us:
        yield from _cut(last, until_us, tuple(finer), whole_from_us)
