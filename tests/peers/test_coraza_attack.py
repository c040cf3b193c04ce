"""A real Coraza with the CRS is attacked; on each way in, what its error log tells is stored."""

import pytest

from tests.peers.arrival import arrived, assert_as_witnessed, opened
from tests.peers.ways import CORAZA, Way
from tests.servers.audit_log import AuditLog
from tests.servers.bartizan import Api, Bartizan
from tests.servers.coraza import Coraza

pytestmark = [pytest.mark.peers, pytest.mark.timeout(600)]  # the first build takes half a minute
EACH_DIALECT = ("https", "https-native", "https-ocsf")


@pytest.mark.parametrize(("name", "way"), CORAZA.items(), ids=CORAZA)
def test_what_coraza_denied_is_stored_as_its_error_log_tells(
    name: str, way: Way, bartizan: Bartizan, api: Api
) -> None:
    with way.start(bartizan, f"coraza-{name}", "On") as coraza:
        from_4 = coraza.attack(client="81.2.69.142")
        from_6 = coraza.attack(client="2001:218:1::1")
        for seen, client in ((from_4, "81.2.69.142"), (from_6, "2001:218:1::1")):
            row = assert_as_witnessed(api, seen, way, sensor=f"coraza-{name}", client=client)
            assert seen.is_denied
            assert row["status"] is None  # it logs before the server answers


@pytest.mark.parametrize("name", EACH_DIALECT)
def test_what_coraza_only_detected_is_not_stored_as_denied(
    name: str, bartizan: Bartizan, api: Api
) -> None:
    way = CORAZA[name]
    with way.start(bartizan, f"coraza-{name}-detecting", "DetectionOnly") as coraza:
        seen = coraza.attack()
        row = assert_as_witnessed(api, seen, way, sensor=f"coraza-{name}-detecting")
    assert not seen.is_denied
    assert row["status"] == 200


def test_jsonlegacy_states_neither_rules_nor_whether_it_denied(
    bartizan: Bartizan, api: Api
) -> None:
    secret = bartizan.add_sensor_with_secret("coraza-https-jsonlegacy")
    url = bartizan.collector_url(f"/v1/coraza/{secret}")
    server = Coraza(AuditLog(kind="HTTPS", format="JsonLegacy", url=url))
    try:
        seen = server.attack()
    finally:
        server.stop()
    row = arrived(api, seen.unique_id)
    transaction = opened(api, row)
    assert transaction["format"] == "coraza-jsonlegacy"
    assert row["client"]["address"] == "81.2.69.142"
    assert row["intercepted"] is None
    assert row["rule_ids"] == []
    assert any("SQL Injection" in match["message"] for match in transaction["matches"])
