"""axe-core over every page, in both themes: nothing serious."""

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.steps import remember_session
from tests.browser.traffic import deliver
from tests.servers.bartizan import Api, Bartizan, eventually

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"


@pytest.fixture(scope="module")
def addresses(bartizan: Bartizan, api: Api) -> list[str]:
    deliver(bartizan, 20)
    row = eventually(lambda: api.get("/api/v1/transactions")["transactions"], 10, "stored")[0]
    return ["/", "/transactions", f"/transactions/{row['id']}", "/sensors", "/account"]


@pytest.fixture(autouse=True)
def logged_in(context: BrowserContext, api: Api) -> None:
    remember_session(context, api)


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not among web's devDependencies")
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_no_page_has_a_serious_accessibility_violation(
    theme: str, page: Page, addresses: list[str]
) -> None:
    found = []
    for address in addresses:
        page.goto(f"{address}?theme={theme}")
        expect(page.locator("main#content")).to_be_visible()
        expect(
            page.get_by_role("progressbar", name="loading").and_(page.locator(".progress-on"))
        ).to_have_count(0)
        page.evaluate(AXE.read_text())
        result = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
        found += [
            (address, violation["id"], [node["target"] for node in violation["nodes"]][:3])
            for violation in result["violations"]
            if violation["impact"] in {"serious", "critical"}
        ]
    assert found == []
