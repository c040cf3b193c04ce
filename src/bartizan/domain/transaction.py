"""One HTTP request and its response as the WAF saw it.

`Transaction` is what `decode` prints, the API returns and the stores keep. Its JSON form (by
msgspec, field names as here) is a promise: see docs/formats.md. Text is UTF-8; bytes that were not
UTF-8 are U+FFFD here and exact in the raw entry, which is always kept.
"""

from datetime import datetime
from enum import StrEnum

from msgspec import field

from bartizan.kit.struct import Struct


class Format(StrEnum):
    """The encodings of an audit log entry that exist in the field."""

    MODSECURITY2_NATIVE = "modsecurity2-native"
    MODSECURITY2_JSON = "modsecurity2-json"
    MODSECURITY3_NATIVE = "modsecurity3-native"
    MODSECURITY3_JSON = "modsecurity3-json"
    CORAZA_NATIVE = "coraza-native"
    CORAZA_JSON = "coraza-json"
    CORAZA_JSONLEGACY = "coraza-jsonlegacy"
    CORAZA_OCSF = "coraza-ocsf"
    ERROR_LOG = "error-log"


class Zone(StrEnum):
    """Whether the entry itself said which time zone its clock was in."""

    STATED = "stated"
    ASSUMED = "assumed"


class Category(StrEnum):
    """Our mapping of the CRS `attack-*` tags."""

    SQLI = "sqli"
    XSS = "xss"
    RCE = "rce"
    LFI = "lfi"
    RFI = "rfi"
    PHP = "php"
    JAVA = "java"
    SCANNER = "scanner"
    PROTOCOL = "protocol"
    SESSION_FIXATION = "session-fixation"
    DOS = "dos"
    LEAK = "leak"
    OTHER = "other"


class PlaceKind(StrEnum):
    """How far `Place` may be believed."""

    CITY = "city"
    COUNTRY = "country"  # coordinates are the country's centroid
    INTERNAL = "internal"  # private, loopback, link-local, CGNAT or the operator's own network
    RESERVED = "reserved"  # documentation, multicast, unspecified: nobody's address
    UNKNOWN = "unknown"  # public, but no database knows it; or not an address at all


class Endpoint(Struct, frozen=True, kw_only=True):
    """One end of the connection. IPv6 without brackets; a non-address (`unix:`) is kept as text."""

    address: str | None = None
    port: int | None = None


class Body(Struct, frozen=True, kw_only=True):
    """A request or response body. `size` in bytes is of the logged body, also if `text` is cut."""

    text: str
    size: int
    truncated: bool = False


class Request(Struct, frozen=True, kw_only=True):
    method: str | None = None
    uri: str | None = None
    protocol: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: Body | None = None


class Response(Struct, frozen=True, kw_only=True):
    status: int | None = None
    protocol: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: Body | None = None


class RuleMatch(Struct, frozen=True, kw_only=True):
    """One rule that fired. `severity` in ModSecurity's order, 0 EMERGENCY to 7 DEBUG."""

    rule_id: int | None = None
    message: str | None = None
    data: str | None = None
    severity: int | None = None
    tags: tuple[str, ...] = ()
    file: str | None = None
    line: int | None = None
    revision: str | None = None
    version: str | None = None
    phase: int | None = None
    target: str | None = None
    operator: str | None = None
    disruptive: bool = False


class Intercept(Struct, frozen=True, kw_only=True):
    """How the WAF disrupted the transaction."""

    status: int | None = None
    phase: int | None = None
    rule_id: int | None = None


class Anomaly(Struct, frozen=True, kw_only=True):
    """Anomaly scores as the ruleset stated them; None where it did not.

    `inbound` and `outbound` are what is compared with the thresholds (the blocking paranoia level);
    the `detection` ones count the rules of higher levels too. `threshold` and `by_paranoia_level`
    (the first level first) are the inbound ones, or the outbound ones if only those were stated.
    """

    inbound: int | None = None
    outbound: int | None = None
    threshold: int | None = None
    by_category: dict[str, int] = field(default_factory=dict)
    by_paranoia_level: tuple[int, ...] = ()
    outbound_threshold: int | None = None
    outbound_by_paranoia_level: tuple[int, ...] = ()
    detection_inbound: int | None = None
    detection_outbound: int | None = None


class Upload(Struct, frozen=True, kw_only=True):
    name: str
    size: int
    content_type: str | None = None


class Defect(Struct, frozen=True, kw_only=True):
    """Something odd inside an entry that did not stop decoding. `code` is from a closed set."""

    code: str
    where: str = ""
    detail: str = ""


class Source(Struct, frozen=True, kw_only=True):
    """Where in a file the entry stood: `offset` and `length` in bytes."""

    path: str
    offset: int
    length: int


class Place(Struct, frozen=True, kw_only=True):
    """Where the client address is, as far as `source` (database name and date) knows."""

    kind: PlaceKind
    country: str | None = None  # ISO 3166-1 alpha-2, upper case
    city: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    source: str | None = None


class Network(Struct, frozen=True, kw_only=True):
    asn: int | None = None
    organisation: str | None = None


class Transaction(Struct, frozen=True, kw_only=True):
    format: Format
    unique_id: str | None = None
    occurred_at: datetime | None = None  # UTC, microseconds
    zone: Zone = Zone.STATED
    client: Endpoint = Endpoint()
    server: Endpoint = Endpoint()
    request: Request = Request()
    response: Response = Response()
    matches: tuple[RuleMatch, ...] = ()
    intercepted: bool | None = None
    intercept: Intercept | None = None
    engine_mode: str | None = None
    producer: str | None = None
    ruleset: str | None = None
    anomaly: Anomaly | None = None
    uploads: tuple[Upload, ...] = ()
    parts: str = ""
    defects: tuple[Defect, ...] = ()
    source: Source | None = None
    # Added by enrichment; None until then.
    place: Place | None = None
    network: Network | None = None
    category: Category | None = None
    severity: int | None = None  # the worst among the rules that scored, 0 is the worst
    verdict: str | None = None
    fingerprint: str | None = None

    @property
    def host(self) -> str | None:
        """The Host header as sent: attacker-controlled text."""
        for name, value in self.request.headers:
            if name.lower() == "host":
                return value
        return None
