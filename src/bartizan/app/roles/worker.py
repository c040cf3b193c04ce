"""The worker role: spool -> decode -> enrich -> store."""

import os
import threading
import time

from bartizan.app import wiring
from bartizan.app.settings import Settings
from bartizan.app.stopping import stop_on_signals
from bartizan.domain.errors import Unavailable
from bartizan.ingest.retention.keeper import Keeper
from bartizan.ingest.worker import Worker
from bartizan.kit import log
from bartizan.spool.contract import Share
from bartizan.store.contract import Store
from bartizan.store.control import ControlStore

_RETRY_S = 1.0
_CONTROL_RETRY_S = 30.0
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
    retention = _Retention(settings, store)
    try:
        is_first = share is None or share.index == 0
        Worker(
            outlet,
            wiring.pipeline(settings, store),
            is_reviving=is_first,
            beside=retention.step if is_first else _nothing,
        ).run(stop)
    finally:
        retention.close()
        outlet.close()
        store.close()


class _Retention:
    """Begins when the control store is there: the worker itself needs none to store entries."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store
        self._control: ControlStore | None = None
        self._keeper: Keeper | None = None
        self._try_at = 0.0

    def step(self) -> None:
        if self._keeper is None and time.monotonic() >= self._try_at:
            self._begin()
        if self._keeper is not None:
            self._keeper.step()

    def close(self) -> None:
        if self._keeper is not None:
            self._keeper.close()
        if self._control is not None:
            self._control.close()

    def _begin(self) -> None:
        try:
            self._control = wiring.control(self._settings)
        except Unavailable as error:
            _log.warning("retention.waits", code=error.code, reason=error.message)
            self._try_at = time.monotonic() + _CONTROL_RETRY_S
        else:
            self._keeper = wiring.keeper(self._settings, self._store, self._control)


def _nothing() -> None:
    """What the other workers do about retention."""


def _store_when_there(settings: Settings, stop: threading.Event) -> Store | None:
    while not stop.is_set():
        try:
            return wiring.transactions(settings)
        except Unavailable as error:
            _log.warning("store.unavailable", code=error.code, reason=error.message)
            stop.wait(_RETRY_S)
    return None
