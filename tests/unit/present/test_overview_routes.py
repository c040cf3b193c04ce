"""The boards over HTTP: each card's question, and what a scope leaves of it."""

import pytest

from bartizan.accounts.people import Terms
from bartizan.domain.person import Role
from bartizan.domain.transaction import RuleMatch
from bartizan.kit.clock import now
from bartizan.query.scopes import spelled_scope

_CARDS = (
    "/api/v1/overview",
    "/api/v1/overview/rules",
    "/api/v1/overview/first-seen?of=rule",
    "/api/v1/overview/first-seen?of=path",
    "/api/v1/hosts",
    "/api/v1/hosts/details?host=shop.example&host=bank.example",
)


@pytest.fixture
def two_hosts(house, make_record) -> None:
    house.store.append(
        [
            make_record(
                at=now(),
                host=host,
                uri=f"/{host}?secret=xqsecretqx",
                intercepted=host == "shop.example",
                matches=(RuleMatch(rule_id=number, message=f"of {host}", data="xqsecretqx"),),
            )
            for host, number, times in (("shop.example", 942100, 2), ("bank.example", 777777, 3))
            for _ in range(times)
        ]
    )


@pytest.fixture
def shopkeeper(house, visit):
    """Somebody who sees one host, and no payloads."""
    person = house.people.add("shopkeeper", "a long enough sentence", Role.VIEWER)
    terms = Terms(role=Role.VIEWER, scope=spelled_scope("host=shop.example"), sees_payloads=False)
    client = visit()
    client.cookies.set("bartizan", house.cookie_of(house.people.change(person, terms)))
    return client


def test_the_cards_answer_for_a_span(two_hosts, visit) -> None:
    client = visit(Role.VIEWER)
    span = {"since": "now-24h"}
    summary = client.get("/api/v1/overview", params=span).json()
    assert summary["total"] == {"transactions": 5, "intercepted": 2, "passed": 3}
    assert sum(summary["current"]["bars"]) == 5
    assert summary["previous"]["total"]["transactions"] == 0
    rules = client.get("/api/v1/overview/rules", params=span).json()["rules"]
    assert [(rule["rule_id"], rule["message"]) for rule in rules] == [
        (777777, "of bank.example"),
        (942100, "of shop.example"),
    ]
    hosts = client.get("/api/v1/hosts", params=span).json()
    assert [one["host"] for one in hosts["hosts"]] == ["bank.example", "shop.example"]
    new = client.get("/api/v1/overview/first-seen", params=span).json()
    assert (new["of"], new["has_before"]) == ("rule", False)


@pytest.mark.promise("S23")
def test_whoever_sees_one_host_gets_the_numbers_of_that_host_alone(two_hosts, shopkeeper) -> None:
    for path in _CARDS:
        response = shopkeeper.get(path)
        assert response.status_code == 200
        assert "777777" not in response.text
        assert "bank" not in response.text, path
    assert shopkeeper.get("/api/v1/overview").json()["total"] == {
        "transactions": 2,
        "intercepted": 2,
        "passed": 0,
    }
    assert shopkeeper.get("/api/v1/hosts").json()["transactions"] == 2
    details = shopkeeper.get(_CARDS[-1]).json()["hosts"]
    assert [one["host"] for one in details] == ["shop.example"]


@pytest.mark.promise("S24")
@pytest.mark.parametrize("path", _CARDS)
def test_no_card_holds_a_payload(two_hosts, shopkeeper, path) -> None:
    assert "xqsecretqx" not in shopkeeper.get(path).text


@pytest.mark.parametrize("path", _CARDS)
def test_every_card_needs_a_login_and_knows_its_parameters(visit, path) -> None:
    assert visit().get(path).status_code == 401
    joint = "&" if "?" in path else "?"
    error = visit(Role.VIEWER).get(f"{path}{joint}colour=blue").json()["error"]
    assert (error["code"], error["where"]) == ("unknown-parameter", "colour")


def test_only_rules_and_paths_can_be_new(visit) -> None:
    error = visit(Role.VIEWER).get("/api/v1/overview/first-seen?of=client").json()["error"]
    assert (error["code"], error["where"]) == ("bad-parameter", "of")
