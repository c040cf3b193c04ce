"""The supervisor with real processes: small Python programs that stand for roles."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

_PARENT = """
import sys
from bartizan.app.supervisor import supervise
child = sys.argv[1]
directory = sys.argv[2]
supervise([(name, (sys.executable, child, directory, name)) for name in ("first", "second")])
"""
_CHILD = """
import os, pathlib, signal, sys, time
from bartizan.app.supervisor import stop_when_parent_ends
stop_when_parent_ends()
directory, name = sys.argv[1:]
def end(*_):
    pathlib.Path(directory, name + ".stopped").write_text(str(time.monotonic_ns()))
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
path = pathlib.Path(directory, name)
path.with_suffix(".new").write_text(str(os.getpid()))
path.with_suffix(".new").rename(path)
while True:
    signal.pause()
"""


def _wait_for(condition, what):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def _alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat").read_text() if Path(f"/proc/{pid}").exists() else ") Z"
    return stat.rsplit(")", 1)[1].split()[0] != "Z"


@pytest.fixture
def family(tmp_path):
    (tmp_path / "parent.py").write_text(_PARENT)
    (tmp_path / "child.py").write_text(_CHILD)
    command = [sys.executable, *(str(tmp_path / name) for name in ("parent.py", "child.py")), "."]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL)
    _wait_for(lambda: all((tmp_path / name).exists() for name in ("first", "second")), "start")
    yield process, tmp_path
    process.kill()
    process.wait()
    for name in ("first", "second"):
        pid = int((tmp_path / name).read_text())
        _wait_for(lambda pid=pid: not _alive(pid), "child left behind")


def test_a_role_that_dies_is_started_again(family):
    _, directory = family
    before = int((directory / "second").read_text())
    os.kill(before, signal.SIGKILL)
    _wait_for(lambda: int((directory / "second").read_text()) != before, "no restart")


def test_the_first_role_is_stopped_before_the_others(family):
    process, directory = family
    process.terminate()
    assert process.wait(10) == 0
    first, second = (
        int((directory / f"{name}.stopped").read_text()) for name in ("first", "second")
    )
    assert first < second


def test_roles_end_when_the_parent_is_killed(family):
    process, directory = family
    pids = [int((directory / name).read_text()) for name in ("first", "second")]
    process.kill()
    process.wait()
    _wait_for(lambda: not any(_alive(pid) for pid in pids), "roles outlive their parent")
