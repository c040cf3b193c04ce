"""Redaction in a real browser: rules tried on an entry, and secrets that no page shows."""

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.axe import both_themes, needs_axe, violations
from tests.browser.steps import open_everything, remember_session
from tests.browser.traffic import recent
from tests.servers.bartizan import Api, Bartizan, eventually, running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

_PASSWORD = "hunter2-of-the-bailey"
_SESSION = "5f4dcc3b5aa765d61d83"
_OTHER_PASSWORD = "portcullis-of-1312"
_BASIC = base64.b64encode(f"anna:{_OTHER_PASSWORD}".encode()).decode()
_TOKEN = "eyJhbGciOiJub25lIn0-of-the-moat"
SECRETS = (_PASSWORD, _OTHER_PASSWORD, _SESSION, _BASIC, _TOKEN)


def _with_secrets() -> bytes:
    """A real login that a rule quoted, with credentials wherever requests carry them."""
    entry = next(raw for raw in recent(40, mark="secret") if b"&password=s3cr3t" in raw)
    entry = re.sub(rb"password=(s3cr3t\d|\*+)", b"password=" + _PASSWORD.encode(), entry)
    sent = f"Authorization: Basic {_BASIC}\nCookie: sid={_SESSION}; theme=dark\n"
    entry = entry.replace(b"\nUser-Agent:", f"\n{sent}User-Agent:".encode(), 1)
    return entry.replace(b"POST /login ", f"POST /login?access_token={_TOKEN}&step=2 ".encode(), 1)


@pytest.fixture(scope="module")
def bartizan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bartizan]:
    with running(Bartizan(tmp_path_factory.mktemp("redaction"))) as service:
        yield service


@pytest.fixture(scope="module")
def row(bartizan: Bartizan, api: Api) -> dict[str, Any]:
    """The transaction with the secrets."""
    assert bartizan.deliver(_with_secrets()) == 200
    (found,) = eventually(api.every_row, 30, "it is stored")
    return dict(found)


@pytest.fixture(autouse=True)
def logged_in(context: BrowserContext, api: Api, row: dict[str, Any]) -> None:
    remember_session(context, api)


def _assert_holds_no_secret(page: Page) -> None:
    shown = page.content()
    assert [secret for secret in SECRETS if secret in shown] == []


def _open(page: Page, query: str = "") -> Locator:
    page.goto(f"/redaction{query}")
    trial = page.get_by_role("region", name="Try it")
    expect(trial).to_be_visible()
    return trial


def _try(trial: Locator) -> Locator:
    """The rules in force, tried on the entry that is typed."""
    trial.get_by_label("An audit log entry").fill(_with_secrets().decode())
    trial.get_by_role("button", name="Try the rules").click()
    kept = trial.get_by_label("What would be kept of the entry")
    expect(kept).to_be_visible()
    return kept


def test_an_administrator_tries_rules_and_sees_what_would_be_taken_out(
    page: Page, images: Path
) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    trial = _open(page)
    expect(page.get_by_role("region", name="Rules in force")).to_contain_text("Authorization")
    counts = page.get_by_role("region", name="Taken out since the start")
    expect(counts.get_by_role("row", name=re.compile("^Cookie"))).to_be_visible()
    kept = _try(trial)
    findings = trial.get_by_role("list", name="Findings").get_by_role("listitem")
    for name in ("Authorization", "Cookie", "access_token", "password"):
        expect(findings.filter(has_text=name)).to_have_count(1)
    expect(kept.locator("mark.taken-header").first).to_have_text("[redacted]")
    expect(kept).to_contain_text("sid=[redacted]; theme=[redacted]")
    expect(kept).to_contain_text("Authorization: Basic [redacted]")
    expect(kept).to_contain_text("/login?access_token=[redacted]&step=2")
    assert [secret for secret in SECRETS if secret in kept.inner_text()] == []
    answer = trial.locator(".trial-answer")
    answer.evaluate("(answer) => answer.scrollIntoView({ block: 'end' })")
    box = answer.bounding_box()
    assert box
    place = {"x": box["x"] - 19, "y": box["y"] - 8, "width": box["width"] + 38}
    page.screenshot(path=images / "redaction.png", clip={**place, "height": box["height"] + 8})

    trial.get_by_text("With the rules in force").click()
    trial.get_by_label("Arguments").fill("step")
    trial.get_by_label("Headers").fill("")
    trial.get_by_role("button", name="Try the rules").click()
    expect(findings).to_have_text([re.compile("^step")])
    expect(kept).to_contain_text(f"sid={_SESSION}")
    lines = trial.get_by_label("Lines for the settings file")
    expect(lines).to_contain_text('arguments = ["step"]')


