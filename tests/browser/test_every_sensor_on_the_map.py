"""An attack on a real nginx or Coraza is on the live map, whichever way its entry takes."""

import time

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.steps import open_map, painted, remember_session
from tests.peers.ways import CORAZA, NGINX, Way
from tests.servers.bartizan import Api, Bartizan, eventually

pytestmark = [pytest.mark.browser, pytest.mark.peers, pytest.mark.timeout(600)]
WAYS = {
    "nginx-https": NGINX["https"],
    "nginx-ship-serial": NGINX["ship-serial"],
    "nginx-ship-parallel": NGINX["ship-parallel"],
    "coraza-https": CORAZA["https"],
    "coraza-ship-serial": CORAZA["ship-serial"],
}


@pytest.fixture(autouse=True)
def logged_in(context: BrowserContext, api: Api) -> None:
    remember_session(context, api)


@pytest.mark.parametrize(("name", "way"), WAYS.items(), ids=WAYS)
def test_an_attack_is_on_the_map(name: str, way: Way, bartizan: Bartizan, page: Page) -> None:
    with way.start(bartizan, name, "On") as waf:
        open_map(page)
        probe = f"probe{time.monotonic_ns()}"
        waf.attack(f"{probe}' or '1'='1")
        row = page.get_by_role("row").filter(has_text=probe)
        expect(row).to_be_visible(timeout=way.within_s * 1000)
        expect(row).to_contain_text("United Kingdom")
        expect(row).to_contain_text("blocked" if way.denied else "not stated")
        eventually(lambda: painted(page, 2)["painted"] > 0, 5, "an arc is drawn")
