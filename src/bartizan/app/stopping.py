"""An event that SIGTERM and SIGINT set.

The handler itself must not set it: it runs in the main thread, between two instructions of a `wait`
that may hold the event's lock, and would then wait for itself for ever. It writes to a pipe, and a
thread sets the event.
"""

import os
import signal
import threading
from types import FrameType


def stop_on_signals() -> threading.Event:
    """Call once, in the main thread."""
    stop = threading.Event()
    reading, writing = os.pipe()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        os.write(writing, b".")

    def watch() -> None:
        os.read(reading, 1)
        stop.set()

    threading.Thread(target=watch, name="signals", daemon=True).start()
    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    return stop
