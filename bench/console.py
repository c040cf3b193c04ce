"""`make bench-console`: how soon people see what they ask for, in Chromium, with a large store.

    python -m bench.console [--count 2000000 | --store URL] [--rounds N]

Fills the store of a service with a month of transactions (bench/volume.py), opens the transactions
page of the last 30 days again and again with an empty cache, and presses values of its counts as
people do. Times are the page's own: from the beginning of the navigation, or from the press, to the
first picture with the rows, and to the one with all counts and the histogram too. Then more than a
million rows are exported by the page's own dialog. A store that is named is used as it is. Writes a
section of docs/performance.md.
"""

import argparse
import csv
import json
import multiprocessing
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from bartizan.domain.search import Search
from bartizan.store.registry import open_store, upgrade_store
from bench import machine, report
from bench.export import most_kb
from bench.volume import Volume
from tests.browser.conftest import ARGUMENTS
from tests.browser.steps import remember_session
from tests.servers.bartizan import Api, Bartizan, running

ROOT: Final = Path(__file__).parents[1]
RESULTS: Final = ROOT / "bench/console.json"
OPENED_MS: Final = 1000
ANSWERED_MS: Final = 300
_SPAWN: Final = multiprocessing.get_context("spawn")
_BATCH: Final = 4000
_PATIENCE_MS: Final = 60_000
_PAGE: Final = "/transactions?since=now-30d"
_EXPORTED: Final = "/transactions?since=now-17d"  # of 2 million in 30 days, at least one
_EXPORT_PATIENCE_MS: Final = 1_800_000
# The frequent value, one in the middle, one that is rarer.
_VALUES: Final = (0, 2, 4)
_WAIT: Final = """
  window.__seen = null;
  let rows = null, hasAsked = %s;
  const isBusy = () => !document.querySelector("section.list[aria-busy=false]");
  const look = () => {
    hasAsked ||= isBusy();
    if (hasAsked && rows === null && !isBusy() && document.querySelector("tr[data-id]")) {
      rows = performance.now();
    }
    const isWaiting = document.querySelector("[aria-busy=true], .histogram-old, .facet-old");
    const isWhole = document.querySelector(".histogram svg, .histogram canvas") && !isWaiting;
    if (rows !== null && isWhole && document.querySelectorAll(".facets ul").length > 0) {
      window.__seen = [rows - begun, performance.now() - begun];
    } else requestAnimationFrame(look);
  };
  new MutationObserver(() => { hasAsked ||= isBusy(); }).observe(document, {
    subtree: true, childList: true, attributes: true, attributeFilter: ["aria-busy"] });
  requestAnimationFrame(look);
"""
_OPENING: Final = "(() => { const begun = 0;" + _WAIT % "true" + "})();"
_PRESS: Final = (
    "(button) => { const begun = performance.now();" + _WAIT % "false" + "button.click(); }"
)
_UNTIL_SEEN: Final = """
  () => new Promise((resolve) => {
    const look = () => window.__seen ? resolve(window.__seen) : requestAnimationFrame(look);
    look();
  })
"""
Times = dict[str, list[list[float]]]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.console", description=__doc__)
    parser.add_argument("--count", type=int, default=2_000_000)
    parser.add_argument("--store", help="the URL of a filled store")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--dry", action="store_true", help="write nothing but to the screen")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        outcome = measure(Path(scratch), asked.store, asked.count, asked.rounds)
    text = render(outcome)
    print(text)
    if not asked.dry:
        RESULTS.write_text(json.dumps(outcome, indent=1) + "\n")
        report.write(ROOT / "docs/performance.md", text, "console")


def measure(directory: Path, store_url: str | None, count: int, rounds: int) -> dict[str, Any]:
    url = store_url or f"sqlite:///{directory / 'filled.sqlite'}"
    if store_url is None:
        # In a process of its own, which takes its memory along.
        filling = _SPAWN.Process(target=_fill, args=(url, count), daemon=True)
        filling.start()
        filling.join()
        assert filling.exitcode == 0
    service = Bartizan(directory, store_url=url)
    times: Times = defaultdict(list)
    facts = machine.facts()
    with running(service), sync_playwright() as playwright:
        api = service.login()
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        for _ in range(rounds):
            with closing(_profile(browser, service, api)) as context:
                page = context.new_page()
                times["the page opened"].append(_opened(page))
                for name, each in _pressed(page):
                    times[name].append(each)
        exported = _exported(browser, service, api)
        browser.close()
    with closing(open_store(url)) as store:
        stored = store.count(Search()).transactions
    return {"machine": facts, "stored": stored, "rounds": rounds, "ms": times, "export": exported}


