"""The page of retention, and the switch that preserves a transaction: shown, used, open to all."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from bartizan.decode import registry as formats
from bartizan.domain.delivery import AuditLogEntry
from bartizan.ingest.pipeline import Pipeline
from bartizan.kit.clock import now_us
from bartizan.kit.ids import first_id_at
from bartizan.store.contract import KeptRecord
from bartizan.store.memory import MemoryStore
from bartizan.store.registry import open_store
from tests.browser.axe import both_themes, needs_axe, violations
from tests.browser.steps import remember_session, tab_to
from tests.browser.traffic import recent
from tests.browser.watch import assert_not_executed
from tests.servers.bartizan import Api, Bartizan, eventually, running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SETTINGS = {
    "retention": {
        "payloads": "30d",
        "transactions": "90d",
        "statistics": "400d",
        "max_store_bytes": 50 * 1024**3,
    },
    "retention.detected": {"transactions": "60d"},
    "retention.sensors.honeypot": {"payloads": "2d", "transactions": "7d"},
}
DAY_US = 24 * 3600 * 1_000_000
DAYS = 100
HOSTILE = "<img src=x onerror=alert(1)>\u202e'\"; DROP"


@pytest.fixture(scope="module")
def bartizan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bartizan]:
    service = Bartizan(tmp_path_factory.mktemp("retention"), settings=SETTINGS)
    with running(service):
        yield service


@pytest.fixture(scope="module")
def ids(bartizan: Bartizan, api: Api) -> list[int]:
    """One transaction for each of the last 100 days, the oldest first."""
    pipeline = Pipeline(formats.read, [], MemoryStore())
    entries = [
        AuditLogEntry(sensor="admin", received_at_us=now_us() - (DAYS - day) * DAY_US, raw=raw)
        for day, raw in enumerate(recent(DAYS, mark="old"))
    ]
    kept = [
        KeptRecord(
            id=first_id_at(record.received_at_us) + 7, record=record, size_bytes=len(record.raw)
        )
        for record in pipeline.prepare(entries).records
    ]
    store = open_store(f"sqlite:///{bartizan.data}/transactions.sqlite")
    try:
        eventually(lambda: api.get("/api/v1/retention")["state"], 30, "the worker has looked")
        assert store.restore(kept).stored == DAYS
    finally:
        store.close()
    return [one.id for one in kept]


@pytest.fixture(autouse=True)
def logged_in(context: BrowserContext, api: Api, ids: list[int]) -> None:
    remember_session(context, api)


def _open(page: Page, query: str = "") -> None:
    page.goto(f"/retention{query}")
    expect(page.get_by_role("heading", name="Retention", level=1)).to_be_visible()
    expect(page.get_by_role("heading", name="What takes room")).to_be_visible()


def test_the_page_says_what_is_kept_how_long(page: Page) -> None:
    _open(page)
    expect(page.get_by_text("Entries are kept 30 days, transactions 90 days")).to_be_visible()
    table = page.get_by_role("region", name="What is kept how long")
    expect(table.get_by_role("row", name="Sensor honeypot 2 days 7 days")).to_be_visible()
    expect(
        table.get_by_role("row", name="Only detected, not blocked 30 days 60 days")
    ).to_be_visible()
    expect(table.get_by_text("400 days")).to_be_visible()
    expect(table.get_by_text("at most 50.0 GiB, then the oldest go")).to_be_visible()


def test_a_dry_run_says_what_would_go_and_removes_nothing(page: Page, api: Api) -> None:
    _open(page)
    before = api.stored()
    page.get_by_role("button", name="Show what would go").click()
    region = page.get_by_role("region", name="What would go now")
    expect(
        region.get_by_role("row", name=re.compile(r"^transactions \d+ transactions"))
    ).to_be_visible()
    expect(region.get_by_role("row", name=re.compile(r"^payloads \d+ entries"))).to_be_visible()
    assert api.stored() == before


def test_a_hold_is_added_shown_and_released(page: Page, api: Api) -> None:
    _open(page)
    page.get_by_role("button", name="Add a hold").click()
    dialog = page.get_by_role("dialog", name="Add a hold")
    expect(dialog.get_by_text("Without any of them everything is held")).to_be_visible()
    dialog.get_by_label("Name").fill(HOSTILE)
    dialog.get_by_label("Reason").fill(HOSTILE)
    dialog.get_by_label("Client address").fill("not an address")
    dialog.get_by_role("button", name="Hold", exact=True).click()
    expect(dialog.get_by_text("client must be an address or a CIDR block")).to_be_visible()
    dialog.get_by_label("Client address").fill("0.0.0.0/0")
    dialog.get_by_role("button", name="Count what matches now").click()
    expect(dialog.get_by_text(re.compile(r"^\d+ transactions$"))).to_be_visible()
    dialog.get_by_role("button", name="Hold", exact=True).click()
    expect(dialog).to_have_count(0)
    region = page.get_by_role("region", name="What never goes")
    expect(region.get_by_text("0.0.0.0/0")).to_be_visible()
    expect(region.get_by_role("link", name="Show them")).to_be_visible()
    assert_not_executed(page)
    (hold,) = api.get("/api/v1/retention")["holds"]
    assert (hold["name"], hold["reason"], hold["added_by"]) == (HOSTILE, HOSTILE, "anna")
    page.get_by_role("button", name="Release").click()
    expect(page.get_by_role("button", name="Keep holding")).to_be_focused()
    page.get_by_role("dialog").get_by_role("button", name="Release").click()
    expect(region.get_by_text("Released before: 1")).to_be_visible()
    assert api.get("/api/v1/retention")["holds"] == []


@pytest.mark.promise("R15")
def test_a_preserved_transaction_survives_the_run_that_takes_its_neighbours(
    page: Page, api: Api, ids: list[int]
) -> None:
    """All of it through the real service: preserve, run now, look at what is left."""
    page.goto(f"/transactions/{ids[2]}")
    switch = page.get_by_role("switch", name="Preserve")
    expect(switch).to_have_attribute("aria-checked", "false")
    switch.click()
    page.get_by_label("Why").fill(HOSTILE)
    page.get_by_role("dialog").get_by_role("button", name="Preserve").click()
    expect(switch).to_have_attribute("aria-checked", "true")
    expect(page.get_by_text("Preserved by anna")).to_be_visible()
    assert_not_executed(page)
    _open(page)
    expect(page.get_by_role("link", name="1 transaction is preserved")).to_be_visible()
    page.get_by_role("button", name="Run now").click()
    eventually(lambda: api.get("/api/v1/retention")["runs"][0]["transactions"] > 5, 30, "removed")
    expect(page.get_by_role("row", name=re.compile("asked for done"))).to_be_visible()
    rows = {int(row["id"]) for row in api.every_row()}
    assert ids[2] in rows
    assert not rows & set(ids[:2] + ids[3:9])
    assert set(ids[-30:]) <= rows
    opened = api.get(f"/api/v1/transactions/{ids[2]}")
    assert opened["has_payload"]
    assert opened["parts"]


def test_a_transaction_whose_entry_went_says_so_and_still_shows_the_rest(
    page: Page, api: Api, ids: list[int]
) -> None:
    young = ids[-40]
    eventually(
        lambda: not api.get(f"/api/v1/transactions/{young}")["has_payload"], 30, "its entry went"
    )
    page.goto(f"/transactions/{young}")
    expect(page.get_by_text(re.compile(r"removed by retention on \d{4}-"))).to_be_visible()
    expect(page.get_by_role("heading", name="Rules, in the order they fired")).to_be_visible()
    expect(page.get_by_role("link", name="Raw entry")).to_have_count(0)
    expect(page.get_by_text(re.compile(r"[Kk]ept until \d{4}-"))).to_be_visible()


def test_the_page_needs_no_mouse(page: Page) -> None:
    _open(page)
    tab_to(page, "Add a hold")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Add a hold")).to_be_focused()


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_is_wider_than_the_screen(width: int, page: Page, ids: list[int]) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    for address in ("/retention", f"/transactions/{ids[-1]}"):
        page.goto(address)
        expect(page.locator("main#content h2").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@needs_axe
@both_themes
def test_nothing_keeps_anybody_out(theme: str, page: Page, ids: list[int], tmp_path: Path) -> None:
    _open(page, f"?theme={theme}")
    page.get_by_role("button", name="Show what would go").click()
    expect(page.get_by_role("button", name="Count again")).to_be_visible()
    found = violations(page)
    page.screenshot(path=tmp_path / f"retention-{theme}.png", full_page=True)
    page.get_by_role("button", name="Add a hold").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    found += violations(page)
    page.goto(f"/transactions/{ids[-1]}?theme={theme}")
    expect(page.get_by_role("switch")).to_be_visible()
    found += violations(page)
    page.goto(f"/transactions/{ids[-40]}?theme={theme}")
    expect(page.get_by_role("heading", name="Rules, in the order they fired")).to_be_visible()
    found += violations(page)
    assert found == []
