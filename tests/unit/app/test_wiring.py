"""The chain as the service has it, on SQLite, without its processes."""

from contextlib import closing
from pathlib import Path

import pytest

from bartizan.app import wiring
from bartizan.app.settings import Settings
from bartizan.domain.delivery import AuditLogEntry
from bartizan.domain.search import Search
from bartizan.kit.clock import now_us

_ENTRY = Path(__file__).parents[2] / "golden" / "decode" / "newfoundland-zone-intercepted.entry"


@pytest.fixture
def settings(tmp_path):
    return Settings(data_directory=tmp_path / "data")


def test_an_entry_that_was_stored_is_opened_with_all_its_facts(settings):
    entry = AuditLogEntry(sensor="edge", received_at_us=now_us(), raw=_ENTRY.read_bytes())
    settings.data_directory.mkdir()
    with closing(wiring.transactions(settings)) as store:
        assert wiring.pipeline(settings, store).run([entry]).stored == 1
    parts, code = wiring.console_parts(settings)
    (row,) = parts.transactions.list(Search()).transactions
    opened = parts.transactions.open(int(row.id))
    assert code is not None
    assert opened.transaction.anomaly.outbound == row.score == 4
    assert opened.transaction.anomaly.threshold == 4
    assert opened.transaction.verdict == row.verdict
    assert b"".join(part.text.encode() for part in opened.parts) != b""
    assert parts.transactions.raw(int(row.id)) == entry.raw


def test_no_set_up_code_once_somebody_exists(settings):
    settings.data_directory.mkdir()
    with wiring.people_desk(settings) as desk:
        desk.add_first("anna", "correct horse battery")
    assert wiring.console_parts(settings)[1] is None
