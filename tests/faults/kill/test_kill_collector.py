"""R1: what was acknowledged survives `kill -9` of the collector at any moment."""

import asyncio
import itertools
import os
import random
import signal
from contextlib import suppress

import pytest

from bartizan.spool.outlet import Outlet
from tests.faults.collector_process import CollectorProcess
from tests.faults.ledger import Ledger, make_entry, name_of
from tests.unit.receive.listener import request, write_snapshot

pytestmark = [pytest.mark.faults, pytest.mark.promise("R1")]

ROUNDS = int(os.environ.get("BARTIZAN_KILL_ROUNDS", "10"))
SEED = int(os.environ.get("BARTIZAN_SEED", "0")) or random.randrange(1 << 32)
CLIENTS = 16
LATEST_KILL_S = 0.5


async def send_numbered(port, client, prefix, ledger):
    """One sensor's connection: entry after entry, each once, until the collector is gone."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    name = ""
    try:
        for number in itertools.count():
            name = f"{prefix}{number}"
            ledger.note(client, name, "invoke")
            writer.write(request(make_entry(name)))
            await writer.drain()
            head = await reader.readuntil(b"\r\n\r\n")
            status = int(head.split()[1])
            assert status in {200, 503}
            ledger.note(client, name, "ok" if status == 200 else "busy")
            if status == 503:
                break
    except (ConnectionError, asyncio.IncompleteReadError):
        ledger.note(client, name, "info")
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def load_until(number, process, round_number, ledger, after_s):
    async with asyncio.TaskGroup() as group:
        for client in range(CLIENTS):
            prefix = f"r{round_number}-c{client}-n"
            group.create_task(send_numbered(process.port, client, prefix, ledger))
        await asyncio.sleep(after_s)
        await asyncio.to_thread(process.end, number)


def spooled(directory):
    outlet = Outlet(directory)
    last = 0
    try:
        while taken := outlet.take(last, 1_000, 1 << 24):
            yield from (one.entry.raw for one in taken)
            last = taken[-1].id
    finally:
        outlet.close()


@pytest.mark.timeout(60 + ROUNDS * 10)
def test_nothing_acknowledged_is_missing_after_kill_9_at_random_moments(tmp_path):
    print(f"BARTIZAN_SEED={SEED}")
    chance = random.Random(SEED)
    directory = tmp_path / "spool"
    write_snapshot(directory, shop_1="secret")
    ledger = Ledger(tmp_path / "history.jsonl")
    for round_number in range(ROUNDS):
        process = CollectorProcess(directory)
        kill_after_s = chance.uniform(0, LATEST_KILL_S)
        asyncio.run(load_until(signal.SIGKILL, process, round_number, ledger, kill_after_s))
    report = ledger.compare(spooled(directory))
    assert report.is_clean(), report
    assert report.acknowledged >= 20 * ROUNDS, "too little happened to prove anything"
    assert report.unknown > 0, "no kill hit an entry in flight"


@pytest.mark.promise("R16")
def test_a_stop_under_load_loses_nothing_and_ends_by_itself(tmp_path):
    directory = tmp_path / "spool"
    write_snapshot(directory, shop_1="secret")
    ledger = Ledger(tmp_path / "history.jsonl")
    process = CollectorProcess(directory)
    asyncio.run(load_until(signal.SIGTERM, process, 0, ledger, 0.4))
    report = ledger.compare(spooled(directory))
    assert report.is_clean(), report
    assert report.acknowledged >= CLIENTS
    assert process.status == 0


def test_the_ledger_tells_lost_changed_invented_and_doubled_entries(tmp_path):
    ledger = Ledger(tmp_path / "history.jsonl")
    for name in ("kept", "lost", "unsure", "no"):
        ledger.note(0, name, "invoke")
    for name in ("kept", "lost"):
        ledger.note(0, name, "ok")
    ledger.note(0, "no", "refused")
    kept, changed = make_entry("kept", 500), bytearray(make_entry("unsure", 500))
    changed[-1] ^= 1
    assert name_of(kept) == "kept"
    report = ledger.compare(
        [kept, kept, bytes(changed), make_entry("never-sent", 50), make_entry("no", 50)]
    )
    assert report.missing == ["lost"]
    assert report.corrupted == 1
    assert report.invented == ["never-sent", "no"]
    assert report.doubled == ["kept"]
    assert ledger.compare([kept, make_entry("lost", 4_000)]).is_clean()
