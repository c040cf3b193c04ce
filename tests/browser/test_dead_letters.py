"""The page of dead letters: what could not be decoded is shown as text, and dealt with on purpose."""

import json
import random
import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from bartizan.domain.delivery import AuditLogEntry
from bartizan.kit.clock import now_us
from bartizan.spool.outlet import Outlet
from tests.browser.axe import both_themes, needs_axe, violations
from tests.browser.hostile import PAYLOADS
from tests.browser.steps import remember_session
from tests.browser.traffic import recent
from tests.browser.watch import assert_not_executed
from tests.servers.bartizan import Api, Bartizan, eventually

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

HOSTILE = json.loads(PAYLOADS.read_text())
BINARY = random.Random(7).randbytes(100_000)
INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)


def entry_of(payload: dict[str, str]) -> bytes:
    """The payload where nothing can be decoded, so that the page of dead letters shows it raw."""
    return b"no audit log: " + payload["text"].encode("utf-8", "surrogatepass")


@pytest.fixture(scope="module")
def ids(bartizan: Bartizan, api: Api) -> dict[bytes, str]:
    """Every hostile payload and some bytes, as dead letters: head to id."""
    for payload in HOSTILE:
        assert bartizan.deliver(entry_of(payload)) == 200
    assert bartizan.deliver(BINARY) == 200
    eventually(lambda: api.backlog() == 0, 30, "the worker looked at them")
    letters = api.get("/api/v1/dead-letters", limit=200)["dead_letters"]
    return {api.raw(f"/api/v1/dead-letters/{one['id']}/raw"): one["id"] for one in letters}


@pytest.fixture(autouse=True)
def logged_in(context: BrowserContext, api: Api) -> None:
    remember_session(context, api)


def _shown(page: Page) -> str:
    text = page.locator("body").inner_text()
    assert not INVISIBLE.search(text), INVISIBLE.search(text)
    return text


def _open(page: Page, query: str = "") -> None:
    page.goto(f"/dead-letters{query}")
    expect(page.get_by_role("heading", name="Dead letters", exact=True)).to_be_visible()


def set_aside(bartizan: Bartizan, *raws: bytes, code: str = "decoder-failed") -> None:
    """Dead letters as an older version would have left them behind."""
    outlet = Outlet(bartizan.data / "spool", program="0.0.1")
    for raw in raws:
        outlet.set_aside(
            AuditLogEntry(sensor="admin", received_at_us=now_us(), raw=raw), code, "of a mistake"
        )
    outlet.close()


def test_an_empty_page_says_what_would_come_here(page: Page, bartizan: Bartizan) -> None:
    _open(page)
    expect(page.get_by_role("heading", name="Everything that arrived here")).to_be_visible()
    expect(page.get_by_text("begins like no audit log")).to_be_visible()
    expect(page.get_by_role("link", name="Dead letters", exact=True)).to_be_visible()


@pytest.mark.promise("S1")
@pytest.mark.parametrize("payload", HOSTILE, ids=lambda payload: payload["name"])
def test_a_letter_shows_its_payload_as_text_and_in_hexadecimal_and_nothing_happens(
    payload: dict[str, str], page: Page, ids: dict[bytes, str]
) -> None:
    page.goto(f"/dead-letters/{ids[entry_of(payload)]}")
    page.get_by_role("button", name="Text").click()
    expect(page.get_by_label("The entry as text")).to_be_visible()
    assert payload["visible"] in _shown(page)
    page.get_by_role("button", name="Hex").click()
    expect(page.get_by_label("The entry in hexadecimal")).to_contain_text(
        entry_of(payload)[:16].hex(" ")
    )
    _shown(page)
    assert_not_executed(page)


@pytest.mark.promise("S1")
def test_the_list_and_its_filters_are_harmless(page: Page, ids: dict[bytes, str]) -> None:
    _open(page)
    expect(page.locator("tr[data-id]").first).to_be_visible()
    assert "<script>" in _shown(page)
    assert_not_executed(page)
    evil = "%22%3E%3Csvg%20onload%3Dwindow.__pwned%3D1%3E"
    _open(page, f"?sensor={evil}&code={evil}")
    expect(page.get_by_text("None of this sensor and reason")).to_be_visible()
    _shown(page)
    assert_not_executed(page)


