"""axe-core over every page, in both themes: nothing serious."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.axe import both_themes, needs_axe, violations
from tests.browser.steps import open_map, remember_session, tab_to
from tests.browser.traffic import deliver
from tests.servers.bartizan import Api, Bartizan, eventually

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def addresses(bartizan: Bartizan, api: Api) -> list[str]:
    deliver(bartizan, 20)
    row, other, *_ = eventually(
        lambda: api.get("/api/v1/transactions")["transactions"][1:] and api.every_row(),
        10,
        "stored",
    )
    people = ["/account", "/people", "/sessions", "/tokens", "/trail"]
    return [
        "/",
        "/transactions",
        f"/transactions/{row['id']}",
        f"/compare/{row['id']}/{other['id']}",
        "/sensors",
        *people,
    ]


@pytest.fixture(autouse=True)
def logged_in(context: BrowserContext, api: Api) -> None:
    remember_session(context, api)


@pytest.fixture(scope="module")
def with_demo(bartizan: Bartizan, api: Api) -> None:
    bartizan.command("demo", "--rate", "0", "--burst", "20")
    eventually(lambda: len(api.get("/api/v1/sensors")["sensors"]) > 1, 10, "demo sensors")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bartizan]:
    """A service where nobody exists yet."""
    service = Bartizan(tmp_path_factory.mktemp("fresh"))
    service.start()
    yield service
    service.stop()


@needs_axe
@both_themes
@pytest.mark.usefixtures("addresses")
def test_the_search_box_has_no_serious_accessibility_violation(theme: str, page: Page) -> None:
    """With its chips; with proposals open and one of them chosen; with a mistake shown."""
    page.goto(f"/transactions?theme={theme}&q=has%3Arule+NOT+status%3A599")
    expect(page.get_by_role("button", name="Remove from the search: has:rule")).to_be_visible()
    box = page.get_by_role("combobox", name="Search")
    box.fill("has:rule cat")
    expect(page.get_by_role("option").first).to_be_visible()
    box.press("ArrowDown")
    found = violations(page)
    box.fill("has:rule hosst:x")
    box.press("Escape")
    box.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    assert found + violations(page) == []


@needs_axe
@both_themes
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
        found += violations(page)
    assert found == []


@needs_axe
@both_themes
def test_no_dialog_of_a_transaction_has_one(
    theme: str, page: Page, api: Api, addresses: list[str]
) -> None:
    row = api.get("/api/v1/transactions", q="has:rule", blocked="true")["transactions"][0]
    page.goto(f"/transactions/{row['id']}?theme={theme}")
    expect(page.get_by_role("region", name="Same client")).to_be_visible()
    _rules_unfolded(page)
    page.get_by_role("button", name="Hex", exact=True).click()
    expect(page.get_by_role("region", name="The entry in hexadecimal")).to_contain_text("00000000")
    found = violations(page)
    for button in ("curl …", "Markdown …", "Decode …"):
        page.get_by_role("button", name=button).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        found += violations(page)
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
    assert found == []


def _rules_unfolded(page: Page) -> None:
    tag = page.locator(".tag-known").first
    tag.click()
    expect(page.locator(".tag-meaning").first).to_be_visible()


@needs_axe
@both_themes
def test_neither_the_login_nor_the_setup_has_one(
    theme: str, page: Page, bartizan: Bartizan, fresh: Bartizan
) -> None:
    page.context.clear_cookies()
    page.goto(f"{bartizan.console_url}/login?theme={theme}")
    expect(page.get_by_label("Password")).to_be_visible()
    found = violations(page)
    with page.context.browser.new_page() as setup:  # type: ignore[union-attr]
        setup.goto(f"{fresh.console_url}/setup?theme={theme}")
        expect(setup.get_by_label("One-time code")).to_be_visible()
        found += violations(setup)
    assert found == []


@needs_axe
@both_themes
def test_no_dialog_nor_table_of_the_map_has_one(theme: str, page: Page, with_demo: None) -> None:
    open_map(page, f"?theme={theme}")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    found = violations(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="remove demo data").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    found += violations(page)
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    expect(page.get_by_role("table", name="By category")).to_be_visible()
    found += violations(page)
    assert found == []


def test_the_maps_controls_and_its_dialog_need_no_mouse(page: Page, with_demo: None) -> None:
    open_map(page)
    remove = page.get_by_role("button", name="remove demo data")
    expect(remove).to_be_visible()
    tab_to(page, "remove demo data")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Keep it")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(remove).to_be_focused()
    tab_to(page, "1h")
    page.keyboard.press("Space")
    expect(page).to_have_url(re.compile("window=1h"))
    tab_to(page, "Globe")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("view=globe"))


def test_a_time_range_is_chosen_without_a_mouse(page: Page, addresses: list[str]) -> None:
    page.goto("/transactions")
    expect(page.locator("tr[data-id]").first).to_be_visible()
    tab_to(page, "All time")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Time range")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="All time")).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, "Last hour")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("since=now-1h"))
