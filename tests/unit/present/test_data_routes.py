"""Transactions, map, sensors, demo and status over HTTP; hostile text arrives as it was."""

from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from bartizan.domain.person import Role
from bartizan.domain.transaction import Anomaly, Endpoint, Request, RuleMatch
from bartizan.kit.clock import now
from bartizan.store.contract import Store
from bartizan.store.memory import MemoryStore
from bartizan.store.registry import open_store, upgrade_store

_HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    "{{7*7}}${7*7}<%= 7*7 %>",
    "a\r\nevent: rows\r\ndata: []\r\n\r\n",
    "a\nb\u2028c\u2029d\x85e",
    "\u202egpj.exe\u200b\ufeff",
    "\x00\x1b[31mred\x7f",
    "=cmd|' /C calc'!A0",
    "\U0001f4a9 \ufffd \U000e0041",
]


@pytest.fixture(params=["memory", "sqlite"])
def transaction_store(request, tmp_path) -> Iterator[Store]:
    """Both the model and what people really run."""
    if request.param == "memory":
        yield MemoryStore()
        return
    url = f"sqlite:///{tmp_path / 'transactions.sqlite'}"
    upgrade_store(url)
    opened = open_store(url)
    yield opened
    opened.close()


@pytest.mark.promise("S1")
@pytest.mark.parametrize("text", _HOSTILE)
def test_hostile_text_in_any_field_comes_back_equal(admin, house, make_record, text):
    record = make_record(
        sensor="edge",
        unique_id=text,
        host=text,
        uri=text,
        client=text,
        verdict=text,
        raw=text.encode(),
        matches=(RuleMatch(rule_id=1, message=text, data=text, tags=(text,), target=text),),
    )
    (row_id,) = house.store.append([record]).ids
    row = admin.get("/api/v1/transactions").json()["transactions"][0]
    kept = house.store.get(row_id).row
    assert (row["unique_id"], row["host"], row["uri"]) == (kept.unique_id, kept.host, kept.uri)
    assert (row["uri"], row["verdict"]) == (text, text)
    assert row["client"]["address"] == kept.client_address
    opened = admin.get(f"/api/v1/transactions/{row_id}").json()
    assert opened["parts"][0]["text"] == text
    assert opened["transaction"]["verdict"] == text
    raw = admin.get(f"/api/v1/transactions/{row_id}/raw")
    assert raw.content == text.encode()
    for facet in ("host", "path", "client"):
        values = admin.get(f"/api/v1/facets/{facet}").json()["values"]
        assert all(isinstance(value["value"], str) for value in values)


def test_ids_are_strings(admin, house, make_record):
    ids = house.store.append([make_record(), make_record()]).ids
    rows = admin.get("/api/v1/transactions").json()["transactions"]
    assert [row["id"] for row in rows] == [str(each) for each in reversed(ids)]
    opened = admin.get(f"/api/v1/transactions/{ids[0]}").json()
    assert (opened["newer"], opened["older"]) == (str(ids[1]), None)


@pytest.mark.promise("S3")
def test_a_raw_entry_is_saved_and_never_shown(admin, house, make_record):
    raw = bytes(range(256)) + b"<script>alert(1)</script>"
    (row_id,) = house.store.append([make_record(raw=raw)]).ids
    response = admin.get(f"/api/v1/transactions/{row_id}/raw")
    assert response.content == raw
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["content-security-policy"] == "sandbox"
    assert response.headers["content-disposition"] == (
        f'attachment; filename="audit-log-entry-{row_id}.log"'
    )


def test_filters_paging_and_totals_work_together(admin, house, make_record):
    house.store.append([make_record(country="FR" if number % 2 else "DE") for number in range(10)])
    seen, cursor = [], ""
    while cursor is not None:
        query = "?country=FR&limit=2" + (f"&cursor={cursor}" if cursor else "")
        page = admin.get("/api/v1/transactions" + query).json()
        total = {"transactions": 5, "intercepted": 5, "is_at_least": False}
        assert page["total"] == total
        seen += [row["place"]["country"] for row in page["transactions"]]
        cursor = page["next"]
    assert seen == ["FR"] * 5


def test_the_demo_can_be_removed_by_an_administrator(admin, house, make_record):
    house.add_sensor("demo-1", is_demo=True)
    house.store.append([make_record(sensor="demo-1"), make_record(sensor="edge")])
    assert admin.delete("/api/v1/demo").json() == {"transactions": 1}
    assert admin.get("/api/v1/sensors").json() == {"sensors": []}


def test_status_and_health_tell_how_it_is(admin):
    assert admin.get("/api/v1/status").json() == {
        "spool": {"entries": 3, "size_bytes": 4096, "dead_letters": 1},
        "store": {"ok": True},
        "places": {
            "text": "IP geolocation by DB-IP",
            "url": "https://db-ip.com",
            "date": None,
            "notice": None,
        },
    }
    assert admin.get("/healthz").json() == {"ok": True}
    assert admin.get("/readyz").json() == {"ok": True}


