"""Verdicts of real entries, one of each shape, as golden files to be reviewed.

`make golden` renews tests/golden/enrich/*.jsonl: one line per entry, in log order.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from bartizan.decode import registry
from bartizan.domain.transaction import Transaction
from bartizan.enrich.crs import RulesetFacts
from bartizan.enrich.rules import is_evaluation
from bartizan.enrich.verdict import Verdict
from tests.fuzz import corpus

GOLDEN = Path(__file__).parents[2] / "golden" / "enrich"
CAPTURES = (
    "v2-native-serial-detect-pl2",
    "v2-native-serial-block-pl4",
    "v2-native-serial-block-crs4-v6",
    "v2-native-minparts",
    "v2-json-serial-block-pl1",
    "v3-json-serial-detect-pl2",
    "v3-json-serial-block-pl4-v6",
    "v3-json-serial-crs4",
    "v3-json-minparts",
    "coraza-json-serial-detect-pl2",
    "coraza-json-serial-block-pl1",
    "coraza-jsonlegacy-serial",
    "coraza-ocsf-serial",
)
_LARGEST = 150  # lines of one golden file


def enriched(capture: str) -> Iterator[Transaction]:
    for raw in corpus.entries(capture):
        yield Verdict().enrich(RulesetFacts().enrich(registry.decode(raw)))


def shape(transaction: Transaction) -> str:
    """Verdicts that differ only in numbers and names of targets have one shape."""
    without_target = re.sub(r' in ("[^"]*"|\S+)', "", transaction.verdict or "")
    return re.sub(r"\d+", "0", without_target) + str(transaction.category)


def lines(capture: str) -> list[bytes]:
    shown = {}
    for transaction in enriched(capture):
        facts = {
            "unique_id": transaction.unique_id,
            "category": transaction.category,
            "severity": transaction.severity,
            "ruleset": transaction.ruleset,
            "score": transaction.anomaly and transaction.anomaly.inbound,
            "verdict": transaction.verdict,
        }
        shown.setdefault(shape(transaction), msgspec.json.encode(facts))
    return list(shown.values())[:_LARGEST]


@pytest.mark.parametrize("capture", CAPTURES)
def test_verdicts_are_as_in_the_golden_file(capture: str) -> None:
    golden = GOLDEN / f"{capture}.jsonl"
    content = b"\n".join(lines(capture)) + b"\n"
    if os.environ.get("BARTIZAN_UPDATE_GOLDEN") == "1":
        golden.write_bytes(content)
    assert content.decode() == golden.read_text()


@pytest.mark.parametrize("capture", CAPTURES)
def test_no_real_verdict_names_an_evaluation_rule_or_is_too_long(capture: str) -> None:
    seen = 0
    for transaction in enriched(capture):
        seen += 1
        verdict = transaction.verdict or ""
        assert 0 < len(verdict) <= 300
        named = [int(one) for one in re.findall(r"rule (\d+)", re.sub(r'"[^"]*"', "", verdict))]
        assert not any(is_evaluation(one) for one in named)
        assert verdict.startswith("Blocked") == (transaction.intercepted is True)
        if named:
            assert named[0] in {match.rule_id for match in transaction.matches}
    assert seen >= 60
