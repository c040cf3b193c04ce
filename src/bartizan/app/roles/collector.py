"""The collector role: answers sensors; knows only the spool and the snapshot of sensors."""

import threading

import uvloop

from bartizan.accounts.credentials import SensorCredentials
from bartizan.accounts.snapshot import publish
from bartizan.app.settings import Settings
from bartizan.app.whereabouts import sensor_snapshot, sightings, spool_directory
from bartizan.domain.errors import Unavailable
from bartizan.kit import log
from bartizan.receive.app import collector
from bartizan.receive.server import collector_server
from bartizan.receive.sightings import Doorbook
from bartizan.spool.intake import Intake
from bartizan.store.registry import open_control, upgrade_control

_SNAPSHOT_EVERY_S = 2.0
_log = log.get("collector")


def run(settings: Settings) -> None:
    """Serve until a signal. Does not need the control store: a snapshot taken before is enough."""
    stop = threading.Event()
    thread = threading.Thread(
        target=_keep_snapshot, args=(settings, stop), name="sensor-snapshot", daemon=True
    )
    thread.start()
    try:
        uvloop.run(_serve(settings))
    finally:
        stop.set()


async def _serve(settings: Settings) -> None:
    intake = Intake(spool_directory(settings), settings.spool)
    credentials = SensorCredentials(sensor_snapshot(settings))
    doorbook = Doorbook(sightings(settings))
    app = collector(settings.collector, intake, credentials, doorbook=doorbook)
    server = collector_server(app, settings.collector)
    try:
        await server.serve()
    finally:
        await intake.close()
        await doorbook.close()
        credentials.close()


def _keep_snapshot(settings: Settings, stop: threading.Event) -> None:
    """Copy the sensors from the control store to the snapshot whenever it can be reached."""
    while not stop.is_set():
        try:
            upgrade_control(settings.control_url())
            control = open_control(settings.control_url())
            try:
                while not stop.wait(_SNAPSHOT_EVERY_S):
                    publish(control, sensor_snapshot(settings))
            finally:
                control.close()
        except Unavailable as error:
            _log.warning("snapshot.stale", code=error.code, reason=error.message)
            stop.wait(_SNAPSHOT_EVERY_S)
