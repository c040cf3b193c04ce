"""The list at length: thousands of rows, columns, histogram, menus of values, panel, folding, tail."""

import csv
import io
import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.axe import both_themes, needs_axe, violations
from tests.browser.steps import remember_session
from tests.browser.traffic import deliver, deliver_at_once
from tests.servers.bartizan import Api, Bartizan, eventually

pytestmark = pytest.mark.browser

EACH = 600
TIMES = 3
STORED = EACH * TIMES
WIDE = {"width": 1440, "height": 900}
NARROW = {"width": 360, "height": 740}


@pytest.fixture(scope="module", autouse=True)
def traffic(bartizan: Bartizan, api: Api) -> None:
    for turn in range(TIMES):
        deliver_at_once(bartizan, EACH, mark=f"run{turn}-")
    eventually(lambda: api.stored() >= STORED, 60, "all of it is stored")


@pytest.fixture(autouse=True)
def logged_in(context: BrowserContext, api: Api) -> None:
    remember_session(context, api)


@pytest.fixture
def wide(page: Page) -> Page:
    page.set_viewport_size(WIDE)
    return page


def _rows(page: Page) -> Locator:
    return page.locator("tr[data-id]")


def _ids(page: Page) -> list[str]:
    found: list[str] = _rows(page).evaluate_all("(rows) => rows.map(({ dataset }) => dataset.id)")
    return found


def _open(page: Page, search: str = "") -> None:
    page.goto(f"/transactions{search}")
    expect(_rows(page).first).to_be_visible()
    expect(page.get_by_role("region", name="Transactions", exact=True)).to_have_attribute(
        "aria-busy", "false"
    )


def _shows(page: Page, count: int) -> None:
    summary = page.get_by_role("region", name="Transactions", exact=True).locator(".summary")
    expect(summary).to_have_text(re.compile(rf"^{count:,} transaction"))


def _panel(page: Page) -> Locator:
    return page.get_by_role("complementary", name="The opened transaction")


def _plot(page: Page) -> Locator:
    return page.get_by_role("slider", name=re.compile("Transactions over time"))


def test_thousands_of_rows_are_few_elements(wide: Page, api: Api) -> None:
    _open(wide)
    newest = api.every_row()
    most = 0
    deepest = 0
    for _ in range(200):
        found = wide.evaluate(
            "() => { const rows = [...document.querySelectorAll('tr[data-id]')];"
            " return [rows.length, Number(rows.at(-1).dataset.index), rows.at(-1).dataset.id]; }"
        )
        most, deepest = max(most, found[0]), max(deepest, found[1])
        assert newest[found[1]]["id"] == found[2]
        if deepest == STORED - 1:
            break
        wide.mouse.wheel(0, 3000)
        wide.wait_for_timeout(30)
    assert deepest == STORED - 1
    assert most < 80
    wide.keyboard.press("Home")
    expect(wide.locator("tr[data-index='0']")).to_be_visible()


def test_columns_are_chosen_ordered_and_kept(wide: Page, context: BrowserContext) -> None:
    _open(wide)
    wide.get_by_role("button", name="Columns").click()
    menu = wide.get_by_role("dialog", name="Columns and rows")
    menu.get_by_role("checkbox", name="Host").check()
    menu.get_by_role("checkbox", name="Action").uncheck()
    for _ in range(5):
        menu.get_by_role("button", name="Host further left").click()
    menu.get_by_role("button", name="Client wider").click()
    menu.get_by_role("button", name="compact").click()
    wide.keyboard.press("Escape")
    heads = ["", "Time", "Host", "Client", "Category", "Request", "Status", "Rules"]
    expect(wide.locator("thead th")).to_have_text(heads)
    expect(wide).to_have_url(re.compile(r"columns=time,host,client:196,category"))
    expect(wide).to_have_url(re.compile("density=compact"))
    other = context.new_page()
    other.set_viewport_size(WIDE)
    other.goto("/transactions")
    expect(other.locator("thead th")).to_have_text(heads)
    other.goto(wide.url.replace("columns=time,host", "columns=host,time"))
    expect(other.locator("thead th").nth(1)).to_have_text("Host")
    other.get_by_role("button", name="Columns").click()
    other.get_by_role("button", name="as usual").click()
    expect(other).not_to_have_url(re.compile("columns="))


def test_a_column_is_dragged_wider(wide: Page) -> None:
    _open(wide)
    head = wide.locator("thead th.col-client")
    before = head.bounding_box()
    assert before
    right, middle = before["x"] + before["width"] - 3, before["y"] + before["height"] / 2
    wide.mouse.move(right, middle)
    wide.mouse.down()
    wide.mouse.move(right + 60, middle, steps=4)
    wide.mouse.up()
    expect(wide).to_have_url(re.compile(r"client:2\d\d"))
    after = head.bounding_box()
    assert after
    assert after["width"] > before["width"] + 30


