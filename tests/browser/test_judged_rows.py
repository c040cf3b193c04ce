"""The list follows whoever judges: beside it, on the page of a transaction, of many, elsewhere."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Request, ViewportSize, expect

from tests.browser.axe import both_themes, needs_axe, violations
from tests.browser.steps import remember_session
from tests.browser.traffic import deliver_at_once
from tests.servers.bartizan import Api, Bartizan, eventually, running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

ENTRIES = 150
WIDE: ViewportSize = {"width": 1440, "height": 900}
# Here a row opens as a page.
NARROWER: ViewportSize = {"width": 1000, "height": 800}


@pytest.fixture(scope="module")
def bartizan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bartizan]:
    with running(Bartizan(tmp_path_factory.mktemp("judged"))) as service:
        service.add_person("vera", "viewer")
        yield service


@pytest.fixture(scope="module")
def rows(bartizan: Bartizan, api: Api) -> list[dict[str, Any]]:
    """The newest first; each test judges its own."""
    deliver_at_once(bartizan, ENTRIES, mark="judged-")
    eventually(lambda: api.stored() == ENTRIES, 60, "all are stored")
    return api.every_row()


@pytest.fixture(autouse=True)
def logged_in(context: BrowserContext, api: Api, rows: list[dict[str, Any]]) -> None:
    remember_session(context, api)


def _list(page: Page, size: ViewportSize, query: str = "") -> list[str]:
    """Open the list; gives how often it is loaded again from now on."""
    page.set_viewport_size(size)
    page.goto(f"/transactions{query}")
    expect(page.locator("tr[data-id]").first).to_be_visible()
    expect(page.get_by_role("region", name="Transactions", exact=True)).to_have_attribute(
        "aria-busy", "false"
    )
    asked: list[str] = []

    def listen(request: Request) -> None:
        if "/api/v1/transactions?" in request.url and not re.search(
            "[?&](q=id|cursor=)", request.url
        ):
            asked.append(request.url)

    page.on("request", listen)
    return asked


def _row(page: Page, number: str) -> Locator:
    return page.locator(f"tr[data-id='{number}']")


def _badge(page: Page, number: str) -> Locator:
    return _row(page, number).locator(".col-action .badge-state")


def _reach(page: Page, number: str) -> None:
    """Scroll down to a row, so that there is a place to lose."""
    expect(_row(page, number)).to_be_attached()
    _row(page, number).evaluate("(row) => row.scrollIntoView({ block: 'center' })")
    assert page.evaluate("scrollY") > 0


def _open_beside(page: Page, number: str) -> Locator:
    _row(page, number).locator("td.col-time a").click()
    panel = page.get_by_role("complementary", name="The opened transaction")
    return panel.get_by_role("region", name="Judgement")


def test_the_row_follows_what_is_judged_beside_it(
    page: Page, rows: list[dict[str, Any]], images: Path
) -> None:
    """The list is not loaded again, and stays where it is."""
    number = rows[30]["id"]
    asked = _list(page, WIDE)
    _reach(page, number)
    card = _open_beside(page, number)
    card.get_by_role("radio", name="Confirmed").click()
    expect(_badge(page, number)).to_have_text("confirmed")
    place = _row(page, number).bounding_box()
    card.get_by_role("radio", name="False positive").click()
    card.get_by_role("button", name="Harmless input").click()
    card.get_by_role("button", name="Mark as false positive").click()
    expect(_badge(page, number)).to_have_text("false positive")
    expect(card.get_by_text("False positive by anna")).to_be_visible()
    page.screenshot(path=images / "judging-beside-the-list.png")
    card.get_by_text("Notes and history").click()
    expect(card.get_by_text("anna confirmed it as an attack")).to_be_visible()
    assert _row(page, number).bounding_box() == place
    assert asked == []


def test_rows_are_judged_one_after_the_other_by_keys(
    page: Page, rows: list[dict[str, Any]]
) -> None:
    first, second = rows[3]["id"], rows[4]["id"]
    _list(page, WIDE)
    card = _open_beside(page, first)
    for number in (first, second):
        expect(page).to_have_url(re.compile(f"open={number}"))
        expect(card.get_by_text("Nobody has judged it yet")).to_be_visible()
        page.keyboard.press("m")
        expect(card.get_by_role("radio", name="Open")).to_be_focused()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        expect(_badge(page, number)).to_have_text("confirmed")
        page.keyboard.press("j")
    page.keyboard.press("k")
    expect(card.get_by_text("Confirmed by anna")).to_be_visible()
    page.keyboard.press("m")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(card.get_by_label("Why is it harmless?")).to_be_focused()
    card.get_by_role("button", name="Cancel").press("Escape")
    expect(card.get_by_label("Why is it harmless?")).to_have_count(0)
    expect(card).to_be_visible()
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)


@pytest.mark.parametrize("way", ["the browser's button", "the link"])
def test_the_list_is_as_it_was_left_and_its_rows_are_as_they_are(
    way: str, page: Page, bartizan: Bartizan, rows: list[dict[str, Any]]
) -> None:
    """Meanwhile somebody else judged the row beside."""
    at = 40 if way == "the link" else 44
    mine, theirs = rows[at]["id"], rows[at + 1]["id"]
    _list(page, NARROWER)
    _reach(page, mine)
    before = _row(page, mine).bounding_box()
    _row(page, mine).locator("td.col-time a").click()
    card = page.get_by_role("region", name="Judgement")
    card.get_by_role("radio", name="Confirmed").click()
    expect(card.get_by_text("Confirmed by anna")).to_be_visible()
    bartizan.command("triage", "mark", theirs, "--state", "confirmed")
    if way == "the link":
        page.locator(".crumbs > a").click()
    else:
        page.go_back()
    expect(_badge(page, mine)).to_have_text("confirmed")
    expect(_badge(page, theirs)).to_have_text("confirmed")
    expect(_row(page, mine)).to_have_attribute("aria-current", "true")
    assert _row(page, mine).bounding_box() == before


def test_what_came_meanwhile_waits_above_the_list(
    page: Page, bartizan: Bartizan, api: Api, rows: list[dict[str, Any]]
) -> None:
    _list(page, NARROWER)
    waiting = page.get_by_role("button", name=re.compile(r"^\d+ new$"))
    expect(waiting).to_have_count(0)
    number = page.locator("tr[data-id]").nth(2).get_attribute("data-id") or ""
    _row(page, number).locator("td.col-time a").click()
    expect(page.get_by_role("region", name="Judgement")).to_be_visible()
    before = api.stored()
    deliver_at_once(bartizan, 6, mark="meanwhile-")
    eventually(lambda: api.stored() == before + 6, 30, "they came")
    page.go_back()
    expect(waiting).to_have_text("6 new")
    expect(page.locator("tr[data-id]").nth(2)).to_have_attribute("data-id", number)
    waiting.click()
    expect(page.locator("tr[data-id]").nth(8)).to_have_attribute("data-id", number)


def test_the_rows_follow_when_many_are_judged(page: Page, rows: list[dict[str, Any]]) -> None:
    """Also those that are loaded and not in sight, once they come into it."""
    asked = _list(page, WIDE, "?blocked=true")
    marked = [row["id"] for row in rows if row["intercepted"]][20:22]
    _reach(page, marked[0])
    for number in marked:
        _row(page, number).get_by_role("checkbox").check()
    place = _row(page, marked[0]).bounding_box()
    page.get_by_role("button", name="Judge…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name="Confirmed").click()
    dialog.get_by_role("button", name="Change 2").click()
    for number in marked:
        expect(_badge(page, number)).to_have_text("confirmed")
    assert _row(page, marked[0]).bounding_box() == place
    page.get_by_role("button", name="Judge…").click()
    dialog.get_by_label(re.compile(r"All \d+ that match")).check()
    dialog.get_by_role("radio", name="Ignored").click()
    dialog.get_by_role("button", name=re.compile(r"Change \d+")).click()
    expect(_badge(page, marked[0])).to_have_text("ignored")
    expect(dialog).to_have_count(0)
    page.evaluate("scrollTo(0, 0)")
    top = page.locator("tr[data-index='0']")
    expect(top.locator(".badge-state")).to_have_text("ignored")
    assert asked == []


def test_a_list_in_another_tab_follows(
    page: Page, context: BrowserContext, rows: list[dict[str, Any]]
) -> None:
    number = rows[10]["id"]
    _list(page, WIDE)
    other = context.new_page()
    other.goto(f"/transactions/{number}")
    card = other.get_by_role("region", name="Judgement")
    card.get_by_role("radio", name="Confirmed").click()
    expect(_badge(page, number)).to_have_text("confirmed")


def test_a_viewer_sees_the_state_alone_beside_the_list(
    page: Page, bartizan: Bartizan, rows: list[dict[str, Any]]
) -> None:
    number = rows[12]["id"]
    bartizan.command("triage", "mark", number, "--state", "confirmed", "--label", "seen")
    remember_session(page.context, bartizan.login("vera"))
    _list(page, WIDE)
    card = _open_beside(page, number)
    expect(card.get_by_text("Confirmed by")).to_be_visible()
    expect(card.locator(".label-chip")).to_have_text("seen")
    expect(card.get_by_role("radio").or_(card.get_by_role("textbox"))).to_have_count(0)
    expect(card.get_by_text("Notes and history")).to_have_count(0)
    page.keyboard.press("m")
    expect(card).to_be_visible()


@needs_axe
@both_themes
def test_judging_beside_the_list_keeps_nobody_out(
    theme: str, page: Page, rows: list[dict[str, Any]]
) -> None:
    number = rows[14]["id"]
    _list(page, WIDE, f"?theme={theme}")
    card = _open_beside(page, number)
    card.get_by_text("Notes and history").click()
    expect(card.get_by_label("New note")).to_be_visible()
    found = violations(page)
    card.get_by_role("radio", name="False positive").click()
    expect(card.get_by_label("Why is it harmless?")).to_be_visible()
    found += violations(page)
    assert found == []
