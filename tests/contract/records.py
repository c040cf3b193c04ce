"""Records for tests: a plain one to vary, and hypothesis strategies for any and for hostile ones."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from bartizan.domain.delivery import Record
from bartizan.domain.expression import InState
from bartizan.domain.search import SCORE_BANDS, Band, Search
from bartizan.domain.transaction import (
    Anomaly,
    Category,
    Defect,
    Endpoint,
    Format,
    Place,
    PlaceKind,
    Request,
    Response,
    RuleMatch,
    Transaction,
    Zone,
)
from bartizan.domain.triage import State
from bartizan.kit.clock import to_us

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NOON_US = to_us(NOON)


def record(
    raw: bytes,
    *,
    sensor: str = "web1",
    received_at_us: int = NOON_US,
    parts: Any = (),
    origin: str | None = None,
    origin_offset: int | None = None,
    **facts: Any,
) -> Record:
    facts = {"format": Format.MODSECURITY2_NATIVE, "occurred_at": NOON} | facts
    return Record(
        sensor=sensor,
        received_at_us=received_at_us,
        digest=hashlib.sha256(raw).digest(),
        raw=raw,
        parts=parts,
        origin=origin,
        origin_offset=origin_offset,
        transaction=Transaction(**facts),
    )


def match(rule_id: int | None = 942100, **facts: Any) -> RuleMatch:
    return RuleMatch(rule_id=rule_id, **facts)


HOSTILE = (
    "\x00",
    "a\x00b",
    "'; DROP TABLE transactions; --",
    '"\\',
    "%_|*?[a-z]",
    "\U0001f5dd\U0001f525",
    "\u202etxt.exe",
    "<script>alert(1)</script>",
    "{{7*7}} ${7*7}",
    "trailing ",
    " ",
    "",
    "İSTANBUL ß Å",
    "\ufffd\uffff",
    "\r\n\t\x1b[31m",
)

texts = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.text("ab/%_*", max_size=6),
)
names = st.sampled_from(["web1", "web1 ", "WEB1", "web2", "\U0001f5dd", "a\x00b"])
addresses = st.one_of(
    st.none(),
    st.sampled_from(
        ["192.0.2.1", "192.0.2.200", "198.51.100.7", "::1", "2001:db8::7", "::ffff:192.0.2.1"]
    ),
    st.sampled_from(["unix:", "not an address", "999.1.1.1", "fe80::1%eth0"]),
    st.ip_addresses().map(str),
)
hosts = st.one_of(st.none(), st.sampled_from(["Shop.example", "shop.example", "", "b\x00"]), texts)
paths = st.one_of(
    st.none(),
    st.sampled_from(
        ["/", "/a", "/a/b?c=/a", "/A/b", "/a%20b", "/a_b", "/a*b", "/[a]?x", "/a\x00b"]
    ),
    texts.map(lambda text: "/" + text),
)
rule_ids = st.sampled_from([942100, 941100, 920350, 0, -1, 2**63 - 1])
small_numbers = st.one_of(st.none(), st.sampled_from([0, 1, 200, 403, 2**40, -(2**70)]))
near = st.integers(-400, 400).map(lambda minutes: NOON + timedelta(minutes=minutes))
times = st.one_of(
    st.none(),
    near,
    st.datetimes(timezones=st.just(UTC)),
    st.sampled_from([datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]),
)

matches = st.builds(
    RuleMatch,
    rule_id=st.one_of(st.none(), rule_ids, st.just(2**80)),
    message=st.one_of(st.none(), texts),
    data=st.one_of(st.none(), texts),
    severity=st.one_of(st.none(), st.integers(0, 7)),
    tags=st.lists(texts, max_size=3).map(tuple),
    file=st.one_of(st.none(), texts),
    line=small_numbers,
    revision=st.one_of(st.none(), texts),
    version=st.one_of(st.none(), texts),
    phase=st.one_of(st.none(), st.integers(1, 5)),
    target=st.one_of(st.none(), texts),
    operator=st.one_of(st.none(), texts),
    disruptive=st.booleans(),
)
degrees = st.one_of(
    st.none(),
    st.sampled_from([0.25, 0.75, -0.25, 50.1, 8.75, 90.0, -180.0, float("nan"), float("inf"), 1e9]),
    st.floats(-90, 90),
)
places = st.builds(
    Place,
    kind=st.sampled_from(PlaceKind),
    country=st.one_of(st.none(), st.sampled_from(["DE", "US", "de"])),
    city=st.one_of(st.none(), texts),
    latitude=degrees,
    longitude=degrees,
    source=st.one_of(st.none(), texts),
)
transactions = st.builds(
    Transaction,
    format=st.sampled_from(Format),
    unique_id=st.one_of(st.none(), st.sampled_from(["id-1", "id-2", "id-2 "]), texts),
    occurred_at=times,
    client=st.builds(Endpoint, address=addresses, port=small_numbers),
    request=st.builds(
        Request,
        method=st.one_of(st.none(), st.sampled_from(["GET", "POST"]), texts),
        uri=paths,
        headers=hosts.map(lambda host: () if host is None else (("host", host),)),
    ),
    response=st.builds(Response, status=small_numbers),
    matches=st.lists(matches, max_size=5).map(tuple),
    intercepted=st.one_of(st.none(), st.booleans()),
    engine_mode=st.one_of(st.none(), texts),
    ruleset=st.one_of(st.none(), texts),
    producer=st.one_of(st.none(), texts),
    zone=st.sampled_from(Zone),
    anomaly=st.one_of(st.none(), st.builds(Anomaly, inbound=small_numbers, outbound=small_numbers)),
    defects=st.lists(st.sampled_from([Defect(code="x"), Defect(code="y")]), max_size=3).map(tuple),
    place=st.one_of(st.none(), places),
    category=st.one_of(st.none(), st.sampled_from(Category)),
    severity=small_numbers,
    verdict=st.one_of(st.none(), texts),
)


@st.composite
def records(draw: st.DrawFn) -> Record:
    """Few distinct raw entries, so that repeats are common."""
    raw = draw(st.integers(0, 30)).to_bytes(1, "big")
    return Record(
        sensor=draw(names),
        received_at_us=draw(near.map(to_us)),
        digest=hashlib.sha256(raw).digest(),
        raw=raw,
        parts=tuple(draw(st.lists(st.tuples(st.sampled_from("ABHZx"), st.binary()), max_size=3))),
        transaction=draw(transactions),
        claimed_hash=draw(st.none() | st.sampled_from(["md5:0", "md5:" + "0" * 200])),
        origin=draw(st.one_of(st.none(), texts)),
        origin_offset=draw(st.sampled_from([None, 0, 7, 2**40, 2**63 - 1, 2**70])),
    )


def _some(values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.one_of(st.just(()), st.just(()), st.lists(values, min_size=1, max_size=3).map(tuple))


def _seldom(values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.one_of(st.just(()), st.just(()), st.just(()), _some(values))


blocks = st.one_of(
    st.sampled_from(["192.0.2.0/24", "192.0.2.1", "::/0", "0.0.0.0/0", "2001:db8::/32", "::1"]),
    st.sampled_from(["::ffff:192.0.2.1", "::ffff:0:0/96", "unix:", "192.0.2.1/24"]),
)
patterns = st.one_of(
    st.sampled_from(
        ["/*", "*", "/a*", "*b", "/a*b", "/a_b", "/a%*", "*[a]*", "/?*", "/a\x00*", "/A*"]
    ),
    st.text("ab/*%_|?[\x00", max_size=6),
)
numbers = st.sampled_from([None, -1, 0, 1, 5, 200, 2**31, 2**70])
bands = st.one_of(st.sampled_from(SCORE_BANDS), st.builds(Band, least=numbers, most=numbers))
TEXTS = ("/", "a", "A/B", "?C=", "drop table", "script>", "\x00", "%", "istanbul", "ß å", "{{7")
searches = st.builds(
    Search,
    sensors=_some(names),
    clients=_some(blocks),
    countries=_some(st.sampled_from(["DE", "de", "FR"])),
    rule_ids=_some(st.one_of(rule_ids, st.just(2**90))),
    categories=_some(st.sampled_from(["sqli", "xss", "nonsense"])),
    hosts=_some(hosts.filter(lambda host: host is not None)),
    paths=_some(patterns),
    statuses=_some(st.sampled_from([0, 200, 403, 2**40])),
    formats=_some(st.sampled_from([*(one.value for one in Format), "nonsense"])),
    severities=_seldom(st.sampled_from([0, 1, 200, 2**40])),
    methods=_seldom(st.sampled_from(["GET", "get", *HOSTILE])),
    networks=_seldom(blocks),
    scores=_seldom(bands),
    rulesets=_seldom(st.sampled_from(["", *HOSTILE])),
    states=_seldom(st.builds(InState, state=st.sampled_from(State), at=st.none() | near)),
    labels=_seldom(st.sampled_from(["shop", "Shop", "nobody"])),
    intercepted=st.one_of(st.none(), st.none(), st.booleans()),
    unique_id=st.one_of(st.none(), st.none(), st.sampled_from(["id-1", "id-2", "ID-2"])),
    since=st.one_of(st.none(), near),
    until=st.one_of(st.none(), near),
    text=st.one_of(st.just(""), st.just(""), st.sampled_from(TEXTS), texts),
)
