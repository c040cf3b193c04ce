"""Logging in with a real provider, in a real browser, from the button to the log-out."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import steps
from tests.browser.profiles import profile
from tests.servers import oidc as oidc_server
from tests.servers.bartizan import Bartizan, running
from tests.servers.oidc import CLIENT_SECRET, OidcProvider

pytestmark = [pytest.mark.browser, pytest.mark.peers]

_GROUPS = """
[[oidc.groups]]
group = "waf-admins"
role = "admin"

[[oidc.groups]]
group = "shop-team"
role = "analyst"
scope = "host=shop.example"
payloads = false
"""


@pytest.fixture(scope="module")
def provider() -> Iterator[OidcProvider]:
    if not oidc_server.is_installed():
        pytest.skip("scripts/install_oidc_provider.sh has not run")
    found = OidcProvider("")
    yield found
    found.stop()


@pytest.fixture(scope="module")
def bartizan(
    tmp_path_factory: pytest.TempPathFactory, provider: OidcProvider
) -> Iterator[Bartizan]:
    directory = tmp_path_factory.mktemp("single-sign-on")
    secret = directory / "secret"
    secret.write_text(CLIENT_SECRET + "\n")
    settings = {
        "oidc": {
            "issuer": provider.issuer,
            "client_id": "bartizan",
            "client_secret_file": str(secret),
            "name": "Example ID",
            "allowed_domains": ["example.com"],
        }
    }
    service = Bartizan(directory / "service", settings=settings)
    with Path(service.directory / "bartizan.toml").open("a") as file:
        file.write(_GROUPS)
    provider.serve(service.console_url)
    provider.start()
    with running(service):
        yield service


@pytest.fixture
def visit(browser: Browser, bartizan: Bartizan) -> Iterator[Callable[[], Page]]:
    """As everywhere, but unwatched: the pages of the provider are foreign on purpose."""
    with ExitStack() as opened:
        yield lambda: opened.enter_context(profile(browser, bartizan.console_url)).new_page()


def _log_in_as(page: Page, who: str, address: str = "/") -> None:
    page.goto(address)
    page.get_by_role("link", name="Log in with Example ID").click()
    page.get_by_label("Who").fill(who)
    page.get_by_label("Secret").fill("provider")
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.promise("S22")
def test_somebody_of_the_administrators_group_comes_in_and_goes_out(
    visit: Callable[[], Page], bartizan: Bartizan
) -> None:
    page = visit()
    _log_in_as(page, "u-1", "/people?x=1")
    expect(page.get_by_role("heading", name="People")).to_be_visible()
    assert page.url == f"{bartizan.console_url}/people?x=1"
    row = page.get_by_role("row", name="olga")
    expect(row).to_contain_text("single sign-on")
    expect(row).to_contain_text("admin")
    names = {cookie["name"] for cookie in page.context.cookies(bartizan.console_url)}
    assert "bartizan" in names
    assert "bartizan-attempt" not in names
    page.goto("/account")
    expect(page.get_by_role("heading", name="Password")).to_have_count(0)
    page.get_by_role("button", name="Log out", exact=True).click()
    page.wait_for_url("**/session/end**")
    page.goto(bartizan.console_url + "/people")
    expect(page.get_by_role("button", name="Log in")).to_be_visible()


@pytest.mark.promise("S22")
def test_a_group_may_be_bound_to_a_scope(visit: Callable[[], Page]) -> None:
    page = visit()
    _log_in_as(page, "u-2", "/account")
    expect(page.get_by_text("analyst, sees host shop.example, without payloads")).to_be_visible()


@pytest.mark.promise("S22")
@pytest.mark.parametrize(
    ("who", "says"),
    [
        ("u-3", "none of your groups"),
        ("u-4", "not of a domain"),
        ("u-5", "not of a domain"),
        ("nobody", "let nobody in"),
    ],
)
def test_whoever_may_not_come_in_is_told_why(
    visit: Callable[[], Page], who: str, says: str
) -> None:
    page = visit()
    _log_in_as(page, who)
    expect(page.get_by_role("alert")).to_contain_text(says)
    page.goto("/")
    expect(page.get_by_role("button", name="Log in")).to_be_visible()


@pytest.mark.promise("S22")
def test_a_name_with_a_password_here_is_never_taken_over(
    visit: Callable[[], Page], bartizan: Bartizan
) -> None:
    page = visit()
    _log_in_as(page, "u-6", "/account")
    expect(page.get_by_role("heading", name="anna@example.com")).to_be_visible()
    anna = visit()
    anna.goto("/")
    steps.log_in(anna)
    expect(anna.get_by_role("heading", name="Live attack map")).to_be_attached()
    anna.goto("/account")
    expect(anna.get_by_role("heading", name="anna", exact=True)).to_be_visible()
    expect(anna.get_by_text("admin, sees everything")).to_be_visible()


@pytest.mark.promise("S22")
def test_a_forged_answer_opens_nothing(visit: Callable[[], Page], provider: OidcProvider) -> None:
    page = visit()
    page.goto(f"/oidc/callback?code=stolen&state=made-up&iss={provider.issuer}")
    expect(page.get_by_role("alert")).to_contain_text("began in another browser")
    page.goto("/login")
    expect(page.get_by_role("button", name="Log in")).to_be_visible()


@pytest.mark.promise("S22")
def test_with_the_provider_away_a_password_still_opens(
    visit: Callable[[], Page], provider: OidcProvider, bartizan: Bartizan
) -> None:
    provider.stop()
    bartizan.stop()
    bartizan.start()
    try:
        page = visit()
        page.goto("/")
        page.get_by_role("link", name="Log in with Example ID").click()
        expect(page.get_by_role("alert")).to_contain_text("does not answer")
        steps.log_in(page)
        expect(page.get_by_role("heading", name="Live attack map")).to_be_attached()
    finally:
        provider.start()