def test_bytes_are_shown_in_hexadecimal_a_window_at_a_time_and_saved_exactly(
    page: Page, ids: dict[bytes, str]
) -> None:
    page.goto(f"/dead-letters/{ids[BINARY]}")
    hexadecimal = page.get_by_label("The entry in hexadecimal")
    expect(hexadecimal).to_contain_text(f"00000000  {BINARY[:16].hex(' ')}")
    expect(hexadecimal).not_to_contain_text(f"{99_984:08x}  ")
    page.get_by_role("button", name="Load 64 KiB more").click()
    expect(hexadecimal).to_contain_text(f"{99_984:08x}  {BINARY[99_984:].hex(' ')}")
    expect(page.get_by_role("button", name="Load 64 KiB more")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("link", name="Raw entry").click()
    assert download.value.path().read_bytes() == BINARY


def test_the_navigation_counts_them(page: Page, ids: dict[bytes, str]) -> None:
    page.goto("/")
    expect(page.get_by_role("link", name=f"Dead letters {len(ids)}")).to_be_visible()


def test_decoding_again_tells_how_far_it_is_and_what_came_of_it(
    page: Page, bartizan: Bartizan, api: Api, ids: dict[bytes, str]
) -> None:
    good = list(recent(40, mark="revived"))
    set_aside(bartizan, *good)
    before = api.stored()
    _open(page, "?code=decoder-failed")
    expect(page.get_by_text("40 letters of")).to_be_visible()
    page.get_by_role("button", name="Decode these again").click()
    expect(page.get_by_text("All 40 could be decoded and are stored now.")).to_be_visible(
        timeout=30_000
    )
    assert api.stored() == before + 40
    page.get_by_role("button", name="Dismiss").click()
    _open(page)
    page.get_by_role("button", name="Decode all again").click()
    expect(page.get_by_text(f"None of the {len(ids)} can be decoded yet.")).to_be_visible(
        timeout=30_000
    )
    assert api.dead_letters() == len(ids)


def test_one_letter_is_decoded_again_from_its_own_page(
    page: Page, bartizan: Bartizan, api: Api
) -> None:
    set_aside(bartizan, *recent(1, mark="single"))
    (letter,) = api.get("/api/v1/dead-letters", code="decoder-failed")["dead_letters"]
    page.goto(f"/dead-letters/{letter['id']}")
    expect(page.get_by_text("of a mistake")).to_be_visible()
    page.get_by_role("button", name="Decode again").click()
    expect(page.get_by_text("It could be decoded and is stored now.")).to_be_visible(timeout=30_000)
    expect(page).to_have_url(re.compile("/dead-letters$"))


def test_removing_asks_first_and_is_written_down(page: Page, bartizan: Bartizan, api: Api) -> None:
    set_aside(bartizan, b"one", b"two", b"three", code="empty")
    before = api.dead_letters()
    _open(page, "?code=empty")
    remove = page.get_by_role("button", name="Remove", exact=True)
    remove.click()
    dialog = page.get_by_role("dialog", name="Remove 3 letters?")
    expect(dialog.get_by_role("button", name="Keep them")).to_be_focused()
    page.keyboard.press("Escape")
    expect(remove).to_be_focused()
    assert api.dead_letters() == before
    remove.click()
    dialog.get_by_role("button", name="Remove 3 letters").click()
    expect(page.get_by_text("3 letters removed.")).to_be_visible()
    assert api.dead_letters() == before - 3
    assert re.search(r"dead_letters\.removed.*letters=3.*person=anna", bartizan.log)


def test_the_rows_are_walked_with_the_keyboard(page: Page, ids: dict[bytes, str]) -> None:
    _open(page)
    expect(page.locator("tr[data-id]").first).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("j")
    second = page.locator("tr[data-id]").nth(1)
    expect(second.get_by_role("link")).to_be_focused()
    number = second.get_attribute("data-id")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/dead-letters/{number}$"))


@pytest.mark.promise("S13")
def test_an_analyst_cannot_remove_and_a_viewer_sees_no_letter(
    context: BrowserContext, page: Page, bartizan: Bartizan, ids: dict[bytes, str]
) -> None:
    for name in ("analyst", "viewer"):
        bartizan.add_person(name, role=name)
    remember_session(context, bartizan.login("analyst"))
    _open(page)
    expect(page.get_by_role("button", name="Decode all again")).to_be_visible()
    expect(page.get_by_role("button", name="Remove")).to_have_count(0)
    remember_session(context, bartizan.login("viewer"))
    page.goto("/dead-letters")
    expect(page.get_by_text("are for analysts and administrators")).to_be_visible()
    expect(page.get_by_role("link", name="Dead letters")).to_have_count(0)
    assert "no audit log:" not in page.locator("body").inner_text()


@needs_axe
@both_themes
def test_nothing_keeps_anybody_out(theme: str, page: Page, api: Api, ids: dict[bytes, str]) -> None:
    found = []
    newest = api.get("/api/v1/dead-letters", limit=2)["dead_letters"]
    for path in ("", *(f"/{letter['id']}" for letter in newest)):
        page.goto(f"/dead-letters{path}?theme={theme}")
        expect(page.locator("main#content h2").first).to_be_visible()
        found += violations(page)
    _open(page, f"?theme={theme}")
    page.get_by_role("button", name="Remove").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    found += violations(page)
    assert found == []
