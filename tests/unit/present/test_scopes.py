"""Nobody sees anything outside their scope, whatever they ask: every route, every role, real data.

Two teams share the store. Everything of the other one carries a canary in every field that can hold
text, so that one byte of it in any answer is found, whichever route leaks it.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import fields
from typing import Any

import pytest
from starlette.testclient import TestClient

from bartizan.accounts.people import Terms
from bartizan.accounts.tokens import TokenTerms
from bartizan.domain.clearance import EVERYTHING, Clearance
from bartizan.domain.delivery import AuditLogEntry
from bartizan.domain.errors import Refused
from bartizan.domain.person import Role
from bartizan.domain.search import Search
from bartizan.domain.transaction import (
    Body,
    Category,
    Defect,
    Request,
    Response,
    RuleMatch,
    Upload,
)
from bartizan.kit.clock import now, to_us
from bartizan.present.app import ROUTES
from bartizan.present.parts import ConsoleParts
from bartizan.present.route import Permission, Route
from bartizan.query.listener import Listener
from bartizan.query.saved_views import Asking, ViewTerms
from bartizan.query.scopes import narrowed, read_scope, spelled_scope
from bartizan.query.similar import Likeness
from bartizan.spool.outlet import Outlet

_CANARY = "xqcanaryqx"
_PAYLOAD = "xqpayloadqx"
_MINE = "team-a"
_THEIRS = f"{_CANARY}-sensor"
_MY_HOST = "shop.example"
_THEIR_HOST = f"{_CANARY}.example"
_ADDRESS = "198.51.100.77"  # of their client
_COUNTRY = "JP"  # of theirs alone
_NAMED = [f"sensor={_MINE}", f"host={_MY_HOST}", f"sensor={_MINE}&host={_MY_HOST}"]
_VIEWS = {
    "Mine": f"host={_MY_HOST}&since=now-7d&columns=time",
    "Mine by data": "q=data%3Amine+verdict%3Amine&status=403&client=203.0.113.0%2F24&path=/mine/*",
}
_SCOPES = [
    *_NAMED,
    "host:Shop.example",
    "view=Mine",
    "view=Mine+by+data&view=Mine",
    "q=data%3Amine",
]
_DATA = [
    route
    for route in ROUTES
    if route.is_api and route.permission in (Permission.LOGIN, Permission.PAYLOADS)
]
_NAMES = [f"{route.methods[0]} {route.path}" for route in _DATA]


def _record(make_record: Callable[..., Any], *, is_mine: bool, number: int) -> Any:
    word = "mine" if is_mine else _CANARY
    return make_record(
        sensor=_MINE if is_mine else _THEIRS,
        host=_MY_HOST if is_mine else _THEIR_HOST,
        at=now(),
        raw=f"{word} entry {number}?{_PAYLOAD}".encode(),  # the URI, for the decoder of this house
        uri=f"/{word}/path?token={_PAYLOAD}",
        client="203.0.113.7" if is_mine else _ADDRESS,
        country="FR" if is_mine else _COUNTRY,
        status=403 if is_mine else 418,
        category=Category.SQLI if is_mine else Category.RFI,
        unique_id="shared-id",
        verdict=f"Blocked: {word}",
        matches=(
            RuleMatch(
                rule_id=942100 if is_mine else 777777, message=word, data=f"{word} {_PAYLOAD}"
            ),
        ),
    )


_LETTERS = {"mine": 1, "theirs": 2}


@pytest.fixture
def data(house, make_record, tmp_path) -> dict[str, str]:
    """Both teams' sensors, transactions and dead letters; gives ids of each."""
    house.add_sensor(_MINE)
    house.add_sensor(_THEIRS, label=_CANARY)
    boss = Asking(person_id=99, name="boss", role=Role.ADMIN)
    for name, query in _VIEWS.items():
        terms = ViewTerms(name=name, query=query, is_shared=True)
        house.parts.saved_views.add(boss, "transactions", terms)
    numbers = range(10)
    records = [_record(make_record, is_mine=not number % 2, number=number) for number in numbers]
    ids = house.store.append(records).ids
    with closing(Outlet(tmp_path / "spool")) as outlet:
        for sensor in (_MINE, _THEIRS):
            raw = f"{sensor} cannot be decoded {_PAYLOAD}".encode()
            entry = AuditLogEntry(sensor=sensor, received_at_us=to_us(now()), raw=raw)
            outlet.set_aside(entry, "unknown-format", "begins like nothing")
    return {"mine": str(ids[0]), "theirs": str(ids[1])}


