"""Saved views over HTTP: whose they are, who sees them, and what hangs on them."""

from datetime import timedelta

import pytest

from bartizan.accounts.people import Terms
from bartizan.accounts.tokens import TokenTerms
from bartizan.domain.person import Role
from bartizan.domain.trail import TrailQuestion
from bartizan.kit.clock import now
from bartizan.query import saved_views
from bartizan.query.scopes import spelled_scope
from tests.unit.present.conftest import PASSWORD

VIEWS = "/api/v1/views"


@pytest.fixture
def log_in(house, visit):
    def make(name, role=Role.ANALYST, scope="", **terms):
        person = house.people.add(name, PASSWORD, role)
        given = Terms(role=role, scope=spelled_scope(scope), **terms)
        client = visit()
        client.cookies.set("bartizan", house.cookie_of(house.people.change(person, given)))
        return client

    return make


def _save(client, name="Shop", query="host=shop.example", page="transactions", **terms):
    body = {"name": name, "page": page, "query": query, "is_shared": True, **terms}
    return client.post(VIEWS, json=body)


def _row(client, **terms):
    response = _save(client, **terms)
    assert response.status_code == 200, response.text
    return response.json()


def _names(client, page=""):
    found = client.get(VIEWS, params={"page": page} if page else {})
    return [view["name"] for view in found.json()["views"]]


def _code(response):
    return response.status_code, response.json()["error"]["code"]


def _change(client, row, **terms):
    body = {key: row[key] for key in ("name", "query", "is_shared")}
    return client.put(f"{VIEWS}/{row['id']}", json={**body, **terms})


def test_a_view_is_saved_found_replaced_renamed_and_removed(log_in) -> None:
    anna = log_in("anna")
    row = _row(anna, query="q=++status:403&columns=time,client&cursor=x", is_shared=False)
    assert row["query"] == "q=status%3A403&columns=time%2Cclient"
    assert (row["is_mine"], row["may_change"], row["is_default"], row["made_by"]) == (
        True,
        True,
        False,
        "anna",
    )
    assert _names(anna, "transactions") == ["Shop"]
    assert _names(anna, "map") == []
    changed = _change(anna, row, name=" New  name ", query="status=406").json()
    assert (changed["name"], changed["query"], changed["id"]) == (
        "New name",
        "status=406",
        row["id"],
    )
    assert anna.delete(f"{VIEWS}/{row['id']}").json() == {}
    assert _code(anna.delete(f"{VIEWS}/{row['id']}")) == (404, "no-such-saved-view")
    assert _names(anna) == []


def test_private_views_are_their_owners_alone(log_in) -> None:
    anna, root = log_in("anna"), log_in("root", Role.ADMIN)
    row = _row(anna, is_shared=False)
    assert _names(root) == []
    for response in (
        _change(root, row, name="x"),
        root.delete(f"{VIEWS}/{row['id']}"),
        root.put(f"{VIEWS}/{row['id']}/default"),
    ):
        assert _code(response) == (404, "no-such-saved-view")
    assert _row(root, is_shared=False)["name"] == "Shop"  # names are one's own too


def test_shared_views_are_seen_by_all_and_changed_by_whose_they_are_and_administrators(
    log_in, house
) -> None:
    anna, bob, root = log_in("anna"), log_in("bob"), log_in("root", Role.ADMIN)
    row = _row(anna)
    assert _names(bob) == ["Shop"]
    assert _code(_change(bob, row, name="Mine")) == (403, "not-allowed")
    assert _code(bob.delete(f"{VIEWS}/{row['id']}")) == (403, "not-allowed")
    assert _code(_save(bob)) == (400, "name-taken") or _code(_save(bob))[1] == "name-taken"
    assert _code(_change(root, row, is_shared=False)) == (403, "not-allowed")
    assert _change(root, row, query="status=200").json()["changed_by"] == "root"
    assert root.delete(f"{VIEWS}/{row['id']}").is_success
    told = [
        (each.deed.action, each.deed.person, each.deed.subject, each.deed.detail)
        for each in house.parts.trail.list(TrailQuestion(actions=("view.",)), 10)
    ]
    assert told == [
        ("view.removed", "root", "Shop", "page transactions; of anna"),
        ("view.changed", "root", "Shop", "transactions?status=200"),
        ("view.saved", "anna", "Shop", "transactions?host=shop.example"),
    ]


