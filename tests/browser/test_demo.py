"""Demo traffic is never taken for real, and leaves with one click."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.steps import open_map, remember_session
from tests.servers.bartizan import Api, Bartizan, eventually, running

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def bartizan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bartizan]:
    with running(Bartizan(tmp_path_factory.mktemp("demo")), "--demo") as service:
        yield service


@pytest.fixture(autouse=True)
def logged_in(context: BrowserContext, api: Api) -> None:
    remember_session(context, api)


def test_demo_traffic_has_a_badge_and_one_click_removes_it(page: Page, api: Api) -> None:
    eventually(lambda: api.stored() > 20, 30, "demo traffic")
    open_map(page)
    expect(page.get_by_text("DEMO", exact=True)).to_be_visible()
    page.get_by_role("button", name="remove demo data").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Remove demo data").click()
    expect(dialog.get_by_role("status")).to_contain_text("Removing")
    expect(page.get_by_text("DEMO", exact=True)).to_have_count(0, timeout=30_000)
    eventually(lambda: api.stored() == 0, 15, "nothing of the demo is left, late entries included")
    assert [sensor["name"] for sensor in api.get("/api/v1/sensors")["sensors"]] == ["admin"]
