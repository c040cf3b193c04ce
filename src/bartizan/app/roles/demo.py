"""The demo role: recorded attacks, sent by demo sensors, beside the other roles."""

from bartizan.app.demo_play import has_demo_sensors, play
from bartizan.app.settings import Settings
from bartizan.app.stopping import stop_on_signals
from bartizan.domain.errors import Unavailable
from bartizan.kit import log

_RETRY_S = 2.0
_log = log.get("demo")


def run(settings: Settings) -> None:
    """Play until a signal. After the demo sensors were removed, only wait for that signal.

    Refused although they are still registered means that another demo renewed their secrets: then
    this one does the same.
    """
    stop = stop_on_signals()
    while not stop.is_set():
        try:
            play(settings, stop)
        except Unavailable as error:
            if error.code == "sensors-refused" and not has_demo_sensors(settings):
                _log.info("demo.ended", reason=error.message)
                stop.wait()
                return
            _log.warning("demo.waits", code=error.code, reason=error.message)
            stop.wait(_RETRY_S)
