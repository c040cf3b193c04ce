"""Judging transactions: a false positive is marked, those like it too, and everybody sees by whom."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from bartizan.store.contract import Expired
from bartizan.store.registry import open_store
from tests.browser.axe import both_themes, needs_axe, violations
from tests.browser.steps import remember_session
from tests.browser.traffic import deliver
from tests.browser.watch import assert_not_executed
from tests.servers.bartizan import Api, Bartizan, eventually, running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

ENTRIES = 60
HOSTILE = "<img src=x onerror=alert(1)>\u202e'\"; DROP"


@pytest.fixture(scope="module")
def bartizan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bartizan]:
    with running(Bartizan(tmp_path_factory.mktemp("triage"))) as service:
        yield service


@pytest.fixture(scope="module")
def rows(bartizan: Bartizan, api: Api) -> list[dict[str, Any]]:
    """Real entries, the newest first."""
    deliver(bartizan, ENTRIES)
    eventually(lambda: api.stored() == ENTRIES, 60, "all are stored")
    return api.every_row()


@pytest.fixture(autouse=True)
def logged_in(context: BrowserContext, api: Api, rows: list[dict[str, Any]]) -> None:
    remember_session(context, api)


def _open(page: Page, number: str, query: str = "") -> Locator:
    page.goto(f"/transactions/{number}{query}")
    card = page.get_by_role("region", name="Judgement")
    expect(card.get_by_role("heading", name="Notes and history")).to_be_visible()
    return card


def _alike(api: Api, rows: list[dict[str, Any]]) -> tuple[str, dict[str, Any]]:
    """A transaction with others like it, and what is like it."""
    for row in rows:
        for alike in api.get(f"/api/v1/transactions/{row['id']}/alike")["alike"]:
            if alike["transactions"] > 2:
                return row["id"], alike
    raise AssertionError("the corpus has no two of the same rule, path and parameter")


def test_a_false_positive_is_marked_and_so_are_those_like_it(
    page: Page, api: Api, rows: list[dict[str, Any]], images: Path
) -> None:
    """The journey: found in the list, judged on its page, found again by its state."""
    number, alike = _alike(api, rows)
    card = _open(page, number)
    expect(card.get_by_role("radio", name="Open")).to_be_checked()
    card.get_by_role("radio", name="False positive").click()
    expect(card.get_by_label("Why is it harmless?")).to_be_focused()
    expect(card.get_by_role("button", name="Mark as false positive")).to_be_disabled()
    card.get_by_role("button", name="Rule too broad here").click()
    card.get_by_role("button", name="Mark as false positive").click()
    expect(card.get_by_text("False positive by anna, just now")).to_be_visible()
    expect(card.get_by_text("anna marked it as a false positive")).to_be_visible()
    others = card.get_by_role("region", name="The same rule, path and parameter, still open")
    likewise = alike["transactions"] - 1
    button = others.get_by_role("button", name=f"Mark {likewise} likewise")
    expect(button.first).to_be_visible()
    card.get_by_label("New note").fill("The editor of the shop sends this.\nTicket 4711.")
    card.get_by_role("button", name="Add note").click()
    expect(card.locator(".note")).to_contain_text("sends this. Ticket 4711.")
    card.screenshot(path=images / "triage.png")
    button.first.click()
    expect(others.get_by_text(f"{likewise} marked")).to_be_visible()
    page.goto("/transactions?q=state%3Afalse-positive")
    expect(page.get_by_text("false positive").first).to_be_visible()
    found = api.get("/api/v1/transactions", q="state:false-positive")
    assert found["total"]["transactions"] == alike["transactions"]
    ids = {row["id"] for row in found["transactions"]}
    assert number in ids
    told = api.get(f"/api/v1/transactions/{(ids - {number}).pop()}/triage")
    assert (told["reason"], told["state_by"]) == ("Rule too broad here", "anna")


def test_labels_and_notes_need_no_mouse_and_are_shown_as_text(
    page: Page, api: Api, rows: list[dict[str, Any]]
) -> None:
    number = rows[-1]["id"]
    card = _open(page, number)
    box = card.get_by_label("Add a label")
    box.focus()
    page.keyboard.type("Incident-17 two")
    page.keyboard.press("Enter")
    for label in ("incident-17", "two"):
        expect(card.get_by_role("button", name=f"Remove the label {label}")).to_be_visible()
    box.focus()
    page.keyboard.press("Backspace")
    expect(card.get_by_role("button", name="Remove the label two")).to_have_count(0)
    page.keyboard.type("<b>")
    page.keyboard.press("Enter")
    expect(card.get_by_role("alert")).to_contain_text("Letters, digits")
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    card.get_by_label("New note").focus()
    page.keyboard.type(HOSTILE)
    page.keyboard.press("Control+Enter")
    note = card.locator(".note")
    expect(note).to_contain_text("<img src=x onerror=alert(1)>")
    assert_not_executed(page)
    told = api.get(f"/api/v1/transactions/{number}/triage")
    assert (told["labels"], told["notes"][0]["text"]) == (["incident-17"], HOSTILE)
    page.reload()
    note.get_by_role("button", name="Remove the note of anna").press("Enter")
    expect(note).to_have_count(0)
    expect(card.get_by_text("anna removed a note")).to_be_visible()


def test_the_states_are_chosen_with_the_arrow_keys(page: Page, rows: list[dict[str, Any]]) -> None:
    card = _open(page, rows[-2]["id"])
    card.get_by_role("radio", name="Open").focus()
    page.keyboard.press("ArrowRight")
    expect(card.get_by_role("radio", name="Confirmed")).to_be_focused()
    page.keyboard.press("Enter")
    expect(card.get_by_text("Confirmed by anna")).to_be_visible()
    card.get_by_role("radio", name="Confirmed").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(card.get_by_role("radio", name="Ignored")).to_be_checked()
    card.get_by_role("button", name="30 days").click()
    card.get_by_label("Why?").press("Enter")
    expect(card.get_by_text(re.compile(r"Ignored until \d{4}-\d\d-\d\d"))).to_be_visible()


def test_what_the_server_refuses_is_taken_back_and_said(
    page: Page, bartizan: Bartizan, api: Api, rows: list[dict[str, Any]]
) -> None:
    number = int(min(rows, key=lambda row: int(row["id"]))["id"])
    card = _open(page, str(number))
    store = open_store(f"sqlite:///{bartizan.data}/transactions.sqlite")
    try:
        gone = store.remove_transactions(Expired(before_id=number + 1), after_id=0, limit=10)
    finally:
        store.close()
    assert gone.removed == 1
    card.get_by_role("radio", name="Confirmed").click()
    expect(card.get_by_role("alert")).to_contain_text("there is no transaction with this id")
    expect(card.get_by_role("radio", name="Open")).to_be_checked()


def test_a_viewer_sees_the_state_and_no_notes(
    page: Page, bartizan: Bartizan, api: Api, rows: list[dict[str, Any]]
) -> None:
    number = rows[3]["id"]
    card = _open(page, number)
    card.get_by_role("radio", name="Confirmed").click()
    card.get_by_label("New note").fill("password=hunter2")
    card.get_by_role("button", name="Add note").click()
    expect(card.get_by_text("password=hunter2")).to_be_visible()
    bartizan.add_person("vera", "viewer")
    remember_session(page.context, bartizan.login("vera"))
    card = _open(page, number)
    expect(card.get_by_text("Confirmed by anna")).to_be_visible()
    expect(
        card.get_by_text("Notes and reasons are for people who may see payloads")
    ).to_be_visible()
    expect(card.get_by_role("radio")).to_have_count(0)
    expect(card.get_by_text("hunter2")).to_have_count(0)


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_is_wider_than_the_screen(
    width: int, page: Page, rows: list[dict[str, Any]]
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    card = _open(page, rows[5]["id"])
    card.get_by_role("radio", name="Ignored").click()
    expect(card.get_by_role("button", name="90 days")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@needs_axe
@both_themes
def test_nothing_keeps_anybody_out(
    theme: str, page: Page, rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    card = _open(page, rows[7]["id"], f"?theme={theme}")
    card.get_by_label("Add a label").fill("shop")
    card.get_by_label("Add a label").press("Enter")
    card.get_by_label("New note").fill(f"seen by {theme}")
    card.get_by_role("button", name="Add note").click()
    expect(card.get_by_text(f"seen by {theme}")).to_be_visible()
    found = violations(page)
    card.get_by_role("radio", name="False positive").click()
    expect(card.get_by_label("Why is it harmless?")).to_be_visible()
    found += violations(page)
    card.screenshot(path=tmp_path / f"triage-{theme}.png")
    card.get_by_role("radio", name="Ignored").click()
    expect(card.get_by_label("Until")).to_be_visible()
    found += violations(page)
    assert found == []