def test_the_newest_transaction_is_tried_without_its_secrets(page: Page, row: object) -> None:
    trial = _open(page)
    trial.get_by_role("button", name="On the newest transaction").click()
    expect(trial.get_by_label("What would be kept of the entry")).to_contain_text("/login")
    _assert_holds_no_secret(page)


def test_no_page_shows_a_secret(page: Page, row: dict[str, Any], api: Api) -> None:
    """Where one was, every page says so."""
    page.goto("/transactions")
    line = page.locator(f"tr[data-id='{row['id']}']")
    expect(line.locator(".chip-mark", has_text="redacted").first).to_be_visible()
    _assert_holds_no_secret(page)
    page.set_viewport_size({"width": 1440, "height": 900})
    line.locator("td.col-time a").click()
    panel = page.get_by_role("complementary", name="The opened transaction")
    expect(panel.locator(".chip-mark", has_text="redacted").first).to_be_visible()
    _assert_holds_no_secret(page)

    page.goto(f"/transactions/{row['id']}")
    expect(page.get_by_text("Secrets were taken out of this entry")).to_be_visible()
    expect(page.locator("h1 + p .chip-mark", has_text="redacted")).to_be_visible()
    open_everything(page)
    request = page.get_by_role("region", name="Request", exact=True)
    for name in ("Authorization", "Cookie", "password", "access_token"):
        expect(request.get_by_text(name, exact=True).first).to_be_visible()
    assert request.locator(".chip-mark", has_text="redacted").count() >= 4
    _assert_holds_no_secret(page)
    page.get_by_role("button", name="Raw", exact=True).click()
    expect(page.get_by_label("The entry as text")).to_contain_text("Authorization: Basic redacted")
    _assert_holds_no_secret(page)
    page.get_by_role("button", name="Hex", exact=True).click()
    expect(page.get_by_label("The entry in hexadecimal")).to_contain_text("[redacted]")
    _assert_holds_no_secret(page)
    for button in ("curl …", "Markdown …"):
        page.get_by_role("button", name=button).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        _assert_holds_no_secret(page)
        page.keyboard.press("Escape")
    for path in ("", "/raw", "/parts/0", "/neighbours"):
        answer = page.request.get(f"/api/v1/transactions/{row['id']}{path}").text()
        assert [secret for secret in SECRETS if secret in answer] == []


def test_redaction_is_for_administrators(page: Page, bartizan: Bartizan) -> None:
    bartizan.add_person("bea", "analyst")
    remember_session(page.context, bartizan.login("bea"))
    page.goto("/redaction")
    expect(page.get_by_role("heading", name=re.compile("for administrators"))).to_be_visible()
    expect(page.get_by_role("region", name="Try it")).to_have_count(0)


@needs_axe
@both_themes
def test_redaction_keeps_nobody_out_and_fits_a_phone(theme: str, page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    trial = _open(page, f"?theme={theme}")
    found = violations(page)
    trial.get_by_text("With the rules in force").click()
    trial.get_by_role("button", name="Card numbers").click()
    _try(trial)
    found += violations(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.set_viewport_size({"width": 1280, "height": 800})
    found += violations(page)
    assert found == []