def _fill(url: str, count: int) -> None:
    upgrade_store(url)
    with closing(open_store(url, sql_parts=False)) as store:
        for batch in Volume(count).batches(_BATCH):
            store.append(batch)


def _profile(browser: Browser, service: Bartizan, api: Api) -> BrowserContext:
    """With an empty cache."""
    context = browser.new_context(
        base_url=service.console_url, viewport={"width": 1440, "height": 900}
    )
    context.set_default_timeout(_PATIENCE_MS)
    remember_session(context, api)
    return context


def _opened(page: Page) -> list[float]:
    page.add_init_script(_OPENING)
    page.goto(_PAGE)
    return _seen(page)


def _pressed(page: Page) -> Iterable[tuple[str, list[float]]]:
    """Each value is chosen, and let go again."""
    boxes = page.locator(".facets details[open]")
    for box in range(boxes.count()):
        name = boxes.nth(box).locator("summary").inner_text()
        for value in _VALUES:
            button = boxes.nth(box).locator("ul li button").nth(value)
            if button.count() == 0:
                continue
            for turn in (f"{name} chosen", f"{name} let go"):
                button.evaluate(_PRESS)
                yield turn, _seen(page)
                button = boxes.nth(box).locator("ul li button[aria-pressed=true]").first


def _exported(browser: Browser, service: Bartizan, api: Api) -> dict[str, float]:
    """A CSV file of what the page shows, saved by the browser: its rows, and what it took."""
    console = service.role_pid("console")
    before = most_kb(console)
    with closing(_profile(browser, service, api)) as context:
        page = context.new_page()
        page.goto(_EXPORTED)
        page.locator("tr[data-id]").first.wait_for()
        page.keyboard.press("e")
        begun = time.monotonic()
        with page.expect_download(timeout=_EXPORT_PATIENCE_MS) as download:
            page.get_by_role("dialog", name="Export").get_by_role("link", name="Download").click()
        file = download.value.path()
        seconds = time.monotonic() - begun
        with file.open(newline="") as lines:
            rows = sum(1 for _ in csv.reader(lines)) - 1
        size = file.stat().st_size
    return {
        "rows": rows,
        "seconds": round(seconds, 1),
        "bytes": size,
        "grown_kb": most_kb(console) - before,
    }


def _seen(page: Page) -> list[float]:
    """Milliseconds until the rows, and until everything."""
    seen: list[float] = page.evaluate(_UNTIL_SEEN)
    return seen


def render(outcome: dict[str, Any]) -> str:
    """The tables in Markdown."""
    facts = {**outcome["machine"], "Transactions": f"{outcome['stored']:,}, SQLite"}
    lines = ["| | |", "| --- | --- |", *(f"| {name} | {value} |" for name, value in facts.items())]
    lines += [
        "",
        "| ms | times | rows, p50 | p95 | goal of p95 | reached | all counts too, p50 | p95 |",
        "| --- | ---: | ---: | ---: | ---: | --- | ---: | ---: |",
    ]
    for name, times in outcome["ms"].items():
        goal = OPENED_MS if name == "the page opened" else ANSWERED_MS
        rows, whole = ([one[place] for one in times] for place in (0, 1))
        lines.append(
            f"| {name} | {len(times)} | {statistics.median(rows):,.0f} | {_p95(rows):,.0f} | {goal}"
            f" | {report.answer(_p95(rows) < goal)} | {statistics.median(whole):,.0f}"
            f" | {_p95(whole):,.0f} |"
        )
    export = outcome["export"]
    lines.append(
        f"\nExported as CSV by the page's dialog: {export['rows']:,} rows,"
        f" {export['bytes'] / 1e6:,.0f} MB, in {export['seconds']:,.0f} s"
        f" ({export['rows'] / export['seconds']:,.0f} rows/s); the console's process grew by"
        f" {export['grown_kb'] / 1024:,.0f} MB."
    )
    return "\n".join(lines) + "\n"


def _p95(times: list[float]) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * 0.95))]


if __name__ == "__main__":
    main()
