"""A collector in a process of its own, wired from parameters, for tests and measurements.

    python -m tests.faults.collector_process DIRECTORY [SETTING=VALUE ...]

Prints its port as one line when it listens. Settings are those of the collector and of the spool;
the sensors are those of DIRECTORY/sensors.json. `sabotage=NAME` serves the collector of
tests/faults/sabotage/NAME.py, which is broken on purpose.
"""

import importlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import uvloop

from bartizan.accounts.credentials import SensorCredentials
from bartizan.kit import log
from bartizan.receive.app import collector
from bartizan.receive.server import collector_server
from bartizan.receive.settings import CollectorSettings
from bartizan.spool.intake import Intake
from bartizan.spool.settings import SpoolSettings

ROOT = Path(__file__).parents[2]


class CollectorProcess:
    """Started, and listening on `port`; `wrapper` is a command to run it under, such as strace."""

    def __init__(self, directory: Path, *parameters: str, wrapper: tuple[str, ...] = ()) -> None:
        module = "tests.faults.collector_process"
        command = (*wrapper, sys.executable, "-m", module, str(directory), *parameters)
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT)
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the collector ended with {self._process.wait()}")
        self.port = int(line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end(signal.SIGTERM)

    def end(self, number: int) -> None:
        """Send a signal (to what the wrapper runs, if there is one) and wait for the end."""
        if self._process.poll() is None:
            children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
            traced = [int(pid) for pid in children.read_text().split()]
            for pid in traced or [self._process.pid]:
                os.kill(pid, number)
        self.status = self._process.wait(10)
        self._process.stdout.close()


async def serve(directory: Path, given: dict[str, str]) -> None:
    name = given.pop("sabotage", None)
    spool = {key: given.pop(key) for key in SpoolSettings.model_fields.keys() & given.keys()}
    settings = CollectorSettings(**{"port": 0, **given})
    intake = Intake(directory, SpoolSettings(**{"min_free_bytes": 0, **spool}))
    credentials = SensorCredentials(directory / "sensors.json")
    make = importlib.import_module(f"tests.faults.sabotage.{name}").collector if name else collector
    server = collector_server(make(settings, intake, credentials), settings)
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    print(listener.getsockname()[1], flush=True)
    await server.serve(sockets=[listener])
    await intake.close()
    credentials.close()


if __name__ == "__main__":
    log.configure("error")
    uvloop.run(serve(Path(sys.argv[1]), dict(part.split("=", 1) for part in sys.argv[2:])))
