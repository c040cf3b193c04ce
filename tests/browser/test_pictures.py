"""The pictures of the map in docs/images, in each theme.

Without BARTIZAN_UPDATE_IMAGES=1 they are taken all the same, looked at, and thrown away.
"""

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.steps import open_map, painted, remember_session
from tests.browser.traffic import demo_traffic
from tests.servers.bartizan import Api, Bartizan, eventually

pytestmark = pytest.mark.browser

EARLIER = 2500
PER_S = 50


@pytest.fixture(scope="module", autouse=True)
def earlier(bartizan: Bartizan, api: Api) -> None:
    """A day's worth of demo traffic, so that countries, trails and numbers are there."""
    bartizan.command("sensor", "disable", "admin")  # its place is the demo's Frankfurt
    bartizan.command("demo", "--rate", "0", "--burst", str(EARLIER), "--spread", "20")
    eventually(lambda: api.stored() == EARLIER, 60, "all of it is stored")


@pytest.fixture(autouse=True)
def logged_in(context: BrowserContext, api: Api) -> None:
    remember_session(context, api)


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("map-flat-dark", "?theme=dark"),
        ("map-flat-light", "?theme=light"),
        ("map-globe-dark", "?theme=dark&view=globe"),
        ("map-globe-light", "?theme=light&view=globe"),
    ],
)
def test_the_map_in_each_theme(
    name: str, query: str, page: Page, images: Path, bartizan: Bartizan
) -> None:
    page.set_viewport_size({"width": 1600, "height": 900})
    with demo_traffic(bartizan, PER_S):
        open_map(page, query)
        eventually(lambda: painted(page, 1)["painted"] > 25_000, 30, "arcs arrived", every_s=0.5)
        eventually(lambda: painted(page, 2)["painted"] > 12_000, 20, "arcs fly", every_s=0.1)
        picture = page.screenshot(path=images / f"{name}.png")
    assert painted(page, 0)["colours"] > 50
    assert len(picture) > 50_000
