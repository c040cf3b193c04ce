"""People in a real browser: invited, bound to a scope, shut out; tokens; who opened what."""

import re
from collections.abc import Callable, Sequence

import pytest
from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.traffic import deliver
from tests.servers.bartizan import PASSWORD, Api, Bartizan, eventually

pytestmark = pytest.mark.browser


@pytest.fixture
def forgiven() -> Sequence[str]:
    """Who is logged out elsewhere hears 401 once more, of which Chromium writes a line."""
    return ("status of 401",)


@pytest.fixture
def admin(visit: Callable[..., Page], api: Api) -> Page:
    page = visit()
    steps.remember_session(page.context, api)
    return page


@pytest.mark.promise("S23")
def test_somebody_invited_sees_their_hosts_and_nothing_else(
    admin: Page, visit: Callable[..., Page], bartizan: Bartizan, api: Api
) -> None:
    deliver(bartizan, 20)
    eventually(lambda: api.stored() >= 20, 20, "stored")
    admin.goto("/people")
    admin.get_by_role("button", name="Invite a person").click()
    admin.get_by_label("Name").fill("bea")
    admin.get_by_role("radio", name=re.compile("Analyst")).check()
    admin.get_by_role("button", name="a part of it").click()
    admin.get_by_label("Only these hosts").fill("nobody-has-this.example")
    admin.get_by_role("combobox", name=re.compile("^Payloads")).select_option("Hidden")
    admin.get_by_role("button", name="Make the link").click()
    link = admin.get_by_role("dialog").locator("code").inner_text()
    admin.keyboard.press("Escape")
    row = admin.get_by_role("row", name=re.compile("^bea"))
    expect(row).to_contain_text("invited")
    expect(row).to_contain_text("host nobody-has-this.example")

    bea = visit()
    bea.goto(link)
    expect(bea.get_by_label("Name")).to_have_value("bea")
    assert "code" not in bea.url
    bea.get_by_label("Password", exact=True).fill(PASSWORD)
    bea.get_by_label("Password again").fill(PASSWORD)
    bea.get_by_role("button", name="Log in").click()
    expect(bea.get_by_role("link", name="Map", exact=True)).to_be_visible()
    expect(bea.get_by_role("link", name="People")).to_have_count(0)
    expect(bea.get_by_role("link", name=re.compile("Dead letters"))).to_have_count(0)
    bea.goto("/transactions?since=now-7d")
    expect(bea.get_by_role("heading", name="Nothing that you may see has arrived")).to_be_visible()
    bea.goto("/people")
    expect(bea.get_by_role("heading", name="People is for administrators")).to_be_visible()

    admin.goto("/people")
    admin.get_by_role("button", name="bea").click()
    admin.get_by_role("button", name="Shut out").click()
    expect(admin.get_by_role("row", name=re.compile("^bea"))).to_contain_text("shut out")
    bea.goto("/account")
    expect(bea.get_by_role("button", name="Log in")).to_be_visible()


@pytest.mark.promise("S25")
def test_a_token_is_made_used_and_revoked_and_the_trail_tells_it(
    admin: Page, api: Api, bartizan: Bartizan
) -> None:
    deliver(bartizan, 5)
    row = eventually(lambda: api.get("/api/v1/transactions")["transactions"], 20, "stored")[0]
    admin.goto("/account")
    admin.get_by_role("button", name="New token").click()
    admin.get_by_label("Name").fill("nightly export")
    admin.get_by_role("button", name="Make the token").click()
    secret = admin.get_by_role("dialog").locator(".once code").inner_text()
    assert secret.startswith("bzt_")
    admin.keyboard.press("Escape")
    expect(admin.get_by_role("row", name=re.compile("nightly export"))).to_contain_text("viewer")
    admin.goto(f"/transactions/{row['id']}")
    expect(admin.get_by_role("heading", level=1)).to_be_visible()
    admin.goto("/account")
    admin.get_by_role("button", name="Revoke nightly export").click()
    expect(admin.get_by_role("row", name=re.compile("nightly export"))).to_have_count(0)
    admin.goto("/trail")
    expect(admin.get_by_text("revoked the token nightly export")).to_be_visible()
    expect(admin.get_by_role("link", name=f"of transaction {row['id']}").first).to_be_visible()
    assert secret not in admin.content()
    admin.get_by_label("What").select_option("Payloads")
    expect(admin.get_by_text("revoked the token")).to_have_count(0)
    with admin.expect_download() as download:
        admin.get_by_role("link", name="Download CSV").click()
    assert download.value.suggested_filename == "access-trail.csv"


@pytest.mark.promise("S24")
def test_whoever_may_not_see_payloads_is_told_so(
    visit: Callable[..., Page], bartizan: Bartizan, api: Api
) -> None:
    deliver(bartizan, 5)
    row = eventually(lambda: api.get("/api/v1/transactions")["transactions"], 20, "stored")[0]
    bartizan.add_person("help desk", "viewer")
    page = visit(viewport={"width": 360, "height": 740})
    page.goto(f"/transactions/{row['id']}")
    steps.log_in(page, "help desk")
    expect(page.get_by_role("heading", name="The payload is not shown to you")).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("raw|download", re.IGNORECASE))).to_have_count(
        0
    )
    assert "?" not in page.locator(".headline-request").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_own_password_is_changed_and_everywhere_logged_out(
    visit: Callable[..., Page], bartizan: Bartizan
) -> None:
    bartizan.add_person("carl", "analyst")
    page, elsewhere = visit(), visit()
    for one in (page, elsewhere):
        one.goto("/account")
        steps.log_in(one, "carl")
        expect(one.get_by_role("heading", name="carl")).to_be_visible()
    page.get_by_text("Change the password").first.click()
    page.get_by_label("Present password").fill(PASSWORD)
    page.get_by_label("New password", exact=True).fill("quite another sentence")
    page.get_by_label("New password again").fill("quite another sentence")
    page.get_by_role("button", name="Change the password").click()
    changed = page.get_by_text("You are logged out everywhere else")
    expect(changed).to_be_visible(timeout=20_000)  # three passwords are hashed
    elsewhere.goto("/login")
    expect(elsewhere.get_by_role("button", name="Log in")).to_be_visible()
    steps.log_in(elsewhere, "carl", "quite another sentence")
    expect(elsewhere.get_by_role("heading", name="Live attack map")).to_be_attached()
    elsewhere.goto("/account")
    elsewhere.get_by_role("button", name="Log out everywhere").click()
    expect(elsewhere.get_by_role("button", name="Log in")).to_be_visible()
    page.goto("/map")
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
