"""The worker role: spool -> decode -> enrich -> store."""

import os
import threading

from bartizan.app import wiring
from bartizan.app.settings import Settings
from bartizan.app.stopping import stop_on_signals
from bartizan.domain.errors import Unavailable
from bartizan.ingest.worker import Worker
from bartizan.kit import log
from bartizan.spool.contract import Share
from bartizan.store.contract import Store

_RETRY_S = 1.0
# The spool can wait and a sensor cannot: on a busy machine the collector goes first.
_NICENESS = 19
_log = log.get("worker")


def run(settings: Settings, share: Share | None = None) -> None:
    """Work on `share` of the spool until a signal. A store that is away at start is awaited."""
    os.nice(_NICENESS)
    stop = stop_on_signals()
    store = _store_when_there(settings, stop)
    if store is None:
        return
    outlet = wiring.outlet(settings, share)
    try:
        is_first = share is None or share.index == 0
        Worker(outlet, wiring.pipeline(settings, store), is_reviving=is_first).run(stop)
    finally:
        outlet.close()
        store.close()


def _store_when_there(settings: Settings, stop: threading.Event) -> Store | None:
    while not stop.is_set():
        try:
            return wiring.transactions(settings)
        except Unavailable as error:
            _log.warning("store.unavailable", code=error.code, reason=error.message)
            stop.wait(_RETRY_S)
    return None
