"""Whose place data are in use: their licences ask to be named where results are shown."""

from bartizan.kit.struct import Struct


class Attribution(Struct, frozen=True, kw_only=True):
    """`notice` is set when people must know a limit, such as centroids instead of cities."""

    text: str
    url: str | None = None
    date: str | None = None  # ISO date of the data
    notice: str | None = None
