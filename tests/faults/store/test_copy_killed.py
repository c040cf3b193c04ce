"""`bartizan store copy` killed at any moment, and given again, ends with all of it, once."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bartizan.store.contract import Store
from bartizan.store.registry import open_store, upgrade_store
from tests.contract.records import match, record
from tests.contract.test_moving import everything, take

pytestmark = pytest.mark.faults
COUNT = 3000
COMMAND = (sys.executable, "-m", "bartizan.cli.main", "store", "copy")
_START_S = 60


def _fill(store: Store, numbers: range, sensor: str = "web1") -> None:
    for start in numbers[::500]:
        store.append(
            [
                record(
                    b"%d of %s " % (n, sensor.encode()) * 40,
                    sensor=sensor,
                    matches=(match(n % 50), match(949110)),
                )
                for n in range(start, min(start + 500, numbers.stop))
            ]
        )


def _copy(directory: Path, source: str, target: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [*COMMAND, source, target, "--json"],
        cwd=directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"BARTIZAN_DATA_DIRECTORY": str(directory / "data")},
    )


def _stored(directory: Path) -> int:
    """How far the command says it is, or 0."""
    for file in (directory / "data" / "bookmarks").glob("*.json"):
        place = json.loads(file.read_text())
        return int(place["stored"]) + int(place["source"]["transactions"])
    return 0


def _kill_at(process: "subprocess.Popen[bytes]", directory: Path, count: int) -> None:
    deadline = time.monotonic() + _START_S
    while _stored(directory) < count and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()


def _answer(process: "subprocess.Popen[bytes]") -> Any:
    output, _ = process.communicate(timeout=100)
    assert process.returncode == 0, output
    return json.loads(output)


@pytest.mark.timeout(300)
def test_killed_again_and_again_it_ends_with_all_of_it_once(tmp_path: Path) -> None:
    """Killed while copying and while comparing; the source goes on receiving all the time."""
    dice = random.Random(7)
    source, target = (f"sqlite:///{tmp_path}/{name}.sqlite" for name in ("source", "target"))
    upgrade_store(source)
    with closing(open_store(source)) as store:
        _fill(store, range(COUNT))
        stop = threading.Event()

        def go_on() -> None:
            number = 0
            while not stop.is_set():
                _fill(store, range(number, number + 20), "web2")
                number += 20
                time.sleep(0.05)

        feeder = threading.Thread(target=go_on, daemon=True)
        feeder.start()
        try:
            for share in (0.4, 1.4):
                process = _copy(tmp_path, source, target)
                try:
                    _kill_at(process, tmp_path, int(COUNT * share) + dice.randrange(300))
                finally:
                    process.kill()
                    process.communicate()
        finally:
            stop.set()
            feeder.join()
        told = _answer(_copy(tmp_path, source, target))
        assert told["is_equal"]
        assert told["source"]["transactions"] == len(take(store))
        with closing(open_store(target)) as copied:
            assert take(copied) == take(store)
            assert everything(copied) == everything(store)
