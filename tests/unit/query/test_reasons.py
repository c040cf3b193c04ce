"""Every reason for a dead letter has words, and every letter is told with them."""

import re
from pathlib import Path

from bartizan.acquire.found import DECODABLE, SKIPPED, Problem
from bartizan.ingest.pipeline import DECODER_FAILED
from bartizan.ingest.worker import STORE_REFUSED
from bartizan.query.reasons import REASONS, reason_of

SOURCE = Path(__file__).parents[3] / "src" / "bartizan"


def test_every_reason_that_can_arise_has_words_and_advice() -> None:
    refused = {
        code
        for folder in ("decode", "enrich")
        for file in (SOURCE / folder).rglob("*.py")
        for code in re.findall(r'Refused\(\s*"([a-z-]+)"', file.read_text())
    }
    found = {problem.value for problem in Problem if problem not in DECODABLE | SKIPPED}
    assert len(refused) > 2
    codes = refused | found | {DECODER_FAILED, STORE_REFUSED}
    assert sorted(codes - REASONS.keys()) == []
    for reason in REASONS.values():
        assert reason.words[0].isupper()
        assert not reason.words.endswith(".")
        assert reason.advice.endswith(".")


def test_a_reason_without_words_is_told_as_such() -> None:
    assert "no words" in reason_of("from-the-future").words
