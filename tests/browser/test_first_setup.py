"""From a fresh start to logged in: the one-time code, the login, the logout."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import log_in
from tests.browser.traffic import deliver
from tests.servers.bartizan import PASSWORD, Bartizan

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def bartizan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bartizan]:
    """A service where nobody exists yet."""
    service = Bartizan(tmp_path_factory.mktemp("fresh"))
    service.start()
    yield service
    service.stop()


def _code(service: Bartizan) -> str:
    found = re.search(r"Set-up code: +(\S+)", service.log)
    assert found, service.log
    return found[1]


def _set_up(page: Page, code: str, password: str = PASSWORD) -> None:
    page.get_by_label("One-time code").fill(code)
    page.get_by_label("Name").fill("anna")
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_label("Password again").fill(password)
    page.get_by_role("button", name="Create the account").click()


@pytest.mark.promise("S21")
def test_without_the_code_nobody_gets_in(page: Page) -> None:
    page.goto("/")
    expect(page).to_have_url(re.compile("/setup"))
    _set_up(page, "aaaa-bbbb-cccc-dddd")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("One-time code")).to_be_visible()


@pytest.mark.promise("S21")
def test_the_printed_code_makes_the_first_administrator(bartizan: Bartizan, page: Page) -> None:
    page.goto("/")
    _set_up(page, _code(bartizan))
    expect(page.get_by_role("heading", name="No sensor yet")).to_be_visible()
    expect(page.get_by_role("link", name="Account")).to_be_visible()


def test_a_wrong_password_is_refused_and_the_right_one_is_not(page: Page) -> None:
    page.goto("/")
    expect(page).to_have_url(re.compile("/login"))
    log_in(page, password="not the password")
    expect(page.get_by_role("alert")).to_be_visible()
    log_in(page)
    expect(page.get_by_role("heading", name="No sensor yet")).to_be_visible()


@pytest.mark.promise("S11")
def test_after_logging_out_the_old_session_is_worth_nothing(page: Page) -> None:
    page.goto("/transactions")
    log_in(page)
    expect(page).to_have_url(re.compile("/transactions$"))
    cookies = page.context.cookies()
    page.goto("/account")
    page.get_by_role("button", name="Log out", exact=True).click()  # not one of the sessions listed
    expect(page.get_by_label("Password", exact=True)).to_be_visible()
    page.context.add_cookies(cookies)
    page.goto("/transactions")
    expect(page).to_have_url(re.compile("/login"))


def test_a_page_that_waits_for_the_first_entry_looks_again_by_itself(
    bartizan: Bartizan, page: Page
) -> None:
    page.goto("/transactions")
    log_in(page)
    expect(page.get_by_role("heading", name="No sensor yet")).to_be_visible()
    on_map = page.context.new_page()
    on_map.goto("/")
    expect(on_map.get_by_role("heading", name="No sensor yet")).to_be_visible()
    bartizan.add_sensor("web-1", "first")
    for one in (page, on_map):
        heading = one.get_by_role("heading", name=re.compile("none has sent anything"))
        expect(heading).to_be_visible(timeout=20_000)
    deliver(bartizan, 1, "web-1", "first")
    expect(page.locator("tr[data-id]")).to_have_count(1)
    expect(on_map.get_by_role("heading", name=re.compile("none has sent"))).to_have_count(0)
    expect(
        on_map.get_by_role("table", name="Newest transactions").locator("tbody tr")
    ).to_have_count(1)