def test_what_is_somebodys_alone_is_not_in_the_trail(log_in, house) -> None:
    anna = log_in("anna")
    row = _row(anna, is_shared=False)
    _change(anna, row, query="status=1" + "00")
    anna.put(f"{VIEWS}/{row['id']}/default")
    anna.delete(f"{VIEWS}/{row['id']}")
    assert list(house.parts.trail.list(TrailQuestion(), 10)) == []
    shared = _change(anna, _row(anna, is_shared=False), is_shared=True)
    assert shared.json()["is_shared"]
    assert len(house.parts.trail.list(TrailQuestion(actions=("view.changed",)), 10)) == 1


def test_a_viewer_saves_for_themselves_alone(log_in) -> None:
    viewer = log_in("vera", Role.VIEWER)
    assert _code(_save(viewer)) == (403, "not-allowed")
    row = _row(viewer, is_shared=False)
    assert _code(_change(viewer, row, is_shared=True)) == (403, "not-allowed")
    assert viewer.get(VIEWS).json()["may_share"] is False


def test_tokens_read_views_and_change_none(log_in, house, visit) -> None:
    row = _row(log_in("anna"), is_shared=False)
    _, secret = house.parts.tokens.add(
        TokenTerms(name="t", role=Role.ANALYST), owner=house.people.find("anna"), by="anna"
    )
    program = visit()
    program.headers["Authorization"] = f"Bearer {secret}"
    assert _names(program) == ["Shop"]
    assert _code(_save(program)) == (403, "not-allowed")
    assert _code(program.delete(f"{VIEWS}/{row['id']}")) == (403, "not-allowed")
    _, narrow = house.parts.tokens.add(
        TokenTerms(name="n", role=Role.ANALYST, scope="host=other.example"),
        owner=house.people.find("anna"),
        by="anna",
    )
    program.headers["Authorization"] = f"Bearer {narrow}"
    assert _names(program) == []


def test_a_page_begins_with_a_view_of_each_person(log_in) -> None:
    anna, bob = log_in("anna"), log_in("bob")
    row, other = _row(anna), _row(anna, name="Other")
    for each in (row, other):
        assert anna.put(f"{VIEWS}/{each['id']}/default").json() == {}
    begins = {view["name"]: view["is_default"] for view in anna.get(VIEWS).json()["views"]}
    assert begins == {"Shop": False, "Other": True}
    assert not any(view["is_default"] for view in bob.get(VIEWS).json()["views"])
    anna.delete(f"{VIEWS}/{row['id']}/default")  # is not it any more
    assert any(view["is_default"] for view in anna.get(VIEWS).json()["views"])
    anna.delete(f"{VIEWS}/{other['id']}/default")
    assert not any(view["is_default"] for view in anna.get(VIEWS).json()["views"])


@pytest.mark.parametrize(
    ("terms", "status", "code"),
    [
        ({"query": "q=rule:x"}, 400, "bad-search"),
        ({"query": "status=x"}, 400, "bad-parameter"),
        ({"query": "x" * 9000}, 400, "bad-input"),
        ({"name": " "}, 400, "bad-name"),
        ({"name": "a\u202eb"}, 400, "bad-name"),
        ({"name": "x" * 81}, 400, "bad-input"),
        ({"page": "../x"}, 400, "bad-page"),
        ({"page": ""}, 400, "bad-page"),
        ({"further": 1}, 400, "bad-input"),
    ],
)
def test_what_cannot_be_shown_is_not_saved(log_in, terms, status, code) -> None:
    assert _code(_save(log_in("anna"), **terms)) == (status, code)


