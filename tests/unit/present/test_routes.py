"""The route table: who may use what, and what every answer has in common."""

import msgspec
import pytest

from bartizan.domain.person import Role
from bartizan.present.answers import ErrorAnswer
from bartizan.present.api.live import ROUTES as LIVE_ROUTES
from bartizan.present.app import ROUTES
from bartizan.present.front import PAGE_POLICY
from bartizan.present.route import Permission, Route

_STREAMS = {route.path for route in LIVE_ROUTES}
_ASKED = [
    (route, method)
    for route in ROUTES
    for method in route.methods
    if route.path not in _STREAMS  # tests/unit/present/test_stream.py
]
_NAMES = [f"{method} {route.path}" for route, method in _ASKED]
_REFUSED = {401: "not-logged-in", 403: "not-allowed"}


def _path(route: Route) -> str:
    return (
        route.path.replace("{transaction_id}", "1")
        .replace("{facet}", "country")
        .replace("{session_id}", "abc")
        .replace("{letter_id}", "1")
        .replace("{person_id}", "99")
        .replace("{token_id}", "99")
        .replace("{name}", "console.js")
    )


_MAY = {
    Permission.ACCOUNT: {Role.VIEWER, Role.ANALYST, Role.ADMIN},
    Permission.LOGIN: {Role.VIEWER, Role.ANALYST, Role.ADMIN},
    Permission.PAYLOADS: {Role.ANALYST, Role.ADMIN},
    Permission.ORIGINALS: {Role.ADMIN},
    Permission.ANALYST: {Role.ANALYST, Role.ADMIN},
    Permission.ADMIN: {Role.ADMIN},
    Permission.PEOPLE: {Role.ADMIN},
    Permission.TRAIL: {Role.ADMIN},
}


def _expected(permission: Permission, role: Role | None) -> int | None:
    if permission is Permission.OPEN:
        return None
    if role is None:
        return 401
    return None if role in _MAY[permission] else 403


@pytest.mark.promise("S13")
@pytest.mark.parametrize("role", [None, Role.VIEWER, Role.ANALYST, Role.ADMIN])
@pytest.mark.parametrize(("route", "method"), _ASKED, ids=_NAMES)
def test_every_route_is_for_whom_it_says(visit, route, method, role):
    response = visit(role).request(method, _path(route))
    expected = _expected(route.permission, role)
    if expected is None:
        assert response.status_code not in _REFUSED
    else:
        assert response.status_code == expected
        assert response.json()["error"]["code"] == _REFUSED[expected]


@pytest.mark.promise("S13")
def test_the_application_has_no_route_beside_the_table(house):
    served = {(method, route.path) for route in house.app()._app.routes for method in route.methods}
    assert served == {(method, route.path) for route in ROUTES for method in route.methods}


@pytest.mark.promise("S13")
def test_a_route_without_a_permission_cannot_be_made():
    with pytest.raises(TypeError):
        Route(methods=("GET",), path="/x", endpoint=print, summary="")


def test_only_these_need_no_login():
    opened = {route.path for route in ROUTES if route.permission is Permission.OPEN}
    assert {path for path in opened if path.startswith("/api/")} == {
        "/api/v1/session",
        "/api/v1/setup",
        "/api/v1/login",
        "/api/v1/logout",
        "/api/v1/invitation",
        "/api/v1/welcome",
    }


@pytest.mark.promise("S2")
@pytest.mark.parametrize("role", [None, Role.ADMIN])
@pytest.mark.parametrize(("route", "method"), _ASKED, ids=_NAMES)
def test_every_answer_has_the_security_headers(visit, route, method, role):
    _check_headers(visit(role).request(method, _path(route)))


def _check_headers(response) -> None:
    headers = response.headers
    assert headers["content-security-policy"] in (PAGE_POLICY, "sandbox")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "geolocation=()" in headers["permissions-policy"]
    assert len(headers["x-request-id"]) == 16
    if "/assets/" not in str(response.url) and response.status_code != 204:
        assert headers["cache-control"] == "no-store"