@pytest.fixture
def as_person(house, visit) -> Callable[..., TestClient]:
    def make(role: Role, scope: str, *, sees_payloads: bool | None = None) -> TestClient:
        person = house.people.add(f"{role.value}", "a long enough sentence", role)
        terms = Terms(role=role, scope=spelled_scope(scope), sees_payloads=sees_payloads)
        client = visit()
        client.cookies.set("bartizan", house.cookie_of(house.people.change(person, terms)))
        return client

    return make


@pytest.fixture
def as_token(house, visit) -> Callable[..., TestClient]:
    """A token of an administrator: narrowed by itself alone."""

    def make(role: Role, scope: str, *, sees_payloads: bool | None = None) -> TestClient:
        given = spelled_scope(scope)
        terms = TokenTerms(name="wall", role=role, scope=given, sees_payloads=sees_payloads)
        owner = house.people.add("owner", "a long enough sentence", Role.ADMIN)
        _, secret = house.parts.tokens.add(terms, owner=owner, by="owner")
        client = visit()
        client.headers["Authorization"] = f"Bearer {secret}"
        return client

    return make


def _paths(route: Route, data: dict[str, str]) -> Iterator[str]:
    """The route asked about one's own things, about theirs, and with filters that name theirs."""
    for whose in ("mine", "theirs"):
        sensor = _MINE if whose == "mine" else _THEIRS
        path = (
            route.path.replace("{transaction_id}", data[whose])
            .replace("{letter_id}", str(_LETTERS[whose]))
            .replace("{name}", sensor)
            .replace("{likeness}", "rule")
        )
        for facet in ("sensor", "host", "country", "client", "path", "status", "rule", "category"):
            named = path.replace("{facet}", facet)
            yield named
            known = set(route.parameter_names)
            for name, value in (
                ("sensor", _THEIRS),
                ("host", _THEIR_HOST),
                ("country", _COUNTRY),
                ("client", _ADDRESS),
                ("unique_id", "shared-id"),
                ("q", "sensor:"),
                ("q", "host:"),
                ("q", "country:J"),
                ("q", "unique_id:shared-id"),
                ("window", "7d"),
                ("limit", "100"),
            ):
                if name in known:
                    yield f"{named}?{name}={value}"
            if "{facet}" not in path:
                break


def _leaks(text: str) -> list[str]:
    found = [
        word for word in (_CANARY, _ADDRESS, "777777", '"JP"', ":418,", '"418"') if word in text
    ]
    return [] if not found else [f"{found} in {text[:300]}"]


@pytest.mark.promise("S23")
@pytest.mark.parametrize("scope", _SCOPES)
@pytest.mark.parametrize("role", [Role.VIEWER, Role.ANALYST])
@pytest.mark.parametrize("who", ["as_person", "as_token"])
def test_no_route_shows_anything_outside_the_scope(request, data, house, who, role, scope) -> None:
    client = request.getfixturevalue(who)(role, scope, sees_payloads=True)
    asked = 0
    for route in _DATA:
        if route.path == "/api/v1/live" or "GET" not in route.methods:
            continue
        for path in _paths(route, data):
            response = client.get(path)
            asked += 1
            assert response.status_code < 500
            echoed = response.text if response.status_code < 400 else ""
            assert _leaks(echoed) == [], path
    assert asked > 100


@pytest.mark.promise("S23")
@pytest.mark.parametrize("scope", _SCOPES)
def test_what_is_inside_is_seen_whole(data, as_person, scope) -> None:
    """The other half: a scope that shows nothing at all would leak nothing either."""
    client = as_person(Role.ANALYST, scope)
    page = client.get("/api/v1/transactions").json()
    assert page["total"]["transactions"] == 5
    assert {row["sensor"] for row in page["transactions"]} == {_MINE}
    mine, theirs = data["mine"], data["theirs"]
    assert client.get(f"/api/v1/transactions/{mine}").json()["row"]["host"] == _MY_HOST
    assert client.get(f"/api/v1/transactions/{mine}/raw").content.startswith(b"mine entry")
    for path in (theirs, f"{theirs}/raw"):
        response = client.get(f"/api/v1/transactions/{path}")
        assert (response.status_code, response.json()["error"]["code"]) == (
            404,
            "no-such-transaction",
        )
    summary = client.get("/api/v1/map?window=7d").json()
    assert summary["total"]["transactions"] == 5
    assert [sensor["name"] for sensor in summary["sensors"]] == [_MINE]
    assert client.get("/api/v1/status").json()["spool"] is None
    sees_health = scope == f"sensor={_MINE}"
    health = client.get("/api/v1/sensor-health").json()["sensors"]
    assert [sensor["name"] for sensor in health] == ([_MINE] if sees_health else [])
    letters = client.get("/api/v1/dead-letters").json()["dead_letters"]
    assert [letter["sensor"] for letter in letters] == ([_MINE] if sees_health else [])
    expected = (200, 404) if sees_health else (404, 404)
    found = [client.get(f"/api/v1/dead-letters/{_LETTERS[whose]}") for whose in _LETTERS]
    assert tuple(each.status_code for each in found) == expected


