"""What must never happen in any page of the console."""

from collections.abc import Sequence

from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Page, Request, Response

INITIAL = """
window.__pwned = undefined;
document.addEventListener("securitypolicyviolation", (event) =>
  console.error("CSP: " + event.violatedDirective + " " + event.blockedURI + " " + event.sample));
"""


class Watch:
    """Listens to every page of a context and remembers what should not have happened."""

    def __init__(self, context: BrowserContext, origin: str, forgiven: Sequence[str] = ()) -> None:
        self._origin = origin
        self._forgiven = forgiven
        self._seen: list[str] = []
        context.add_init_script(INITIAL)
        context.on("console", self._console)
        context.on("dialog", self._dialog)
        context.on("request", self._request)
        context.on("response", self._response)
        context.on("weberror", lambda error: self._seen.append(f"uncaught: {error.error}"))

    def assert_nothing_happened(self) -> None:
        wrong = [seen for seen in self._seen if not any(text in seen for text in self._forgiven)]
        assert wrong == []

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not _is_refused_login(message):
            self._seen.append(f"console: {message.text}")

    def _dialog(self, dialog: Dialog) -> None:
        self._seen.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self._origin + "/", "data:", "blob:" + self._origin)):
            self._seen.append(f"foreign request: {request.url}")
        if request.url.endswith("/csp-report"):
            self._seen.append(f"CSP report: {request.post_data}")

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self._seen.append(f"{response.status} {response.url}")


def _is_refused_login(message: ConsoleMessage) -> bool:
    """Chromium itself writes a line for every 4xx answer; what a form refuses is one on purpose."""
    return "Failed to load resource" in message.text and any(
        message.location["url"].endswith(path)
        for path in (
            "/api/v1/login",
            "/api/v1/setup",
            "/api/v1/sensors",
            "/api/v1/retention/holds",
            "/state",
        )
    )


def assert_not_executed(page: Page) -> None:
    """No payload ran in this page."""
    assert page.evaluate("window.__pwned") is None
