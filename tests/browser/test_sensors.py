"""From no sensor to its first transaction, in the console alone; and what a sensor's page does."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.axe import both_themes, needs_axe, violations
from tests.browser.steps import open_everything, remember_session
from tests.browser.traffic import deliver
from tests.servers.bartizan import Api, Bartizan, eventually

pytestmark = pytest.mark.browser

STEPS = ("Connected", "Authenticated", "First entry", "Decoded", "Stored")


@pytest.fixture(scope="module")
def bartizan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bartizan]:
    """A service with an administrator, anna, and no sensor."""
    service = Bartizan(tmp_path_factory.mktemp("sensors"))
    service.start()
    service.add_person()
    service.add_person("vera", "viewer")
    yield service
    service.stop()


@pytest.fixture(scope="module")
def api(bartizan: Bartizan) -> Api:
    return bartizan.login()


@pytest.fixture(autouse=True)
def logged_in(context: BrowserContext, api: Api) -> None:
    remember_session(context, api)


def _register(page: Page, name: str, *, label: str = "") -> str:
    """Fill the wizard in; gives the secret that it shows."""
    page.goto("/add-sensor")
    page.get_by_label("Name", exact=False).first.fill(name)
    page.get_by_label("Label").fill(label)
    page.get_by_role("button", name="Register the sensor").click()
    expect(page.get_by_role("heading", name="Paste this on the web server")).to_be_focused()
    return page.locator(".secret code").inner_text()


def _light(page: Page, step: str, state: str) -> None:
    light = page.get_by_role("list", name="From the web server to the screen")
    item = light.get_by_role("listitem").filter(has_text=re.compile(rf"^{step}: {state}"))
    expect(item).to_be_visible(timeout=10_000)


def test_from_no_sensor_to_its_first_transaction(
    page: Page, bartizan: Bartizan, api: Api, images: Path
) -> None:
    page.set_viewport_size({"width": 1280, "height": 1000})
    page.goto("/?theme=dark")
    page.get_by_role("link", name="Add the first sensor").click()
    page.get_by_label("Name", exact=False).first.fill("web-1")
    page.get_by_label("Label").fill("Shop, Frankfurt")
    page.get_by_label("City or country").fill("Frankfurt, Germany")
    expect(page.get_by_label("Latitude")).to_have_value("50.11")
    page.get_by_label("Allowed source addresses").fill("127.0.0.0/8")
    page.get_by_role("button", name="Register the sensor").click()
    secret = page.locator(".secret code").inner_text()
    configuration = page.get_by_label("/etc/mlogc.conf", exact=True)
    expect(configuration).to_contain_text(f'SensorPassword      "{secret}"')
    for step in STEPS:
        _light(page, step, "waiting")

    bartizan.deliver(b"entry", "web-1", "not the secret")
    _light(page, "Authenticated", "failed")
    expect(page.get_by_text("the secret is wrong")).to_be_visible()
    assert len(page.screenshot(path=images / "sensor-wizard.png", full_page=True)) > 30_000

    deliver(bartizan, 3, "web-1", secret)
    for step in STEPS:
        _light(page, step, "done")
    page.get_by_role("link", name="See its transactions").click()
    expect(page.locator("tr[data-id]")).to_have_count(3)
    (sensor,) = api.get("/api/v1/sensors")["sensors"]
    assert (sensor["label"], sensor["latitude"]) == ("Shop, Frankfurt", 50.11)


def test_a_sensor_with_a_mistyped_name_is_found_among_the_strangers(
    page: Page, bartizan: Bartizan
) -> None:
    secret = _register(page, "typo-1")
    bartizan.deliver(b"entry", "tpyo-1", secret)
    expect(page.get_by_text("tpyo-1")).to_be_visible(timeout=10_000)
    expect(page.get_by_text("no sensor of this name is registered")).to_be_visible()
    page.goto("/sensors")
    expect(page.get_by_role("row").filter(has_text="tpyo-1")).to_be_visible()


def test_every_kind_of_web_server_has_its_configuration(page: Page) -> None:
    secret = _register(page, "kinds-1")
    tabs = page.get_by_role("tablist", name="Kind of web server")
    count = tabs.get_by_role("tab").count()
    assert count == 7
    tabs.get_by_role("tab").first.focus()
    seen = set()
    for _ in range(count):
        panel = page.get_by_role("tabpanel")
        expect(panel).to_contain_text(secret)
        seen.add(panel.get_by_role("heading").inner_text())
        page.keyboard.press("ArrowRight")
    assert len(seen) == count
    tabs.get_by_role("tab", name="nginx, HTTPS").click()
    expect(page.get_by_text("never tries again")).to_be_visible()
    page.get_by_label("How the web server reaches this collector").fill("https://waf.example")
    page.keyboard.press("Enter")
    expect(page.get_by_role("tabpanel")).to_contain_text(
        f"https://waf.example/v1/modsecurity/{secret}"
    )


def test_the_test_attack_is_for_the_site_that_is_typed(page: Page) -> None:
    _register(page, "attack-1")
    page.get_by_label("The site that this web server protects").fill("shop.example/it's")
    expect(page.locator(".test-attack code")).to_contain_text(
        "'https://shop.example/it'\\''s?bartizan-test="
    )
    page.get_by_label("The site that this web server protects").fill("ftp://shop.example")
    expect(page.get_by_text("That is no address of a site.")).to_be_visible()


def test_what_is_refused_is_told_and_nothing_is_lost_of_what_was_typed(page: Page) -> None:
    page.goto("/add-sensor")
    page.get_by_label("Name", exact=False).first.fill("refused-1")
    page.get_by_label("Trusted proxies").fill("everybody")
    page.get_by_role("button", name="Register the sensor").click()
    expect(page.get_by_role("alert")).to_contain_text("a network is written as")
    expect(page.get_by_label("Trusted proxies")).to_have_value("everybody")


def test_a_place_is_chosen_by_pointing_at_the_map(page: Page) -> None:
    page.goto("/add-sensor")
    chart = page.get_by_role("img", name=re.compile("World map"))
    box = chart.bounding_box()
    assert box is not None
    chart.click(position={"x": box["width"] * 0.47, "y": box["height"] * 0.4})
    expect(page.get_by_label("Latitude")).not_to_have_value("")
    north = float(page.get_by_label("Latitude").input_value())
    assert -40 < north < 60


def test_a_known_sensor_is_changed_and_gets_a_new_secret(
    page: Page, bartizan: Bartizan, api: Api
) -> None:
    old = api.post("/api/v1/sensors", {"name": "change-1"})["secret"]
    eventually(lambda: bartizan.deliver(b"", "change-1", old) == 409, 10, "known")
    page.goto("/sensors/change-1")
    page.get_by_label("Label").fill("Blog")
    page.get_by_label("Time zone").fill("Europe/Berlin")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_role("heading", name="Blog")).to_be_visible()
    assert api.get("/api/v1/sensors/change-1")["settings"]["zone"] == "Europe/Berlin"
    page.get_by_role("button", name="New secret").click()
    page.get_by_role("button", name="Make a new secret").click()
    new = page.locator(".secret code").inner_text()
    eventually(lambda: bartizan.deliver(b"", "change-1", old) == 401, 10, "the old is refused")
    assert bartizan.deliver(b"", "change-1", new) == 409
    page.get_by_role("button", name="Disable").click()
    expect(page.get_by_text("disabled").first).to_be_visible()
    eventually(lambda: bartizan.deliver(b"", "change-1", new) == 401, 10, "disabled")
    page.get_by_role("button", name="Enable").click()
    eventually(lambda: bartizan.deliver(b"", "change-1", new) == 409, 10, "enabled")


def test_who_is_no_administrator_sees_and_changes_nothing(
    visit: Callable[..., Page], bartizan: Bartizan, api: Api
) -> None:
    api.post("/api/v1/sensors", {"name": "seen-1"})
    page = visit()
    remember_session(page.context, bartizan.login("vera"))
    page.goto("/sensors")
    expect(page.get_by_role("link", name="seen-1")).to_be_visible()
    expect(page.get_by_role("link", name="Add a sensor")).to_have_count(0)
    page.goto("/sensors/seen-1")
    expect(page.get_by_text("anywhere", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Save")).to_have_count(0)
    expect(page.get_by_role("button", name="New secret")).to_have_count(0)
    page.goto("/add-sensor")
    expect(page.get_by_role("heading", name=re.compile("by administrators"))).to_be_visible()


def test_three_hundred_sensors_can_be_sorted_and_found(
    page: Page, bartizan: Bartizan, api: Api
) -> None:
    for number in range(300):
        api.post("/api/v1/sensors", {"name": f"many-{number}", "label": f"Site {number}"})
    page.goto("/sensors")
    rows = page.get_by_role("table", name="Sensors").locator("tbody tr")
    expect(rows.nth(300)).to_be_attached()
    page.get_by_role("button", name="Sensor", exact=True).click()
    names = [name.split("\n")[0] for name in rows.locator("th").all_inner_texts()]
    sites = [int(name.split()[1]) for name in names if name.startswith("Site")]
    assert sites == sorted(sites)
    page.get_by_role("button", name="Sensor", exact=True).click()
    expect(page.get_by_role("columnheader", name="Sensor")).to_have_attribute(
        "aria-sort", "descending"
    )
    page.get_by_label("Find a sensor").fill("many-27")
    expect(rows).to_have_count(11)
    page.get_by_role("link", name="Site 271").click()
    expect(page).to_have_url(re.compile("/sensors/many-271$"))


@needs_axe
@both_themes
def test_no_page_of_sensors_has_a_serious_accessibility_violation(
    theme: str, page: Page, bartizan: Bartizan, api: Api
) -> None:
    bartizan.deliver(b"entry", "stranger-1", "x")
    found = []
    for address in ("/sensors", "/sensors/web-1", "/add-sensor"):
        page.goto(f"{address}?theme={theme}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.locator(".progress-on")).to_have_count(0)
        open_everything(page)
        found += violations(page)
    _register(page, f"axe-{theme}")
    bartizan.deliver(b"entry", f"axe-{theme}", "wrong")
    _light(page, "Authenticated", "failed")
    found += violations(page)
    assert found == []


@pytest.mark.parametrize("address", ["/sensors", "/sensors/web-1", "/add-sensor"])
def test_a_phone_needs_no_sideways_scrolling(address: str, page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 360