@pytest.mark.promise("S23")
@pytest.mark.parametrize("scope", _SCOPES)
def test_dead_letters_of_others_cannot_be_retried(data, house, as_person, scope) -> None:
    client = as_person(Role.ANALYST, scope)
    client.post("/api/v1/dead-letters/retry", json={"all": True})
    client.post("/api/v1/dead-letters/retry", json={"ids": ["2"]})
    client.post("/api/v1/dead-letters/retry", json={"sensor": _THEIRS})
    assert house.letters.letter(2) is not None


@pytest.mark.promise("S23")
@pytest.mark.parametrize("scope", _SCOPES)
def test_transactions_of_others_can_be_neither_preserved_nor_named(data, as_person, scope) -> None:
    client = as_person(Role.ANALYST, scope)
    path = "/api/v1/transactions/{}/preserved"
    body = {"reason": "a case"}
    for method in ("PUT", "DELETE", "POST"):
        response = client.request(method, path.format(data["theirs"]), json=body)
        assert response.status_code in (404, 405), method
    for text in (f"sensor:{_THEIRS}", _CANARY, f"host:{_THEIR_HOST}", f"client:{_ADDRESS}"):
        found = client.get("/api/v1/transactions", params={"q": text}).json()
        assert found["total"]["transactions"] == 0


@pytest.mark.promise("S23")
@pytest.mark.parametrize("scope", _SCOPES)
def test_neighbours_and_variants_stay_inside(data, as_person, scope) -> None:
    client = as_person(Role.ANALYST, scope)
    opened = client.get(f"/api/v1/transactions/{data['mine']}").json()
    path = f"/api/v1/transactions/{data['mine']}"
    beside = client.get(f"{path}/neighbours").json()
    assert beside == {"newer": opened["newer"], "older": opened["older"]}
    alike = [client.get(f"{path}/similar/{likeness}").json() for likeness in Likeness]
    others = [*opened["variants"], opened["newer"], opened["older"]]
    others += [row["id"] for each in alike for row in each["rows"]]
    for other in filter(None, others):
        assert client.get(f"/api/v1/transactions/{other}").status_code == 200
    assert [each["transactions"] for each in alike] == [4, 4, 4, 4]


@pytest.mark.promise("S23")
def test_with_two_scopes_both_hold(data, house, visit) -> None:
    owner = house.people.add("owner", "a long enough sentence", Role.ANALYST, f"host={_MY_HOST}")
    terms = TokenTerms(name="t", role=Role.VIEWER, scope=f"sensor={_THEIRS}")
    _, secret = house.parts.tokens.add(terms, owner=owner, by="owner")
    client = visit()
    answer = client.get("/api/v1/transactions", headers={"Authorization": f"Bearer {secret}"})
    assert answer.json()["total"]["transactions"] == 0
    assert answer.json()["empty"]["reason"] == "nothing-in-scope"


@pytest.mark.promise("S24")
@pytest.mark.parametrize("who", ["as_person", "as_token"])
@pytest.mark.parametrize(("role", "stated"), [(Role.VIEWER, None), (Role.ANALYST, False)])
def test_no_route_shows_payloads_to_whoever_may_not_see_them(
    request, data, who, role, stated
) -> None:
    client = request.getfixturevalue(who)(role, "", sees_payloads=stated)
    for route in _DATA:
        if route.path == "/api/v1/live" or "GET" not in route.methods:
            continue
        for path in _paths(route, data):
            response = client.get(path)
            assert response.status_code < 500
            assert _PAYLOAD not in response.text, path
            if route.permission is Permission.PAYLOADS:
                assert response.status_code == 403, path
    opened = client.get(f"/api/v1/transactions/{data['mine']}").json()
    assert opened["may_see_payload"] is False
    assert opened["row"]["uri"] == "/mine/path"
    assert opened["transaction"]["verdict"] == "Blocked: mine"
    # Nor can it be guessed word by word.
    for text in (_PAYLOAD, f"uri:{_PAYLOAD}", f"data:{_PAYLOAD}", f"NOT data:{_PAYLOAD}"):
        guessed = client.get("/api/v1/transactions", params={"q": text})
        assert guessed.status_code == 403 or guessed.json()["total"]["transactions"] == 0


