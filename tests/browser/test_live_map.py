"""The main job, seen by a person: an attack on a real Apache is on the live map two seconds later."""

import re
import time

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.steps import open_map, painted, remember_session
from tests.servers.apache import Apache
from tests.servers.bartizan import Api, eventually

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def logged_in(context: BrowserContext, api: Api) -> None:
    remember_session(context, api)


@pytest.mark.peers
@pytest.mark.promise("R11")
def test_an_attack_is_on_the_map_within_two_seconds(page: Page, apache: Apache) -> None:
    open_map(page)
    times = []
    for number in range(5):
        probe = f"probe{number}x{time.monotonic_ns()}"
        apache.attack(f"{probe}' or '1'='1")
        began = time.monotonic()
        row = page.get_by_role("row").filter(has_text=probe)
        expect(row).to_be_visible(timeout=2000)
        times.append(time.monotonic() - began)
        expect(row).to_contain_text("blocked")
        expect(row).to_contain_text("United Kingdom")
    eventually(lambda: painted(page, 2)["painted"] > 0, 2, "an arc is drawn")
    print(f"on the map after {max(times) * 1000:.0f} ms at worst of {len(times)}")


@pytest.mark.peers
def test_counters_count_what_arrives(page: Page, apache: Apache, api: Api) -> None:
    open_map(page)
    before = api.stored()
    for _ in range(3):
        apache.attack()
    expect(page.get_by_label("Counters")).to_contain_text(f"{before + 3:,}", timeout=5000)


def test_globe_and_flat_are_chosen_by_click_and_by_key(page: Page) -> None:
    open_map(page)
    page.get_by_role("button", name="Globe").click()
    expect(page).to_have_url(re.compile(r"view=globe"))
    page.keyboard.press("g")
    expect(page).not_to_have_url(re.compile(r"view=globe"))
    page.keyboard.press("t")
    expect(page.get_by_role("button", name="Table")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_theme_is_chosen_by_click_and_follows_the_system(browser: Browser, page: Page) -> None:
    page.emulate_media(color_scheme="light")
    open_map(page)
    root = page.locator("html")
    expect(root).to_have_attribute("data-theme", "light")
    page.get_by_role("button", name="Dark theme").click()
    expect(root).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(root).to_have_attribute("data-theme", "dark")


@pytest.mark.peers
def test_without_motion_attacks_are_shown_all_the_same(page: Page, apache: Apache) -> None:
    page.emulate_media(reduced_motion="reduce")
    open_map(page)
    probe = f"calm{time.monotonic_ns()}"
    apache.attack(f"{probe}' or '1'='1")
    expect(page.get_by_role("row").filter(has_text=probe)).to_be_visible(timeout=2000)
    moving = page.evaluate(
        "document.getAnimations().filter((one) => one.playState === 'running').length"
    )
    assert moving == 0
