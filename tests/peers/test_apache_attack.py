"""An attack on a real Apache with the 2016 recipe's own configuration, seen from the API."""

import time

import pytest

from tests.servers.apache import Apache
from tests.servers.bartizan import Api, Bartizan, eventually

pytestmark = pytest.mark.peers


@pytest.mark.promise("R11")
def test_an_attack_can_be_found_within_two_seconds(apache: Apache, api: Api) -> None:
    times = []
    for number in range(10):
        unique_id = apache.attack(f"{number}' or '1'='1")
        began = time.monotonic()
        eventually(lambda u=unique_id: api.stored(unique_id=u) == 1, 2, "the attack is stored")
        times.append(time.monotonic() - began)
    print(f"found after {max(times) * 1000:.0f} ms at worst of {len(times)}")


def test_what_was_blocked_and_from_where_is_known(apache: Apache, api: Api) -> None:
    unique_id = apache.attack(client="2001:218:1::1")
    row = eventually(
        lambda: api.get("/api/v1/transactions", unique_id=unique_id)["transactions"], 2, "stored"
    )[0]
    assert row["sensor"] == "admin"
    assert row["client"]["address"] == "2001:218:1::1"
    assert row["intercepted"] is True
    assert row["status"] == 403
    assert row["category"] == "sqli"
    assert 942100 in row["rule_ids"]
    assert 949110 in row["rule_ids"]
    assert "949110" not in row["verdict"]
    found = api.get(f"/api/v1/transactions/{row['id']}")
    assert found["transaction"]["unique_id"] == unique_id
    assert next(part["letter"] for part in found["parts"]) == "A"
    raw = api.raw(f"/api/v1/transactions/{row['id']}/raw")
    assert unique_id.encode() in raw.partition(b"\n--")[0]


def test_the_sensor_deletes_what_was_acknowledged(apache: Apache) -> None:
    apache.attack()
    eventually(lambda: not apache.waiting, 5, "the sensor's disk is empty")
    assert "Flagging server as errored" not in apache.mlogc_log


def test_a_wrong_password_is_answered_401_and_nothing_else(bartizan: Bartizan) -> None:
    assert bartizan.deliver(b"x", "admin", "wrong") == 401
    assert bartizan.deliver(b"x", "nobody", "admin") == 401
