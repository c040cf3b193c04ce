import signal
import subprocess
import sys
import time

_WAITER = """
from bartizan.app.stopping import stop_on_signals
stop = stop_on_signals()
print("ready", flush=True)
while not stop.is_set():
    stop.wait(0.000001)
print("ended", flush=True)
"""


def test_a_signal_at_any_moment_ends_the_waiting():
    command = [sys.executable, "-c", _WAITER]
    waiters = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(12)]
    try:
        for number, waiter in enumerate(waiters):
            assert waiter.stdout.readline() == b"ready\n"
            time.sleep(number * 0.0007)
            waiter.send_signal(signal.SIGTERM)
            waiter.send_signal(signal.SIGINT)
        # A second signal may be too late for the handler, and end Python's own clearing up.
        assert [waiter.communicate(timeout=30)[0] for waiter in waiters] == [b"ended\n"] * 12
    finally:
        for waiter in waiters:
            waiter.kill()
            waiter.wait()
            waiter.stdout.close()
