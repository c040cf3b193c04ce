"""S1: whatever attackers write is shown as text and does nothing, on every page it reaches."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.hostile import Hostile, hostile_entries
from tests.browser.steps import open_everything, open_map, painted, remember_session
from tests.browser.watch import assert_not_executed
from tests.servers.bartizan import Api, Bartizan, eventually, running

pytestmark = [pytest.mark.browser, pytest.mark.promise("S1"), pytest.mark.timeout(300)]

HOSTILE = hostile_entries()
# What must never be in a page as itself: it would hide, reorder or command.
INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)


@pytest.fixture(scope="module")
def bartizan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bartizan]:
    """One that takes nothing out of entries: an attacker's bytes reach every field of every page."""
    nothing: dict[str, list[str]] = {"headers": [], "arguments": []}
    service = Bartizan(tmp_path_factory.mktemp("hostile"), settings={"redaction": nothing})
    with running(service):
        yield service


@pytest.fixture(scope="module")
def ids(bartizan: Bartizan, api: Api) -> dict[str, str]:
    """Every hostile entry, stored: unique id to transaction id."""
    for hostile in HOSTILE:
        assert bartizan.deliver(hostile.entry) == 200, hostile.name
    eventually(lambda: api.backlog() == 0, 30, "the worker took them")
    found = {row["unique_id"]: row["id"] for row in api.every_row()}
    assert set(found) == {hostile.unique_id for hostile in HOSTILE}
    return found


@pytest.fixture(autouse=True)
def logged_in(context: BrowserContext, api: Api, ids: dict[str, str]) -> None:
    remember_session(context, api)


def _shown(page: Page) -> str:
    text = page.locator("body").inner_text()
    assert not INVISIBLE.search(text), INVISIBLE.search(text)
    return text


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.name)
def test_an_event_page_shows_the_payload_and_nothing_happens(
    hostile: Hostile, page: Page, ids: dict[str, str]
) -> None:
    page.goto(f"/transactions/{ids[hostile.unique_id]}")
    expect(page.get_by_text(hostile.unique_id).first).to_be_visible()
    open_everything(page)
    shown = _shown(page)
    assert hostile.visible in shown
    _take_everything_away(page)
    assert_not_executed(page)


def test_a_picture_shows_what_a_page_makes_of_a_payload(
    page: Page, ids: dict[str, str], images: Path
) -> None:
    hostile = next(one for one in HOSTILE if one.name == "image with onerror")
    page.set_viewport_size({"width": 1440, "height": 1100})
    page.goto(f"/transactions/{ids[hostile.unique_id]}?theme=dark")
    expect(page.get_by_text(hostile.visible).first).to_be_visible()
    eventually(lambda: painted(page, 0)["colours"] > 50, 10, "the small map is drawn")
    assert_not_executed(page)
    assert len(page.screenshot(path=images / "event-hostile-payload.png")) > 30_000


def _take_everything_away(page: Page) -> None:
    """Its curl command, its Markdown, and the entry as text and in hexadecimal."""
    page.get_by_role("button", name="curl …").click()
    expect(page.get_by_label("What will be copied")).to_contain_text("curl --silent")
    _shown(page)
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Markdown …").click()
    page.get_by_label(re.compile("^With the payload")).check()
    expect(page.get_by_label("What will be copied")).to_contain_text("### Request")
    _shown(page)
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    for view in ("Raw", "Hex"):
        page.get_by_role("button", name=view, exact=True).click()
        expect(page.locator(".entry-card .block")).to_be_visible()
        _shown(page)


@pytest.mark.parametrize("hostile", HOSTILE[::4], ids=lambda hostile: hostile.name)
def test_two_transactions_side_by_side_are_harmless(
    hostile: Hostile, page: Page, ids: dict[str, str]
) -> None:
    page.goto(f"/compare/{ids[hostile.unique_id]}/{ids[HOSTILE[1].unique_id]}")
    expect(page.get_by_role("table", name="Rules")).to_be_visible()
    assert hostile.visible in _shown(page)
    assert_not_executed(page)


def test_the_list_its_counts_and_its_filters_are_harmless(page: Page) -> None:
    page.goto("/transactions")
    expect(
        page.get_by_role("region", name="Transactions").get_by_role("status").first
    ).to_have_text(re.compile(rf"^{len(HOSTILE)} transactions"))
    open_everything(page)
    facets = page.get_by_label("Counts by field")
    longer = facets.get_by_role("button", name=re.compile(r"^(\d+|show) more$"))
    while longer.count():
        longer.first.click()
    hosts = facets.get_by_role("button", name=re.compile("alert"))
    expect(hosts.first).to_be_visible()
    assert "<script>" in _shown(page)
    hosts.first.click()
    expect(page.get_by_role("button", name=re.compile("Remove the filter"))).to_be_visible()
    _shown(page)
    assert_not_executed(page)


@pytest.mark.parametrize("query", ["", "?view=globe"])
def test_the_map_and_its_feed_are_harmless(query: str, page: Page, bartizan: Bartizan) -> None:
    open_map(page, query)
    for hostile in HOSTILE[:5]:
        fresh = hostile.entry.replace(b"Hostile0", b"Live" + query[-1:].encode() + b"xxx", 1)
        assert bartizan.deliver(fresh) == 200
    expect(page.get_by_role("row").filter(has_text="<svg").first).to_be_visible()
    page.keyboard.press("t")
    _shown(page)
    assert_not_executed(page)


def test_an_address_somebody_made_up_is_harmless(page: Page) -> None:
    payload = "%22%3E%3Csvg%20onload%3Dwindow.__pwned%3D1%3E"
    for address in (
        f"/transactions?host={payload}&path={payload}&sensor={payload}&unique_id={payload}",
        f"/transactions/{payload}",
        f"/?view={payload}&window={payload}",
    ):
        page.goto(address)
        expect(page.locator("main")).to_be_visible()
        assert_not_executed(page)


def test_the_raw_entry_is_a_download_byte_for_byte(page: Page, ids: dict[str, str]) -> None:
    hostile = HOSTILE[0]
    answer = page.request.get(f"/api/v1/transactions/{ids[hostile.unique_id]}/raw")
    assert answer.body() == hostile.entry
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
