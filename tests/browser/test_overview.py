"""The overview and the table of hosts: cards that filter, numbers that agree, paper."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.axe import needs_axe, violations
from tests.browser.steps import remember_session
from tests.browser.traffic import deliver, recent
from tests.servers.bartizan import PASSWORD, Api, Bartizan, eventually

pytestmark = pytest.mark.browser

SENT = 120
NARROW = {"width": 360, "height": 740}
CARDS = (
    "Totals", "Over time", "Rules", "Categories", "Clients", "Networks", "Countries", "Hosts",
    "Paths", "Sensors", "Anomaly scores", "Severity", "Status", "First-seen rules",
    "First-seen paths",
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def traffic(bartizan: Bartizan, api: Api) -> None:
    deliver(bartizan, SENT)
    bartizan.command("demo", "--rate", "0", "--burst", "200", "--spread", "20")
    eventually(lambda: api.stored() >= SENT + 200, 40, "all of it is stored")
    host = api.get("/api/v1/facets/host")["values"][0]["value"]
    bartizan.command(
        "user", "add", "shopkeeper", "--scope", f"host={host}", "--password-stdin",
        stdin=PASSWORD + "\n",
    )  # fmt: skip


@pytest.fixture(autouse=True)
def logged_in(context: BrowserContext, api: Api) -> None:
    remember_session(context, api)


def _card(page: Page, title: str) -> Locator:
    return page.get_by_role("region", name=title, exact=True)


def _is_loaded(page: Page, *titles: str) -> None:
    for title in titles or CARDS:
        if title != "Over time":
            expect(_card(page, title)).to_have_attribute("aria-busy", "false")


def _figure(page: Page) -> Locator:
    return _card(page, "Totals").locator(".total-figure strong").first


def _counts(page: Page, expected: int) -> None:
    """Waits until the totals say so: what was there before stays while they are asked for."""
    expect(_figure(page)).to_have_text(f"{expected:,}")


def test_every_card_is_there_and_the_totals_are_those_of_the_list(
    page: Page, api: Api, images: Path
) -> None:
    page.set_viewport_size({"width": 1440, "height": 1000})
    page.goto("/overview?since=now-7d")
    _is_loaded(page)
    for title in CARDS:
        expect(_card(page, title).get_by_role("heading", name=title)).to_be_visible()
    _counts(page, api.stored(since="now-7d"))
    expect(_card(page, "Totals")).to_contain_text("nothing is stored of the 7 d before")
    rules = _card(page, "Rules")
    expect(rules.get_by_role("button", name=re.compile("^9[0-4]\\d{4} "))).not_to_have_count(0)
    expect(rules.get_by_role("button", name=re.compile("^(949|959|980)\\d{3} ."))).to_have_count(0)
    rules.get_by_text(re.compile("evaluation rule")).click()
    expect(rules.get_by_role("button", name=re.compile("^(949|959|980)"))).not_to_have_count(0)
    page.screenshot(path=images / "overview.png")
    page.goto("/overview?since=now-6h")
    compared = re.compile(r"(no change|[+−×][\d,<]+ ?%?) from [\d,]+ in the 6 h before")
    expect(_card(page, "Totals")).to_contain_text(compared)


def test_a_value_of_any_card_narrows_all_of_them_and_the_list_agrees(page: Page, api: Api) -> None:
    page.goto("/overview?since=now-7d")
    _card(page, "Categories").get_by_role("button", name=re.compile("^SQL injection")).click()
    expect(page).to_have_url(re.compile("category=sqli"))
    _is_loaded(page)
    expected = api.stored(since="now-7d", category="sqli")
    _counts(page, expected)
    others = _card(page, "Categories").get_by_role("button")
    expect(others).not_to_have_count(1)  # its own card still offers the others
    host = _card(page, "Hosts").get_by_role("button").first
    name = host.inner_text().split("\n")[0]
    host.click()
    expect(page).to_have_url(re.compile("host="))
    _is_loaded(page)
    both = api.stored(since="now-7d", category="sqli", host=name)
    _counts(page, both)
    page.get_by_role("link", name="Open in transactions").click()
    expect(page.get_by_role("region", name="Transactions").get_by_role("status")).to_have_text(
        re.compile(rf"^{both:,} transaction")
    )
    page.go_back()
    _card(page, "Categories").get_by_role("button", pressed=True).click()
    expect(page).not_to_have_url(re.compile("category="))


def test_the_keyboard_alone_is_enough(page: Page, api: Api) -> None:
    page.goto("/overview?since=now-7d")
    _is_loaded(page)
    status = _card(page, "Status").get_by_role("button").first
    status.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("status="))
    expected = api.stored(since="now-7d", status=re.findall(r"status=(\d+)", page.url)[0])
    _counts(page, expected)
    as_table = _card(page, "Over time").get_by_role("button", name="as a table")
    as_table.focus()
    page.keyboard.press("Enter")
    table = page.get_by_role("table", name="Transactions over time")
    expect(table).to_be_visible()
    cells = table.locator("td:nth-child(2)").all_inner_texts()
    assert sum(int(cell.replace(",", "")) for cell in cells) == expected


def test_the_address_keeps_the_time_and_no_time_means_a_day(page: Page, api: Api) -> None:
    page.goto("/overview")
    expect(page.get_by_role("button", name=re.compile("Last 24 hours"))).to_be_visible()
    _counts(page, api.stored(since="now-24h"))
    page.goto("/overview?range=all")
    _counts(page, api.stored())
    expect(_card(page, "First-seen rules")).to_contain_text("time range that has a beginning")


def test_an_empty_time_says_why(page: Page) -> None:
    page.goto("/overview?since=2020-01-01&until=2020-01-02")
    expect(page.get_by_role("heading", name="Nothing in this time range")).to_be_visible()
    page.get_by_role("button", name="Jump to the newest").click()
    expect(_figure(page)).to_have_text(re.compile("^[1-9]"))
    page.goto("/overview?since=now-7d&host=nobody.example")
    page.get_by_role("button", name="Remove host").click()
    expect(_figure(page)).to_have_text(re.compile("^[1-9]"))


@pytest.mark.parametrize(
    ("code", "says"), [("too-slow", "takes too long"), ("store-unavailable", "cannot be reached")]
)
def test_a_card_that_fails_fails_alone_and_can_be_tried_again(
    browser: Browser, bartizan: Bartizan, api: Api, code: str, says: str
) -> None:
    """The server's answer is taken from it on the way: no store can be made slow at will."""
    context = browser.new_context(base_url=bartizan.console_url)
    remember_session(context, api)
    page = context.new_page()
    body = {"error": {"code": code, "message": "the store cannot be reached", "request_id": "r1"}}
    page.route(
        "**/api/v1/facets/network?*", lambda route: route.fulfill(status=503, json=body), times=1
    )
    page.goto("/overview?since=now-7d")
    card = _card(page, "Networks")
    expect(card).to_contain_text(says)
    expect(_card(page, "Clients").get_by_role("button")).not_to_have_count(0)
    card.get_by_role("button", name="Try again").click()
    expect(card).not_to_contain_text(says)
    expect(card.get_by_role("button", name=re.compile("transactions"))).not_to_have_count(0)
    context.close()


