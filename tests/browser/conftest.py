"""Chromium, and a watch over every page: nothing foreign, nothing executed, nothing reported."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.profiles import PATIENCE_MS, watched
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
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser, bartizan: Bartizan) -> Iterator[BrowserContext]:
    with watched(browser, bartizan.console_url, viewport={"width": 1280, "height": 800}) as context:
        yield context


@pytest.fixture
def forgiven() -> Sequence[str]:
    """What a page of a `visit` may report all the same, by a part of its text."""
    return ()


@pytest.fixture
def visit(
    browser: Browser, bartizan: Bartizan, forgiven: Sequence[str]
) -> Iterator[Callable[..., Page]]:
    """The first page of another watched profile each time it is called."""
    with ExitStack() as opened:

        def make(**options: object) -> Page:
            context = watched(browser, bartizan.console_url, forgiven, **options)
            return opened.enter_context(context).new_page()

        yield make


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
