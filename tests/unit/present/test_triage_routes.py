"""Judging transactions over HTTP: who may, what is refused, and what the answers say."""

import hashlib
from datetime import timedelta

import pytest

from bartizan.accounts.people import Terms
from bartizan.domain.delivery import Record
from bartizan.domain.person import Role
from bartizan.domain.trail import TrailQuestion
from bartizan.domain.transaction import (
    Anomaly,
    Endpoint,
    Format,
    Request,
    RuleMatch,
    Transaction,
)
from bartizan.domain.triage import MAX_LABELS, MAX_NOTE, MAX_NOTES, NOTHING, State, Triage
from bartizan.kit.clock import now, now_us

HOSTILE = "<script>alert(1)</script> \u202e'\""


@pytest.fixture
def narrow(house, visit):
    """An analyst who sees less than everything."""

    def make(**terms):
        person = house.people.add("narrow", "a long enough sentence", Role.ANALYST)
        client = visit()
        changed = house.people.change(person, Terms(role=Role.ANALYST, **terms))
        client.cookies.set("bartizan", house.cookie_of(changed))
        return client

    return make


@pytest.fixture
def fill(house):
    """Stores transactions; gives their ids."""

    def fill(count=1, *, sensor="edge", path="/shop", target="ARGS:id", rule=942100):
        records = []
        for number in range(count):
            raw = f"{sensor}{path}?id={number}&{target}{rule}".encode()
            transaction = Transaction(
                format=Format.MODSECURITY2_NATIVE,
                occurred_at=now(),
                client=Endpoint(address="192.0.2.7"),
                request=Request(
                    method="GET", uri=f"{path}?id={number}", headers=(("Host", "Shop.example"),)
                ),
                matches=(
                    RuleMatch(rule_id=rule, message="SQLi", target=target),
                    RuleMatch(rule_id=949110, message="Inbound Anomaly Score Exceeded"),
                ),
                anomaly=Anomaly(inbound=5),
                intercepted=False,
                verdict="SQL injection",
            )
            digest = hashlib.sha256(raw).digest()
            records.append(
                Record(
                    sensor=sensor,
                    received_at_us=now_us(),
                    digest=digest,
                    raw=raw,
                    transaction=transaction,
                )
            )
        return [str(one) for one in house.store.append(records).ids]

    return fill


@pytest.fixture
def path(fill):
    return f"/api/v1/transactions/{fill()[0]}"


def _code(answer):
    return answer.status_code, answer.json()["error"]["code"]


def _judge(visitor, path, state, **more):
    return visitor.put(f"{path}/state", json={"state": state} | more)


def test_a_false_positive_has_a_reason_a_person_and_a_time(analyst, path):
    assert analyst.get(f"{path}/triage").json()["state"] == "open"
    assert _code(_judge(analyst, path, "false-positive")) == (400, "reason-missing")
    assert _code(_judge(analyst, path, "false-positive", reason=" \n ")) == (400, "reason-missing")
    judged = _judge(analyst, path, "false-positive", reason=HOSTILE).json()
    assert (judged["state"], judged["reason"]) == ("false-positive", HOSTILE)
    assert judged["state_by"] == "analyst-1"
    (change,) = judged["history"]
    assert (change["kind"], change["value"], change["reason"]) == (
        "state",
        "false-positive",
        HOSTILE,
    )
    assert change["at"] == judged["state_at"]
    again = _judge(analyst, path, "false-positive", reason=HOSTILE).json()
    assert len(again["history"]) == 1, "the same again is no change"
    assert analyst.get(path).json()["row"]["state"] == "false-positive"
    reopened = _judge(analyst, path, "open").json()
    assert (reopened["state"], len(reopened["history"])) == ("open", 2)


