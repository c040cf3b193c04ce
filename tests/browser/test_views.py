"""Saved views in a real browser: kept, shared, begun with; and what somebody sees at all."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser import steps
from tests.browser.axe import both_themes, needs_axe, violations
from tests.browser.traffic import recent
from tests.servers.bartizan import Api, Bartizan, eventually

pytestmark = pytest.mark.browser
_SECRET = "xqsecret"


@pytest.fixture(scope="module", autouse=True)
def two_hosts(bartizan: Bartizan, api: Api) -> None:
    """Half of it is of the shop, and half of somebody else, on a sensor of their own."""
    bartizan.add_sensor(f"{_SECRET}-sensor", "another-password")
    for number, entry in enumerate(recent(40)):
        if number % 2:
            raw = re.sub(rb"(?m)^(--\w{8}-B--\n\S+ )/", rb"\g<1>/%s/" % _SECRET.encode(), entry)
            raw = _of_host(raw, f"{_SECRET}.example")
            assert bartizan.deliver(raw, f"{_SECRET}-sensor", "another-password") == 200
        else:
            assert bartizan.deliver(_of_host(entry, "shop.example")) == 200
    eventually(lambda: api.stored() == 40, 30, "stored")


def _of_host(raw: bytes, host: str) -> bytes:
    return re.sub(rb"(?im)^(host: *)\S+", rb"\g<1>" + host.encode(), raw)


def _query(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def _open_views(page: Page) -> None:
    page.locator(".views > button").click()
    expect(page.get_by_role("dialog", name="Saved views")).to_be_visible()


def _save(page: Page, name: str, *ticks: str) -> None:
    _open_views(page)
    page.get_by_role("button", name="Save this view").click()
    dialog = page.get_by_role("dialog", name="Save this view")
    dialog.get_by_label("Name").fill(name)
    for tick in ticks:
        dialog.get_by_label(tick).check()
    dialog.get_by_role("button", name="Save", exact=True).click()
    expect(dialog).to_have_count(0)


@pytest.mark.parametrize("width", [1280, 360])
def test_a_view_is_saved_opened_replaced_begun_with_and_removed(
    visit: Callable[..., Page], api: Api, width: int
) -> None:
    name = f"Shop {width}"
    page = visit(viewport={"width": width, "height": 740})
    steps.remember_session(page.context, api)
    page.goto("/transactions?host=shop.example&since=now-24h")
    button = page.locator(".views > button")
    expect(button).to_have_text("Views")
    _save(page, name, "Share it with everybody")
    expect(button).to_have_text(name)
    assert "since" not in _query(page)
    assert _query(page)["host"] == ["shop.example"]
    # By the keyboard alone, from another search.
    page.goto("/transactions?status=403")
    expect(page.get_by_text(re.compile("transactions? ·")).first).to_be_visible()
    page.keyboard.press("v")
    expect(page.get_by_role("dialog", name="Saved views")).to_be_visible()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(button).to_have_text(name)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    # Replaced with what is shown, and the page begins with it.
    page.goto("/transactions?host=shop.example&blocked=true")
    _open_views(page)
    page.get_by_role("button", name=f"Change the view {name}").click()
    page.get_by_role("button", name="Replace it with what is shown now").click()
    page.get_by_label("This page begins with it, for me").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(button).to_have_text(name)
    page.goto("/transactions")
    expect(button).to_have_text(name)
    assert _query(page) == {"host": ["shop.example"], "blocked": ["true"]}
    # Who wants everything gets everything.
    page.get_by_role("link", name="Transactions", exact=True).click()
    expect(button).to_have_text("Views")
    assert _query(page) == {}
    _open_views(page)
    page.get_by_role("button", name=f"Change the view {name}").click()
    page.get_by_role("button", name="Remove…").click()
    page.get_by_role("button", name="Remove for good").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.goto("/transactions")
    expect(button).to_have_text("Views")
    assert _query(page) == {}


def test_the_map_shows_what_a_text_finds_and_keeps_it_as_a_view(
    visit: Callable[..., Page], bartizan: Bartizan, api: Api
) -> None:
    page = visit(viewport={"width": 1280, "height": 800})
    steps.remember_session(page.context, api)
    steps.open_map(page)
    seen = page.get_by_label("Counters").locator(".counter dd").nth(1)
    expect(seen).to_have_text("40")
    page.keyboard.press("/")
    box = page.get_by_role("combobox", name="Search")
    expect(box).to_be_focused()
    box.fill("host:shop.example")
    box.press("Enter")
    expect(seen).to_have_text("20")
    # What arrives is asked too.
    for host in (f"{_SECRET}.example", "shop.example"):
        (entry,) = recent(1, mark=host[:3])
        assert bartizan.deliver(_of_host(entry, host)) == 200
    expect(page.get_by_label("Counters").locator(".counter dd").first).not_to_have_text("0")
    expect(seen).to_have_text("21")
    page.locator(".views > button").click()
    page.get_by_role("button", name="Save this view").click()
    page.get_by_label("Name").fill("Attacks on the shop")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".views > button")).to_have_text("Attacks on the shop")
    page.goto("/?q=rule:")
    expect(page.get_by_role("alert").first).to_contain_text("character 1")


@pytest.mark.promise("S23")
def test_somebody_with_a_scope_sees_nothing_else_anywhere(
    visit: Callable[..., Page], bartizan: Bartizan, api: Api, images: Path
) -> None:
    """By a view that an administrator saved in the console; every byte that comes is looked at."""
    mine, theirs = api.stored(host="shop.example"), api.stored(host=f"{_SECRET}.example")
    summary = re.compile(rf"^{mine} transactions")
    admin = visit()
    steps.remember_session(admin.context, api)
    admin.goto("/transactions?q=host:shop.example")
    expect(admin.get_by_text(summary)).to_be_visible()
    _save(admin, "The shop", "Share it with everybody")
    admin.goto(f"/transactions?host={_SECRET}.example")
    _save(admin, f"{_SECRET} view", "Share it with everybody")
    bartizan.add_person("bea", "analyst")
    admin.goto("/people")
    admin.get_by_role("button", name="bea").click()
    admin.get_by_role("button", name="a part of it").click()
    admin.get_by_label("Only what a shared view finds").select_option("The shop")
    admin.get_by_role("button", name="Save", exact=True).click()
    expect(admin.get_by_role("row", name=re.compile("^bea"))).to_contain_text("view The shop")

    page = visit(viewport={"width": 1280, "height": 800})
    told: list[str] = []
    page.route("**/api/v1/**", lambda route: _look_into(route, told))
    page.goto("/login")
    steps.log_in(page, "bea")
    expect(page.get_by_role("heading", name="Live attack map")).to_be_attached()
    feed = page.get_by_role("table", name="Newest transactions").locator("tbody tr")
    expect(feed).to_have_count(mine)
    for address in (
        "/?window=7d",
        "/transactions",
        f"/transactions?host={_SECRET}.example",
        "/transactions?q=NOT+host:shop.example",
        "/overview",
        "/hosts",
        "/sensors",
        "/dead-letters",
        "/retention",
        f"/lookup?q={_SECRET}.example",
        "/account",
    ):
        page.goto(address)
        expect(page.locator("main#content")).to_be_visible()
        expect(page.locator("[aria-busy='true']")).to_have_count(0)
    page.goto("/transactions")
    expect(page.get_by_text(summary)).to_be_visible()
    expect(page.locator(".views")).to_be_visible()
    expect(page.locator(".histogram svg")).to_be_visible()
    page.screenshot(path=images / "scope.png")
    secrets = api.every_row(host=f"{_SECRET}.example")
    assert len(secrets) == theirs
    for part in ("", "/raw", "/neighbours", "/triage", "/retention"):
        answer = page.request.get(f"/api/v1/transactions/{secrets[0]['id']}{part}")
        assert answer.status == 404, part
    rows = [json.loads(line) for line in _exported(page).splitlines()]
    assert {row["host"] for row in rows} == {"shop.example"}
    assert len(rows) == mine
    page.goto("/account")
    expect(page.get_by_text("view The shop")).to_be_visible()
    assert told == []
    # What the view finds is what they see: it is told whose scope it is, and changed at once.
    admin.goto("/transactions?q=host:shop.example+blocked:false")
    _open_views(admin)
    admin.get_by_role("button", name="Change the view The shop").click()
    expect(admin.get_by_text("It is the scope of bea")).to_be_visible()
    admin.get_by_role("button", name="Replace it with what is shown now").click()
    admin.get_by_role("button", name="Save", exact=True).click()
    expect(admin.get_by_role("dialog")).to_have_count(0)
    page.goto("/transactions")
    expect(page.get_by_text(re.compile(r"^\d+ transactions"))).to_be_visible()
    expect(page.get_by_text(summary)).to_have_count(0)
    admin.goto("/trail")
    expect(admin.get_by_text("changed the view The shop")).to_be_visible()
    expect(admin.get_by_text(re.compile("scope of bea"))).to_be_visible()


@needs_axe
@both_themes
def test_neither_the_menu_nor_its_dialogs_keep_anybody_out(
    theme: str, visit: Callable[..., Page], api: Api
) -> None:
    """Without views, and with one that is open and begun with; and each dialog."""
    page = visit(viewport={"width": 1280, "height": 800})
    steps.remember_session(page.context, api)
    page.goto(f"/overview?theme={theme}")
    _open_views(page)
    found = violations(page)
    page.goto(f"/transactions?theme={theme}&host=shop.example&since=now-24h")
    name = f"Shop {theme}"
    _save(page, name, "Share it with everybody", "This page begins with it, for me")
    _open_views(page)
    expect(page.get_by_role("button", name=f"Change the view {name}")).to_be_visible()
    found += violations(page)
    page.get_by_role("button", name="Save this view").click()
    expect(page.get_by_role("dialog", name="Save this view")).to_be_visible()
    found += violations(page)
    page.keyboard.press("Escape")
    _open_views(page)
    page.get_by_role("button", name=f"Change the view {name}").click()
    page.get_by_role("button", name="Remove…").click()
    expect(page.get_by_role("button", name="Remove for good")).to_be_visible()
    found += violations(page)
    page.get_by_role("button", name="Remove for good").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert found == []


def _look_into(route: Route, told: list[str]) -> None:
    """What of the others is in an answer, beside the question for it; not in what never ends."""
    url = route.request.url
    if urlsplit(url).path == "/api/v1/live":
        route.continue_()
        return
    response = route.fetch()
    text = response.text()
    if _SECRET in (text.replace(f"{_SECRET}.example", "") if _SECRET in url else text):
        told.append(f"{url}: {text[:300]}")
    route.fulfill(response=response)


def _exported(page: Page) -> str:
    response = page.request.get("/api/v1/transactions.ndjson")
    assert response.ok
    return response.text()