@pytest.mark.promise("S24")
def test_every_field_that_holds_a_payload_is_known(house, make_record) -> None:
    """A canary in every text of a transaction; what is left are the fields that say what it was."""
    from bartizan.query.payloads import opened_without_payload

    record = make_record(
        raw=b"x",
        uri=f"/path?{_PAYLOAD}",
        response=Response(status=403, headers=(("X", _PAYLOAD),), body=Body(text=_PAYLOAD, size=1)),
        request=Request(
            method="POST",
            uri=f"/path?{_PAYLOAD}",
            headers=(("Cookie", _PAYLOAD),),
            body=Body(text=_PAYLOAD, size=1),
        ),
        matches=(RuleMatch(rule_id=1, data=_PAYLOAD, operator=_PAYLOAD),),
        uploads=(Upload(name=_PAYLOAD, size=1),),
        defects=(Defect(code="odd", detail=_PAYLOAD),),
    )
    (number,) = house.store.append([record]).ids
    desk = house.parts.transactions
    opened = desk.open(number)
    import msgspec

    whole = msgspec.structs.replace(opened, transaction=record.transaction)
    assert msgspec.json.encode(whole).count(_PAYLOAD.encode()) >= 9
    assert _PAYLOAD.encode() not in msgspec.json.encode(opened_without_payload(whole))


@pytest.mark.promise("S23")
def test_the_live_feed_is_within_the_scope_too(house, make_record) -> None:
    numbers = range(6)
    records = [_record(make_record, is_mine=not number % 2, number=number) for number in numbers]
    house.store.append(records)
    rows = house.parts.map._rows.view(house.store.newer(0))
    for scope in _NAMED:
        listener = Listener(Clearance(scopes=(read_scope(scope),), sees_payloads=False))
        listener.offer(rows)
        skipped, seen = listener.take(100)
        assert (skipped, len(seen)) == (0, 3)
        assert {row.host for row in seen} == {_MY_HOST}
        assert all(_PAYLOAD not in (row.uri or "") for row in seen)
        listener.skip(500)
        assert listener.take(1)[0] == 1


@pytest.mark.promise("S23")
def test_every_part_of_the_console_is_scoped_or_says_why_not(house) -> None:
    """A new part must have a `within`, or be added here on purpose."""
    unscoped = {
        "assets",
        "attribution",
        "configurations",
        "demo",  # administrators alone
        "health",
        "invitations",
        "live",  # by each listener
        "login",
        "oidc",
        "oidc_people",
        "people",
        "sensor_book",  # administrators alone, and `find`
        "sessions",
        "redaction",  # administrators alone
        "saved_views",  # by whoever asks: tests/unit/present/test_view_routes.py
        "setup",
        "tell_of_sensors",
        "tokens",
        "trail",
        "trusted_header",
    }
    clearance = Clearance(scopes=(Search(sensors=(_MINE,)),))
    narrow = house.parts.within(clearance)
    same = {
        each.name
        for each in fields(ConsoleParts)
        if getattr(narrow, each.name) is getattr(house.parts, each.name)
    }
    assert same == unscoped
    assert house.parts.within(EVERYTHING) is house.parts


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "sensor",
        "sensor=",
        "country=FR",
        "since=now",
        "q=",
        "q=a&q=b",
        "q=rule:",
        "view=",
        "view=Gone",
        "hosst:shop.example",
        "sensor=a&path=/x",
        "host=%ff",
        "=a",
        "a" * 9000,
    ],
)
def test_what_is_no_scope_is_refused(text) -> None:
    with pytest.raises(Refused) as caught:
        read_scope(text)
    assert caught.value.code == "bad-scope"


def test_a_scope_that_cannot_be_read_any_more_shows_nothing(house, visit, data) -> None:
    person = house.people.add("old", "a long enough sentence", Role.VIEWER, "colour=blue")
    client = visit()
    client.cookies.set("bartizan", house.cookie_of(person))
    answer = client.get("/api/v1/transactions")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad-scope")


def test_a_filter_can_only_narrow_a_scope() -> None:
    mine = Search(sensors=("a", "b"), hosts=("shop.example",))
    assert narrowed(Search(), [mine], now()) == mine
    assert narrowed(Search(sensors=("b", "c")), [mine], now()) == Search(
        sensors=("b",), hosts=("shop.example",)
    )
    assert narrowed(Search(hosts=("SHOP.example",)), [mine], now()) == mine
    assert narrowed(Search(sensors=("c",)), [mine], now()) is None
    assert narrowed(Search(hosts=("other.example",)), [mine], now()) is None
    assert narrowed(Search(), [mine, Search(sensors=("c",))], now()) is None