def test_the_list_is_filtered_by_clicking_only(wide: Page, api: Api, tmp_path: Path) -> None:
    """Include, exclude and zoom with the pointer alone; the counts are the API's."""
    _open(wide)
    wide.locator("td.col-category button.value", has_text="SQL injection").first.click()
    _shows(wide, api.stored(category="sqli"))
    value = wide.locator("tr[data-index='2'] td.col-client button[data-subject=client]")
    client = value.get_attribute("data-value") or ""
    value.hover()
    wide.get_by_role("button", name="Not this").click()
    expected = api.stored(category="sqli", q=f'NOT client:"{client}"')
    assert 0 < expected < api.stored(category="sqli")
    _shows(wide, expected)
    facets = wide.get_by_label("Counts by field")
    facets.get_by_role("button", name=re.compile("^Protocol violation")).click()
    both = api.stored(category=["sqli", "protocol"], q=f'NOT client:"{client}"')
    assert both > expected
    _shows(wide, both)
    wide.screenshot(path=tmp_path / "journey-filter-by-clicking.png")


def test_values_are_excluded_and_copied_by_keyboard(
    wide: Page, api: Api, context: BrowserContext
) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    _open(wide)
    value = wide.locator("tr[data-index='0'] td.col-rules button.value").first
    rule = value.get_attribute("data-value") or ""
    value.focus()
    wide.keyboard.press("Shift+F10")
    menu = wide.get_by_role("menu")
    expect(menu.get_by_role("menuitem", name="Only this")).to_be_focused()
    wide.keyboard.press("ArrowUp")
    wide.keyboard.press("Enter")
    expect(menu).to_have_count(0)
    assert wide.evaluate("navigator.clipboard.readText()") == rule
    expect(value).to_be_focused()
    wide.keyboard.press("x")
    _shows(wide, api.stored(q=f"NOT rule:{rule}"))


def test_a_finger_chooses_from_a_menu(visit: Callable[..., Page], context: BrowserContext) -> None:
    page = visit(viewport=NARROW, has_touch=True, is_mobile=True)
    page.context.add_cookies(context.cookies())
    _open(page)
    page.locator("tr[data-index='0'] td.col-client button.value").first.tap()
    page.get_by_role("menuitem", name="Not this").tap()
    expect(page).to_have_url(re.compile("q=NOT"))
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


def test_a_shared_link_shows_the_same_rows_later(
    wide: Page, context: BrowserContext, bartizan: Bartizan, api: Api, tmp_path: Path
) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    _open(wide, "?since=now-1h&blocked=true&columns=time,rules,request")
    _shows(wide, api.stored(blocked="true", since="now-1h"))
    ids = _ids(wide)
    wide.keyboard.press("y")
    expect(wide.get_by_text("The link is copied")).to_be_visible()
    link = wide.evaluate("navigator.clipboard.readText()")
    assert "now-1h" not in link
    before, copied_at = api.stored(), time.time()
    eventually(lambda: time.time() > copied_at + 3, 5, "what comes now is dated after the link")
    deliver(bartizan, 4, mark="later-")
    eventually(lambda: api.stored() == before + 4, 20, "more came")
    other = context.new_page()
    other.set_viewport_size(WIDE)
    other.goto(link)
    expect(_rows(other).first).to_have_attribute("data-id", ids[0])
    assert _ids(other) == ids
    expect(other.locator("thead th").nth(2)).to_have_text("Rules")
    other.screenshot(path=tmp_path / "journey-shared-link.png")


def test_the_histogram_is_zoomed_by_dragging_and_by_keyboard(wide: Page, api: Api) -> None:
    _open(wide, "?since=now-1h")
    plot = _plot(wide)
    box = plot.bounding_box()
    assert box
    wide.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 40)
    expect(plot.locator(".tip")).to_contain_text("transactions")
    wide.mouse.down()
    wide.mouse.move(box["x"] + box["width"] - 1, box["y"] + 40, steps=5)
    wide.mouse.up()
    expect(wide).to_have_url(re.compile("since=2.*until=2"))
    query = dict(re.findall(r"(since|until)=([^&]+)", wide.url.replace("%3A", ":")))
    _shows(wide, api.stored(**query))
    wide.go_back()
    expect(wide).to_have_url(re.compile("since=now-1h$"))
    wide.mouse.move(0, 0)
    expect(wide.locator(".histogram-old, .histogram[aria-busy]")).to_have_count(0)
    plot.focus()
    wide.keyboard.press("End")
    for _ in range(3):
        wide.keyboard.press("Shift+ArrowLeft")
    wide.keyboard.press("Enter")
    expect(wide).to_have_url(re.compile("since=2.*until=2"))
    wide.keyboard.press("-")
    expect(wide).to_have_url(re.compile("since=2"))