def test_what_is_ignored_is_open_again_by_itself(analyst, house, path):
    assert _code(_judge(analyst, path, "ignored")) == (400, "bad-parameter")
    for until in ("yesterday", (now() - timedelta(hours=1)).isoformat(), "2999-01-01"):
        assert _code(_judge(analyst, path, "ignored", until=until)) == (400, "bad-parameter")
    until = now() + timedelta(hours=1)
    judged = _judge(analyst, path, "ignored", until=until.isoformat()).json()
    assert judged["state"] == "ignored"
    page = "/api/v1/transactions?q=state:ignored"
    assert analyst.get(page).json()["total"]["transactions"] == 1
    number = int(path.rpartition("/")[2])
    past = now() - timedelta(seconds=1)
    house.store.triage([number], lambda _: Triage(state=State.IGNORED, ignored_until=past))
    assert analyst.get(f"{path}/triage").json()["state"] == "open"
    assert analyst.get(page).json()["total"]["transactions"] == 0
    (row,) = analyst.get("/api/v1/transactions?q=state:open").json()["transactions"]
    assert row["state"] == "open"
    assert analyst.get("/api/v1/facets/state").json()["values"] == [
        {"value": "open", "name": "open", "transactions": 1, "intercepted": 0}
    ]


def test_labels_are_short_words_without_case(analyst, path):
    def change(**body):
        return analyst.post(f"{path}/labels", json=body)

    labels = change(add=["Shop", " incident-17 ", "shop", "ÄRGER"]).json()["labels"]
    assert labels == ["incident-17", "shop", "ärger"]
    assert change(add=["team/web"], remove=["SHOP", "never"]).json()["labels"] == [
        "incident-17",
        "team/web",
        "ärger",
    ]
    for bad in ("", "two words", "-x", "a" * 41, "<b>", "a,b", "a\x00"):
        assert _code(change(add=[bad])) == (400, "bad-label")
    some = [f"l{number}" for number in range(MAX_LABELS)]
    assert _code(change(add=some)) == (400, "too-many-labels")
    assert change(add=some, remove=["incident-17", "team/web", "ärger"]).status_code == 200
    found = analyst.get("/api/v1/transactions?label=L3&label=nobody").json()
    assert found["transactions"][0]["labels"] == sorted(some)


def test_notes_are_removed_by_who_wrote_them_or_an_administrator(visit, path):
    anna, ben, admin = visit(Role.ANALYST), visit(Role.ANALYST), visit(Role.ADMIN)
    (note,) = anna.post(f"{path}/notes", json={"text": f"{HOSTILE}\nline"}).json()["notes"]
    assert (note["text"], note["may_remove"]) == (f"{HOSTILE}\nline", True)
    (seen,) = ben.get(f"{path}/triage").json()["notes"]
    assert (seen["by"], seen["may_remove"]) == (note["by"], False)
    one = f"{path}/notes/{note['id']}"
    assert _code(ben.delete(one)) == (403, "not-allowed")
    assert admin.get(f"{path}/triage").json()["notes"][0]["may_remove"]
    after = admin.delete(one).json()
    assert after["notes"] == []
    assert [change["kind"] for change in after["history"]] == ["note-added", "note-removed"]
    assert "line" not in str(after), "what was written is gone"
    for gone in (one, f"{path}/notes/x", f"{path}/notes/{'9' * 30}"):
        assert _code(admin.delete(gone)) == (404, "no-such-note")


def test_notes_have_bounds(analyst, path):
    for text in ("", " \n ", "a\x1b[31m"):
        assert analyst.post(f"{path}/notes", json={"text": text}).status_code == 400
    assert analyst.post(f"{path}/notes", json={"text": "a" * (MAX_NOTE + 1)}).status_code == 400
    for number in range(MAX_NOTES):
        assert analyst.post(f"{path}/notes", json={"text": f"{number}"}).status_code == 200
    refused = analyst.post(f"{path}/notes", json={"text": "one more"})
    assert _code(refused) == (400, "too-many-notes")
    notes = analyst.get(f"{path}/triage").json()["notes"]
    assert [note["text"] for note in notes] == [str(number) for number in range(MAX_NOTES)]
    assert analyst.get("/api/v1/transactions?q=note:99").json()["total"]["transactions"] == 1


