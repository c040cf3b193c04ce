"""Real log shippers, run with the configuration that a page of docs/recipes shows.

From PATH, or unpacked by scripts/unpack_shippers.sh: Debian's rsyslog and syslog-ng remove each
other, and neither may be installed on a machine that logs with the other.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.servers.account import unprivileged, without_proxies

PAGES = Path(__file__).parents[2] / "docs/recipes"
UNPACKED = Path.home() / ".cache/bartizan/shippers"
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: str, language: str = "") -> list[str]:
    """The code blocks of a page that are in that language, as they stand there."""
    text = (PAGES / f"{page}.md").read_text()
    return [code for marked, code in _BLOCK.findall(text) if marked == language]


def adapted(block: str, replacements: Mapping[str, str]) -> str:
    """The block with what is another on every machine replaced; all of it must stand there."""
    for stands, put in replacements.items():
        assert stands in block, f"{stands} is not in the recipe"
        block = block.replace(stands, put)
    return block


class Shipper:
    """One running program. Its account has no rights, and owns `directory`."""

    def __init__(self, command: Sequence[str], directory: Path) -> None:
        self._log = directory / "shipper.log"
        self._command = unprivileged(command)
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def start(self) -> None:
        libraries = str(_unpacked(self._directory) / "usr/lib/syslog-ng")
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._directory,
                stdout=log,
                stderr=log,
                env={**without_proxies(), "LD_LIBRARY_PATH": libraries},
            )

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)
            self._process = None


def rsyslog(directory: Path, configuration: str) -> Shipper:
    """The daemon with that configuration and nothing else."""
    file = directory / "rsyslog.conf"
    file.write_text(configuration)
    command = [_program("rsyslogd", directory), "-n", "-f", str(file)]
    command += ["-i", f"{directory}/rsyslog.pid"]
    modules = next(_unpacked(directory).glob("usr/lib/*/rsyslog"), None)
    if modules is not None:
        command += ["-M", str(modules)]
    return Shipper(command, directory)


def syslog_ng(directory: Path, configuration: str) -> Shipper:
    """The daemon with that configuration and nothing else."""
    file = directory / "syslog-ng.conf"
    file.write_text("@version: 3.38\n" + configuration)
    command = [_program("syslog-ng", directory), "--foreground", "--no-caps", f"--cfgfile={file}"]
    command += [
        f"--{name}={directory}/run/{name}" for name in ("persist-file", "control", "pidfile")
    ]
    modules = next(_unpacked(directory).glob("usr/lib/syslog-ng/*/libhttp.so"), None)
    if modules is not None:
        command += [f"--module-path={modules.parent}"]
    return Shipper(command, directory)


def _unpacked(directory: Path) -> Path:
    """What was unpacked, copied to where an account without rights may read it."""
    copied = directory / "unpacked"
    if UNPACKED.exists() and not copied.exists():
        shutil.copytree(UNPACKED, copied, symlinks=True)
    return copied


def _program(name: str, directory: Path) -> str:
    unpacked = _unpacked(directory) / "usr/sbin"
    found = shutil.which(name, path=f"{unpacked}:/usr/sbin:{os.environ['PATH']}")
    assert found, f"{name} is missing: run scripts/install_test_servers.sh"
    return found
