"""Golden files: hand-picked tricky entries and the JSON they give.

`make golden` renews the JSON (BARTIZAN_UPDATE_GOLDEN=1); the diff is to be reviewed.
"""

import json
import os
from pathlib import Path

import msgspec
import pytest

from bartizan.decode import registry

FOLDER = Path(__file__).parents[2] / "golden" / "decode"
ENTRIES = sorted(FOLDER.glob("*.entry"))


@pytest.mark.parametrize("path", ENTRIES, ids=lambda path: path.stem)
def test_golden_entry_gives_its_transaction(path):
    found = json.loads(msgspec.json.encode(registry.decode(path.read_bytes())))
    golden = path.with_suffix(".json")
    if os.environ.get("BARTIZAN_UPDATE_GOLDEN") == "1":
        golden.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    assert json.loads(golden.read_text()) == found


def test_the_golden_entries_are_there():
    assert len(ENTRIES) >= 10
