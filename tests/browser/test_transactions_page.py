"""The list: filters by clicking, addresses that can be shared, paging, keys, narrow screens."""

import re

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.steps import remember_session
from tests.browser.traffic import deliver
from tests.servers.bartizan import Api, Bartizan, eventually

pytestmark = pytest.mark.browser

SENT = 130


@pytest.fixture(scope="module", autouse=True)
def traffic(bartizan: Bartizan, api: Api) -> None:
    deliver(bartizan, SENT)
    eventually(lambda: api.stored() >= SENT, 20, "all of it is stored")


@pytest.fixture(autouse=True)
def logged_in(context: BrowserContext, api: Api) -> None:
    remember_session(context, api)


def _rows(page: Page) -> Locator:
    return page.locator("tr[data-id]")


def _ids(page: Page) -> list[str]:
    found: list[str] = _rows(page).evaluate_all("(rows) => rows.map(({ dataset }) => dataset.id)")
    return found


def _filtered(page: Page, count: int) -> None:
    expect(page.get_by_role("region", name="Transactions").get_by_role("status")).to_have_text(
        re.compile(rf"^{count:,} transaction")
    )


def test_the_newest_come_first_and_older_ones_by_scrolling(page: Page, api: Api) -> None:
    page.goto("/transactions")
    expect(_rows(page).first).to_be_visible()
    _filtered(page, SENT)
    expected = [row["id"] for row in api.every_row()]
    seen: dict[int, str] = {}

    def look() -> bool:
        found = _rows(page).evaluate_all(
            "(rows) => rows.map(({ dataset }) => [Number(dataset.index), dataset.id])"
        )
        seen.update(found)
        return len(seen) == SENT

    for _ in range(60):
        if look():
            break
        page.mouse.wheel(0, 500)
        page.wait_for_function(
            "() => new Promise((done) => requestAnimationFrame(() => done(true)))"
        )
    assert [seen[place] for place in sorted(seen)] == expected
    expect(page.get_by_text("That is all.")).to_be_visible()


@pytest.mark.parametrize("column", ["Client", "Category", "Status", "Rules"])
def test_a_click_on_a_value_filters_by_it(column: str, page: Page, api: Api) -> None:
    page.goto("/transactions")
    value = page.locator(f"tr[data-id] td.col-{column.lower()} button.value").first
    value.click()
    expect(page).to_have_url(re.compile(r"/transactions\?\w+="))
    field, _, wanted = page.url.partition("?")[2].partition("=")
    expected = api.stored(**{field: wanted.replace("%3A", ":").replace("%2F", "/")})
    assert 0 < expected <= SENT
    _filtered(page, expected)


def test_a_country_is_chosen_by_its_count_and_released_again(page: Page, api: Api) -> None:
    page.goto("/transactions")
    country = api.get("/api/v1/facets/country")["values"][0]
    facets = page.get_by_label("Counts by field")
    choice = facets.get_by_role("button", name=country["name"])
    choice.click()
    _filtered(page, country["transactions"])
    expect(page).to_have_url(re.compile(f"country={country['value']}"))
    expect(choice).to_have_attribute("aria-pressed", "true")
    choice.click()
    _filtered(page, SENT)


def test_blocked_or_not_is_a_filter(page: Page, api: Api) -> None:
    page.goto("/transactions")
    page.get_by_role("button", name="Blocked").click()
    _filtered(page, api.stored(blocked="true"))


def test_a_typed_path_with_a_star_filters(page: Page, api: Api) -> None:
    page.goto("/transactions")
    expect(_rows(page).first).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("path:/lo*")
    page.keyboard.press("Enter")
    expect(
        page.get_by_role("button", name=re.compile("Remove from the search: path"))
    ).to_be_visible()
    expected = api.stored(path="/lo*")
    assert expected > 0
    _filtered(page, expected)


def test_a_shared_address_shows_another_person_the_same_rows(
    page: Page, context: BrowserContext, api: Api
) -> None:
    page.goto("/transactions")
    page.locator("td.col-category button.value").first.click()
    page.get_by_role("button", name="Blocked").click()
    expect(page).to_have_url(re.compile(r"category=.*blocked=true"))
    expect(page.get_by_role("region", name="Transactions")).to_have_attribute("aria-busy", "false")
    eventually(lambda: _rows(page).count() > 0, 5, "rows")
    other = context.new_page()
    other.goto(page.url)
    expect(_rows(other)).to_have_count(_rows(page).count())
    assert _ids(other) == _ids(page)


def test_back_and_forward_walk_through_the_filters(page: Page) -> None:
    page.goto("/transactions")
    page.get_by_role("button", name="Blocked").click()
    expect(page).to_have_url(re.compile("blocked=true"))
    page.go_back()
    expect(page).not_to_have_url(re.compile("blocked=true"))
    _filtered(page, SENT)


def test_an_empty_list_says_why_and_offers_a_way_out(page: Page) -> None:
    page.goto("/transactions?host=nobody.example")
    expect(page.get_by_role("heading", name="No transaction passes these filters")).to_be_visible()
    page.get_by_role("button", name="Remove host").click()
    _filtered(page, SENT)


def test_rows_are_walked_and_opened_with_the_keyboard_alone(page: Page) -> None:
    page.goto("/transactions")
    expect(_rows(page).first).to_be_visible()
    second = _ids(page)[1]
    for id_ in _ids(page)[:2]:
        page.keyboard.press("j")
        expect(page.locator(f"tr[data-id='{id_}']")).to_have_attribute("aria-current", "true")
    page.keyboard.press("Enter")
    panel = page.get_by_role("complementary", name="The opened transaction")
    expect(panel.get_by_role("link", name="Full page")).to_have_attribute(
        "href", re.compile(f"^/transactions/{second}")
    )
    expect(page).to_have_url(re.compile(f"open={second}$"))
    page.keyboard.press("o")
    expect(page).to_have_url(re.compile(f"/transactions/{second}"))


def test_every_control_can_be_reached_with_the_tab_key(page: Page) -> None:
    page.goto("/transactions")
    expect(_rows(page).first).to_be_visible()
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.getAttribute('aria-label') ?? ''"))
    assert "Search" in reached
    assert any(label.startswith("Account") for label in reached)


@pytest.mark.parametrize("address", ["/", "/transactions", "/sensors", "/account"])
def test_a_phone_needs_no_sideways_scrolling(address: str, page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(address)
    expect(page.locator("main#content")).to_be_visible()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 360
