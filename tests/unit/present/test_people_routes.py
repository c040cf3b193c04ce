"""People, tokens and the access trail over HTTP: the whole course of each."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest

from bartizan.accounts.tokens import TokenTerms
from bartizan.domain.person import Role
from bartizan.domain.trail import TrailQuestion
from bartizan.present.app import ROUTES
from bartizan.present.cross_site import SAFE_METHODS
from bartizan.present.route import Permission
from bartizan.present.traced import action_of
from tests.unit.present.conftest import PASSWORD

PEOPLE = "/api/v1/people"


@pytest.fixture
def admin(visit, house):
    house.people.add("root", PASSWORD, Role.ADMIN)
    client = visit()
    assert client.post("/api/v1/login", json={"name": "root", "password": PASSWORD}).is_success
    return client


def _invite(admin, name="anna", **terms):
    response = admin.post(PEOPLE, json={"name": name, "role": "analyst", **terms})
    assert response.status_code == 200, response.text
    return response.json()


def _trail(house, **question):
    found = house.parts.trail.list(TrailQuestion(**question), 100)
    return [(one.deed.action, one.deed.person, one.deed.subject) for one in found]


def _code(response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


def test_somebody_invited_chooses_a_password_once(admin, visit, house) -> None:
    invited = _invite(admin, scope="host=Shop.example", sees_payloads=False)
    assert invited["person"]["state"] == "invited"
    assert invited["person"]["scope"] == "host=shop.example"
    anna = visit()
    code = invited["code"]
    assert _code(anna.post("/api/v1/login", json={"name": "anna", "password": ""}))[0] == 401
    assert anna.post("/api/v1/invitation", json={"code": code}).json() == {"name": "anna"}
    weak = anna.post("/api/v1/welcome", json={"code": code, "password": "short"})
    assert _code(weak) == (400, "weak-password")
    done = anna.post("/api/v1/welcome", json={"code": code, "password": PASSWORD})
    assert done.json()["person"] == {
        "name": "anna",
        "role": "analyst",
        "scope": "host=shop.example",
        "sees_payloads": False,
        "means": "session",
        "has_password": True,
        "begins": {},
    }
    assert _code(visit().post("/api/v1/welcome", json={"code": code, "password": PASSWORD})) == (
        403,
        "wrong-link",
    )
    (person,) = [one for one in admin.get(PEOPLE).json()["people"] if one["name"] == "anna"]
    assert (person["state"], person["sessions"]) == ("active", 1)
    assert [action for action, *_ in _trail(house, person="anna")] == [
        "login.accepted",
        "invitation.accepted",
        "login.refused",
    ]
    secrets = [one.deed for one in house.parts.trail.list(TrailQuestion(), 100)]
    assert code not in str(secrets)


def test_a_new_link_ends_the_old_one_and_so_does_shutting_out(admin, visit) -> None:
    first = _invite(admin)
    path = f"{PEOPLE}/{first['person']['id']}"
    second = admin.post(f"{path}/invitation").json()
    assert (
        _code(visit().post("/api/v1/invitation", json={"code": first["code"]}))[1] == "wrong-link"
    )
    assert visit().post("/api/v1/invitation", json={"code": second["code"]}).is_success
    admin.post(f"{path}/disable")
    body = {"code": second["code"], "password": PASSWORD}
    assert _code(visit().post("/api/v1/welcome", json=body)) == (403, "wrong-link")


def test_a_change_ends_sessions_at_once_and_a_removal_everything(admin, visit, house) -> None:
    code = _invite(admin)["code"]
    anna = visit()
    anna.post("/api/v1/welcome", json={"code": code, "password": PASSWORD})
    made = anna.post("/api/v1/tokens", json={"name": "t", "role": "analyst"}).json()
    program = visit()
    program.headers["Authorization"] = f"Bearer {made['secret']}"
    assert program.get("/api/v1/transactions").is_success
    (person,) = [one for one in admin.get(PEOPLE).json()["people"] if one["name"] == "anna"]
    path = f"{PEOPLE}/{person['id']}"
    admin.put(path, json={"role": "analyst"})
    assert anna.get("/api/v1/sessions").is_success  # nothing changed
    admin.put(path, json={"role": "viewer"})
    assert anna.get("/api/v1/sessions").status_code == 401
    assert program.get("/api/v1/dead-letters").status_code == 403  # no more than its person
    admin.post(f"{path}/disable")
    assert program.get("/api/v1/transactions").status_code == 401
    admin.post(f"{path}/enable")
    assert program.get("/api/v1/transactions").is_success
    assert admin.delete(path).is_success
    assert program.get("/api/v1/transactions").status_code == 401
    assert _code(admin.delete(path)) == (404, "no-such-person")
    told = [(action, subject) for action, _, subject in _trail(house, actions=("person.",))]
    assert told[0] == ("person.removed", "anna")
    assert ("person.disabled", "anna") in told


def test_the_last_administrator_cannot_be_lost(admin) -> None:
    (root,) = admin.get(PEOPLE).json()["people"]
    path = f"{PEOPLE}/{root['id']}"
    assert _code(admin.put(path, json={"role": "viewer"})) == (409, "last-admin")
    assert _code(admin.post(f"{path}/disable")) == (409, "last-admin")
    assert _code(admin.delete(path)) == (409, "last-admin")
    assert _code(admin.put(path, json={"role": "admin", "scope": "host=x"})) == (400, "admin-scope")
    assert _code(admin.post(PEOPLE, json={"name": "x", "role": "viewer", "scope": "rule=1"})) == (
        400,
        "bad-scope",
    )
    assert _code(admin.delete(f"{PEOPLE}/99999999999999999999"))[0] == 400


def test_ones_own_password_changes_and_every_other_session_ends(admin, visit) -> None:
    elsewhere = visit()
    elsewhere.post("/api/v1/login", json={"name": "root", "password": PASSWORD})
    other = "another long sentence"
    wrong = admin.put("/api/v1/password", json={"present": "wrong", "password": other})
    assert _code(wrong) == (403, "wrong-password")
    weak = admin.put("/api/v1/password", json={"present": PASSWORD, "password": "root"})
    assert _code(weak) == (400, "weak-password")
    assert admin.put("/api/v1/password", json={"present": PASSWORD, "password": other}).is_success
    assert admin.get("/api/v1/people").is_success
    assert elsewhere.get("/api/v1/people").status_code == 401
    assert visit().post("/api/v1/login", json={"name": "root", "password": other}).is_success


def test_sessions_are_listed_and_ended_ones_own_and_everybodys(admin, visit) -> None:
    code = _invite(admin)["code"]
    anna = visit()
    anna.post("/api/v1/welcome", json={"code": code, "password": PASSWORD})
    assert {one["person"] for one in anna.get("/api/v1/sessions").json()["sessions"]} == {"anna"}
    everybody = admin.get("/api/v1/all-sessions").json()["sessions"]
    assert {one["person"] for one in everybody} == {"root", "anna"}
    (hers,) = [one["id"] for one in everybody if one["person"] == "anna"]
    assert _code(anna.delete(f"/api/v1/all-sessions/{hers}"))[0] == 403
    assert admin.delete(f"/api/v1/all-sessions/{hers}").is_success
    assert anna.get("/api/v1/sessions").status_code == 401
    assert admin.delete("/api/v1/sessions").json()["state"] == "login"
    assert admin.get("/api/v1/sessions").status_code == 401


def test_a_token_does_what_it_may_until_its_end(admin, visit, house) -> None:
    soon = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    made = admin.post("/api/v1/tokens", json={"name": "t", "role": "viewer", "until": soon}).json()
    assert made["secret"].startswith("bzt_")
    program = visit()
    program.headers["Authorization"] = f"bearer {made['secret']}"
    assert program.get("/api/v1/transactions").is_success
    (token,) = admin.get("/api/v1/tokens").json()["tokens"]
    assert token["used_at"] is not None
    assert made["secret"] not in admin.get("/api/v1/tokens").text
    assert _code(program.get("/api/v1/people")) == (403, "not-allowed")
    assert _code(program.get("/api/v1/tokens")) == (403, "not-allowed")  # not even its own
    assert _code(program.post("/api/v1/tokens", json={"name": "u", "role": "viewer"}))[0] == 403
    late = admin.post(
        "/api/v1/tokens", json={"name": "t", "role": "viewer", "until": "2020-01-01T00:00:00Z"}
    )
    assert _code(late) == (400, "bad-date")
    assert admin.delete(f"/api/v1/tokens/{token['id']}").is_success
    assert program.get("/api/v1/transactions").status_code == 401
    assert [action for action, *_ in _trail(house, actions=("token.",))] == [
        "token.refused",
        "token.revoked",
        "token.added",
    ]


def test_a_token_that_is_over_counts_for_nothing(house) -> None:
    terms = TokenTerms(
        name="t", role=Role.VIEWER, until=datetime.now(UTC) + timedelta(milliseconds=300)
    )
    _, secret = house.parts.tokens.add(terms, owner=None, by="x")
    book = house.parts.tokens
    assert book.find(secret) is not None
    book._now = lambda: datetime.now(UTC) + timedelta(seconds=1)
    assert book.find(secret) is None


def test_nobody_makes_a_token_above_themselves(house, visit) -> None:
    person = house.people.add("vera", PASSWORD, Role.VIEWER)
    client = visit()
    client.cookies.set("bartizan", house.cookie_of(person))
    made = client.post("/api/v1/tokens", json={"name": "t", "role": "admin"})
    assert _code(made) == (400, "role-too-high")
    seeing = {"name": "t", "role": "viewer", "sees_payloads": True}
    secret = client.post("/api/v1/tokens", json=seeing).json()["secret"]
    headers = {"Authorization": f"Bearer {secret}"}
    assert visit().get("/api/v1/dead-letters", headers=headers).status_code == 403


@pytest.mark.promise("S12")
def test_a_token_needs_no_proof_of_its_page_and_a_cookie_still_does(admin, house) -> None:
    _, secret = house.parts.tokens.add(TokenTerms(name="t", role=Role.ADMIN), owner=None, by="root")
    body = {"name": "s", "role": "viewer"}
    site = {"Sec-Fetch-Site": "cross-site"}
    refused = admin.post(PEOPLE, json=body, headers=site)
    assert _code(refused) == (403, "cross-site")
    bearer = {"Authorization": f"Bearer {secret}"}
    assert admin.post(PEOPLE, json=body, headers=site | bearer).is_success
    # Whatever is not one of ours is not looked at, and frees from nothing.
    for other in ("Bearer something", "Basic cm9vdDpyb290", "bzt_x"):
        headers = {"Authorization": other}
        assert admin.get(PEOPLE, headers=headers).is_success
        assert _code(admin.post(PEOPLE, json=body, headers=site | headers))[1] == "cross-site"
    # With a token of ours that does not count, the cookie is not looked at either.
    worthless = {"Authorization": "Bearer bzt_" + "x" * 43}
    assert admin.get(PEOPLE, headers=worthless).status_code == 401


@pytest.mark.promise("S25")
def test_opening_a_payload_is_written_down_and_not_seeing_one_is_not(
    admin, visit, house, make_record
) -> None:
    (number,) = house.store.append([make_record()]).ids
    admin.get(f"/api/v1/transactions/{number}")
    admin.get(f"/api/v1/transactions/{number}/raw")
    admin.get("/api/v1/transactions/12345")
    visit(Role.VIEWER).get(f"/api/v1/transactions/{number}")
    assert _trail(house, actions=("payload.",)) == [
        ("payload.downloaded", "root", str(number)),
        ("payload.opened", "root", str(number)),
    ]


@pytest.mark.promise("S25")
def test_what_cannot_be_written_down_is_not_answered(
    admin, house, make_record, monkeypatch
) -> None:
    from bartizan.domain.errors import Unavailable

    (number,) = house.store.append([make_record()]).ids

    def fail(_deeds):
        raise Unavailable("store-unavailable", "the database is away")

    monkeypatch.setattr(house.control, "record", fail)
    assert admin.get("/api/v1/transactions").is_success
    for path in (f"/api/v1/transactions/{number}", f"/api/v1/transactions/{number}/raw"):
        assert admin.get(path).status_code == 503


@pytest.mark.promise("S25")
def test_everything_that_changes_something_is_in_the_trail() -> None:
    silent = [
        f"{route.methods[0]} {route.path}"
        for route in ROUTES
        if route.permission is not Permission.OPEN
        and not SAFE_METHODS.issuperset(route.methods)
        and action_of(route) is None
    ]
    assert silent == []


@pytest.mark.promise("S25")
def test_names_that_nobody_has_are_not_kept(visit, house) -> None:
    house.people.add("root", PASSWORD, Role.ADMIN)
    visit().post("/api/v1/login", json={"name": "my secret password", "password": "x"})
    visit().post("/api/v1/login", json={"name": "root", "password": "wrong"})
    refused = house.parts.trail.list(TrailQuestion(actions=("login.refused",)), 10)
    assert sorted(one.deed.person for one in refused) == ["", "root"]
    assert "secret" not in str(refused)


def test_the_trail_is_for_administrators_and_paged(admin, visit) -> None:
    for number in range(3):
        _invite(admin, f"person-{number}")
    first = admin.get("/api/v1/trail?action=person.&limit=2").json()
    assert [one["subject"] for one in first["entries"]] == ["person-2", "person-1"]
    rest = admin.get(f"/api/v1/trail?action=person.&limit=2&cursor={first['next']}").json()
    assert ([one["subject"] for one in rest["entries"]], rest["next"]) == (["person-0"], None)
    assert _code(admin.get("/api/v1/trail?cursor=x")) == (400, "bad-cursor")
    assert _code(visit(Role.ANALYST).get("/api/v1/trail"))[0] == 403


@pytest.mark.promise("S25")
def test_no_cell_of_the_exported_trail_is_a_formula(admin, house) -> None:
    for text in ("=1+1", "+1", "-1", "@x", "\t=1", " =1", 'a"b,c\r\nd'):
        house.parts.trail.note("x", person=text, subject=text)
    response = admin.get("/api/v1/trail.csv")
    assert response.headers["content-security-policy"] == "sandbox"
    header, *rows = list(csv.reader(io.StringIO(response.text, newline="")))
    assert header == ["at", "action", "person", "means", "address", "subject", "detail"]
    cells = [cell for row in rows for cell in row]
    assert [cell for cell in cells if cell.lstrip().startswith(("=", "+", "-", "@"))] == []
    assert "'=1+1" in cells
    assert len(rows) == 9  # and the log-in, and this export
    assert _trail(house, actions=("trail.exported",)) == [("trail.exported", "root", "")]
