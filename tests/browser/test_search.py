"""The search box: completion by keyboard, mistakes at their character, chips, shared addresses."""

import re

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.steps import remember_session
from tests.browser.traffic import deliver
from tests.servers.bartizan import Api, Bartizan, eventually

pytestmark = pytest.mark.browser

SENT = 90
NARROW = {"width": 360, "height": 740}


@pytest.fixture(scope="module", autouse=True)
def traffic(bartizan: Bartizan, api: Api) -> None:
    deliver(bartizan, SENT)
    eventually(lambda: api.stored() >= SENT, 20, "all of it is stored")


@pytest.fixture(autouse=True)
def logged_in(context: BrowserContext, api: Api) -> None:
    remember_session(context, api)


def _box(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Search")


def _shows(page: Page, count: int) -> None:
    expect(page.get_by_role("region", name="Transactions").get_by_role("status")).to_have_text(
        re.compile(rf"^{count:,} transaction")
    )


def test_a_text_is_typed_completed_and_used_by_the_keyboard_alone(page: Page, api: Api) -> None:
    page.goto("/transactions")
    _shows(page, api.stored())
    page.keyboard.press("/")
    expect(_box(page)).to_be_focused()
    page.keyboard.type("cate")
    proposals = page.get_by_role("option")
    expect(proposals.first).to_contain_text("category:")
    expect(_box(page)).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    expect(proposals.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(_box(page)).to_have_value("category:")
    expect(page.get_by_role("option", name=re.compile("^sqli"))).to_be_visible()
    page.keyboard.type("sq")
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(_box(page)).to_have_value("category:sqli ")
    page.keyboard.type("NOT status:200")
    page.keyboard.press("Enter")
    expected = api.stored(q="category:sqli NOT status:200")
    assert 0 < expected < SENT
    _shows(page, expected)
    expect(page).to_have_url(re.compile(r"q=category"))
    assert api.stored(category="sqli") >= expected


def test_a_mistake_is_marked_at_its_character_and_mended_with_one_click(page: Page) -> None:
    page.goto("/transactions")
    _box(page).fill("blocked:true hosst:x")
    page.keyboard.press("Enter")
    mistake = page.get_by_role("alert")
    expect(mistake).to_contain_text("there is no field hosst")
    expect(mistake).to_contain_text("character 14")
    expect(mistake.locator("mark")).to_have_text("hosst")
    expect(_box(page)).to_have_attribute("aria-invalid", "true")
    expect(page).not_to_have_url(re.compile("q="))
    mistake.get_by_role("button", name=re.compile("^Use")).click()
    expect(_box(page)).to_have_value("blocked:true host:x")
    expect(mistake).not_to_be_attached()
    expect(page).to_have_url(re.compile("q=blocked"))


def test_a_wrong_text_in_an_address_says_so(page: Page) -> None:
    page.goto("/transactions?q=status%3A4o3")
    expect(page.locator(".search-mistake mark")).to_have_text("4o3")


def test_chips_turn_round_and_go(page: Page, api: Api) -> None:
    page.goto("/transactions?q=blocked%3Atrue+status%3A403")
    _shows(page, api.stored(q="blocked:true status:403"))
    page.get_by_role("button", name="Exclude instead: status:403").click()
    expect(_box(page)).to_have_value("blocked:true NOT status:403")
    turned = page.get_by_role("button", name="Exclude instead: NOT status:403")
    expect(turned).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Remove from the search: NOT status:403").click()
    expect(_box(page)).to_have_value("blocked:true")
    _shows(page, api.stored(q="blocked:true"))
    page.get_by_role("button", name="Remove from the search: blocked:true").click()
    expect(_box(page)).to_have_value("")
    _shows(page, api.stored())


def test_clicked_values_and_the_text_hold_together(page: Page, api: Api) -> None:
    page.goto("/transactions?q=blocked%3Atrue")
    page.locator("td.col-category button.value").first.click()
    expect(page).to_have_url(re.compile(r"category=.*q=blocked"))
    category = re.findall(r"category=(\w+)", page.url)[0]
    _shows(page, api.stored(q="blocked:true", category=category))
    page.go_back()
    expect(_box(page)).to_have_value("blocked:true")
    _shows(page, api.stored(q="blocked:true"))


def test_a_text_that_fits_nothing_can_be_removed(page: Page, api: Api) -> None:
    page.goto("/transactions?q=nothing-of-the-kind")
    page.get_by_role("button", name="Remove the search text").click()
    _shows(page, api.stored())


def test_new_rows_are_counted_if_they_fit_the_text(
    page: Page, api: Api, bartizan: Bartizan
) -> None:
    page.goto("/transactions?q=blocked%3Atrue")
    before = api.stored(q="blocked:true")
    _shows(page, before)
    deliver(bartizan, 30, mark="later")
    eventually(lambda: api.stored() >= SENT + 30, 20, "they are stored")
    fresh = api.stored(q="blocked:true") - before
    assert fresh > 0
    page.get_by_role("button", name=f"{fresh} new").click()
    _shows(page, before + fresh)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_fits_a_phone_and_looks_as_it_should(theme: str, page: Page) -> None:
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size(NARROW)
    page.goto("/transactions?q=blocked%3Atrue+NOT+client%3A203.0.113.0%2F24+%22union+select%22")
    _box(page).press_sequentially(" pa")
    expect(page.get_by_role("option").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    _box(page).press("Escape")
    expect(page.get_by_role("option")).to_have_count(0)
