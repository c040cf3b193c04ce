"""Browser profiles: cookies, storage and time zone of their own."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext

from tests.browser.watch import Watch

# How long a page may take on a machine that has much else to do. What promises a time states its own.
PATIENCE_MS = 15_000


@contextmanager
def profile(browser: Browser, origin: str, **options: Any) -> Iterator[BrowserContext]:
    """A browser profile of its own, at first without a session."""
    context = browser.new_context(base_url=origin, **options)
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


@contextmanager
def watched(
    browser: Browser, origin: str, forgiven: Sequence[str] = (), **options: Any
) -> Iterator[BrowserContext]:
    """Such a profile; whatever its pages did wrong, but for what is forgiven, fails the test."""
    with profile(browser, origin, **options) as context:
        watch = Watch(context, origin, forgiven)
        yield context
    watch.assert_nothing_happened()
