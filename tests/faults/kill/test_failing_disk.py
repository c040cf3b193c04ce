"""R7: the disk fails or is full: say 503, believe nothing, lose nothing acknowledged, recover."""

import shutil
import time

import pytest

from bartizan.spool.outlet import Outlet
from tests.faults.collector_process import CollectorProcess
from tests.faults.ledger import Ledger, make_entry
from tests.unit.receive.listener import Client, request, write_snapshot

pytestmark = [
    pytest.mark.faults,
    pytest.mark.promise("R7"),
    pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace (Debian: strace)"),
]

RECOVERED_WITHIN_S = 5.0


def spooled(directory):
    outlet = Outlet(directory)
    entries = outlet.take(0, 10_000, 1 << 40)
    outlet.close()
    return [one.entry.raw for one in entries]


def send(client, ledger, name):
    ledger.note(0, name, "invoke")
    status = client.ask(request(make_entry(name))).status
    ledger.note(0, name, "ok" if status == 200 else "busy")
    return status


@pytest.mark.parametrize(
    "injection",
    [
        # The second is SQLite's of the directory, which it may ignore: Journal did it before.
        *(f"fdatasync:error=EIO:when={number}" for number in (1, 3, 4, 5, 6)),
        "fdatasync:error=EIO:when=3..9",
        "pwrite64:error=ENOSPC:when=7..20",
        "pwrite64:error=EIO:when=9",
    ],
)
def test_a_disk_that_fails_is_answered_503_and_nothing_acknowledged_is_missing(tmp_path, injection):
    directory = tmp_path / "spool"
    write_snapshot(directory, shop_1="secret")
    with CollectorProcess(directory):
        pass  # the spool exists, so that the failure meets entries
    ledger = Ledger(tmp_path / "history.jsonl")
    strace = ("strace", "-f", "-o", "/dev/null", "-e", f"inject={injection}")
    with CollectorProcess(directory, wrapper=strace) as process, Client(process.port) as client:
        statuses = [send(client, ledger, f"n{number}") for number in range(40)]
        assert set(statuses) <= {200, 503}
        failed_at = time.monotonic()
        while send(client, ledger, f"later-{time.monotonic_ns()}") != 200:
            assert time.monotonic() - failed_at < RECOVERED_WITHIN_S
        ready = request(b"", method="GET", path="/readyz", authorization=None)
        assert client.ask(ready).status == 200
    assert 503 in statuses, "the failure was not met: nothing is proven"
    report = ledger.compare(spooled(directory))
    assert report.is_clean(), report


def test_the_sabotage_that_ignores_a_failed_sync_is_caught(tmp_path):
    directory = tmp_path / "spool"
    write_snapshot(directory, shop_1="secret")
    with CollectorProcess(directory):
        pass
    ledger = Ledger(tmp_path / "history.jsonl")
    strace = ("strace", "-f", "-o", "/dev/null", "-e", "inject=fdatasync:error=EIO:when=4..9")
    sabotage = "sabotage=ignore_failed_sync"
    with (
        CollectorProcess(directory, sabotage, wrapper=strace) as process,
        Client(process.port) as client,
    ):
        assert {send(client, ledger, f"n{number}") for number in range(20)} == {200}
    assert ledger.compare(spooled(directory)).missing


@pytest.mark.promise("R5")
@pytest.mark.parametrize(("delay_s", "expected"), [(0.2, {200}), (2.0, {503})])
def test_a_slow_disk_is_answered_within_a_second(tmp_path, delay_s, expected):
    directory = tmp_path / "spool"
    write_snapshot(directory, shop_1="secret")
    with CollectorProcess(directory):
        pass
    delay = f"inject=fdatasync:delay_exit={int(delay_s * 1_000_000)}:when=3+"
    strace = ("strace", "-f", "-o", "/dev/null", "-e", delay)
    ledger = Ledger(tmp_path / "history.jsonl")
    with CollectorProcess(directory, wrapper=strace) as process, Client(process.port) as client:
        statuses, slowest = [], 0.0
        send(client, ledger, "first")  # the syncs that begin a write-ahead log are not delayed
        for number in range(3):
            started = time.monotonic()
            statuses.append(send(client, ledger, f"n{number}"))
            slowest = max(slowest, time.monotonic() - started)
    assert set(statuses) == expected
    assert slowest < 1.5  # 0.8 s, and what strace and a busy machine add
