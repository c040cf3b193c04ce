"""A real nginx with libmodsecurity is attacked; on each way in, what its error log tells is stored."""

import pytest

from tests.peers.arrival import assert_as_witnessed
from tests.peers.ways import NGINX, Way
from tests.servers.bartizan import Api, Bartizan

pytestmark = pytest.mark.peers
EACH_DIALECT = ("https", "import-native")


@pytest.mark.parametrize(("name", "way"), NGINX.items(), ids=NGINX)
def test_what_nginx_denied_is_stored_as_its_error_log_tells(
    name: str, way: Way, bartizan: Bartizan, api: Api
) -> None:
    with way.start(bartizan, f"nginx-{name}", "On") as nginx:
        from_4 = nginx.attack(client="81.2.69.142")
        from_6 = nginx.attack(client="2001:218:1::1")
        for seen, client in ((from_4, "81.2.69.142"), (from_6, "2001:218:1::1")):
            row = assert_as_witnessed(api, seen, way, sensor=f"nginx-{name}", client=client)
            assert seen.is_denied
            assert row["status"] == 403


@pytest.mark.parametrize("name", EACH_DIALECT)
def test_what_nginx_only_detected_is_not_stored_as_denied(
    name: str, bartizan: Bartizan, api: Api
) -> None:
    way = NGINX[name]
    with way.start(bartizan, f"nginx-{name}-detecting", "DetectionOnly") as nginx:
        seen = nginx.attack()
        row = assert_as_witnessed(api, seen, way, sensor=f"nginx-{name}-detecting")
    assert not seen.is_denied
    assert row["status"] == 200