@pytest.mark.promise("S23")
def test_whoever_sees_one_host_sees_that_hosts_numbers_alone(
    visit: Callable[..., Page], bartizan: Bartizan, api: Api
) -> None:
    host = api.get("/api/v1/facets/host")["values"][0]["value"]
    mine = api.stored(since="now-7d", host=host)
    assert mine < api.stored(since="now-7d")
    page = visit()
    remember_session(page.context, bartizan.login("shopkeeper"))
    page.goto("/overview?since=now-7d")
    _is_loaded(page)
    _counts(page, mine)
    names = _card(page, "Hosts").get_by_role("button").all_inner_texts()
    assert [name.split("\n")[0] for name in names] == [host]
    page.goto("/hosts?since=now-7d")
    expect(page.locator(".hosts-table tbody tr")).to_have_count(1)


def test_hosts_can_be_sorted_found_and_followed(page: Page, api: Api) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto("/hosts?since=now-7d")
    rows = page.locator(".hosts-table tbody tr")
    counted = api.get("/api/v1/facets/host", since="now-7d", limit=100)["values"]
    expect(rows).to_have_count(len(counted))
    expect(page.get_by_role("region", name="Hosts")).to_have_attribute("aria-busy", "false")
    expect(rows.first.locator("th")).to_have_text(counted[0]["value"])
    expect(rows.first.locator("td").first).to_have_text(re.compile("On|DetectionOnly|not stated"))
    expect(rows.first.locator(".trend-small")).to_be_visible()
    page.get_by_role("button", name="Host", exact=True).click()
    names = [name.strip() for name in rows.locator("th").all_inner_texts()]
    assert names == sorted(
        names, key=lambda name: [int(p) if p.isdigit() else p for p in re.split(r"(\d+)", name)]
    )
    page.get_by_role("searchbox", name="Find a host").fill(names[-1])
    expect(rows).to_have_count(1)
    page.get_by_role("link", name=names[-1], exact=True).click()
    expect(page).to_have_url(re.compile(r"/overview\?host="))
    _counts(page, api.stored(since="now-7d", host=names[-1]))


