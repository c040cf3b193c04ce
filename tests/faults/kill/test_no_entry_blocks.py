"""R4: no entry can stop a sensor. Hostile entries in the middle of twenty good ones.

The same with real mlogc is in tests/peers.
"""

import gzip

import pytest

from bartizan.spool.outlet import Outlet
from tests.faults.collector_process import CollectorProcess
from tests.unit.receive.listener import Client, request, write_snapshot

pytestmark = [pytest.mark.faults, pytest.mark.promise("R4")]

LIMIT = 1_000_000
GOOD = [b"--0000%04x-A--\ngood\n--0000%04x-Z--\n" % (n, n) for n in range(20)]
HOSTILE = {
    "empty": b"",
    "one byte": b"-",
    "binary": bytes(range(256)) * 20,
    "wrong boundary": b"--zzzzzzzz-A--\n[x]\n--yyyyyyyy-Z--\n",
    "unterminated": b"--12345678-A--\n[23/Nov/2026",
    "no parts": b"--12345678-Z--\n",
    "a claimed hash that is wrong": b"--12345678-A--\nchanged\n--12345678-Z--\n",
    "over-long": b"x" * (LIMIT + 1),
    "gzip bomb": gzip.compress(bytes(50_000_000)),
    "not UTF-8": b"--12345678-A--\n\xff\xfe\xc3\x28\n--12345678-Z--\n",
    "deep JSON": b'{"a":' * 50_000,
    "another request": b"PUT / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
}
STAYS_ON_THE_SENSOR = {"empty", "over-long"}


def faults(directory, *parameters):
    """What a sensor would suffer, as sentences; nothing if the promise is kept."""
    write_snapshot(directory, shop_1="secret")
    found = []
    with CollectorProcess(directory, f"max_body_bytes={LIMIT}", *parameters) as process:
        for name, hostile in HOSTILE.items():
            with Client(process.port) as client:
                for body in [*GOOD[:10], hostile, *GOOD[10:]]:
                    wrong = b"X-Content-Hash: md5:00000000000000000000000000000000 "
                    status = client.ask(request(body, wrong)).status
                    is_kept_there = body is hostile and name in STAYS_ON_THE_SENSOR
                    if status != (409 if is_kept_there else 200):
                        found.append(f"{name}: {status}")
    outlet = Outlet(directory)
    raws = [one.entry.raw for one in outlet.take(0, 10_000, 1 << 40)]
    outlet.close()
    if any(raws.count(good) != len(HOSTILE) for good in GOOD):
        found.append("a good entry is missing")
    return found


def test_good_entries_around_a_hostile_one_are_all_accepted(tmp_path):
    assert faults(tmp_path / "spool") == []


def test_the_sabotage_that_answers_400_to_odd_entries_is_caught(tmp_path):
    found = faults(tmp_path / "spool", "sabotage=answer_400_to_odd_entries")
    assert "binary: 400" in found
