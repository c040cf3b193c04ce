"""R3: re-delivery is harmless. The v2 native corpus three times through mlogc and `import`, and all
of the corpus three times through `import`.
"""

import json
from pathlib import Path

import pytest

from tests.fuzz import corpus
from tests.peers.captures import (
    CONCURRENT,
    CORPUS,
    SERIAL,
    concurrent_tree,
    serial_entries,
    serial_log,
)
from tests.servers import mlogc
from tests.servers.bartizan import Api, Bartizan, eventually

pytestmark = [pytest.mark.peers, pytest.mark.promise("R3"), pytest.mark.timeout(900)]

TIMES = 3


def test_the_corpus_sent_three_times_by_mlogc_and_import_is_stored_once(
    tmp_path: Path, bartizan: Bartizan, api: Api
) -> None:
    tree = tmp_path / "tree"
    entries = []
    for name, content in concurrent_tree(CONCURRENT):
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        entries.append(content)
    files = []
    for capture in SERIAL:
        path = tmp_path / f"{capture}.log"
        path.write_bytes(serial_log(capture))
        files.append(str(path))
        entries += serial_entries(capture)
    unique_ids = {entry.unique_id for entry in mlogc.waiting(entries)}
    assert len(unique_ids) == len(entries) == len(set(entries))

    for _ in range(TIMES):
        log = mlogc.send(mlogc.waiting(entries), bartizan.receiver_url)
        assert not mlogc.stalled(log), log
        assert len(mlogc.completed(log)) == len(entries)
    eventually(lambda: api.backlog() == 0, 60, "the spool is empty")
    assert _stored(api) == dict.fromkeys(unique_ids, 1)

    for _ in range(TIMES):
        bartizan.command("import", "--from-start", "--sensor", "admin", str(tree), *files)
    eventually(lambda: api.backlog() == 0, 60, "the spool is empty")
    assert _stored(api) == dict.fromkeys(unique_ids, 1)


def test_every_capture_of_every_dialect_imported_three_times_is_stored_once(
    bartizan: Bartizan, api: Api
) -> None:
    command = ("import", "--json", "--from-start", "--add-sensor", "--sensor", "museum")
    told = [json.loads(bartizan.command(*command, str(CORPUS))) for _ in range(TIMES)]
    assert set(told[0]["formats"]) >= set(corpus.CAPTURES)
    assert told[0]["stored"] > 10_000
    for again in told[1:]:
        assert (again["stored"], again["duplicates"]) == (0, told[0]["entries"])
    assert len(api.every_row(sensor="museum")) == told[0]["stored"]


def _stored(api: Api) -> dict[str, int]:
    """How often each unique id is there."""
    counts: dict[str, int] = {}
    for row in api.every_row(sensor="admin"):
        counts[row["unique_id"]] = counts.get(row["unique_id"], 0) + 1
    return counts
