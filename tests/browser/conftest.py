"""Chromium, and a watch over every page: nothing foreign, nothing executed, nothing reported."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.watch import Watch
from tests.servers.bartizan import Bartizan

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser, bartizan: Bartizan) -> Iterator[BrowserContext]:
    """A browser profile of its own; whatever its pages did wrong fails the test."""
    context = browser.new_context(
        base_url=bartizan.console_url, viewport={"width": 1280, "height": 800}
    )
    context.set_default_timeout(10_000)
    watch = Watch(context, bartizan.console_url)
    yield context
    context.close()
    watch.assert_nothing_happened()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Where pictures go: docs/images with BARTIZAN_UPDATE_IMAGES=1, else a directory to forget."""
    if os.environ.get("BARTIZAN_UPDATE_IMAGES") != "1":
        return tmp_path
    directory = Path(__file__).parents[2] / "docs/images"
    directory.mkdir(exist_ok=True)
    return directory