def test_readiness_fails_with_the_store(admin, house, monkeypatch):
    from bartizan.domain.errors import Unavailable

    def away() -> int:
        raise Unavailable("store-unavailable", "the database is away")

    monkeypatch.setattr(house.store, "last_id", away)
    assert admin.get("/readyz").status_code == 503
    assert admin.get("/healthz").status_code == 200
    assert admin.get("/api/v1/status").json()["store"] == {"ok": False}


def test_a_store_that_is_away_is_a_503_that_says_when_to_try_again(admin, house, monkeypatch):
    from bartizan.domain.errors import Unavailable

    def away(*_args, **_kwargs):
        raise Unavailable("store-unavailable", "the database is away")

    monkeypatch.setattr(house.store, "page", away)
    response = admin.get("/api/v1/transactions")
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")
    assert response.json()["error"]["code"] == "store-unavailable"


def test_numbers_of_a_transaction_keep_their_types(admin, house, make_record):
    facts = {
        "anomaly": Anomaly(inbound=15, threshold=5, by_category={"sqli": 15}),
        "server": Endpoint(address="2001:db8::1", port=443),
        "request": Request(method="GET", uri="/", headers=(("Host", "a"), ("Host", "b"))),
    }
    (row_id,) = house.store.append([make_record(**facts)]).ids
    row = admin.get(f"/api/v1/transactions/{row_id}").json()["row"]
    assert (row["status"], row["score"], row["rule_ids"]) == (403, 15, [942100])


def _report(client, body: bytes):
    return client.post(
        "/csp-report", content=body, headers={"content-type": "application/csp-report"}
    )


@pytest.mark.parametrize(
    "body",
    [
        b'{"csp-report": {"document-uri": "http://x/", "blocked-uri": "inline"}}',
        b'{"csp-report": 7}',
        b"[" * 15_000,
        b"\xff",
        b"",
        b"x" * 40_000,
    ],
)
def test_a_policy_report_is_counted_whatever_it_says(visit, body):
    from bartizan.kit.metrics import CSP_REPORTS

    before = CSP_REPORTS._value.get()
    response = _report(visit(), body)
    assert (response.status_code, response.content) == (204, b"")
    assert CSP_REPORTS._value.get() == before + 1


def test_a_flood_of_policy_reports_does_not_fill_the_log(visit):
    client = visit()
    with capture_logs() as lines:
        for _ in range(30):
            _report(client, b'{"csp-report": {"blocked-uri": "' + b"x" * 9000 + b'"}}')
    reports = [line for line in lines if line["event"] == "console.policy.violated"]
    assert [len(line["blocked_uri"]) for line in reports] == [300] * 10


@pytest.mark.promise("S15")
def test_no_password_or_cookie_reaches_the_log(visit, house):
    client = visit(Role.ADMIN)
    secret = client.cookies["bartizan"]
    house.people.add("anna", "a long enough sentence", Role.VIEWER)
    with capture_logs() as lines:
        for password in ("a long enough sentence", "a wrong sentence"):
            client.post("/api/v1/login", json={"name": "anna", "password": password})
        client.post("/api/v1/login", content=b'{"password": "a wrong sentence"}')
        client.get(f"/api/v1/transactions?unique_id={secret}")
    assert lines
    assert not any("sentence" in str(line) or secret in str(line) for line in lines)


def test_bars_of_a_filter_and_what_is_wrong_with_asking(admin, house, make_record):
    house.store.append([make_record(at=now(), intercepted=number < 2) for number in range(5)])
    told = admin.get("/api/v1/histogram?since=now-1h&split=action&bars=30").json()
    (bar,) = [bar for bar in told["bars"] if bar["transactions"]]
    assert bar["parts"] == [
        {"value": "blocked", "transactions": 2, "intercepted": 2},
        {"value": "detected", "transactions": 3, "intercepted": 0},
    ]
    assert (told["width_s"], told["split"], told["includes_removed"]) == (300, "action", False)
    nobody = admin.get("/api/v1/histogram?since=now-1h&country=XX").json()
    assert {bar["transactions"] for bar in nobody["bars"]} == {0}
    known = admin.get("/api/v1/histogram?since=now-30d&include_removed=true").json()
    assert known["includes_removed"]
    for wrong in ("split=host", "bars=3", "bars=201", "include_removed=1", "bars=9&bars=9"):
        answer = admin.get(f"/api/v1/histogram?{wrong}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad-parameter")
        assert answer.json()["error"]["where"] == wrong.partition("=")[0]


def test_new_filters_find_what_facets_call_them(admin, house, make_record):
    house.store.append([make_record(severity=2, anomaly=Anomaly(inbound=7))])
    for facet in ("severity", "method", "format", "network", "score"):
        (value,) = admin.get(f"/api/v1/facets/{facet}").json()["values"]
        found = admin.get("/api/v1/transactions", params={facet: value["value"]}).json()
        assert found["total"]["transactions"] == 1, facet
    for wrong in ("severity=8", "format=x", "network=x", "score=9..5", "score=..", "score=5-9"):
        answer = admin.get(f"/api/v1/transactions?{wrong}")
        assert answer.json()["error"]["where"] == wrong.partition("=")[0]
