"""The look-up over HTTP, for those who may see little."""

import json

import pytest

from bartizan.accounts.people import Terms
from bartizan.domain.person import Role
from bartizan.domain.transaction import RuleMatch
from bartizan.kit.clock import now
from bartizan.query.scopes import spelled_scope

_MINE, _THEIRS = "onQHxliBOOqgGRWszhr", "baoKCyJxjTNziidUNlg"
_SECRET = "xqsecretqx"


@pytest.fixture
def two_hosts(house, make_record) -> None:
    house.store.append(
        [
            make_record(
                at=now(),
                host=f"{team}.example",
                unique_id=unique_id,
                uri=f"/{team}?card={_SECRET}",
                client=client,
                matches=(RuleMatch(rule_id=942100, message="SQL Injection", data=_SECRET),),
            )
            for team, unique_id, client in (
                ("shop", _MINE, "203.0.113.7"),
                ("bank", _THEIRS, "198.51.100.9"),
            )
        ]
    )


@pytest.fixture
def help_desk(house, visit):
    """A viewer of one host who may not see payloads."""
    person = house.people.add("help-desk", "a long enough sentence", Role.VIEWER)
    terms = Terms(role=Role.VIEWER, scope=spelled_scope("host=shop.example"), sees_payloads=False)
    client = visit()
    client.cookies.set("bartizan", house.cookie_of(house.people.change(person, terms)))
    return client


def _look_up(client, text: str, **more: str):
    return client.get("/api/v1/lookup", params={"q": text, **more})


def test_the_help_desk_gets_its_answer_in_one_step_without_payloads(two_hosts, help_desk) -> None:
    response = _look_up(
        help_desk, f"Sorry! Your request was blocked (ID {_MINE})", zone="Asia/Tokyo"
    )
    (found,) = response.json()["found"]
    assert found["outcome"] == "blocked"
    assert found["row"]["verdict"] == "Blocked: SQL injection"
    assert found["rules"] == [{"rule_id": 942100, "message": "SQL Injection", "category": "sqli"}]
    assert found["when"].endswith("(Asia/Tokyo, UTC+09:00)")
    assert _MINE in found["for_customer"]
    assert _SECRET not in response.text


@pytest.mark.promise("S23")
@pytest.mark.parametrize("text", [_THEIRS, "198.51.100.9", "https://bank.example/bank", "/bank"])
def test_what_is_outside_the_scope_cannot_be_looked_up(two_hosts, help_desk, text) -> None:
    answer = _look_up(help_desk, text).json()
    assert answer["found"] == []
    assert answer["misses"][-1]["reason"] == "outside-scope"
    unknown = _look_up(help_desk, text.replace("bank", "none").replace("9", "8")).json()
    said = [miss["reason"] for miss in answer["misses"]]
    assert said == [miss["reason"] for miss in unknown["misses"]]  # no word tells one from nothing


def test_it_needs_a_login_and_a_text(visit) -> None:
    assert _look_up(visit(), "x").status_code == 401
    client = visit(Role.VIEWER)
    assert client.get("/api/v1/lookup").json()["error"]["where"] == "q"
    assert _look_up(client, "x", zone="Mars").json()["error"]["where"] == "zone"


def test_looking_up_leaves_no_trace_of_an_opened_payload(two_hosts, house, visit) -> None:
    client = visit(Role.ADMIN)
    assert _look_up(client, _MINE).json()["found"]
    assert "payload" not in json.dumps(client.get("/api/v1/trail").json()["entries"])
