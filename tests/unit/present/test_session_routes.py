"""Set-up, log-in, log-out and sessions over HTTP."""

import pytest
from starlette.testclient import TestClient

from bartizan.domain.person import Role

PASSWORD = "a long enough sentence"


@pytest.fixture
def anna(house):
    return house.people.add("anna", PASSWORD, Role.ADMIN)


def _state(client: TestClient) -> str:
    return client.get("/api/v1/session").json()["state"]


def _log_in(client: TestClient, password: str = PASSWORD):
    return client.post("/api/v1/login", json={"name": "anna", "password": password})


def test_set_up_with_the_printed_code_logs_in(visit, house):
    client = visit()
    assert _state(client) == "setup"
    wrong = client.post(
        "/api/v1/setup", json={"code": "abcd", "name": "anna", "password": PASSWORD}
    )
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (403, "wrong-code")
    code = house.setup.code_for_printing()
    weak = client.post("/api/v1/setup", json={"code": code, "name": "anna", "password": "anna"})
    assert (weak.status_code, weak.json()["error"]["code"]) == (400, "weak-password")
    done = client.post("/api/v1/setup", json={"code": code, "name": "anna", "password": PASSWORD})
    assert done.json()["person"] == {
        "name": "anna",
        "role": "admin",
        "scope": "",
        "sees_payloads": True,
        "means": "session",
        "has_password": True,
        "begins": {},
    }
    assert _state(client) == "ready"
    again = client.post("/api/v1/setup", json={"code": code, "name": "eva", "password": PASSWORD})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "already-set-up")
    assert _state(visit()) == "login"


@pytest.mark.promise("S11")
def test_the_cookie_is_kept_from_scripts_and_other_sites(visit, anna):
    cookie = _log_in(visit()).headers["set-cookie"]
    name, *attributes = cookie.split("; ")
    assert name.startswith("bartizan=")
    assert {each.lower() for each in attributes} == {
        "httponly",
        "path=/",
        "samesite=lax",
        "max-age=43200",
    }


@pytest.mark.promise("S11")
@pytest.mark.parametrize(
    "settings",
    [
        {"public_url": "https://waf.example"},
        {"tls_certificate": "/c.pem", "tls_key": "/k.pem"},
    ],
)
def test_over_https_the_cookie_is_bound_to_the_host_and_hsts_is_on(house, anna, settings):
    client = TestClient(
        house.app(**settings),
        base_url="https://waf.example",
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    response = _log_in(client)
    cookie = response.headers["set-cookie"]
    assert cookie.startswith("__Host-bartizan=")
    assert "; Secure" in cookie
    assert "domain" not in cookie.lower()
    assert response.headers["strict-transport-security"] == "max-age=31536000"
    assert _state(client) == "ready"


@pytest.mark.promise("S11")
def test_a_log_in_never_adopts_a_secret_and_ends_the_one_before(visit, anna):
    client = visit()
    client.cookies.set("bartizan", "x" * 43)
    _log_in(client)
    first = client.cookies.get("bartizan", domain="testserver.local")
    assert first not in (None, "x" * 43)
    client.cookies.clear()
    client.cookies.set("bartizan", first)
    second = _log_in(client).cookies["bartizan"]
    client.cookies.clear()
    client.cookies.set("bartizan", first)
    assert _state(client) == "login"
    client.cookies.clear()
    client.cookies.set("bartizan", second)
    assert _state(client) == "ready"


@pytest.mark.promise("S11")
def test_a_log_out_ends_the_session_on_the_server(visit, anna):
    client = visit()
    secret = _log_in(client).cookies["bartizan"]
    response = client.post("/api/v1/logout", json={})
    assert response.json()["state"] == "login"
    assert "max-age=0" in response.headers["set-cookie"].lower()
    client.cookies.set("bartizan", secret)
    assert client.get("/api/v1/sensors").status_code == 401


def test_wrong_credentials_are_refused_alike_and_then_slowed(visit, anna):
    client = visit()
    answers = [
        client.post("/api/v1/login", json={"name": name, "password": "a wrong password"})
        for name in ("anna", "nobody")
    ]
    assert {response.status_code for response in answers} == {401}
    bodies = [response.json()["error"] for response in answers]
    assert bodies[0]["message"] == bodies[1]["message"]
    for _ in range(3):
        last = _log_in(client, "a wrong password")
    assert last.status_code == 429
    assert last.json()["error"]["code"] == "too-many-attempts"
    assert int(last.headers["retry-after"]) >= 1


def test_people_see_and_end_their_own_sessions(visit, house, anna):
    client = visit()
    _log_in(client)
    other = house.cookie_of(anna)
    sessions = client.get("/api/v1/sessions").json()["sessions"]
    assert sorted(each["is_current"] for each in sessions) == [False, True]
    (foreign,) = [each for each in sessions if not each["is_current"]]
    assert foreign["user_agent"] == "Browser/1"
    assert client.delete(f"/api/v1/sessions/{foreign['id']}").json() == {}
    assert house.sessions.find(other) is None
    assert _state(client) == "ready"


@pytest.mark.promise("S13")
def test_nobody_can_end_a_session_of_somebody_else(visit, house, anna):
    client = visit(Role.VIEWER)
    own = house.sessions.of(anna)
    secret = house.cookie_of(anna)
    (hers,) = house.sessions.of(anna)
    assert not own
    from bartizan.accounts.sessions import public_id

    assert client.delete(f"/api/v1/sessions/{public_id(hers)}").status_code == 404
    assert house.sessions.find(secret) is not None
