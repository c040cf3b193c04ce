"""A question to the store."""

from datetime import datetime
from enum import StrEnum

from bartizan.domain.delivery import Row
from bartizan.domain.expression import Expression
from bartizan.kit.struct import Struct


class Search(Struct, frozen=True, kw_only=True):
    """Filters, all of which must hold; within one tuple any may hold. Empty = everything.

    `clients` are addresses or CIDR blocks (already validated text). `hosts` compare
    case-insensitively and exactly. `paths` match the part of the URI before `?`; in them `*`
    stands for any text, everything else is literal, case-sensitive. `since` is inclusive,
    `until` exclusive, both on `Row.at`. `preserved` are those that somebody marked to be kept.
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
    intercepted: bool | None = None
    unique_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    preserved: bool | None = None
    text: str = ""
    expression: Expression | None = None


class Facet(StrEnum):
    """The fields whose values a store can count."""

    SENSOR = "sensor"
    COUNTRY = "country"
    CATEGORY = "category"
    CLIENT = "client"
    HOST = "host"
    PATH = "path"
    STATUS = "status"
    RULE = "rule"
    INTERCEPTED = "intercepted"


class Cursor(Struct, frozen=True, kw_only=True):
    """The last row seen; the next page holds what is older. Opaque to clients."""

    at_us: int
    id: int


class Page(Struct, frozen=True, kw_only=True):
    rows: tuple[Row, ...]
    next: Cursor | None


class Count(Struct, frozen=True, kw_only=True):
    """One value of a facet and how many transactions have it."""

    value: str
    transactions: int
    intercepted: int


class Bar(Struct, frozen=True, kw_only=True):
    """One slice of a histogram, from `at` for the asked width."""

    at: datetime
    transactions: int
    intercepted: int


class MapCell(Struct, frozen=True, kw_only=True):
    """Transactions of one category from one place (rounded to 0.5 degrees) to one sensor."""

    latitude: float
    longitude: float
    country: str | None
    sensor: str
    category: str | None
    transactions: int
    intercepted: int
