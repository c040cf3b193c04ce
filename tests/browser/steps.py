"""What the tests do in the console, by the names that people see."""

import re

from playwright.sync_api import BrowserContext, Page, expect

from tests.servers.bartizan import PASSWORD, Api

# Opaque pixels and distinct colours of a canvas: a picture of nothing has neither.
_PIXELS = """
(canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const words = new Uint32Array(data.buffer);
  const colours = new Set();
  let painted = 0;
  for (let i = 0; i < words.length; i += 1) {
    if (words[i] !== 0) painted += 1;
    if (colours.size < 1000) colours.add(words[i]);
  }
  return { painted, colours: colours.size };
}
"""


def remember_session(context: BrowserContext, api: Api) -> None:
    """Give the browser the session of `api`, as if it had logged in before."""
    name, _, value = api.cookie.partition("=")
    context.add_cookies(
        [{"name": name, "value": value, "domain": "127.0.0.1", "path": "/", "httpOnly": True}]
    )


def log_in(page: Page, name: str = "anna", password: str = PASSWORD) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def open_map(page: Page, query: str = "") -> None:
    """The map, once it has its numbers and the feed is connected."""
    page.goto("/" + query)
    expect(page.get_by_role("heading", name="Live attack map")).to_be_attached()
    expect(page.get_by_role("status").first).to_have_text(lively())
    expect(page.get_by_label("Counters")).to_be_attached()


def open_everything(page: Page) -> None:
    """Open whatever can be unfolded."""
    closed = page.locator("details:not([open]) > summary")
    while closed.count():
        closed.first.click()


def lively() -> "re.Pattern[str]":
    """What the feed state says when the feed is connected."""
    return re.compile(r"^(live|idle)")


def painted(page: Page, canvas: int) -> dict[str, int]:
    """How much is drawn on the map's backdrop (0), of arrived arcs (1) or of what flies (2)."""
    found: dict[str, int] = page.locator("canvas").nth(canvas).evaluate(_PIXELS)
    return found


def tab_to(page: Page, text: str) -> None:
    """Press Tab until what has the focus says `text`."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement?.textContent.trim()") == text:
            return
    raise AssertionError(f"the Tab key does not reach {text!r}")
