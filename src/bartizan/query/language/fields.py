"""The fields of the search text: docs/search.md has the same table, and a test compares them."""

from enum import StrEnum
from typing import Final

from bartizan.domain.expression import Field
from bartizan.domain.transaction import Category, Format, PlaceKind
from bartizan.domain.triage import State
from bartizan.kit.struct import Struct


class Kind(StrEnum):
    """How a field's values are written."""

    WHOLE = "whole text"  # compared as a whole, `*` for any text
    PIECE = "text"  # found anywhere in it
    CHOICE = "one of a few"
    NUMBER = "number"
    TIME = "time"
    ADDRESS = "address"
    TRUTH = "true or false"
    COUNTRY = "country"
    TAG = "tag"
    STATE = "state"


class Known(Struct, frozen=True, kw_only=True):
    """One field: how it is called, what may be asked of it, and an example that works."""

    field: Field
    kind: Kind
    means: str
    example: str
    aliases: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    least: int = 0
    most: int = 2**31 - 1

    @property
    def name(self) -> str:
        return self.field.value


SEVERITIES: Final = (
    "emergency",
    "alert",
    "critical",
    "error",
    "warning",
    "notice",
    "info",
    "debug",
)
METHODS: Final = frozenset(
    ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "PROPFIND")
)

KNOWN: Final[tuple[Known, ...]] = (
    Known(
        field=Field.CLIENT,
        kind=Kind.ADDRESS,
        means="address of the client, or a network",
        example="client:203.0.113.0/24",
        aliases=("ip", "client.ip", "client.address", "source.ip"),
    ),
    Known(
        field=Field.RULE,
        kind=Kind.NUMBER,
        means="id of a rule that fired",
        example="rule:942100",
        aliases=("rule.id", "rule_id"),
        most=2**63 - 1,
    ),
    Known(
        field=Field.CATEGORY,
        kind=Kind.CHOICE,
        means="kind of attack",
        example="category:sqli",
        choices=tuple(one.value for one in Category),
    ),
    Known(
        field=Field.STATUS,
        kind=Kind.NUMBER,
        means="HTTP status of the answer",
        example="status:(403 OR 406)",
        aliases=("http.response.status_code",),
        most=999,
    ),
    Known(
        field=Field.BLOCKED,
        kind=Kind.TRUTH,
        means="whether the WAF stopped it",
        example="blocked:true",
        aliases=("intercepted",),
    ),
    Known(
        field=Field.HOST,
        kind=Kind.WHOLE,
        means="Host header, without case",
        example="host:*.shop.example",
        aliases=("url.domain",),
    ),
    Known(
        field=Field.PATH,
        kind=Kind.WHOLE,
        means="the URI before ?",
        example="path:/wp-admin/*",
        aliases=("url.path",),
    ),
    Known(
        field=Field.URI,
        kind=Kind.PIECE,
        means="the URI with its arguments",
        example='uri:"union select"',
        aliases=("url.original", "url"),
    ),
    Known(
        field=Field.METHOD,
        kind=Kind.WHOLE,
        means="HTTP method",
        example="method:POST",
        aliases=("http.request.method",),
    ),
    Known(
        field=Field.SENSOR,
        kind=Kind.WHOLE,
        means="name of the sensor",
        example="sensor:web-1",
        aliases=("observer.name",),
    ),
    Known(
        field=Field.COUNTRY,
        kind=Kind.COUNTRY,
        means="country of the client, two letters",
        example="country:DE",
        aliases=("client.geo.country_iso_code", "source.geo.country_iso_code"),
    ),
    Known(
        field=Field.CITY,
        kind=Kind.PIECE,
        means="city of the client",
        example="city:Berlin",
        aliases=("client.geo.city_name", "source.geo.city_name"),
    ),
    Known(
        field=Field.PLACE,
        kind=Kind.CHOICE,
        means="how far the place of the client is known",
        example="place:internal",
        choices=tuple(one.value for one in PlaceKind),
    ),
    Known(
        field=Field.AT,
        kind=Kind.TIME,
        means="when it happened (UTC, unless a zone is given)",
        example="at:>-24h",
        aliases=("@timestamp", "time"),
    ),
    Known(
        field=Field.RECEIVED,
        kind=Kind.TIME,
        means="when it was received",
        example="received:2026-11-01..2026-11-03",
        aliases=("event.ingested", "received_at"),
    ),
    Known(
        field=Field.SCORE,
        kind=Kind.NUMBER,
        means="anomaly score",
        example="score:5..20",
        least=-(2**31) + 1,
    ),
    Known(
        field=Field.SEVERITY,
        kind=Kind.NUMBER,
        means="worst severity, 0 emergency to 7 debug",
        example="severity:<=2",
        choices=SEVERITIES,
        most=7,
    ),
    Known(
        field=Field.MESSAGE,
        kind=Kind.PIECE,
        means="message of a rule that fired",
        example='message:"SQL injection"',
        aliases=("rule.name", "rule.description"),
    ),
    Known(
        field=Field.DATA,
        kind=Kind.PIECE,
        means="matched data",
        example="data:sleep",
    ),
    Known(
        field=Field.TARGET,
        kind=Kind.PIECE,
        means="what a rule matched in",
        example="target:ARGS:q",
    ),
    Known(
        field=Field.PARAMETER,
        kind=Kind.WHOLE,
        means="what a rule matched in, as a whole",
        example="parameter:ARGS:q",
    ),
    Known(
        field=Field.TAG,
        kind=Kind.TAG,
        means="tag of a rule that fired, or how it begins",
        example="tag:capec/*",
        aliases=("tags",),
    ),
    Known(
        field=Field.UNIQUE_ID,
        kind=Kind.WHOLE,
        means="the id that the WAF gave it",
        example="unique_id:ZkQ1x8CoAAEAAB3lW0sAAAAB",
        aliases=("transaction.id", "http.request.id"),
    ),
    Known(
        field=Field.ID,
        kind=Kind.NUMBER,
        means="number of the transaction here, as in the address of its page",
        example="id:>=7591442012971008000",
        most=2**63 - 1,
    ),
    Known(
        field=Field.VERDICT,
        kind=Kind.PIECE,
        means="the sentence that says what was found",
        example="verdict:injection",
    ),
    Known(
        field=Field.FORMAT,
        kind=Kind.CHOICE,
        means="format of the entry",
        example="format:coraza-*",
        choices=tuple(one.value for one in Format),
    ),
    Known(
        field=Field.RULESET,
        kind=Kind.WHOLE,
        means="ruleset as logged",
        example="ruleset:OWASP_CRS/4*",
    ),
    Known(
        field=Field.DEFECTS,
        kind=Kind.NUMBER,
        means="how many odd things are in the entry",
        example="defects:>0",
        aliases=("defect_count",),
    ),
    Known(
        field=Field.SIZE,
        kind=Kind.NUMBER,
        means="bytes of the entry",
        example="size:>100000",
        aliases=("size_bytes", "event.size"),
    ),
    Known(
        field=Field.PRESERVED,
        kind=Kind.TRUTH,
        means="whether somebody marked it to be kept",
        example="preserved:true",
    ),
    Known(
        field=Field.STATE,
        kind=Kind.STATE,
        means="what people judged it to be",
        example="state:false-positive",
        aliases=("triage",),
        choices=tuple(one.value for one in State),
    ),
    Known(
        field=Field.LABEL,
        kind=Kind.WHOLE,
        means="label that somebody gave it, without case",
        example="label:incident-17",
        aliases=("labels",),
    ),
    Known(
        field=Field.NOTE,
        kind=Kind.PIECE,
        means="note that somebody wrote to it",
        example="note:editor",
        aliases=("notes",),
    ),
    Known(
        field=Field.TEXT,
        kind=Kind.PIECE,
        means="what a word without a field is looked for in",
        example="text:sqlmap",
    ),
)
BY_FIELD: Final = {known.field: known for known in KNOWN}
BY_NAME: Final = {name: known for known in KNOWN for name in (known.name, *known.aliases)}
EXISTENCE: Final = "has"  # has:country
# What a transaction may be without.
OPTIONAL: Final = frozenset(BY_FIELD) - {
    Field.TEXT,
    Field.ID,
    Field.AT,
    Field.RECEIVED,
    Field.SENSOR,
    Field.FORMAT,
    Field.DEFECTS,
    Field.SIZE,
    Field.PRESERVED,
    Field.STATE,
}


def named(name: str) -> Known | None:
    """The field of a name or an alias, however it is capitalised."""
    return BY_NAME.get(name.lower())
