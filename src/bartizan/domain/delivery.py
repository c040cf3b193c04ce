"""What travels between receiving and storing: raw entries, and records ready to keep."""

from datetime import datetime
from enum import StrEnum

from bartizan.domain.transaction import Transaction
from bartizan.domain.triage import State
from bartizan.kit.struct import Struct


class Verdict(StrEnum):
    """What we tell the sensor. docs/promises.md has the table of what each dialect answers."""

    ACCEPTED = "accepted"
    EMPTY = "empty"
    TOO_LARGE = "too-large"
    UNAUTHENTICATED = "unauthenticated"
    BUSY = "busy"
    MALFORMED = "malformed"  # not what its headers say it is
    UNSUPPORTED = "unsupported"  # packed in a way nobody here can unpack
    WRONG_METHOD = "wrong-method"
    FAILED = "failed"  # for a reason nobody foresaw


class AuditLogEntry(Struct, frozen=True, kw_only=True):
    """The raw bytes that describe one transaction, with what the delivery said about them.

    `claimed_hash` is the sender's own hash (`md5:...`, X-Content-Hash), unverified. `summary` is
    the sender's X-ForensicLog-Summary line, unverified. `origin` is where it was read if it came
    from a file.
    """

    sensor: str
    received_at_us: int  # our clock, microseconds since the epoch, UTC
    raw: bytes
    claimed_hash: str | None = None
    summary: bytes | None = None
    origin: str | None = None
    origin_offset: int | None = None


class SpooledEntry(Struct, frozen=True, kw_only=True):
    """An entry in the spool. `id` grows with acceptance; it is the worker's cursor."""

    id: int
    entry: AuditLogEntry


class DeadLetter(Struct, frozen=True, kw_only=True):
    """An entry set aside undecoded, with its reason (`code` from a closed set).

    `died_at_us` is when it was set aside first, `tried_at_us` when it could not be decoded last,
    by version `program` of Bartizan.
    """

    id: int
    entry: AuditLogEntry
    code: str
    detail: str
    died_at_us: int
    tried_at_us: int = 0
    program: str = ""


class LetterSelection(Struct, frozen=True, kw_only=True):
    """Dead letters that fit everything which is given; nothing given = all of them.

    `until_id` (inclusive) keeps those out that are set aside while a long change goes on. `among`
    are the sensors of which any may be chosen at all, None = all; an empty one chooses nothing.
    """

    ids: tuple[int, ...] = ()
    sensor: str | None = None
    code: str | None = None
    until_id: int | None = None
    among: tuple[str, ...] | None = None


class Record(Struct, frozen=True, kw_only=True):
    """A decoded, enriched entry on its way into a store.

    Identity is (`sensor`, `digest`), the SHA-256 of what was received: appending the same record
    again changes nothing. `parts` are (letter, bytes) of the entry, for stores that keep them
    readable with plain SQL; empty if that is not wanted. `origin` and `origin_offset` are the
    entry's: where it was first read, if it came from a file. `claimed_hash` is what the sender said
    of the entry, only where that is not true. `kept_digest` is the SHA-256 of `raw` where that is
    not what was received, since something was taken out of it; then `digest` is still that of what
    was received.
    """

    sensor: str
    received_at_us: int
    digest: bytes
    raw: bytes
    transaction: Transaction
    parts: tuple[tuple[str, bytes], ...] = ()
    origin: str | None = None
    origin_offset: int | None = None
    claimed_hash: str | None = None
    kept_digest: bytes | None = None


class TimeBasis(StrEnum):
    """What is known of when a transaction occurred."""

    STATED = "stated"
    ASSUMED = "assumed"  # the entry says no time zone; the sensor's, or else UTC
    UNKNOWN = "unknown"


class Row(Struct, frozen=True, kw_only=True):
    """A stored transaction as lists, the map and the live feed show it.

    `at` is the time to sort and filter by: when it occurred, unless that is unknown (`time_basis`)
    or more than five minutes after it was received (`is_skewed`); then it is the receiving time.
    `state` is the one that was given, also where `ignored_until` is over.
    """

    id: int
    sensor: str
    at: datetime
    received_at: datetime
    is_skewed: bool
    unique_id: str | None
    client_address: str | None
    client_port: int | None
    place_kind: str | None
    country: str | None
    city: str | None
    latitude: float | None
    longitude: float | None
    method: str | None
    host: str | None
    uri: str | None
    status: int | None
    category: str | None
    severity: int | None
    score: int | None
    intercepted: bool | None
    verdict: str | None
    rule_ids: tuple[int, ...]
    defect_count: int
    time_basis: TimeBasis = TimeBasis.STATED
    state: State = State.OPEN
    ignored_until: datetime | None = None
    labels: tuple[str, ...] = ()
