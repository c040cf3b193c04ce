"""The OpenAPI document is true: what is sent is what it says."""

from contextlib import closing
from typing import Any

import pytest

from bartizan.domain.delivery import AuditLogEntry
from bartizan.present.app import ROUTES
from bartizan.spool.outlet import Outlet
from tests.unit.present.test_redaction_routes import RAW

_TYPES = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
    "array": list,
    "object": dict,
}


def _complaints(document: dict[str, Any], schema: dict[str, Any], value: Any, at: str) -> list[str]:
    """What of `value` the schema does not allow; knows the words that our document uses."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/components/schemas/")
        return _complaints(document, document["components"]["schemas"][name], value, at)
    if "anyOf" in schema:
        each = [_complaints(document, one, value, at) for one in schema["anyOf"]]
        return [] if any(not complaints for complaints in each) else min(each, key=len)
    if "enum" in schema:
        return [] if value in schema["enum"] else [f"{at}: {value!r} is none of the values"]
    kind = schema.get("type")
    is_misplaced_boolean = isinstance(value, bool) and kind in ("integer", "number")
    if kind and (not isinstance(value, _TYPES[kind]) or is_misplaced_boolean):
        return [f"{at}: {value!r} is not {kind}"]
    if kind == "object":
        return _complaints_of_object(document, schema, value, at)
    if kind == "array":
        first = schema.get("prefixItems", [])
        kinds = first + [schema.get("items") or {}] * (len(value) - len(first))
        return [
            complaint
            for number, (one, item) in enumerate(zip(kinds, value, strict=True))
            for complaint in _complaints(document, one, item, f"{at}[{number}]")
        ]
    return []


def _complaints_of_object(document, schema, value, at) -> list[str]:
    known = schema.get("properties", {})
    further = schema.get("additionalProperties")
    found = [f"{at}.{name}: missing" for name in schema.get("required", []) if name not in value]
    for name, item in value.items():
        if name in known:
            found += _complaints(document, known[name], item, f"{at}.{name}")
        elif isinstance(further, dict):
            found += _complaints(document, further, item, f"{at}.{name}")
        else:
            found.append(f"{at}.{name}: not in the document")
    return found


@pytest.fixture
def document(admin) -> dict[str, Any]:
    response = admin.get("/api/v1/openapi.json")
    assert response.status_code == 200
    return response.json()


def _check(document: dict[str, Any], method: str, path: str, response) -> None:
    answers = document["paths"][path][method.lower()]["responses"]
    described = answers.get(str(response.status_code), answers["default"])
    schema = described["content"]["application/json"]["schema"]
    assert schema
    assert _complaints(document, schema, response.json(), path) == []


def test_the_document_has_every_route_of_the_api_and_no_other(document):
    described = {
        (method.upper(), path) for path, item in document["paths"].items() for method in item
    }
    assert described == {
        (method, route.path) for route in ROUTES if route.is_api for method in route.methods
    }


def test_the_document_names_exactly_the_parameters_that_are_taken(document):
    for route in ROUTES:
        if route.is_api:
            item = document["paths"][route.path][route.methods[0].lower()]
            named = {each["name"] for each in item.get("parameters", []) if each["in"] == "query"}
            assert named == set(route.parameter_names)


def test_every_reference_leads_somewhere(document):
    def references(node: Any):
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                yield node["$ref"]
            for child in node.values():
                yield from references(child)
        elif isinstance(node, list):
            for child in node:
                yield from references(child)

    names = {name.removeprefix("#/components/schemas/") for name in references(document)}
    assert names
    assert names <= set(document["components"]["schemas"])


def test_what_is_sent_is_what_the_document_says(document, admin, house, make_record, tmp_path):
    house.add_sensor("edge")
    ids = house.store.append([make_record(), make_record(country=None, category=None)]).ids
    admin.post("/api/v1/people", json={"name": "anna", "role": "viewer"})
    admin.post(f"/api/v1/transactions/{ids[0]}/notes", json={"text": "seen"})
    until = {"state": "ignored", "until": "2030-01-01"}
    admin.put(f"/api/v1/transactions/{ids[0]}/state", json=until)
    admin.post("/api/v1/views", json={"name": "v", "page": "transactions", "query": "status=403"})
    for path in ("/api/v1/tokens", "/api/v1/all-tokens"):
        admin.post(path, json={"name": "t", "role": "viewer"})
    cases = {
        "/api/v1/session": "/api/v1/session",
        "/api/v1/sessions": "/api/v1/sessions",
        "/api/v1/all-sessions": "/api/v1/all-sessions",
        "/api/v1/people": "/api/v1/people",
        "/api/v1/tokens": "/api/v1/tokens",
        "/api/v1/all-tokens": "/api/v1/all-tokens",
        "/api/v1/trail": "/api/v1/trail?limit=1",
        "/api/v1/transactions": "/api/v1/transactions?limit=1",
        "/api/v1/transactions/{transaction_id}": f"/api/v1/transactions/{ids[0]}",
        "/api/v1/transactions/{transaction_id}/retention": (
            f"/api/v1/transactions/{ids[0]}/retention"
        ),
        "/api/v1/transactions/{transaction_id}/triage": f"/api/v1/transactions/{ids[0]}/triage",
        "/api/v1/transactions/{transaction_id}/alike": f"/api/v1/transactions/{ids[0]}/alike",
        "/api/v1/transactions/{transaction_id}/entry": f"/api/v1/transactions/{ids[0]}/entry",
        "/api/v1/transactions/{transaction_id}/neighbours": (
            f"/api/v1/transactions/{ids[0]}/neighbours?country=FR"
        ),
        "/api/v1/transactions/{transaction_id}/similar/{likeness}": (
            f"/api/v1/transactions/{ids[0]}/similar/client"
        ),
        "/api/v1/redaction": "/api/v1/redaction",
        "/api/v1/retention": "/api/v1/retention",
        "/api/v1/retention/preview": "/api/v1/retention/preview",
        "/api/v1/facets/{facet}": "/api/v1/facets/rule?country=FR",
        "/api/v1/groups": "/api/v1/groups?clients=apart",
        "/api/v1/groups/{transaction_id}": f"/api/v1/groups/{ids[1]}",
        "/api/v1/histogram": "/api/v1/histogram?split=category",
        "/api/v1/map": "/api/v1/map?window=7d",
        "/api/v1/lookup": "/api/v1/lookup?q=203.0.113.7&zone=Europe/Berlin",
        "/api/v1/overview": "/api/v1/overview?since=2026-11-23",
        "/api/v1/overview/rules": "/api/v1/overview/rules",
        "/api/v1/overview/first-seen": "/api/v1/overview/first-seen?of=path&since=now-1m",
        "/api/v1/hosts": "/api/v1/hosts",
        "/api/v1/hosts/details": "/api/v1/hosts/details?host=shop.example&since=2026-11-22",
        "/api/v1/search/check": "/api/v1/search/check?q=status:403+a",
        "/api/v1/search/complete": "/api/v1/search/complete?q=category:",
        "/api/v1/views": "/api/v1/views?page=transactions",
        "/api/v1/sensors": "/api/v1/sensors",
        "/api/v1/sensor-health": "/api/v1/sensor-health",
        "/api/v1/sensors/{name}": "/api/v1/sensors/edge",
        "/api/v1/sensors/{name}/checklist": "/api/v1/sensors/edge/checklist",
        "/api/v1/sensors/{name}/configuration": "/api/v1/sensors/edge/configuration",
        "/api/v1/gazetteer": "/api/v1/gazetteer",
        "/api/v1/status": "/api/v1/status",
        "/api/v1/dead-letters": "/api/v1/dead-letters?limit=1",
        "/api/v1/dead-letters/summary": "/api/v1/dead-letters/summary",
        "/api/v1/dead-letters/{letter_id}": "/api/v1/dead-letters/1",
    }
    with closing(Outlet(tmp_path / "spool")) as outlet:
        for raw in (b"odd", b"odder"):
            outlet.set_aside(AuditLogEntry(sensor="edge", received_at_us=1, raw=raw), "x", "")
    for path, address in cases.items():
        response = admin.get(address)
        assert response.status_code == 200
        _check(document, "GET", path, response)
    tried = admin.post("/api/v1/redaction/try", json={"entry": RAW})
    assert tried.status_code == 200
    _check(document, "POST", "/api/v1/redaction/try", tried)
    assert {route.path for route in ROUTES if route.answer is not None and route.is_api} <= {
        *cases,
        "/api/v1/redaction/try",
        "/api/v1/triage",
        "/api/v1/transactions/{transaction_id}/state",
        "/api/v1/transactions/{transaction_id}/labels",
        "/api/v1/transactions/{transaction_id}/notes",
        "/api/v1/transactions/{transaction_id}/notes/{note_id}",
        "/api/v1/setup",
        "/api/v1/login",
        "/api/v1/logout",
        "/api/v1/sessions/{session_id}",
        "/api/v1/all-sessions/{session_id}",
        "/api/v1/invitation",
        "/api/v1/welcome",
        "/api/v1/password",
        "/api/v1/people/{person_id}",
        "/api/v1/people/{person_id}/invitation",
        "/api/v1/people/{person_id}/enable",
        "/api/v1/people/{person_id}/disable",
        "/api/v1/people/{person_id}/log-out",
        "/api/v1/tokens/{token_id}",
        "/api/v1/all-tokens/{token_id}",
        "/api/v1/views/{view_id}",
        "/api/v1/views/{view_id}/default",
        "/api/v1/demo",
        "/api/v1/sensors/{name}/secret",
        "/api/v1/sensors/{name}/enable",
        "/api/v1/sensors/{name}/disable",
        "/api/v1/dead-letters/retry",
        "/api/v1/dead-letters/remove",
        "/api/v1/retention/run",
        "/api/v1/retention/holds",
        "/api/v1/retention/holds/{hold_id}/release",
        "/api/v1/transactions/{transaction_id}/preserved",
    }


def test_empty_answers_and_errors_are_as_described_too(document, admin, visit):
    empty = admin.get("/api/v1/transactions?country=FR")
    assert empty.json()["empty"]["reason"] == "no-sensor"
    _check(document, "GET", "/api/v1/transactions", empty)
    _check(document, "GET", "/api/v1/map", admin.get("/api/v1/map"))
    _check(document, "GET", "/api/v1/map", admin.get("/api/v1/map?window=2h"))
    _check(document, "POST", "/api/v1/login", visit().post("/api/v1/login", json={}))
    _check(document, "DELETE", "/api/v1/demo", admin.delete("/api/v1/demo"))
    _check(document, "POST", "/api/v1/logout", admin.post("/api/v1/logout"))
    _check(document, "GET", "/api/v1/sensors", admin.get("/api/v1/sensors"))
    retry = "/api/v1/dead-letters/retry"
    _check(document, "POST", retry, admin.post(retry, json={"all": True}))
    _check(document, "POST", retry, admin.post(retry, json={}))
    holds = "/api/v1/retention/holds"
    for hold in ({"name": "a", "everything": True}, {"name": "b"}):
        _check(document, "POST", holds, admin.post(holds, json=hold))


def test_the_checker_itself_finds_lies(document):
    schema = {"$ref": "#/components/schemas/Totals"}
    assert _complaints(document, schema, {"transactions": 1, "intercepted": 2}, "") == []
    for lie in (
        {"transactions": 1},
        {"transactions": "1", "intercepted": 2},
        {"transactions": True, "intercepted": 2},
        {"transactions": 1, "intercepted": 2, "more": 3},
        [],
    ):
        assert _complaints(document, schema, lie, "")
