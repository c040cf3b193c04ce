"""Real entries of the corpus as if they happened now, so that the map has something to show."""

import base64
import http.client
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.peers.captures import serial_entries
from tests.servers.bartizan import Bartizan


def recent(entries: int, *, mark: str = "now") -> Iterator[bytes]:
    """That many entries of many client addresses and categories, dated in the last minutes."""
    capture = serial_entries("v2-native-serial-block-pl4")
    step = max(1, len(capture) // entries)
    for number, raw in enumerate(capture[::step][:entries]):
        yield _dated(raw, time.time() - (entries - number) * 0.5, f"{mark}{number:06d}")


def deliver(
    service: Bartizan,
    entries: int,
    sensor: str = "admin",
    password: str = "admin",
    *,
    mark: str = "now",
) -> None:
    """Send recent entries as `sensor`; another `mark` makes other unique ids."""
    for raw in recent(entries, mark=mark):
        assert service.deliver(raw, sensor, password) == 200


def deliver_at_once(service: Bartizan, entries: int, *, mark: str) -> None:
    """As `deliver`, but in one request: for more than a few."""
    body = b"\n".join(raw.strip() + b"\n" for raw in recent(entries, mark=mark))
    connection = http.client.HTTPConnection("127.0.0.1", service.collector_port, timeout=60)
    credentials = base64.b64encode(b"admin:admin").decode()
    try:
        headers = {"Authorization": f"Basic {credentials}"}
        connection.request("POST", "/v1/entries", body=body, headers=headers)
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
    finally:
        connection.close()


@contextmanager
def demo_traffic(service: Bartizan, per_s: float) -> Iterator[None]:
    """The demo's entries, that many a second, for as long as the block lasts."""
    arguments = ["demo", "--burst", "0", "--rate", str(per_s)]
    process = subprocess.Popen(
        [sys.executable, "-m", "bartizan.cli.main", *arguments],
        cwd=service.directory,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _dated(raw: bytes, at: float, unique_id: str) -> bytes:
    head = re.match(rb"--\w{8}-A--\n\[([^\]]+)\] (\S+) ", raw)
    assert head
    stated, old_id = head.groups()
    clock = time.strftime("%d/%b/%Y:%H:%M:%S", time.gmtime(at))
    now = f"{clock}.{int(at % 1 * 1e6):06d} +0000".encode()
    raw = raw.replace(stated, now, 1).replace(old_id, unique_id.encode())
    return re.sub(rb"(?m)^(Stopwatch2?: )\d{16}", rb"\g<1>%d" % int(at * 1e6), raw)
