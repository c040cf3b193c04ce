"""What a sensor's own error log saw must be what Bartizan stored."""

from typing import Any

from tests.peers.ways import Way
from tests.servers.bartizan import Api, eventually
from tests.servers.error_log import Witness


def arrived(api: Api, unique_id: str, within_s: float = 5.0) -> dict[str, Any]:
    """The row of that one transaction, once it can be found; `AssertionError` if it is there twice."""
    rows: list[dict[str, Any]] = eventually(
        lambda: api.get("/api/v1/transactions", unique_id=unique_id)["transactions"],
        within_s,
        f"{unique_id} is stored",
    )
    assert len(rows) == 1
    return rows[0]


def opened(api: Api, row: dict[str, Any]) -> dict[str, Any]:
    """The transaction of a row, with all its matches."""
    found: dict[str, Any] = api.get(f"/api/v1/transactions/{row['id']}")["transaction"]
    return found


def matched(transaction: dict[str, Any]) -> tuple[int | None, ...]:
    """The rule ids of a transaction, in log order."""
    return tuple(match.get("rule_id") for match in transaction["matches"])


def assert_as_witnessed(
    api: Api, seen: Witness, way: Way, *, sensor: str, client: str = "81.2.69.142"
) -> dict[str, Any]:
    """What arrived is what the error log tells; gives the row."""
    row = arrived(api, seen.unique_id, way.within_s)
    transaction = opened(api, row)
    assert seen.rule_ids
    assert matched(transaction) == seen.rule_ids
    assert transaction["format"] == way.dialect
    assert transaction["defects"] == []
    assert row["sensor"] == sensor
    assert row["client"]["address"] == client
    assert row["host"] == "shop.example.test"
    assert row["method"] == "GET"
    assert row["category"] == "sqli"
    assert row["intercepted"] is (way.denied if seen.is_denied else way.detected)
    return row
