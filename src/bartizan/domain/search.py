"""A question to the store."""

from datetime import datetime
from enum import StrEnum
from typing import Final

from bartizan.domain.delivery import Row
from bartizan.domain.expression import Expression, InState
from bartizan.kit.struct import Struct


class Band(Struct, frozen=True, kw_only=True):
    """Numbers from `least` to `most`, both included; None is no end. Its text is what a search text
    says after the colon: `5..9`, `..0`, `100..`, `7`.
    """

    least: int | None = None
    most: int | None = None

    def __str__(self) -> str:
        if self.least is not None and self.least == self.most:
            return str(self.least)
        least, most = ("" if end is None else str(end) for end in (self.least, self.most))
        return f"{least}..{most}"

    def holds(self, number: int) -> bool:
        is_below = self.least is not None and number < self.least
        return not is_below and (self.most is None or number <= self.most)


# What anomaly scores are counted by: the usual threshold is 5, and one critical rule scores 5.
SCORE_BANDS: Final = (
    Band(most=0),
    Band(least=1, most=4),
    Band(least=5, most=9),
    Band(least=10, most=14),
    Band(least=15, most=19),
    Band(least=20, most=29),
    Band(least=30, most=49),
    Band(least=50, most=99),
    Band(least=100),
)


class Search(Struct, frozen=True, kw_only=True):
    """Filters, all of which must hold; within one tuple any may hold. Empty = everything.

    `clients` and `networks` are addresses or CIDR blocks (already validated text) of the client.
    `hosts` compare case-insensitively and exactly. `paths` match the part of the URI before `?`;
    in them `*` stands for any text, everything else is literal, with case. `since` is inclusive,
    `until` exclusive, both on `Row.at`. `preserved` are those that somebody marked to be kept,
    `states` and `labels` what people judged them to be.
    `text` stands anywhere in the URI, or in the data that one of the rules matched; the letters A
    to Z compare without case there, everything else exactly. `expression` is the search text, its
    times settled.
    """

    sensors: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    rule_ids: tuple[int, ...] = ()
    categories: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    statuses: tuple[int, ...] = ()
    formats: tuple[str, ...] = ()
    severities: tuple[int, ...] = ()
    methods: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    scores: tuple[Band, ...] = ()
    rulesets: tuple[str, ...] = ()
    intercepted: bool | None = None
    unique_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    preserved: bool | None = None
    states: tuple[InState, ...] = ()
    labels: tuple[str, ...] = ()
    text: str = ""
    expression: Expression | None = None


class Facet(StrEnum):
    """The fields whose values a store can count.

    NETWORK is the /24 of a client's IPv4 address, and the /48 of another; SCORE one of SCORE_BANDS.
    """

    SENSOR = "sensor"
    COUNTRY = "country"
    CATEGORY = "category"
    CLIENT = "client"
    HOST = "host"
    PATH = "path"
    STATUS = "status"
    RULE = "rule"
    INTERCEPTED = "intercepted"
    SEVERITY = "severity"
    METHOD = "method"
    FORMAT = "format"
    NETWORK = "network"
    SCORE = "score"
    RULESET = "ruleset"
    STATE = "state"
    LABEL = "label"


# What bars of a histogram can be split by: fields of which there are few values, one of each row.
SPLITS: Final = (Facet.CATEGORY, Facet.SENSOR, Facet.STATUS, Facet.SEVERITY, Facet.FORMAT)


class Cursor(Struct, frozen=True, kw_only=True):
    """The last row seen; the next page holds what is older. Opaque to clients."""

    at_us: int
    id: int


class Page(Struct, frozen=True, kw_only=True):
    rows: tuple[Row, ...]
    next: Cursor | None


class Count(Struct, frozen=True, kw_only=True):
    """One value of a facet and how many transactions have it.

    With `is_at_least` there may be more of them: nobody has counted any further.
    """

    value: str
    transactions: int
    intercepted: int
    is_at_least: bool = False


class Bar(Struct, frozen=True, kw_only=True):
    """One slice of a histogram, from `at` for the asked width.

    `parts` are its values of the field that it is split by, most frequent first; what has no value
    is in none of them.
    """

    at: datetime
    transactions: int
    intercepted: int
    parts: tuple[Count, ...] = ()


class MapCell(Struct, frozen=True, kw_only=True):
    """Transactions of one category from one place (rounded to 0.5 degrees) to one sensor."""

    latitude: float
    longitude: float
    country: str | None
    sensor: str
    category: str | None
    transactions: int
    intercepted: int
