"""Metrics of several processes, told as one."""

import subprocess
import sys

from bartizan.kit.metrics import make_shared_directory

_COUNT = "from bartizan.kit import metrics; metrics.STORED.inc({n}); metrics.SPOOL_ENTRIES.set({n})"
_TELL = "from bartizan.kit import metrics; print(metrics.exposition().decode())"


def _run(program, environment):
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


def test_counters_of_all_roles_are_added_and_gauges_are_the_latest(tmp_path):
    shared = make_shared_directory(tmp_path)
    for count in (3, 4):
        _run(_COUNT.format(n=count), shared)
    lines = _run(_TELL, shared).splitlines()
    assert "bartizan_ingest_stored_total 7.0" in lines
    assert "bartizan_spool_entries 4.0" in lines


def test_counting_begins_anew_with_the_service(tmp_path):
    _run(_COUNT.format(n=3), make_shared_directory(tmp_path))
    lines = _run(_TELL, make_shared_directory(tmp_path)).splitlines()
    assert "bartizan_ingest_stored_total 0.0" in lines


def test_a_process_alone_tells_its_own():
    lines = _run(_COUNT.format(n=5) + ";" + _TELL, {}).splitlines()
    assert "bartizan_ingest_stored_total 5.0" in lines
