"""docs/search.md says what is so: its table of fields, and every example in it."""

import re
from pathlib import Path

import pytest

from bartizan.query.language.fields import KNOWN
from bartizan.query.language.read import read

PAGE = (Path(__file__).parents[4] / "docs" / "search.md").read_text()
WRONG = {"rule:942100 hosst:shop.example", "field:value", "has:field"}


def _examples():
    blocks = re.findall(r"^```\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    commands = [
        found[1] for line in lines if (found := re.search(r"bartizan search '([^']+)'", line))
    ]
    texts = [line.split("   ")[0] for line in lines if "   " in line and not line.startswith(" ")]
    inline = re.findall(r"`((?:NOT )?[a-z_]+:[^`]*[^`:])`", PAGE)
    return sorted({*commands, *texts, *inline} - WRONG)


def test_the_table_has_every_field():
    rows = [
        f"| `{known.name}` | {known.kind.value} | {known.means} | `{known.example}` | "
        + ", ".join(f"`{alias}`" for alias in known.aliases)
        + " |"
        for known in KNOWN
    ]
    table = [line for line in PAGE.splitlines() if re.match(r"\| `[a-z_]+` \| ", line)]
    assert [row.rstrip() for row in table] == [row.rstrip() for row in rows]


def test_there_are_examples():
    assert len(_examples()) > 40


@pytest.mark.parametrize("text", _examples())
def test_every_example_can_be_read(text):
    assert read(text) is not None