def test_a_viewer_sees_states_and_labels_and_no_notes(analyst, viewer, path):
    _judge(analyst, path, "false-positive", reason="password=hunter2")
    analyst.post(f"{path}/labels", json={"add": ["shop"]})
    analyst.post(f"{path}/notes", json={"text": "password=hunter2"})
    seen = viewer.get(f"{path}/triage")
    assert "hunter2" not in seen.text
    told = seen.json()
    assert (told["state"], told["labels"], told["shows_texts"]) == (
        "false-positive",
        ["shop"],
        False,
    )
    assert _code(viewer.get("/api/v1/transactions?q=note:hunter2")) == (403, "not-allowed")
    for request in (
        lambda: _judge(viewer, path, "open"),
        lambda: viewer.post(f"{path}/labels", json={"add": ["x"]}),
        lambda: viewer.post(f"{path}/notes", json={"text": "x"}),
        lambda: viewer.delete(f"{path}/notes/1"),
        lambda: viewer.post("/api/v1/triage", json={"ids": ["1"], "state": {"state": "open"}}),
    ):
        assert _code(request()) == (403, "not-allowed")
    assert viewer.get(f"{path}/triage").json() == told


def test_an_analyst_who_may_not_see_payloads_judges_without_notes(narrow, path):
    blind = narrow(sees_payloads=False)
    assert _judge(blind, path, "confirmed").json()["state"] == "confirmed"
    assert _code(blind.post(f"{path}/notes", json={"text": "x"})) == (403, "not-allowed")
    many = {"filters": {"sensor": ["edge"]}, "note": "x"}
    assert _code(blind.post("/api/v1/triage", json=many)) == (403, "not-allowed")


def test_what_is_outside_of_a_scope_cannot_be_judged(narrow, house, fill):
    (mine,), (other,) = fill(sensor="edge"), fill(sensor="core")
    scoped = narrow(scope="sensor=edge")
    state = {"state": "confirmed"}
    for method, end, body in (
        ("GET", "triage", None),
        ("GET", "alike", None),
        ("PUT", "state", state),
        ("POST", "labels", {"add": ["x"]}),
        ("POST", "notes", {"text": "x"}),
    ):
        answer = scoped.request(method, f"/api/v1/transactions/{other}/{end}", json=body)
        assert _code(answer) == (404, "no-such-transaction")
    both = scoped.post("/api/v1/triage", json={"ids": [mine, other], "state": state})
    assert both.json() == {"found": 1, "changed": 1, "preserved": 0}
    found = {"filters": {"rule": ["942100"]}, "add_labels": ["x"]}
    assert scoped.post("/api/v1/triage", json=found).json()["found"] == 1
    stored = house.store.get(int(other))
    assert stored.triage == NOTHING


def test_many_are_changed_by_their_ids(analyst, house, fill):
    ids = fill(3)
    body = {
        "ids": [*ids, ids[0], "12"],
        "state": {"state": "false-positive", "reason": "the editor"},
        "add_labels": ["Editor"],
        "note": "all of them",
        "preserve": True,
    }
    rehearsed = analyst.post("/api/v1/triage", json=body | {"is_rehearsal": True}).json()
    assert rehearsed["changed"] == 0
    assert house.store.get(int(ids[0])).triage == NOTHING
    assert analyst.post("/api/v1/triage", json=body).json() == {
        "found": 3,
        "changed": 3,
        "preserved": 3,
    }
    for number in ids:
        stored = house.store.get(int(number))
        assert (stored.row.state, stored.row.labels) == (State.FALSE_POSITIVE, ("editor",))
        assert [note.text for note in stored.triage.notes] == ["all of them"]
        assert stored.preserved.reason == "the editor"


def test_many_are_changed_by_a_search(analyst, fill):
    fill(3, path="/shop")
    fill(2, path="/blog")
    body = {
        "filters": {"q": ["path:/shop"]},
        "state": {"state": "ignored", "until": (now() + timedelta(days=1)).isoformat()},
    }
    assert analyst.post("/api/v1/triage", json=body | {"is_rehearsal": True}).json()["found"] == 3
    assert analyst.post("/api/v1/triage", json=body).json()["changed"] == 3
    counts = analyst.get("/api/v1/facets/state").json()["values"]
    assert [(one["value"], one["transactions"]) for one in counts] == [("ignored", 3), ("open", 2)]
    only = analyst.get("/api/v1/facets/state?state=open&path=/shop").json()["values"]
    assert [(one["value"], one["transactions"]) for one in only] == [("ignored", 3)]


