"""Chromium, and a watch over every page: nothing foreign, nothing executed, nothing reported."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.watch import Watch
from tests.servers.apache import Apache
from tests.servers.bartizan import Api, Bartizan, recipe_port, running

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


@pytest.fixture(scope="module")
def bartizan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bartizan]:
    """`bartizan serve` on SQLite with the recipe's sensor and a person, anna."""
    service = Bartizan(tmp_path_factory.mktemp("bartizan"), collector_port=recipe_port())
    with running(service):
        yield service


@pytest.fixture(scope="module")
def api(bartizan: Bartizan) -> Api:
    return bartizan.login()


@pytest.fixture(scope="module")
def apache(bartizan: Bartizan) -> Iterator[Apache]:
    server = Apache(bartizan.receiver_url)
    yield server
    server.stop()


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
