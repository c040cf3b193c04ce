"""Screenshots for my own eyes: uses the fixtures of the browser test."""
import re
from tests.browser.test_retention import *
from tests.browser.test_retention import _open
from tests.browser.conftest import *

OUT = Path("/tmp/KEEP/shots")

def test_shots(page, api, ids):
    OUT.mkdir(exist_ok=True)
    api.post("/api/v1/retention/holds", {"name": "case 17", "reason": "Court order of November 2026", "filters": {"client": ["198.51.100.0/24"], "since": ["now-7d"]}})
    for theme in ("dark", "light"):
        _open(page, f"?theme={theme}")
        page.get_by_role("button", name="Show what would go").click()
        expect(page.get_by_role("button", name="Count again")).to_be_visible()
        page.screenshot(path=OUT / f"page-{theme}.png", full_page=True)
        page.get_by_role("button", name="Add a hold").click()
        page.screenshot(path=OUT / f"dialog-{theme}.png")
        page.goto(f"/transactions/{ids[-1]}?theme={theme}")
        expect(page.get_by_role("switch")).to_be_visible()
        page.screenshot(path=OUT / f"event-{theme}.png")
    page.set_viewport_size({"width": 375, "height": 800})
    _open(page, "?theme=light")
    page.screenshot(path=OUT / "phone.png", full_page=True)
    page.goto(f"/transactions/{ids[-1]}")
    expect(page.get_by_role("switch")).to_be_visible()
    page.screenshot(path=OUT / "phone-event.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 800})
    api.post("/api/v1/retention/run", {})
    eventually(lambda: api.get("/api/v1/retention")["runs"][0]["transactions"] > 5, 30, "removed")
    page.goto(f"/transactions/{ids[-40]}?theme=dark")
    expect(page.get_by_role("heading", name="Rules, in the order they fired")).to_be_visible()
    page.screenshot(path=OUT / "gone.png", full_page=True)
    page.goto("/retention?theme=dark")
    expect(page.get_by_role("row", name=re.compile("asked for done"))).to_be_visible()
    page.screenshot(path=OUT / "after.png", full_page=True)