def test_views_are_few(log_in, monkeypatch) -> None:
    monkeypatch.setattr(saved_views, "MOST_OF_ONE", 2)
    monkeypatch.setattr(saved_views, "MOST_SHARED", 1)
    anna, bob = log_in("anna"), log_in("bob")
    row = _row(anna)
    assert _code(_save(bob, name="b")) == (400, "too-many-views")
    private = _row(anna, name="p", is_shared=False)
    assert _code(_save(anna, name="c", is_shared=False)) == (400, "too-many-views")
    assert _code(_change(anna, private, is_shared=True)) == (400, "too-many-views")
    assert _change(anna, row, name="still").is_success


def test_a_text_that_cannot_be_read_any_more_is_told(log_in, house) -> None:
    anna, root = log_in("anna"), log_in("root", Role.ADMIN)
    row = _row(anna)
    import msgspec

    old = house.control.saved_view(int(row["id"]))
    house.control.update_saved_view(msgspec.structs.replace(old, query="q=colour%3Ablue"))
    (seen,) = anna.get(VIEWS).json()["views"]
    assert "no field colour" in seen["mistake"]
    terms = {"name": "bob", "role": "viewer", "scope": "view=Shop"}
    assert _code(root.post("/api/v1/people", json=terms)) == (400, "bad-scope")


# Views as scopes


def test_a_view_is_a_scope_and_its_change_is_theirs_at_once(log_in, house, make_record) -> None:
    house.store.append([make_record(host="shop.example"), make_record(host="other.example")])
    root, anna = log_in("root", Role.ADMIN), log_in("anna")
    row = _row(anna)
    made = root.post("/api/v1/people", json={"name": "x", "role": "viewer", "scope": "view=Shop"})
    assert made.json()["person"]["scope"] == "view=Shop"
    bob = log_in("bob", Role.ANALYST, "view=Shop")

    def hosts():
        rows = bob.get("/api/v1/transactions").json()["transactions"]
        return [each["host"] for each in rows]

    assert hosts() == ["shop.example"]
    assert bob.get("/api/v1/session").json()["person"]["scope"] == "view=Shop"
    # Only administrators change it now, and are told whose it is.
    assert _code(_change(anna, row, query="host=other.example")) == (403, "not-allowed")
    assert _code(anna.delete(f"{VIEWS}/{row['id']}")) == (403, "not-allowed")
    assert anna.get(VIEWS).json()["views"][0]["may_change"] is False
    assert anna.get(VIEWS).json()["views"][0]["scope_of"] == []
    assert root.get(VIEWS).json()["views"][0]["scope_of"] == ["x", "bob"]
    changed = _change(root, row, query="host=other.example").json()
    assert changed["scope_of"] == ["x", "bob"]
    assert hosts() == ["other.example"]
    (told,) = house.parts.trail.list(TrailQuestion(actions=("view.changed",)), 10)
    assert told.deed.detail == "scope of x, bob; transactions?host=other.example"
    # It can be neither emptied nor renamed nor taken back nor removed under them.
    for response in (
        _change(root, row, query=""),
        _change(root, row, query="columns=time"),
        _change(root, row, name="Else"),
        root.delete(f"{VIEWS}/{row['id']}"),
    ):
        assert _code(response) == (409, "view-in-use")
        assert "x, bob" in response.json()["error"]["message"]


def test_a_scope_whose_view_is_gone_shows_nothing(log_in, house, make_record) -> None:
    house.store.append([make_record()])
    row = _row(log_in("anna"))
    bob = log_in("bob", Role.ANALYST, "view=Shop")
    assert bob.get("/api/v1/transactions").is_success
    house.control.remove_saved_view(int(row["id"]))
    for path in ("transactions", "map", "facets/host", "views", "live", "status"):
        assert _code(bob.get(f"/api/v1/{path}")) == (400, "bad-scope"), path
    assert bob.get("/api/v1/session").json()["state"] == "ready"


def test_nobody_is_given_a_scope_that_shows_nothing_or_everything(log_in) -> None:
    root = log_in("root", Role.ADMIN)
    _row(root, name="All", query="columns=time")
    _row(root, name="Mine", is_shared=False)
    for view in ("Gone", "All", "Mine", "mine"):
        for path in ("people", "tokens", "all-tokens"):
            body = {"name": "bob", "role": "viewer", "scope": f"view={view}"}
            assert _code(root.post(f"/api/v1/{path}", json=body)) == (400, "bad-scope"), view