def test_bars_are_told_apart_and_the_period_before_is_drawn(wide: Page) -> None:
    _open(wide, "?since=now-1h")
    expect(wide.locator(".plot path.cat-sqli")).to_have_count(1)
    wide.get_by_role("button", name="by action instead").click()
    expect(wide.locator(".plot path.act-blocked")).to_have_count(1)
    wide.get_by_role("button", name="with the period before").click()
    expect(wide.locator(".plot path.earlier")).to_have_count(1)
    expect(wide).to_have_url(re.compile("split=action&before=1"))


def test_periods_are_walked_and_told_in_a_zone(wide: Page) -> None:
    wide.goto("/transactions?since=2026-11-01T10%3A00%3A00Z&until=2026-11-01T11%3A00%3A00Z")
    expect(wide.get_by_role("region", name="Transactions", exact=True)).to_have_attribute(
        "aria-busy", "false"
    )
    wide.keyboard.press("[")
    expect(wide).to_have_url(re.compile("since=2026-11-01T09"))
    wide.keyboard.press("]")
    expect(wide).to_have_url(re.compile("since=2026-11-01T10"))
    wide.keyboard.press("t")
    picker = wide.get_by_role("dialog", name="Time range")
    expect(picker.get_by_label("From")).to_have_value(re.compile("^2026-11-01T10:00"))
    picker.get_by_label("Times are told in").select_option("UTC")
    picker.get_by_role("button", name="Last hour").click()
    expect(wide).to_have_url(re.compile("since=now-1h"))
    expect(picker).to_have_count(0)


def test_the_opened_transaction_follows_the_list(wide: Page) -> None:
    _open(wide)
    ids = _ids(wide)
    wide.locator("tr[data-index='1'] td.col-time a").click()
    expect(_panel(wide)).to_contain_text(re.compile(r"^2 of "))
    wide.keyboard.press("j")
    expect(wide).to_have_url(re.compile(f"open={ids[2]}"))
    expect(_panel(wide).get_by_role("link", name="Full page")).to_have_attribute(
        "href", re.compile(f"^/transactions/{ids[2]}")
    )
    _panel(wide).get_by_role("button", name=re.compile("above")).click()
    expect(wide.locator(f"tr[data-id='{ids[1]}']")).to_have_attribute("aria-current", "true")
    wide.reload()
    expect(_panel(wide)).to_contain_text("Request")
    wide.keyboard.press("Escape")
    expect(_panel(wide)).to_have_count(0)
    expect(wide).not_to_have_url(re.compile("open="))


def test_similar_ones_are_folded_and_opened(wide: Page, api: Api) -> None:
    _open(wide, "?group=similar")
    expect(wide.locator(".summary")).to_contain_text(re.compile(r"groups of the newest 1,\d\d\d"))
    groups = api.get("/api/v1/groups")["groups"]
    assert sum(group["transactions"] for group in groups) == api.stored()
    place, group = next((n, one) for n, one in enumerate(groups) if 1 < one["transactions"] < 9)
    fold = wide.locator(f"tr[data-index='{place}'] .fold")
    expect(fold).to_have_text(f"× {group['transactions']}")
    fold.click()
    expect(fold).to_have_attribute("aria-expanded", "true")
    expect(wide.locator("tr.member")).to_have_count(group["transactions"] - 1)
    expect(wide.locator(f"tr[data-index='{place + 1}']")).to_have_class(re.compile("member"))
    fold.click()
    expect(wide.locator("tr.member")).to_have_count(0)


def test_two_selected_are_compared(wide: Page) -> None:
    _open(wide)
    ids = _ids(wide)
    for place in (0, 3):
        wide.locator(f"tr[data-index='{place}'] input[type=checkbox]").check()
    bar = wide.get_by_role("region", name="Selected transactions")
    expect(bar.get_by_role("link", name="Compare")).to_have_attribute(
        "href", f"/compare/{ids[0]}/{ids[3]}"
    )
    bar.get_by_role("button", name="clear").click()
    expect(bar).to_have_count(0)


