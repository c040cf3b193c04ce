"""`bartizan serve` as a parent of one process per role, so that a heavy page never slows receiving.

The parent holds the write end of a pipe open (the lifeline): when the parent is gone, however it
went, the pipe closes and each role stops itself. A role that dies is started again, after a pause
that doubles from 0.2 s up to 5 s while it keeps dying. On SIGTERM or SIGINT the collector stops
first, then the others; what is left after 8 s is killed, so the whole exits within 10 s.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence

from bartizan.app.stopping import stop_on_signals
from bartizan.kit import log

LIFELINE = "BARTIZAN_LIFELINE_FD"
_GRACE_S = 8.0
_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 5.0
_SETTLED_S = 30.0

_log = log.get("supervisor")


class _Child:
    def __init__(self, role: str, command: Sequence[str], environment: dict[str, str]) -> None:
        self.role = role
        self._command = command
        self._environment = environment
        self._pause_s = _FIRST_PAUSE_S
        self._started_at = 0.0
        self._start_at = 0.0
        self._process: subprocess.Popen[bytes] | None = None

    def start_if_due(self, lifeline: int, now: float) -> None:
        if self._process is not None or now < self._start_at:
            return
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            self._command,
            pass_fds=(lifeline,),
            env={**os.environ, **self._environment, LIFELINE: str(lifeline)},
            # Not a session of its own: Linux weighs sessions against each other first, and the
            # worker would not give way to the collector any more.
            process_group=0,
        )
        self._started_at = now
        _log.info("role.started", role=self.role, pid=self._process.pid)

    def notice_end(self, now: float) -> None:
        if self._process is None or self._process.poll() is None:
            return
        if now - self._started_at > _SETTLED_S:
            self._pause_s = _FIRST_PAUSE_S
        _log.error(
            "role.ended", role=self.role, status=self._process.returncode, again_in_s=self._pause_s
        )
        self._process = None
        self._start_at = now + self._pause_s
        self._pause_s = min(self._pause_s * 2, _LONGEST_PAUSE_S)

    def ask_to_stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def wait_or_kill(self, deadline: float) -> None:
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            _log.error("role.killed", role=self.role)
            self._process.kill()
            self._process.wait()


def supervise(
    roles: Sequence[tuple[str, Sequence[str]]], environment: dict[str, str] | None = None
) -> None:
    """Run (role, command) pairs until a signal; the first role is the first to be stopped.

    `environment` is added to what the roles inherit.
    """
    stop = stop_on_signals()
    lifeline, held = os.pipe()
    os.set_inheritable(lifeline, True)
    children = [_Child(role, command, environment or {}) for role, command in roles]
    while not stop.is_set():
        now = time.monotonic()
        for child in children:
            child.notice_end(now)
            child.start_if_due(lifeline, now)
        stop.wait(0.1)
    deadline = time.monotonic() + _GRACE_S
    first, *others = children
    first.ask_to_stop()
    first.wait_or_kill(min(deadline, time.monotonic() + _GRACE_S / 2))
    for child in others:
        child.ask_to_stop()
    for child in others:
        child.wait_or_kill(deadline)
    os.close(held)
    os.close(lifeline)


def stop_when_parent_ends() -> None:
    """In a role: end this process by SIGTERM when the supervisor that started it is gone."""
    lifeline = os.environ.get(LIFELINE)
    if lifeline is None:
        return

    def watch() -> None:
        os.read(int(lifeline), 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()


def role_command(
    role: str, program_options: Sequence[str], role_options: Sequence[str] = ()
) -> tuple[str, ...]:
    """The command line that runs one role of this same program."""
    program = (sys.executable, "-m", "bartizan.cli.main", *program_options)
    return (*program, "serve", *role_options, "--role", role)
