"""The help desk: "a customer got 403, id ...", answered in one step, also without payloads."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.axe import needs_axe, violations
from tests.browser.steps import remember_session
from tests.browser.traffic import deliver
from tests.servers.bartizan import PASSWORD, Api, Bartizan, eventually

pytestmark = pytest.mark.browser

SENT = 40
ZONE = "Asia/Tokyo"
NARROW = {"width": 360, "height": 740}


@pytest.fixture(scope="module", autouse=True)
def traffic(bartizan: Bartizan, api: Api) -> None:
    deliver(bartizan, SENT)
    eventually(lambda: api.stored() >= SENT, 20, "all of it is stored")
    scope = ("--scope", "sensor=admin")
    bartizan.command(
        "user", "add", "help-desk", "--role", "viewer", *scope, "--password-stdin",
        stdin=PASSWORD + "\n",
    )  # fmt: skip
    bartizan.command(
        "user", "add", "elsewhere", "--scope", "sensor=another", "--password-stdin",
        stdin=PASSWORD + "\n",
    )  # fmt: skip


@pytest.fixture
def blocked(api: Api) -> dict[str, object]:
    """A transaction that was blocked, and whose query string is worth hiding."""
    rows = api.every_row(blocked="true")
    return next(row for row in rows if "?" in row["uri"])


@pytest.fixture
def desk(visit: Callable[..., Page], bartizan: Bartizan, request: pytest.FixtureRequest) -> Page:
    """The browser of somebody in Tokyo, who may do little."""
    name = getattr(request, "param", "help-desk")
    page = visit(
        viewport={"width": 1280, "height": 800},
        timezone_id=ZONE,
        permissions=["clipboard-read", "clipboard-write"],
    )
    remember_session(page.context, bartizan.login(name))
    return page


def _look_up(page: Page, text: str) -> None:
    page.goto("/lookup?" + urlencode({"q": text}))
    expect(page.get_by_role("region", name="Answer")).to_have_attribute("aria-busy", "false")


def test_the_help_desk_answers_a_customer_in_one_step(
    desk: Page, blocked: dict[str, str], images: Path
) -> None:
    """Journey: from a customer's mail to the sentences to answer with, from any page."""
    desk.goto("/sensors")
    expect(desk.get_by_role("heading", name="Sensors")).to_be_visible()
    desk.keyboard.press("i")
    box = desk.get_by_role("searchbox", name=re.compile("^Look up an id"))
    expect(box).to_be_focused()
    desk.keyboard.insert_text(f"Hello, I only get “403 Forbidden (ID: {blocked['unique_id']})”!")
    desk.keyboard.press("Enter")
    answer = desk.get_by_role("region", name="Answer")
    expect(answer.locator(".badge")).to_have_text("blocked")
    expect(answer.locator(".verdict")).to_have_text(str(blocked["verdict"]))
    expect(answer.locator(".found-facts")).to_contain_text(f"({ZONE}, UTC+09:00)")
    expect(answer.locator(".found-facts .code").first).to_have_text(re.compile(r"^9\d{5}$"))
    said = answer.get_by_role("blockquote").inner_text()
    assert "was stopped by our web application firewall" in said
    assert blocked["unique_id"] in said
    query = blocked["uri"].partition("?")[2]
    assert query not in desk.content()
    assert query not in said
    answer.get_by_role("button", name="Copy the text for the customer").click()
    assert desk.evaluate("navigator.clipboard.readText()") == said
    desk.screenshot(path=images / "lookup.png")
    answer.get_by_role("link", name="The whole transaction").click()
    expect(desk.get_by_role("heading", name="The payload is not shown to you")).to_be_visible()


def test_an_address_and_a_time_in_the_askers_zone_find_it_too(
    desk: Page, blocked: dict[str, dict[str, str]]
) -> None:
    clock = desk.evaluate(
        "([at, zone]) => new Date(at).toLocaleString('sv', { timeZone: zone })",
        [blocked["at"], ZONE],
    )
    _look_up(desk, f"{blocked['client']['address']} around {clock[:16]}")
    expect(desk.locator(".understood")).to_contain_text(ZONE)
    expect(desk.locator(".found-one").first).to_contain_text(blocked["client"]["address"])


def test_a_url_lists_what_was_asked_of_it_newest_first(desk: Page, api: Api) -> None:
    row = api.every_row()[0]
    path = row["uri"].partition("?")[0]
    count = api.stored(host=row["host"], path=path)
    _look_up(desk, f"https://{row['host']}{path}?anything")
    expect(desk.locator(".found-one")).to_have_count(min(count, 10))
    if count > 1:
        desk.get_by_role("link", name=re.compile("in the list|in transactions")).click()
        expect(desk.get_by_role("status").filter(has_text="transactions").first).to_contain_text(
            f"{count} transactions"
        )


def test_nothing_found_says_why_and_what_to_change(desk: Page) -> None:
    _look_up(desk, "192.0.2.99 yesterday 14:05")
    misses = desk.locator(".misses li")
    expect(misses.filter(has_text="Nothing of this address is stored")).to_be_visible()
    expect(misses.filter(has_text="it may be outside of that part")).to_be_visible()
    _look_up(desk, "help me please")
    expect(misses).to_have_count(1)
    expect(misses).to_contain_text("no id, address, time or URL")
    box = desk.get_by_role("textbox", name=re.compile("What the customer sent"))
    box.fill("192.0.2.99 on 11/10/2026")
    box.press("Enter")
    expect(misses.first).to_contain_text("may be two days")


@pytest.mark.parametrize("desk", ["elsewhere"], indirect=True)
@pytest.mark.promise("S23")
def test_whoever_sees_another_part_finds_nothing_and_learns_nothing(
    desk: Page, blocked: dict[str, str]
) -> None:
    _look_up(desk, blocked["unique_id"])
    expect(desk.get_by_role("heading", name="Nothing found")).to_be_visible()
    expect(desk.locator(".found-one")).to_have_count(0)
    assert blocked["verdict"] not in desk.content()


@needs_axe
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_it_is_accessible_and_fits_a_phone(
    theme: str, page: Page, context: BrowserContext, api: Api, blocked: dict[str, str]
) -> None:
    remember_session(context, api)
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    found = []
    for text in (blocked["unique_id"], "192.0.2.99 14:05", ""):
        _look_up(page, text)
        found += violations(page)
        page.set_viewport_size(NARROW)
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
        found += violations(page)
        page.set_viewport_size({"width": 1280, "height": 800})
    assert found == []


def test_on_a_phone_the_key_and_the_link_lead_to_the_page(
    page: Page, context: BrowserContext, api: Api
) -> None:
    remember_session(context, api)
    page.set_viewport_size(NARROW)
    page.goto("/sensors")
    page.get_by_role("link", name="Look up").click()
    expect(page.get_by_role("textbox", name=re.compile("What the customer sent"))).to_be_focused()
    page.goto("/sensors")
    expect(page.get_by_role("heading", name="Sensors")).to_be_visible()
    page.keyboard.press("i")
    expect(page).to_have_url(re.compile("/lookup$"))