@pytest.mark.promise("S2")
def test_the_page_policy_is_the_promised_one():
    parts = dict(part.split(" ", 1) for part in PAGE_POLICY.split("; "))
    assert parts == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "font-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "object-src": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
        "report-uri": "/csp-report",
    }


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not-found"),
        ("GET", "/api/v1/nowhere", 404, "not-found"),
        ("GET", "/assets/../app.py", 404, "not-found"),
        ("GET", "/assets/console.js", 404, "not-found"),
        ("GET", "/map/", 404, "not-found"),
        ("POST", "/map", 405, "method-not-allowed"),
        ("DELETE", "/api/v1/session", 405, "method-not-allowed"),
        ("HEAD", "/api/v1/session", 405, "method-not-allowed"),
        ("TRACE", "/", 405, "method-not-allowed"),
        ("OPTIONS", "/api/v1/session", 405, "method-not-allowed"),
        ("PUT", "/", 405, "method-not-allowed"),
        ("QUERY", "/", 405, "method-not-allowed"),
        ("GET", "/api/v1/session?evil=1", 400, "unknown-parameter"),
        ("GET", "/api/v1/transactions?contry=FR", 400, "unknown-parameter"),
        ("GET", "/api/v1/transactions?limit=0", 400, "bad-parameter"),
        ("GET", "/api/v1/transactions?limit=201", 400, "bad-parameter"),
        ("GET", "/api/v1/transactions?limit=1&limit=2", 400, "bad-parameter"),
        ("GET", "/api/v1/transactions?cursor=AAAA", 400, "bad-cursor"),
        ("GET", "/api/v1/transactions?client=1.2.3", 400, "bad-parameter"),
        ("GET", "/api/v1/transactions?since=then", 400, "bad-parameter"),
        ("GET", "/api/v1/transactions/1", 404, "no-such-transaction"),
        ("GET", "/api/v1/transactions/-1", 404, "no-such-transaction"),
        ("GET", "/api/v1/transactions/99999999999999999999", 404, "no-such-transaction"),
        ("GET", "/api/v1/transactions/1/raw", 404, "no-such-transaction"),
        ("GET", "/api/v1/facets/evil", 404, "no-such-facet"),
        ("GET", "/api/v1/map?window=1y", 400, "bad-parameter"),
        ("DELETE", "/api/v1/sessions/abc", 404, "no-such-session"),
        ("GET", "/api/v1/dead-letters/1", 404, "no-such-dead-letter"),
        ("GET", "/api/v1/dead-letters/x", 404, "no-such-dead-letter"),
        ("GET", "/api/v1/dead-letters/1/raw", 404, "no-such-dead-letter"),
        ("GET", "/api/v1/dead-letters?cursor=x", 400, "bad-cursor"),
        ("GET", "/api/v1/dead-letters/1?offset=-1", 400, "bad-parameter"),
        ("POST", "/api/v1/dead-letters/remove", 400, "bad-input"),
    ],
)
def test_every_error_has_the_same_shape(visit, method, path, status, code):
    response = visit(Role.ADMIN).request(method, path)
    assert response.status_code == status
    _check_headers(response)
    if method == "HEAD":
        return
    error = msgspec.json.decode(response.content, type=ErrorAnswer).error
    assert error.code == code
    assert error.message
    assert error.request_id == response.headers["x-request-id"]
    if status == 405:
        assert response.headers["allow"]


def test_an_unknown_parameter_is_named(visit):
    error = visit(Role.VIEWER).get("/api/v1/transactions?contry=FR").json()["error"]
    assert error["where"] == "contry"
    assert "country" in error["message"]


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"", ""),
        (b"{", "1"),
        (b"[]", ""),
        (b'{"name": "anna"}', "password"),
        (b'{"name": "anna", "password": "p", "role": "admin"}', "role"),
        (b'{"name": 1, "password": "p"}', "name"),
        (b'{"name": "\\ud800", "password": "p"}', "name"),
        (b'{"name": "anna", "password": "' + b"x" * 1025 + b'"}', "password"),
        (b"[" * 30_000, ""),
    ],
)
def test_a_bad_body_is_refused_without_being_repeated(visit, body, where):
    response = visit().post(
        "/api/v1/login", content=body, headers={"content-type": "application/json"}
    )
    assert response.status_code == 400
    error = msgspec.json.decode(response.content, type=ErrorAnswer).error
    assert (error.code, error.where) == ("bad-input", where)
    assert "xxxx" not in response.text


@pytest.mark.promise("S6")
@pytest.mark.parametrize("body", [b"x" * 70_000, [b"x" * 1000] * 70])
def test_a_huge_body_is_refused(visit, body):
    response = visit().post(
        "/api/v1/login",
        content=body if isinstance(body, bytes) else iter(body),
        headers={"content-type": "application/json"},
    )
    assert response.status_code == 413
    assert response.json()["error"]["code"] == "too-large"
    _check_headers(response)


def test_an_unforeseen_error_shows_nothing_but_its_id(visit, house, monkeypatch):
    client = visit(Role.ADMIN)

    def explode(*_args, **_kwargs):
        raise RuntimeError("a secret detail")

    monkeypatch.setattr(house.store, "page", explode)
    response = client.get("/api/v1/transactions")
    assert response.status_code == 500
    error = msgspec.json.decode(response.content, type=ErrorAnswer).error
    assert (error.code, error.request_id) == ("internal", response.headers["x-request-id"])
    assert "secret" not in response.text
    _check_headers(response)


@pytest.mark.promise("S12")
def test_reading_changes_nothing(visit, house, make_record):
    house.add_sensor("edge")
    (row_id,) = house.store.append([make_record()]).ids
    client = visit(Role.ADMIN)

    def state():
        return (
            house.store.newer(0),
            list(house.control.sensors()),
            list(house.control.people()),
            [len(house.control.sessions(person.id)) for person in house.control.people()],
        )

    before = state()
    for route, method in _ASKED:
        if method in ("GET", "HEAD"):
            client.request(method, _path(route).replace("/1", f"/{row_id}"))
    assert state() == before