@pytest.mark.parametrize("width", [1440, 800, 360])
def test_the_engine_mode_of_a_host_stands_in_one_line(
    width: int, page: Page, bartizan: Bartizan, api: Api
) -> None:
    host = f"watched-{width}.example"
    (entry,) = recent(1, mark=f"watched{width}-")
    entry = re.sub(rb"(?im)^(host: *)\S+", rb"\g<1>" + host.encode(), entry)
    assert bartizan.deliver(entry.replace(b'"ENABLED"', b'"DETECTION_ONLY"')) == 200
    eventually(lambda: api.stored(host=host) == 1, 30, "it is stored")
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/hosts")
    mode = page.get_by_role("row", name=re.compile(host)).get_by_text("DetectionOnly")
    expect(mode).to_be_visible()
    assert mode.evaluate("(mode) => mode.getClientRects().length") == 1
    box = mode.bounding_box()
    assert box
    assert box["height"] < 24


def test_on_paper_it_is_black_on_white_and_says_whose_and_when(page: Page, tmp_path: Path) -> None:
    page.goto("/overview?since=now-7d&category=sqli&theme=dark")
    _is_loaded(page)
    page.emulate_media(media="print")
    head = page.locator(".print-head")
    expect(head).to_be_visible()
    expect(head).to_contain_text("Category: sqli")
    expect(head).to_contain_text(re.compile(r"by anna, \d{4}-\d\d-\d\d"))
    expect(head).to_contain_text(re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d to \d{4}"))
    expect(page.locator(".nav")).to_be_hidden()
    expect(page.get_by_role("link", name="Open in transactions")).to_be_hidden()
    expect(page.locator(".paper-bars")).to_be_visible()
    colours = page.evaluate(
        """() => [...document.querySelectorAll('main *')].filter((one) => one.checkVisibility()).flatMap((one) => {
          const { color, backgroundColor, fill } = getComputedStyle(one);
          return [color, backgroundColor, ...(one instanceof SVGElement ? [fill] : [])];
        })"""
    )
    channels = [re.findall(r"[\d.]+", colour)[:3] for colour in set(colours) if "rgb" in colour]
    assert channels
    assert [one for one in channels if len(set(one)) > 1] == []  # no colour but grey
    pdf = page.pdf(path=tmp_path / "overview.pdf", format="A4")
    assert pdf.startswith(b"%PDF-")
    pages = len(re.findall(rb"/Type\s*/Page\b", pdf))
    assert 1 <= pages <= 4


@needs_axe
@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("path", ["/overview?since=now-7d", "/hosts?since=now-7d"])
def test_boards_are_accessible_and_fit_a_phone(theme: str, path: str, page: Page) -> None:
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.goto(path)
    if "overview" in path:
        _is_loaded(page)
    else:
        expect(page.get_by_role("region", name="Hosts")).to_have_attribute("aria-busy", "false")
    found = violations(page)
    page.set_viewport_size(NARROW)
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    assert found + violations(page) == []