def test_groups_and_tokens_of_the_installation_hold_a_view_and_peoples_own_do_not(
    log_in, house
) -> None:
    root, anna = log_in("root", Role.ADMIN), log_in("anna")
    row = _row(anna)
    token = {"name": "own", "role": "viewer", "scope": "view=Shop"}
    assert anna.post("/api/v1/tokens", json=token).is_success
    assert _change(anna, row, query="status=403").is_success
    assert root.get(VIEWS).json()["views"][0]["scope_of"] == ["token own"]
    over = TokenTerms(
        name="over", role=Role.VIEWER, scope="view=Shop", until=now() + timedelta(seconds=1)
    )
    house.parts.tokens.add(over, owner=None, by="root")
    later = saved_views.SavedViews(
        house.control, [("group shop", "view=Other&host=a")], lambda: now() + timedelta(days=1)
    )
    boss = saved_views.Asking(person_id=0, name="boss", role=Role.ADMIN)
    assert later.list(boss).views[0].scope_of == ("token own",)
    wall = {"name": "wall", "role": "viewer", "scope": "view=Shop"}
    assert root.post("/api/v1/all-tokens", json=wall).is_success
    assert _code(_change(anna, row, query="status=200")) == (403, "not-allowed")
    groups = saved_views.SavedViews(house.control, [("group shop", "view=Shop")])
    assert "group shop" in groups.list(boss).views[0].scope_of


def test_whoever_has_a_scope_sees_what_was_saved_within_it_alone(log_in) -> None:
    anna = log_in("anna")
    _row(anna, name="xqsecret", query="host=xqsecret.example")
    one = log_in("one", Role.ANALYST, "host=shop.example")
    two = log_in("two", Role.VIEWER, "host=shop.example")
    other = log_in("other", Role.VIEWER, "host=other.example")
    assert "xqsecret" not in one.get(VIEWS).text
    row = _row(one, name="Ours", query="status=403")
    assert _names(two) == ["Ours"]
    assert _names(other) == []
    assert _names(anna) == ["Ours", "xqsecret"]
    assert _code(other.put(f"{VIEWS}/{row['id']}/default")) == (404, "no-such-saved-view")
    # Nor do they learn by asking which views there are.
    body = {"name": "t", "role": "viewer", "scope": "view=xqsecret"}
    refused = one.post("/api/v1/tokens", json=body)
    assert _code(refused) == _code(
        one.post("/api/v1/tokens", json={**body, "scope": "view=nothing"})
    )


def test_a_token_does_not_guess_payloads_for_whoever_may_not_see_them(
    log_in, house, visit, make_record
) -> None:
    from bartizan.domain.transaction import RuleMatch

    match = RuleMatch(rule_id=942100, message="m", data="hunter2")
    house.store.append([make_record(matches=(match,), uri="/login?password=hunter2")])
    anna = log_in("anna", Role.ANALYST, sees_payloads=False)
    _row(anna, name="Guess", query="q=data%3Ahunter2")
    root = log_in("root", Role.ADMIN)
    for scope in ("data:hunter2", "uri:hunter2", "view=Guess", "q=hunter2+path%3A%2Flogin"):
        body = {"name": "t", "role": "analyst", "scope": scope}
        secret = anna.post("/api/v1/tokens", json=body).json()["secret"]
        program = visit()
        program.headers["Authorization"] = f"Bearer {secret}"
        answer = program.get("/api/v1/transactions")
        if answer.is_success:
            assert answer.json()["total"]["transactions"] == 0, scope
        else:
            assert _code(answer) == (403, "not-allowed"), scope
    # Of those whom an administrator gave it, it decides what they see.
    person = {"name": "p", "role": "viewer", "scope": "data:hunter2"}
    assert root.post("/api/v1/people", json=person).json()["person"]["scope"] == "q=data%3Ahunter2"
    given = log_in("given", Role.VIEWER, "data:hunter2")
    listed = given.get("/api/v1/transactions").json()
    assert listed["total"]["transactions"] == 1
    assert "hunter2" not in str(listed)
