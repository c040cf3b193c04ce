"""Every route, asked as every role, with and without a scope, by a session and by a token.

Generated from the route table: a route whose path, parameters or body nobody has said here how to
ask fails the test. Of what is outside the scope everything is marked: each text that a transaction
can carry, ids, times, and how many there are; and so is what people made of it. Each mark is
looked for in every byte that is answered.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import msgspec
import pytest
from starlette.testclient import TestClient

from bartizan.accounts.people import Terms
from bartizan.accounts.tokens import TokenTerms
from bartizan.domain.delivery import AuditLogEntry
from bartizan.domain.person import Role, Token
from bartizan.domain.retention import Preserved
from bartizan.domain.search import Search
from bartizan.domain.transaction import Category, Place, PlaceKind, Request, RuleMatch
from bartizan.domain.triage import State
from bartizan.kit.clock import now, to_us
from bartizan.present.app import ROUTES
from bartizan.present.cross_site import SAFE_METHODS
from bartizan.present.route import Permission, Route
from bartizan.query.saved_views import Asking, ViewTerms
from bartizan.query.scopes import spelled_scope
from bartizan.query.triage import Author, NewState
from bartizan.spool.outlet import Outlet
from tests.unit.present.conftest import PASSWORD, House
from tests.unit.present.test_stream import _events, address, server

__all__ = ("address", "server")  # fixtures

_INSIDE, _OUTSIDE = 3, 43
_SENSOR, _HOST, _CLIENT = "xq01-sensor", "xq02.example", "198.51.100.77"
_MICROSECOND = 98765
_MARKS = {
    "sensor": _SENSOR,
    "host": _HOST,
    "client": _CLIENT,
    "country": '"JP"',
    "city": "Xq03",
    "path": "xq04",
    "query string": "xq05",
    "unique id": "xq06",
    "verdict": "xq07",
    "rule": "777777",
    "message": "xq08",
    "matched data": "xq09",
    "target": "xq10",
    "tag": "xq11",
    "method": "XQMETHOD",
    "raw entry": "xq12",
    "dead letter": "xq13",
    "label of the sensor": "xq14",
    "label": "xq15",
    "note": "xq16",
    "reason of a state": "xq17",
    "reason to keep": "xq18",
    "hold": "xq19",
    "view": "xq20",
    "time": f".0{_MICROSECOND}",
    "file": "xq21",
}
_COUNTS = {_OUTSIDE, _OUTSIDE + _INSIDE}  # numbers that nothing else here is
_SCOPES = {"host": "host=shop.example", "view": "view=Shop"}

# How each parameter of a path is asked, for what is inside and what is outside.
_PATHS: dict[str, Callable[["Ground"], tuple[str, str]]] = {
    "transaction_id": lambda ground: (ground.inside, ground.outside),
    "letter_id": lambda _: ("1", "2"),
    "name": lambda _: ("edge", _SENSOR),
    "note_id": lambda ground: (ground.note, ground.note),
    "view_id": lambda ground: (ground.own_view, ground.view),
    "hold_id": lambda _: ("99", "1"),
    "person_id": lambda _: ("99", "98"),
    "token_id": lambda _: ("99", "98"),
    "session_id": lambda _: ("abc", "def"),
    "facet": lambda _: ("", ""),  # each of them: see `_FACETS`
    "likeness": lambda _: ("", ""),
    "first": lambda ground: (ground.inside, ground.outside),
    "second": lambda ground: (ground.outside, ground.outside),
}
_FACETS = (
    *("sensor", "country", "category", "client", "host", "path", "status", "rule"),
    *("severity", "method", "format", "network", "score", "ruleset", "state", "label"),
)
_LIKENESS = ("client", "path", "rule", "fingerprint", "nothing")
# What parameters of a query are asked with: what is outside, or whatever shows most.
_QUERIES: dict[str, tuple[str, ...]] = {
    "sensor": (_SENSOR,),
    "client": (_CLIENT,),
    "clients": ("apart",),
    "include_removed": ("true",),
    "sampled": ("true",),
    "network": ("198.51.100.0/24",),
    "country": ("JP",),
    "rule": ("777777",),
    "category": ("rfi",),
    "host": (_HOST,),
    "path": ("/xq04*",),
    "status": ("418",),
    "severity": ("5",),
    "method": ("XQMETHOD",),
    "format": ("modsecurity2-native",),
    "score": ("..0", "5.."),
    "ruleset": ("x",),
    "state": ("open", "confirmed"),
    "label": ("xq15",),
    "blocked": ("false",),
    "preserved": ("true",),
    "unique_id": ("xq06",),
    "q": ("host:xq", "sensor:x", "xq07", "NOT host:shop.example", "label:", "verdict:xq07"),
    "since": ("now-2d",),
    "until": ("now",),
    "limit": ("100",),
    "cursor": ("AAAA",),
    "columns": ("id,host,sensor",),
    "column": ("host",),
    "at": ("3",),
    "window": ("7d",),
    "split": ("sensor",),
    "bars": ("40",),
    "of": ("path",),
    "zone": ("Europe/Berlin",),
    "page": ("transactions",),
    "offset": ("0",),
    "code": ("unknown-format",),
    "collector": ("https://collector.example",),
    "person": ("boss",),
    "subject": ("x",),
    "action": ("view.",),
}
# Parameters that other routes have under the same name.
_ASKED_OTHERWISE: dict[tuple[str, str], tuple[str, ...]] = {
    ("/api/v1/lookup", "q"): (_HOST, _CLIENT, "xq06", f"https://{_HOST}/xq04", "418"),
}
_NOTHING: tuple[dict[str, Any], ...] = ({},)
_TERMS = {"role": "viewer"}
# What each route that changes something is sent.
_BODIES: dict[tuple[str, str], tuple[dict[str, Any], ...]] = {
    ("POST", "/api/v1/setup"): ({"code": "x", "name": "x", "password": PASSWORD},),
    ("POST", "/api/v1/login"): ({"name": "nobody", "password": PASSWORD},),
    ("POST", "/api/v1/invitation"): ({"code": "x"},),
    ("POST", "/api/v1/welcome"): ({"code": "x", "password": PASSWORD},),
    ("PUT", "/api/v1/password"): ({"present": "wrong", "password": PASSWORD + "!"},),
    ("POST", "/api/v1/people"): ({"name": "new", **_TERMS},),
    ("PUT", "/api/v1/people/{person_id}"): (_TERMS,),
    ("POST", "/api/v1/tokens"): ({"name": "t", **_TERMS},),
    ("POST", "/api/v1/all-tokens"): ({"name": "t", **_TERMS},),
    ("POST", "/api/v1/views"): (
        {"name": "n", "query": f"host={_HOST}", "page": "map"},
        {"name": "xq20", "query": "", "page": "map", "is_shared": True},
    ),
    ("PUT", "/api/v1/views/{view_id}"): ({"name": "n", "query": "status=418"},),
    ("POST", "/api/v1/sensors"): ({"name": "new"},),
    ("PUT", "/api/v1/sensors/{name}"): ({"label": "x"},),
    ("POST", "/api/v1/dead-letters/retry"): ({"all": True}, {"ids": ["2"]}, {"sensor": _SENSOR}),
    ("POST", "/api/v1/dead-letters/remove"): ({"ids": ["2"]},),
    ("POST", "/api/v1/redaction/try"): ({"entry": "no entry"},),
    ("POST", "/api/v1/retention/run"): _NOTHING,
    ("POST", "/api/v1/retention/holds"): (
        {"name": "mine", "filters": {"host": ["shop.example"]}},
        {"name": "theirs", "filters": {"host": [_HOST]}},
        {"name": "all", "everything": True},
        {"name": "xq19", "everything": True},
    ),
    ("PUT", "/api/v1/transactions/{transaction_id}/preserved"): ({"reason": "a case"},),
    ("PUT", "/api/v1/transactions/{transaction_id}/state"): ({"state": "confirmed"},),
    ("POST", "/api/v1/transactions/{transaction_id}/labels"): ({"add": ["seen"]},),
    ("POST", "/api/v1/transactions/{transaction_id}/notes"): ({"text": "seen"},),
    ("POST", "/api/v1/triage"): (
        {"filters": {"blocked": ["false"]}, "state": {"state": "confirmed"}},
        {"filters": {"host": [_HOST]}, "add_labels": ["seen"]},
        {"filters": {"q": ["-nothing"]}, "note": "seen", "preserve": True},
        {"filters": {"blocked": ["false"]}, "add_labels": ["x"], "is_rehearsal": True},
    ),
}
# They end what the others are asked with, so they are asked last.
_LAST = ("/api/v1/logout", "/api/v1/sessions", "/api/v1/password", "/api/v1/welcome")
# What tells of everything, and cannot be narrowed.
_FOR_THOSE_WITHOUT_A_SCOPE = ("/api/v1/retention/preview",)

_MAY = {
    Permission.OPEN: set(Role),
    Permission.ACCOUNT: set(Role),
    Permission.LOGIN: set(Role),
    Permission.PAYLOADS: {Role.ANALYST, Role.ADMIN},
    Permission.ORIGINALS: {Role.ADMIN},
    Permission.ANALYST: {Role.ANALYST, Role.ADMIN},
    Permission.ADMIN: {Role.ADMIN},
    Permission.PEOPLE: {Role.ADMIN},
    Permission.TRAIL: {Role.ADMIN},
}


@dataclass
class Ground:
    """What is there to be found, and where."""

    inside: str
    outside: str
    outside_ids: list[int]
    note: str
    view: str
    own_view: str


@dataclass(frozen=True)
class Ask:
    route: Route
    method: str
    path: str
    parameters: tuple[tuple[str, str], ...] = ()
    body: dict[str, Any] | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.path} {dict(self.parameters)} {self.body or ''}"


@pytest.fixture
def ground(house: House, make_record: Callable[..., Any], tmp_path) -> Ground:
    house.add_sensor("edge")
    house.add_sensor(_SENSOR, label="xq14")
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    mine = [
        make_record(at=start + timedelta(minutes=n), unique_id="shared") for n in range(_INSIDE)
    ]
    theirs = [_record(make_record, start, number) for number in range(_OUTSIDE)]
    whole = {record.raw: record.transaction for record in (*mine, *theirs)}
    house.parts.transactions._decode = whole.__getitem__  # with all that the record says
    ids = house.store.append(mine).ids
    outside = list(house.store.append(theirs).ids)
    with closing(Outlet(tmp_path / "spool")) as outlet:
        for sensor, raw in (("edge", b"cannot be decoded"), (_SENSOR, b"xq13")):
            entry = AuditLogEntry(sensor=sensor, received_at_us=to_us(now()), raw=raw)
            outlet.set_aside(entry, "unknown-format", "begins like nothing")
    house.control.add_hold(
        "xq19", Search(hosts=(_HOST,)), reason="xq18", added_at=now(), added_by="boss"
    )
    house.store.preserve([outside[5]], Preserved(at=now(), by="boss", reason="xq18"))
    boss = Asking(person_id=99, name="boss", role=Role.ADMIN)
    views = house.parts.saved_views
    shop = ViewTerms(name="Shop", query="q=host:shop.example+status:403", is_shared=True)
    views.add(boss, "transactions", shop)
    secret = ViewTerms(name="xq20", query=f"host={_HOST}", is_shared=True)
    view = views.add(boss, "transactions", secret)
    ground = Ground(str(ids[1]), str(outside[5]), outside, "1", view.id, "99")
    _judge(house, ground)
    return ground


def _record(make_record: Callable[..., Any], start: datetime, number: int) -> Any:
    return make_record(
        sensor=_SENSOR,
        host=_HOST,
        at=start + timedelta(minutes=number % 4, microseconds=_MICROSECOND),
        raw=f"xq12 {number}?xq05".encode(),
        uri="/xq04/x?xq05",
        client=_CLIENT,
        status=418,
        category=Category.RFI,
        intercepted=False,
        unique_id="xq06",
        verdict="xq07",
        request=Request(method="XQMETHOD", uri="/xq04/x?xq05", headers=(("Host", _HOST),)),
        matches=(
            RuleMatch(
                rule_id=777777,
                message="xq08",
                data="xq09",
                target="xq10",
                tags=("xq11",),
                severity=5,
            ),
        ),
        place=Place(kind=PlaceKind.CITY, country="JP", city="Xq03", latitude=35.6, longitude=139.7),
    )


def _judge(house: House, ground: Ground) -> None:
    """What somebody without a scope made of a transaction that is outside."""
    desk, boss = house.parts.triage, Author(name="boss", may_remove_all=True)
    number = int(ground.outside)
    desk.judge(number, NewState(state=State.FALSE_POSITIVE, reason="xq17"), boss)
    desk.label(number, boss, add=["xq15"], remove=[])
    desk.note(number, "xq16", boss)


def _asks(ground: Ground) -> list[Ask]:
    """Everything that is asked, generated from the route table; what changes something comes after
    what does not.
    """
    found: list[Ask] = []
    for route in ROUTES:
        if route.content_type == "text/event-stream":
            continue  # test_no_stream_sends_what_is_outside
        for method in route.methods:
            for path in dict.fromkeys(_paths(route, ground)):
                if method in SAFE_METHODS:
                    found += [Ask(route, method, path, one) for one in _queries(route)]
                else:
                    found += [Ask(route, method, path, (), body) for body in _bodies(route, method)]
    found.sort(key=lambda ask: (ask.route.path in _LAST, ask.method not in SAFE_METHODS))
    return found


def _paths(route: Route, ground: Ground) -> Iterator[str]:
    names = re.findall(r"\{(\w+)\}", route.path)
    unknown = [name for name in names if name not in _PATHS]
    assert not unknown, f"say in _PATHS how {unknown} of {route.path} are asked"
    for whose in (0, 1):
        path = route.path
        for name in names:
            if name not in ("facet", "likeness"):
                path = path.replace(f"{{{name}}}", _PATHS[name](ground)[whose])
        for facet in _FACETS if "facet" in names else ("",):
            for likeness in _LIKENESS if "likeness" in names else ("",):
                yield path.replace("{facet}", facet).replace("{likeness}", likeness)


def _queries(route: Route) -> Iterator[tuple[tuple[str, str], ...]]:
    yield ()
    for name in route.parameter_names:
        values = _ASKED_OTHERWISE.get((route.path, name), _QUERIES.get(name))
        assert values, f"say in _QUERIES how {name} of {route.path} is asked"
        # Facets have the filters of the list, of which one each shows the same as all.
        is_rare = "{facet}" in route.path and name not in ("host", "q", "limit")
        yield from ((((name, value)),) for value in values[: 0 if is_rare else None])


def _bodies(route: Route, method: str) -> tuple[dict[str, Any] | None, ...]:
    known = _BODIES.get((method, route.path))
    wants_body = "body" in route.endpoint.__annotations__
    assert known or not wants_body, f"say in _BODIES what {method} {route.path} is sent"
    return known or (None,)


class Visitor:
    """Somebody who asks: a person by their session, or a token."""

    def __init__(self, client: TestClient, role: Role, *, is_token: bool, has_scope: bool) -> None:
        self.client = client
        self.role = role
        self.is_token = is_token
        self.has_scope = has_scope

    def ask(self, ask: Ask) -> httpx2.Response:
        return self.client.request(ask.method, ask.path, params=list(ask.parameters), json=ask.body)

    def may(self, permission: Permission) -> bool:
        if permission is Permission.ACCOUNT and self.is_token:
            return False
        return self.role in _MAY[permission]


@pytest.fixture
def visitor(house: House, visit: Callable[..., TestClient]) -> Callable[..., Visitor]:
    def make(who: str, role: Role, scope: str) -> Visitor:
        client = visit()
        if who == "token":
            client.headers["Authorization"] = f"Bearer {_token(house, role, scope)}"
        else:
            person = house.people.add(f"the {role.value}", PASSWORD, role)
            terms = Terms(role=role, scope=spelled_scope(scope))
            client.cookies.set("bartizan", house.cookie_of(house.people.change(person, terms)))
        held = Role.ANALYST if scope and role is Role.ADMIN else role
        return Visitor(client, held, is_token=who == "token", has_scope=bool(scope))

    return make


def _token(house: House, role: Role, scope: str) -> str:
    """As it may be in a store of before administrators with a scope were refused."""
    terms = TokenTerms(name="wall", role=role)
    made, secret = house.parts.tokens.add(terms, owner=None, by="boss")
    house.control.remove_token(made.id)
    kept: Token = msgspec.structs.replace(made, scope=spelled_scope(scope))
    house.control.add_token(kept)
    return secret


def _marks_in(text: str, ask: Ask, ground: Ground) -> list[str]:
    """Marks that the answer has and the question had not."""
    asked = f"{ask.path} {ask.parameters} {ask.body}"
    found = [name for name, mark in _MARKS.items() if mark.strip('"') not in asked and mark in text]
    found += [
        f"id {one}" for one in ground.outside_ids if str(one) in text and str(one) not in asked
    ]
    return found + [f"count {number}" for number in _numbers(text) if number in _COUNTS]


def _numbers(text: str) -> Iterator[int]:
    try:
        waiting = [json.loads(text)]
    except ValueError:
        return
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node
        elif isinstance(node, int) and not isinstance(node, bool):
            yield node


def _status_is_right(visitor: Visitor | None, ask: Ask, response: httpx2.Response) -> str | None:
    """What is wrong with the status, if anything is."""
    permission, status = ask.route.permission, response.status_code
    if status >= 500:
        return f"{status}"
    assert permission in _MAY, f"say in _MAY who may do what needs {permission}"
    if permission is Permission.OPEN:
        return None
    if visitor is None:
        return None if status == 401 else f"{status} instead of 401"
    if not visitor.may(permission):
        return None if status == 403 else f"{status} instead of 403"
    if status == 401 and ask.route.path not in _LAST:
        return "401 for somebody who is logged in"
    is_refused = visitor.has_scope and ask.route.path in _FOR_THOSE_WITHOUT_A_SCOPE
    if (status == 403) is not is_refused and ask.method in SAFE_METHODS:
        return f"{status} for somebody who may: {response.text}"
    return None


def _picture(house: House, ground: Ground) -> list[Any]:
    """All that there is outside, to be compared."""
    return [house.store.get(number) for number in ground.outside_ids] + [
        house.letters.letter(2) is not None,
        house.control.saved_view(int(ground.view)),
        [hold.name for hold in house.control.holds() if hold.name == "xq19"],
    ]


@pytest.mark.promise("S23")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("scope", _SCOPES)
@pytest.mark.parametrize(
    ("who", "role"),
    [
        ("session", Role.VIEWER),
        ("session", Role.ANALYST),
        ("token", Role.VIEWER),
        ("token", Role.ANALYST),
        ("token", Role.ADMIN),
    ],
)
def test_nothing_outside_the_scope_is_in_any_answer(
    house, ground, visitor, who, role, scope
) -> None:
    asking = visitor(who, role, _SCOPES[scope])
    before = _picture(house, ground)
    wrong = []
    asked = 0
    for ask in _asks(ground):
        response = asking.ask(ask)
        asked += 1
        wrong += [
            f"{ask}: {reason}" for reason in [_status_is_right(asking, ask, response)] if reason
        ]
        wrong += [
            f"{ask}: {mark} in {response.text[:400]}"
            for mark in _marks_in(response.text, ask, ground)
        ]
    assert not wrong, "\n".join(wrong)
    assert asked > 300
    assert _picture(house, ground) == before


@pytest.mark.promise("S13")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("role", [None, Role.VIEWER, Role.ANALYST, Role.ADMIN])
@pytest.mark.parametrize("who", ["session", "token"])
def test_every_route_lets_in_whom_it_should_and_the_marks_are_seen_without_a_scope(
    house, ground, visitor, visit, who, role
) -> None:
    """The other half: what is never seen at all, nobody would find leaking."""
    asking = None if role is None else visitor(who, role, "")
    anybody = visit()
    wrong, seen = [], set()
    for ask in _asks(ground):
        response = (
            anybody.request(ask.method, ask.path, json=ask.body)
            if asking is None
            else asking.ask(ask)
        )
        reason = _status_is_right(asking, ask, response)
        wrong += [f"{ask}: {reason}"] if reason else []
        seen.update(_marks_in(response.text, ask, ground))
    assert not wrong, "\n".join(wrong)
    if asking is None:
        assert not seen
    elif role is not Role.VIEWER:
        assert {*_MARKS, f"count {_OUTSIDE + _INSIDE}", f"id {ground.outside}"} - {"file"} <= seen


@pytest.mark.promise("S23")
@pytest.mark.timeout(60)
@pytest.mark.parametrize("scope", [*_SCOPES.values(), "q=data%3Amine"])
@pytest.mark.parametrize("who", ["session", "token"])
def test_no_stream_sends_what_is_outside(house, ground, address, make_record, who, scope) -> None:
    streams = [route.path for route in ROUTES if route.content_type == "text/event-stream"]
    assert streams == ["/api/v1/live"], "say here how each stream is followed"
    scope = spelled_scope(scope)
    headers = {"Sec-Fetch-Site": "same-origin", "Last-Event-ID": "0"}
    cookies = {}
    if who == "token":
        headers["Authorization"] = f"Bearer {_token(house, Role.VIEWER, scope)}"
    else:
        person = house.people.add("anna", PASSWORD, Role.VIEWER, scope)
        cookies["bartizan"] = house.cookie_of(person)
    with (
        httpx2.Client(base_url=address, headers=headers, cookies=cookies, timeout=15) as client,
        client.stream("GET", streams[0]) as response,
    ):
        events = _events(response)
        next(events)
        start = now() - timedelta(minutes=1)
        house.store.append([_record(make_record, start, 100)])
        match = RuleMatch(rule_id=942100, data="mine")
        house.store.append([make_record(uri="/last", matches=(match,))])
        ask, text = Ask(ROUTES[0], "GET", streams[0]), ""
        for kind, _, data in events:
            text += f"{kind} {json.dumps(data)}"
            assert _marks_in(text, ask, ground) == []
            if "/last" in text:
                break
    assert text.count('"host": "shop.example"') >= 1