def test_the_tail_stops_while_somebody_reads(
    wide: Page, bartizan: Bartizan, api: Api, tmp_path: Path
) -> None:
    _open(wide, "?blocked=true")
    wide.keyboard.press("l")
    expect(wide).to_have_url(re.compile("live=1"))
    before = api.stored(blocked="true")
    newest = _rows(wide).first.get_attribute("data-id") or ""

    wide.mouse.move(700, 60)  # over nothing of the list
    deliver(bartizan, 10, mark="tail-a-")
    _shows(wide, eventually(lambda: _more(api, before), 20, "they came"))
    expect(_rows(wide).first).not_to_have_attribute("data-id", newest)

    wide.mouse.wheel(0, 1500)
    eventually(lambda: wide.evaluate("scrollY") > 800, 5, "scrolled")
    row = _rows(wide).nth(14)
    row.hover()
    id_, top = row.get_attribute("data-id"), row.bounding_box()
    assert top
    deliver(bartizan, 10, mark="tail-b-")
    expect(wide.get_by_role("button", name=re.compile(r"^\d+ new$"))).to_be_attached()
    still = wide.locator(f"tr[data-id='{id_}']").bounding_box()
    assert still
    assert abs(still["y"] - top["y"]) < 1
    expect(wide.get_by_role("button", name="Live, paused")).to_be_attached()
    wide.screenshot(path=tmp_path / "journey-live-tail.png")

    wide.evaluate("scrollTo(0, 0)")
    wide.mouse.move(700, 60)
    expect(wide.get_by_role("button", name=re.compile(r"^\d+ new$"))).to_have_count(0)
    _shows(wide, api.stored(blocked="true"))


def _more(api: Api, than: int) -> int:
    if api.backlog() > 0:
        return 0
    count = api.stored(blocked="true")
    return count if count > than else 0


def test_what_is_shown_is_exported(wide: Page, api: Api, tmp_path: Path) -> None:
    _open(wide, "?category=sqli&columns=time,client,status")
    wide.keyboard.press("e")
    dialog = wide.get_by_role("dialog", name="Export")
    expect(dialog).to_contain_text(f"{api.stored(category='sqli'):,} transactions")
    wide.screenshot(path=tmp_path / "journey-export.png")
    with wide.expect_download() as download:
        dialog.get_by_role("link", name="Download").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text())))
    assert list(rows[0]) == ["id", "at", "client", "country", "status", "score"]
    assert [row["id"] for row in rows] == [row["id"] for row in api.every_row(category="sqli")]
    dialog.get_by_role("button", name="NDJSON").click()
    with wide.expect_download() as download:
        dialog.get_by_role("link", name="Download").click()
    lines = download.value.path().read_text().splitlines()
    assert [json.loads(line) for line in lines] == api.every_row(category="sqli")


# The browser's own dialog for saving cannot be used by a test: this one answers with a file in memory.
_SAVE = """
window.showSaveFilePicker = async ({ suggestedName }) => ({
  createWritable: async () => {
    window.saved = { name: suggestedName, bytes: 0 };
    return new WritableStream({ write(chunk) { window.saved.bytes += chunk.length; } });
  },
});
"""


def test_saving_says_how_many_rows_are_written(wide: Page, api: Api) -> None:
    wide.add_init_script(_SAVE)
    _open(wide)
    wide.keyboard.press("e")
    dialog = wide.get_by_role("dialog", name="Export")
    dialog.get_by_role("button", name="Save as").click()
    expect(dialog.get_by_role("status")).to_have_text(f"Done: {api.stored():,} rows written")
    assert wide.evaluate("window.saved.name") == "transactions.csv"
    assert wide.evaluate("window.saved.bytes") > api.stored() * 50


@needs_axe
@both_themes
def test_whatever_is_open_has_no_serious_accessibility_violation(theme: str, wide: Page) -> None:
    """Folded and live, with rows ticked, a transaction beside the list, and each menu."""
    _open(wide, f"?theme={theme}&group=similar&split=action&before=1&since=now-1h&live=1")
    wide.locator("tr[data-index='1'] input[type=checkbox]").check()
    wide.locator("tr[data-index='2'] td.col-time a").click()
    expect(_panel(wide)).to_contain_text("Request")
    _plot(wide).hover()
    found = violations(wide)
    wide.locator("tr[data-index='0'] td.col-client button.value").first.focus()
    wide.keyboard.press("Shift+F10")
    expect(wide.get_by_role("menu")).to_be_visible()
    found += violations(wide)
    wide.keyboard.press("Escape")
    wide.keyboard.press("Escape")
    for name, dialog in (("Columns", "Columns and rows"), ("Last hour", "Time range")):
        wide.get_by_role("button", name=name, exact=True).click()
        expect(wide.get_by_role("dialog", name=dialog)).to_be_visible()
        found += violations(wide)
        wide.keyboard.press("Escape")
    wide.keyboard.press("e")
    expect(wide.get_by_role("dialog", name="Export")).to_be_visible()
    found += violations(wide)
    assert found == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everything_fits_a_phone(theme: str, page: Page) -> None:
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size(NARROW)
    _open(page, "?group=similar&density=compact")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    page.get_by_role("button", name="Columns").or_(page.locator(".view-menu button")).first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    expect(page.get_by_role("dialog", name="Time range")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
