"""How fast the map draws, and whether its heap grows: a measurement, not a test.

    python -m tests.browser.drawing_speed http://127.0.0.1:8080 anna "/?wall=1"

asks for the password of that person, then prints a line every 12 s for a minute.
"""

import sys
from getpass import getpass

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import ARGUMENTS
from tests.browser.steps import log_in

_COUNT_FRAMES = """
(() => {
  const next = window.requestAnimationFrame.bind(window);
  window.__frames = [];
  window.requestAnimationFrame = (callback) => next((at) => {
    const start = performance.now();
    callback(at);
    const took = performance.now() - start;
    if (took > 0.15) window.__frames.push([start, took]);  // shorter ones drew nothing
  });
})();
"""
_ROUNDS = 5
_ROUND_MS = 12_000


def _heap_mb(page: Page) -> float:
    page.context.new_cdp_session(page).send("HeapProfiler.collectGarbage")
    return float(page.evaluate("performance.memory.usedJSHeapSize")) / 1e6


def measure(page: Page) -> None:
    for _ in range(_ROUNDS):
        page.evaluate("window.__frames.length = 0")
        page.wait_for_timeout(_ROUND_MS)
        frames = page.evaluate("window.__frames")
        took = sorted(ms for _, ms in frames)
        seconds = (frames[-1][0] - frames[0][0]) / 1000
        mean, slow = sum(took) / len(took), took[len(took) * 95 // 100]
        print(
            f"{len(took) / seconds:.1f} pictures/s, {mean:.1f} ms each, "
            f"95th percentile {slow:.1f} ms, heap {_heap_mb(page):.1f} MB"
        )


def main(console_url: str, name: str, path: str = "/?wall=1") -> None:
    arguments = [*ARGUMENTS, "--enable-precise-memory-info"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=arguments)
        page = browser.new_page(base_url=console_url, viewport={"width": 1920, "height": 1080})
        page.add_init_script(_COUNT_FRAMES)
        page.goto("/login")
        log_in(page, name, getpass())
        page.get_by_label("Counters").wait_for()
        page.goto(path)
        page.wait_for_timeout(_ROUND_MS)
        measure(page)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
