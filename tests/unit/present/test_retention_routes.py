"""Retention over HTTP: who may protect and remove, and what the answers say."""

import hashlib

import pytest

from bartizan.domain.delivery import Record
from bartizan.domain.retention import Preserved
from bartizan.domain.transaction import Anomaly, Endpoint, Format, RuleMatch, Transaction
from bartizan.kit.clock import now, now_us
from bartizan.store.contract import Expired
from bartizan.store.retention_board import read_request

PATH = "/api/v1/retention"
HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e'\""


@pytest.fixture
def number(house):
    """One transaction."""
    raw = b"/shop?id=1"
    record = Record(
        sensor="edge",
        received_at_us=now_us(),
        digest=hashlib.sha256(raw).digest(),
        raw=raw,
        transaction=Transaction(
            format=Format.MODSECURITY2_NATIVE,
            occurred_at=now(),
            client=Endpoint(address="192.0.2.7"),
            matches=(RuleMatch(rule_id=942100, message="SQLi"),),
            anomaly=Anomaly(inbound=5),
            intercepted=False,
            verdict="SQL injection",
        ),
    )
    return house.store.append([record]).ids[0]


def _hold(**more):
    return {"name": "case 17", "reason": HOSTILE, "filters": {"client": ["192.0.2.0/24"]}} | more


def test_the_overview_says_what_holds_before_any_worker_has_looked(viewer, number):
    found = viewer.get(PATH).json()
    assert found["limits"]["ages"][-1] == {
        "of": "all",
        "sensor": None,
        "payloads_hours": None,
        "transactions_hours": None,
    }
    assert (found["state"], found["holds"], found["runs"]) == (None, [], [])
    assert (found["preserved"], found["is_requested"]) == (0, False)


@pytest.mark.promise("R15")
def test_a_transaction_is_preserved_by_name_and_let_go_of_again(analyst, house, number):
    path = f"/api/v1/transactions/{number}"
    fate = analyst.put(f"{path}/preserved", json={"reason": HOSTILE}).json()
    assert fate["preserved"]["reason"] == HOSTILE
    assert fate["preserved"]["by"] == "analyst-1"
    house.store.remove_transactions(Expired(before_id=2**62), after_id=0, limit=10)
    assert analyst.get(f"{path}/retention").json()["preserved"] == fate["preserved"]
    assert analyst.get(PATH).json()["preserved"] == 1
    assert analyst.delete(f"{path}/preserved").json()["preserved"] is None
    house.store.remove_transactions(Expired(before_id=2**62), after_id=0, limit=10)
    assert analyst.get(f"{path}/retention").status_code == 404


def test_a_hold_is_added_named_on_the_transaction_and_released(admin, house, number):
    added = admin.post(f"{PATH}/holds", json=_hold()).json()
    assert (added["name"], added["reason"], added["added_by"]) == ("case 17", HOSTILE, "admin-1")
    assert added["filters"] == [["client", "192.0.2.0/24"]]
    fate = admin.get(f"/api/v1/transactions/{number}/retention").json()
    assert fate["held_by"] == ["case 17"]
    again = admin.post(f"{PATH}/holds", json=_hold())
    assert (again.status_code, again.json()["error"]["code"]) == (409, "name-taken")
    released = admin.post(f"{PATH}/holds/{added['id']}/release", json={}).json()
    assert released["released_by"] == "admin-1"
    gone = admin.post(f"{PATH}/holds/{added['id']}/release", json={})
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, "no-such-hold")
    overview = admin.get(PATH).json()
    assert (overview["holds"], len(overview["released"])) == ([], 1)


def test_relative_times_of_a_hold_become_what_they_mean_now(admin):
    added = admin.post(f"{PATH}/holds", json=_hold(filters={"since": ["now-7d"]})).json()
    ((name, value),) = added["filters"]
    assert name == "since"
    assert value.startswith("20")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"filters": {}}, "nothing-chosen"),
        ({"filters": {"client": ["x"]}}, "bad-parameter"),
        ({"filters": {"nonsense": ["x"]}}, "unknown-parameter"),
        ({"name": "  "}, "bad-name"),
        ({"name": "x" * 256}, "bad-input"),
        ({"filters": {"client": ["192.0.2.1"] * 51}}, "bad-input"),
        ({"more": 1}, "bad-input"),
    ],
)
def test_a_bad_hold_is_refused(change, code, admin):
    answer = admin.post(f"{PATH}/holds", json=_hold(**change))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


def test_everything_is_held_only_on_purpose(admin):
    added = admin.post(f"{PATH}/holds", json=_hold(filters={}, everything=True)).json()
    assert added["filters"] == []


def test_a_run_is_asked_for_by_name(admin, house):
    assert admin.post(f"{PATH}/run", json={}).json() == {}
    request = read_request(house.control)
    assert (request.by, request.trusts_clock) == ("admin-1", False)
    assert admin.get(PATH).json()["is_requested"]


def test_the_preview_tells_and_changes_nothing(analyst, house, number):
    found = analyst.get(f"{PATH}/preview").json()
    assert found["doomed"] == []
    assert house.store.get(number) is not None


def test_who_may_do_what(viewer, analyst, number):
    one = f"/api/v1/transactions/{number}/preserved"
    refused = [
        viewer.get(f"{PATH}/preview"),
        viewer.post(f"{PATH}/run", json={}),
        viewer.post(f"{PATH}/holds", json=_hold()),
        viewer.put(one, json={}),
        viewer.delete(one),
        analyst.post(f"{PATH}/run", json={}),
        analyst.post(f"{PATH}/holds/1/release", json={}),
    ]
    assert [answer.status_code for answer in refused] == [403] * 7


def test_a_transaction_whose_entry_went_is_shown_and_its_raw_entry_is_told_as_removed(
    admin, house, number
):
    house.store.forget_payloads(Expired(before_id=2**62), after_id=0, limit=10, at=now())
    path = f"/api/v1/transactions/{number}"
    opened = admin.get(path).json()
    assert not opened["has_payload"]
    assert opened["payload_removed_at"]
    assert opened["parts"] == []
    transaction = opened["transaction"]
    assert transaction["matches"][0]["rule_id"] == 942100
    assert (transaction["verdict"], transaction["anomaly"]["inbound"]) == ("SQL injection", 5)
    assert transaction["defects"] == []
    raw = admin.get(f"{path}/raw")
    assert (raw.status_code, raw.json()["error"]["code"]) == (410, "payload-removed")
    assert "removed by retention on 20" in raw.json()["error"]["message"]
    fate = admin.get(f"{path}/retention").json()
    assert fate["payload_removed_at"] == opened["payload_removed_at"]
    assert fate["payload_goes_at"] is None


@pytest.mark.parametrize("number", ["x", "-1", "99999999999999999999", "7"])
def test_what_is_no_transaction_is_told_so(number, analyst):
    for answer in (
        analyst.get(f"/api/v1/transactions/{number}/retention"),
        analyst.put(f"/api/v1/transactions/{number}/preserved", json={}),
        analyst.delete(f"/api/v1/transactions/{number}/preserved"),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "no-such-transaction")


def test_the_mark_is_that_of_who_was_first(analyst, house, number):
    house.store.preserve([number], Preserved(at=now(), by="anna", reason="first"))
    fate = analyst.put(f"/api/v1/transactions/{number}/preserved", json={"reason": "second"})
    assert fate.json()["preserved"]["by"] == "anna"
