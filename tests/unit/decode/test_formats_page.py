"""docs/formats.md is held to the code."""

import re
from pathlib import Path

import msgspec

from bartizan.decode.defects import MEANINGS, DefectCode
from bartizan.domain import transaction

# Decoding does not find these.
FOUND_LATER = {"hash-differs", "redaction-withheld"}
PAGE = (Path(__file__).parents[3] / "docs" / "formats.md").read_text()


def test_every_defect_has_a_meaning_and_a_row():
    rows = dict(
        re.findall(r"^\| `([a-z0-9-]+)` \| (.+?) \|$", PAGE.split("## Defects")[1], re.MULTILINE)
    )
    decoding = {code: meaning for code, meaning in rows.items() if code not in FOUND_LATER}
    assert decoding == {code.value: MEANINGS[code] for code in DefectCode}


def test_every_field_of_a_transaction_is_on_the_page():
    for name in ("Transaction", "Request", "Response", "Body", "RuleMatch", "Intercept", "Anomaly", "Upload",
                 "Defect", "Source", "Endpoint", "Place", "Network"):  # fmt: skip
        for field in msgspec.structs.fields(getattr(transaction, name)):
            assert f"`{field.name}`" in PAGE, (name, field.name)


def test_every_format_is_on_the_page():
    assert [one for one in transaction.Format if f"`{one}`" not in PAGE] == []
