"""The page of one transaction: which rule blocked, where it matched, and what can be done with it."""

import json
import re
from collections.abc import Iterator
from urllib.parse import unquote_plus

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.steps import remember_session
from tests.peers.captures import CORPUS, serial_entries, unpacked_lines
from tests.servers.bartizan import Api, Bartizan, eventually

pytestmark = pytest.mark.browser

CAPTURE = "v2-native-serial-block-crs4-v6"
PHONE = {"width": 360, "height": 740}
_EVALUATION = re.compile(r"^(949|959|980)\d{3}$")
_FEW = 60  # entries of the capture, so that the tests are about pages and not about importing


def _truth() -> dict[str, list[int]]:
    """Unique id to rule ids in order, as Apache's own error log tells them."""
    lines = unpacked_lines(CORPUS / CAPTURE / "bylog.jsonl.zst")
    return {said["unique_id"]: said["ids"] for said in map(json.loads, lines) if said["denied"]}


@pytest.fixture(scope="module")
def truth() -> dict[str, list[int]]:
    return _truth()


@pytest.fixture(scope="module")
def sent(bartizan: Bartizan, api: Api, truth: dict[str, list[int]]) -> list[str]:
    """The unique ids of stored entries in which several rules scored before one compared."""
    found = {}
    for raw in serial_entries(CAPTURE):
        head = re.match(rb"--\w{8}-A--\n\[[^\]]+\] (\S+) ", raw)
        unique_id = head[1].decode() if head else ""
        scoring = [one for one in truth.get(unique_id, []) if not _EVALUATION.match(str(one))]
        if len(set(scoring)) > 2:
            found[unique_id] = raw
    chosen = list(found)[:: max(1, len(found) // _FEW)]
    for unique_id in chosen:
        assert bartizan.deliver(found[unique_id]) == 200
    eventually(lambda: api.stored() >= len(chosen), 30, "all of it is stored")
    return chosen


@pytest.fixture(scope="module")
def attack(api: Api, sent: list[str]) -> dict[str, str]:
    """One of them, an SQL injection in the query string."""
    rows = api.every_row(q='verdict:"rule 942100"')
    return next(row for row in rows if "?" in row["uri"] and len(row["rule_ids"]) > 3)


@pytest.fixture(autouse=True)
def logged_in(context: BrowserContext, api: Api) -> None:
    remember_session(context, api)


def _rules(page: Page) -> Locator:
    return page.get_by_role("region", name="Rules, in the order they fired")


def _open(page: Page, transaction_id: str, query: str = "") -> None:
    page.goto(f"/transactions/{transaction_id}{query}")
    expect(
        page.get_by_role("region", name="Same fingerprint").locator("[aria-busy=true]")
    ).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_the_rule_that_really_blocked_is_found(
    page: Page, api: Api, sent: list[str], truth: dict[str, list[int]]
) -> None:
    """A journey: from the list to the rules that scored, compared with what Apache itself said."""
    page.set_viewport_size({"width": 1440, "height": 1000})
    for unique_id in sent[:6]:
        page.goto(f"/transactions?q=unique_id%3A{unique_id}")
        expect(page.locator("a.row-open")).to_have_count(1)
        page.goto(page.locator("a.row-open").get_attribute("href") or "")
        expected = truth[unique_id]
        scoring = [one for one in expected if not _EVALUATION.match(str(one))]
        verdict = page.get_by_role("heading", level=1).inner_text()
        named = re.search(r"\(rule (\d+)", verdict)
        assert verdict.startswith("Blocked: ")
        assert named is not None
        assert int(named[1]) in scoring
        shown = _rules(page).locator("ol.rule-list").first.locator(".rule-id")
        assert [int(text) for text in shown.all_inner_texts()] == scoring
        folded = page.locator("details.evaluating")
        expect(folded).not_to_have_attribute("open", "")
        assert "949110" in folded.locator("summary").inner_text()
        page.get_by_role("link", name="Back to the filtered list").click()
        expect(page).to_have_url(re.compile(f"/transactions\\?.*q=unique_id%3A{unique_id}"))


def test_the_matched_bytes_are_marked_in_the_request(page: Page, attack: dict[str, str]) -> None:
    _open(page, attack["id"])
    shows = _rules(page).get_by_role("button", name=re.compile("^Show it in the request"))
    assert shows.count() > 0
    shows.first.click()
    mark = page.locator(".exchange mark:focus")
    expect(mark).to_be_visible()
    expect(mark).to_be_in_viewport()
    position = (mark.get_attribute("data-hit") or "").split()[0]
    card = page.locator(f"#rule-{int(position) + 1}")
    marked = card.locator(".excerpt mark").inner_text()
    said = card.locator(".matched").inner_text().casefold()
    assert re.sub(r"\s+", "", unquote_plus(marked)).casefold() in re.sub(r"\s+", "", said)
    page.locator(".exchange .hit-refs a").first.click()
    expect(page).to_have_url(re.compile(r"#rule-\d+$"))


def test_the_score_is_shown_by_level_and_category_with_the_threshold(
    page: Page, attack: dict[str, str]
) -> None:
    _open(page, attack["id"])
    card = page.get_by_role("region", name="Anomaly score")
    expect(card).to_contain_text("threshold 5")
    expect(card).to_contain_text("980170")
    levels = card.locator(".score-group").nth(1).locator(".meter b").all_inner_texts()
    assert sum(map(int, levels)) == attack["score"]
    expect(card.locator(".score-group").nth(2)).to_contain_text("SQL injection")
    assert card.locator(".meter .meter-limit").count() >= 6
    expect(card.get_by_text("worked out")).to_have_count(0)


def test_a_known_tag_explains_itself_without_leaving_the_page(
    page: Page, attack: dict[str, str]
) -> None:
    _open(page, attack["id"])
    tag = _rules(page).get_by_role("button", name=re.compile("^capec.*66$")).first
    tag.click()
    expect(tag).to_have_attribute("aria-expanded", "true")
    expect(_rules(page).get_by_text("CAPEC-66: SQL Injection.").first).to_be_visible()
    assert _rules(page).locator("a[href^='http']").count() == 0


def test_what_is_selected_is_decoded_step_by_step(page: Page, attack: dict[str, str]) -> None:
    _open(page, attack["id"])
    page.locator(".first-line .payload").nth(1).select_text()
    page.get_by_role("button", name="Decode", exact=True).click()
    dialog = page.get_by_role("dialog", name="Decode")
    expect(dialog.get_by_label("Text")).to_have_value(attack["uri"])
    dialog.get_by_label("Text").fill("JTI1M0NiJTI1M0U=")
    for kind, made in (("Base64", "%253Cb%253E"), ("URL", "%3Cb%3E"), ("URL", "<b>")):
        dialog.get_by_role("group", name="Decode as").get_by_role("button", name=kind).click()
        expect(dialog.locator(".decode-made").last).to_have_text(made)
    dialog.get_by_role("button", name="Take back step 2 and what follows").click()
    expect(dialog.locator(".decode-step")).to_have_count(1)
    dialog.get_by_role("group", name="Decode as").get_by_role("button", name="Hex").click()
    expect(dialog).to_contain_text("This is not Hex.")


def test_a_selection_gives_back_what_marks_stand_for(
    page: Page, bartizan: Bartizan, api: Api
) -> None:
    raw = next(raw for raw in serial_entries(CAPTURE) if b"-H--" in raw)
    odd = re.sub(rb"(-A--\n\[[^\]]+\] )\S+", rb"\g<1>OddUserAgent000000000001", raw, count=1)
    odd = re.sub(rb"(?m)^User-Agent: .*$", "User-Agent: a\u202eb\x1bc".encode(), odd, count=1)
    assert "\u202e".encode() in odd
    assert bartizan.deliver(odd) == 200
    row = eventually(
        lambda: api.get("/api/v1/transactions", unique_id="OddUserAgent000000000001")[
            "transactions"
        ],
        10,
        "stored",
    )[0]
    _open(page, row["id"])
    value = page.get_by_role("row", name=re.compile("^User-Agent")).locator(".payload").last
    expect(value).to_have_text("aRLObESCc")
    value.select_text()
    page.get_by_role("button", name="Decode", exact=True).click()
    box = page.get_by_role("dialog", name="Decode").get_by_label("Text")
    assert box.input_value() == "a\u202eb\x1bc"


def test_the_entry_is_shown_byte_by_byte(page: Page, attack: dict[str, str], api: Api) -> None:
    raw = api.raw(f"/api/v1/transactions/{attack['id']}/raw")
    _open(page, attack["id"])
    views = page.get_by_role("group", name="Show the entry as")
    views.get_by_role("button", name="Hex").click()
    box = page.get_by_role("region", name="The entry in hexadecimal")
    expect(box).to_contain_text("00000000  " + raw[:16].hex(" "))
    box.evaluate("(element) => element.scrollTo(0, element.scrollHeight)")
    last = (len(raw) - 1) // 16 * 16
    expect(box).to_contain_text(f"{last:08x}  {raw[last:].hex(' ')}")
    assert box.inner_text().count("\n") < 80
    views.get_by_role("button", name="Raw").click()
    expect(page.get_by_label("The entry as text")).to_contain_text("-A--")


def test_what_is_like_it_is_counted_as_the_list_counts_it(
    page: Page, attack: dict[str, str], api: Api
) -> None:
    _open(page, attack["id"])
    kind = page.get_by_role("region", name="Same rule")
    others = kind.get_by_role("link", name=re.compile(r"^\d+ others?$"))
    count = int(others.inner_text().split()[0])
    assert 0 < count == api.get(f"/api/v1/transactions/{attack['id']}/similar/rule")["transactions"]
    others.click()
    status = page.get_by_role("region", name="Transactions").get_by_role("status").first
    expect(status).to_have_text(re.compile(rf"^{count + 1}\b"))


def test_newer_and_older_stay_within_the_filters_of_the_list(
    page: Page, api: Api, sent: list[str]
) -> None:
    rows = api.every_row(category="xss")
    assert len(rows) > 2
    _open(page, rows[0]["id"], "?category=xss")
    for row in rows[1:4]:
        expect(page.get_by_role("link", name="Older")).to_be_visible()
        page.keyboard.press("j")
        expect(page).to_have_url(re.compile(rf"/transactions/{row['id']}\?category=xss$"))
    expect(page.get_by_role("link", name="Newer")).to_be_visible()
    page.keyboard.press("k")
    expect(page).to_have_url(re.compile(rf"/transactions/{rows[2]['id']}\?"))
    page.get_by_role("link", name="Back to the filtered list").click()
    expect(page).to_have_url(re.compile(r"/transactions\?category=xss$"))


def test_a_curl_command_and_a_ticket_are_copied(
    context: BrowserContext, page: Page, attack: dict[str, str]
) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    _open(page, attack["id"])
    page.get_by_role("button", name="curl …").click()
    dialog = page.get_by_role("dialog", name="Copy as curl")
    dialog.get_by_label(re.compile("^Send it to")).fill("http://127.0.0.1:1")
    dialog.get_by_role("button", name="Copy the command").click()
    expect(dialog.get_by_text("Copied")).to_be_visible()
    command = page.evaluate("navigator.clipboard.readText()")
    assert command.startswith("curl ")
    assert command.endswith("'http://127.0.0.1:1/'")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Markdown …").click()
    dialog = page.get_by_role("dialog", name="Copy as Markdown")
    dialog.get_by_role("button", name="Copy the Markdown").click()
    expect(dialog.get_by_text("Copied")).to_be_visible()
    ticket = page.evaluate("navigator.clipboard.readText()")
    assert f"/transactions/{attack['id']}>" in ticket
    assert "### Request" not in ticket
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Copy id").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == attack["id"]


def test_two_transactions_are_compared_side_by_side(
    page: Page, api: Api, attack: dict[str, str]
) -> None:
    other = next(row for row in api.every_row(category="xss"))
    page.goto(f"/compare/{attack['id']}/{other['id']}")
    rules = page.get_by_role("table", name="Rules")
    expect(rules).to_be_visible()
    both = set(attack["rule_ids"]) & set(other["rule_ids"])
    once = set(attack["rule_ids"]) ^ set(other["rule_ids"])
    assert len(once) > 1
    for rule_id in once:
        line = rules.get_by_role("row", name=re.compile(str(rule_id))).first
        expect(line).to_contain_text("not matched")
    for rule_id in both:
        line = rules.get_by_role("row", name=re.compile(str(rule_id))).first
        expect(line).not_to_contain_text("not matched")
    all_lines = rules.get_by_role("row").count()
    page.get_by_label("Only what differs").check()
    expect(rules.get_by_role("row")).not_to_have_count(all_lines)


@pytest.fixture
def as_viewer(context: BrowserContext, bartizan: Bartizan) -> Iterator[None]:
    """In the place of anna somebody who may not see payloads."""
    if "viola" not in bartizan.command("user", "list"):
        bartizan.add_person("viola", "viewer")
    context.clear_cookies()
    remember_session(context, bartizan.login("viola"))
    return


def test_without_the_right_to_payloads_the_page_is_the_same_but_for_them(
    as_viewer: None, page: Page, attack: dict[str, str], api: Api
) -> None:
    query = attack["uri"].partition("?")[2]
    _open(page, attack["id"])
    expect(page.get_by_role("heading", name="The payload is not shown to you")).to_be_visible()
    expect(page.get_by_role("region", name="Anomaly score")).to_be_visible()
    expect(
        page.get_by_role("region", name="Same path").get_by_text("decided", exact=False)
    ).to_have_count(0)
    assert query not in page.locator("body").inner_text()
    assert page.locator("mark.hit").count() == 0
    expect(page.get_by_role("button", name="curl …")).to_have_count(0)
    expect(page.get_by_role("button", name="Markdown …")).to_be_visible()
    shown = [int(text) for text in page.locator(".rule-id").all_text_contents()]
    assert set(shown) == set(attack["rule_ids"])


def test_the_page_can_be_used_on_a_phone(page: Page, attack: dict[str, str]) -> None:
    page.set_viewport_size(PHONE)
    _open(page, attack["id"])
    expect(page.get_by_role("region", name="Same rule").locator("li").first).to_be_visible()
    for address in (f"/transactions/{attack['id']}", f"/compare/{attack['id']}/{attack['id']}"):
        page.goto(address)
        expect(page.locator("main h2").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_on_paper_there_are_the_facts_and_no_buttons(page: Page, attack: dict[str, str]) -> None:
    _open(page, attack["id"])
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("region", name="Anomaly score")).to_be_visible()
    expect(page.get_by_role("region", name="Request")).to_be_visible()
    for label in ("Copy id", "Decode …"):
        expect(page.get_by_role("button", name=label)).to_be_hidden()
    expect(page.get_by_role("region", name="The entry as it came")).to_be_hidden()
