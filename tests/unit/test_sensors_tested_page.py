"""docs/sensors-tested.md names what the tests run against."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/sensors-tested.md").read_text()


def test_the_pinned_versions_are_named() -> None:
    pinned = (ROOT / "tests/peers/coraza/go.mod").read_text()
    versions = re.findall(r"github\.com/corazawaf/coraza\S* v(\S+)", pinned)
    assert len(versions) == 2
    assert [version for version in versions if version not in PAGE] == []


def test_the_tests_that_it_names_are_there() -> None:
    folder = ""
    missing = []
    for name in re.findall(r"`((?:tests/\w+/)?test_\w+\.py)`", PAGE):
        folder = name.rpartition("/")[0] or folder
        if not (ROOT / folder / name.rpartition("/")[2]).is_file():
            missing.append(name)
    assert missing == []
