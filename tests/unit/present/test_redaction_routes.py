"""Redaction over the API: the rules in force, a trial, and what is shown of entries."""

import json

import pytest

from bartizan.domain.person import Role
from tests.unit.ingest.redaction.test_redactor import native

RAW = native("/?password=hunter22222", "Cookie: sid=deadbeef42\n").decode()


def test_the_overview_tells_rules_and_counts(visit) -> None:
    told = visit(Role.ADMIN).request("GET", "/api/v1/redaction").json()
    assert told["is_on"]
    assert "Cookie" in told["rules"]["headers"]
    assert told["counts"] == [{"kind": "header", "rule": "Cookie", "replaced": 7}]
    assert (told["withheld"], told["literals"]) == (1, 0)
    assert told["settings"].startswith("[redaction]\nheaders = [")


def test_a_trial_shows_what_would_be_kept_and_none_of_the_secrets(visit) -> None:
    answer = visit(Role.ADMIN).request("POST", "/api/v1/redaction/try", json={"entry": RAW})
    trial = answer.json()["trial"]
    assert "hunter22222" not in answer.text
    assert "deadbeef42" not in answer.text
    assert {finding["rule"] for finding in trial["findings"]} == {"Cookie", "password"}
    assert "".join(piece["text"] for piece in trial["pieces"]).count("[redacted]") == 2
    assert {piece["rule"] for piece in trial["pieces"] if piece["kind"]} == {"Cookie", "password"}


def test_a_trial_of_other_rules_gives_the_lines_for_them(visit) -> None:
    rules = {"headers": [], "arguments": [], "literals": ["shop.example"]}
    asked = {"entry": RAW, "rules": rules}
    answer = visit(Role.ADMIN).request("POST", "/api/v1/redaction/try", json=asked).json()
    assert [finding["rule"] for finding in answer["trial"]["findings"]] == ["literal 1"]
    assert 'literals = ["shop.example"]' in answer["settings"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"entry": "x", "transaction": "1"}, 400),
        ({"entry": "no entry at all"}, 400),
        ({"transaction": "99"}, 404),
        ({"entry": RAW, "rules": {"key_file": "/etc/passwd"}}, 400),
        ({"entry": "x" * 1_100_000}, 413),
    ],
)
def test_what_cannot_be_tried_is_refused(visit, body, status) -> None:
    answer = visit(Role.ADMIN).request("POST", "/api/v1/redaction/try", json=body)
    assert answer.status_code == status
    assert "hunter22222" not in answer.text


def test_an_entry_of_more_than_other_bodies_may_have_can_be_tried(visit) -> None:
    entry = RAW.replace("--a1b2c3d4-F--", "x=" + "y" * 200_000 + "\n--a1b2c3d4-F--")
    answer = visit(Role.ADMIN).request("POST", "/api/v1/redaction/try", content=json.dumps({"entry": entry}), headers={"content-type": "application/json"})  # fmt: skip
    assert answer.status_code == 200


def test_a_pasted_entry_is_no_deed_and_an_opened_one_is(visit, house, make_record) -> None:
    admin = visit(Role.ADMIN)
    admin.request("POST", "/api/v1/redaction/try", json={"entry": RAW})
    house.store.append([make_record(raw=RAW.encode())])
    (row,) = house.store.newer(0)
    admin.request("POST", "/api/v1/redaction/try", json={"transaction": str(row.id)})
    deeds = [deed["action"] for deed in admin.request("GET", "/api/v1/trail").json()["entries"]]
    assert deeds.count("payload.opened") == 1