def test_a_change_of_many_needs_something_to_do_and_someone_to_do_it_to(analyst, fill):
    ids = fill(2)
    state = {"state": "confirmed"}
    for body in (
        {"state": state},
        {"ids": ids, "filters": {"sensor": ["edge"]}, "state": state},
        {"ids": ids},
    ):
        answer = analyst.post("/api/v1/triage", json=body)
        assert _code(answer) == (400, "nothing-chosen")
    for body in (
        {"ids": ["x"], "state": state},
        {"ids": ["1"] * 1001, "state": state},
        {"ids": ids, "state": {"state": "gone"}},
        {"ids": ids, "state": {"state": "false-positive"}},
        {"ids": ids, "add_labels": ["two words"]},
        {"filters": {"nonsense": ["1"]}, "state": state},
        {"filters": {"q": ["rule:"]}, "state": state},
    ):
        assert 400 <= analyst.post("/api/v1/triage", json=body).status_code < 500
    assert analyst.get("/api/v1/facets/state").json()["values"][0]["value"] == "open"


def test_a_search_that_finds_too_many_changes_none(analyst, fill, monkeypatch):
    monkeypatch.setattr("bartizan.query.triage.MAX_FOUND", 2)
    fill(3)
    body = {"filters": {"sensor": ["edge"]}, "state": {"state": "confirmed"}}
    assert _code(analyst.post("/api/v1/triage", json=body)) == (400, "too-many-found")
    (value,) = analyst.get("/api/v1/facets/state").json()["values"]
    assert (value["value"], value["transactions"]) == ("open", 3)


def test_the_same_rule_path_and_parameter_is_offered(analyst, fill):
    number, *_ = fill(3)
    fill(2, target="ARGS:idea")
    fill(1, path="/shop/cart")
    fill(1, rule=941100)
    (alike,) = analyst.get(f"/api/v1/transactions/{number}/alike").json()["alike"]
    assert (alike["rule_id"], alike["path"], alike["parameter"]) == (942100, "/shop", "ARGS:id")
    assert alike["transactions"] == 3
    state = {"state": "false-positive", "reason": "the editor"}
    told = analyst.post("/api/v1/triage", json={"filters": {"q": [alike["q"]]}, "state": state})
    assert told.json()["changed"] == 3
    (after,) = analyst.get(f"/api/v1/transactions/{number}/alike").json()["alike"]
    assert after["transactions"] == 0, "only what is open"


def test_every_change_is_in_the_access_trail(analyst, house, fill):
    number, *_ = fill(2)
    path = f"/api/v1/transactions/{number}"
    _judge(analyst, path, "false-positive", reason="secret reason")
    analyst.post(f"{path}/labels", json={"add": ["shop"], "remove": ["x"]})
    (note,) = analyst.post(f"{path}/notes", json={"text": "secret note"}).json()["notes"]
    analyst.delete(f"{path}/notes/{note['id']}")
    many = {"filters": {"sensor": ["edge"]}, "state": {"state": "open"}}
    analyst.post("/api/v1/triage", json=many | {"is_rehearsal": True})
    analyst.post("/api/v1/triage", json=many)
    _judge(analyst, path, "false-positive")  # refused, so nothing was done
    deeds = [one.deed for one in house.control.trail(TrailQuestion(actions=("triage.",)), 20)]
    assert [(one.action, one.subject, one.detail) for one in reversed(deeds)] == [
        ("triage.state", number, "false-positive"),
        ("triage.labels", number, "+shop -x"),
        ("triage.note-added", number, ""),
        ("triage.note-removed", f"{number}, {note['id']}", ""),
        ("triage.many", "2 transactions", "open sensor=edge"),
    ]
    assert {one.person for one in deeds} == {"analyst-1"}
    assert "secret" not in str(deeds)
