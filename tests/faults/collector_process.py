"""A collector of its own process, wired from parameters, for tests and measurements.

    python -m tests.faults.collector_process DIRECTORY [SETTING=VALUE ...]

Prints its port as one line when it listens. Settings are CollectorSettings' and SpoolSettings'; the
sensors are those of DIRECTORY/sensors.json. `sabotage=NAME` runs tests/faults/sabotage/NAME.py, a
collector that is broken on purpose.
"""

import asyncio
import importlib
import socket
import sys
from pathlib import Path

import uvloop

from bartizan.accounts.credentials import SensorCredentials
from bartizan.receive.app import collector
from bartizan.receive.server import collector_server
from bartizan.receive.settings import CollectorSettings
from bartizan.spool.intake import Intake
from bartizan.spool.settings import SpoolSettings


async def serve(directory: Path, given: dict[str, str]) -> None:
    name = given.pop("sabotage", None)
    spool = {key: given.pop(key) for key in SpoolSettings.model_fields.keys() & given.keys()}
    settings = CollectorSettings(**{"port": 0, **given})
    intake = Intake(directory, SpoolSettings(**{"min_free_bytes": 0, **spool}))
    credentials = SensorCredentials(directory / "sensors.json")
    app = collector(settings, intake, credentials)
    if name is not None:
        app = importlib.import_module(f"tests.faults.sabotage.{name}").spoil(
            app, intake, credentials
        )
    server = collector_server(app, settings)
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    print(listener.getsockname()[1], flush=True)
    await server.serve(sockets=[listener])
    await intake.close()
    credentials.close()


if __name__ == "__main__":
    uvloop.run(serve(Path(sys.argv[1]), dict(part.split("=", 1) for part in sys.argv[2:])))
