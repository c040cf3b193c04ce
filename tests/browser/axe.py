"""axe-core in the pages of the console."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

_AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"

needs_axe = pytest.mark.skipif(
    not _AXE.exists(), reason="axe-core is not among web's devDependencies"
)
both_themes = pytest.mark.parametrize("theme", ["dark", "light"])


def violations(page: Page) -> list[tuple[str, str, list[object]]]:
    """What axe-core calls serious or critical in what is on the screen now."""
    page.evaluate(_AXE.read_text())
    result = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        (page.url, violation["id"], [node["target"] for node in violation["nodes"]][:3])
        for violation in result["violations"]
        if violation["impact"] in {"serious", "critical"}
    ]
